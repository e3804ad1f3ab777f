import type { GrantBody, OAuth2ProviderBody } from '../authentik/bodies.ts'
import { partial } from './body.ts'

/**
 * A grant's body as the graph may hold it: its provider without the client secret, which authentik up to 2025.12.4 and
 * 2026.2.2 showed to anybody with a token of theirs (CVE-2026-40166), and marked as shortened where it is.
 */
export function enterGrant<B extends { readonly provider: object }, G extends B & GrantBody>(body: B | null): G | null {
  if (!body || typeof body.provider !== 'object' || body.provider === null) return body as unknown as G | null
  const { client_secret: _secret, ...provider } = body.provider as OAuth2ProviderBody
  return { ...body, provider: 'client_id' in provider ? provider : partial(provider) } as unknown as G
}
