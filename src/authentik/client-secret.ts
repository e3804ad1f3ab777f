/**
 * Takes the client secret out of the provider in a grant that has just come, or in each row of a page of them. authentik up to
 * 2025.12.4 and 2026.2.2 shows that secret to every user who owns a token of the provider (CVE-2026-40166).
 * `OAuth2Provider.clientSecret` comes from the provider's own endpoint. A copy of each provider would take longer than all else that is
 * done for a list.
 */
export function dropClientSecrets(body: object): void {
  const rows: unknown = Reflect.get(body, 'results')
  for (const grant of Array.isArray(rows) ? rows : [body]) {
    const provider: unknown = Object(grant).provider
    if (typeof provider === 'object' && provider !== null && 'client_secret' in provider) {
      provider.client_secret = undefined
    }
  }
}
