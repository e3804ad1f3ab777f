import type { GrantBody, OAuth2ProviderBody } from './bodies.ts'

/**
 * The body without the client secret of its provider. authentik up to 2025.12.4 and 2026.2.2 shows that secret to every user
 * who owns a token of the provider (CVE-2026-40166). `OAuth2Provider.clientSecret` comes from the provider's own endpoint.
 */
export function withoutClientSecret<B extends GrantBody>(body: B): B {
  if (typeof body.provider !== 'object' || body.provider === null || !('client_secret' in body.provider)) return body
  const { client_secret: _secret, ...provider }: OAuth2ProviderBody = body.provider
  return { ...body, provider }
}
