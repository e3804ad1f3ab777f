import { describe, expect, it } from 'vitest'
import { getRest } from './rest.ts'
import { startGateway } from './start.ts'

interface Connected {
  readonly application: { readonly slug: string; readonly name: string; readonly metaIconUrl: string | null } | null
  readonly provider: { readonly pk: number; readonly name: string } | null
  readonly scope: readonly string[]
  readonly since: string | null
  readonly expires: string | null
  readonly consents: readonly { readonly pk: number; readonly isExpired: boolean }[]
  readonly accessTokens: readonly { readonly pk: number; readonly isExpired: boolean }[]
  readonly refreshTokens: readonly { readonly pk: number; readonly isExpired: boolean }[]
}

interface Row {
  readonly pk: number
  readonly is_expired?: boolean
  readonly expiring?: boolean
  readonly expires: string
}

const kinds = [
  ['accessTokens', '/oauth2/access_tokens/'],
  ['refreshTokens', '/oauth2/refresh_tokens/'],
  ['consents', '/core/user_consent/'],
] as const

const hasEnded = ({ is_expired: isExpired, expiring, expires }: Row) =>
  isExpired ?? (expiring && Date.parse(expires) < Date.now())

const fields = `application { slug name metaIconUrl launchUrl } provider { pk name } scope since expires
  consents { pk isExpired } accessTokens { pk isExpired } refreshTokens { pk isExpired }`
const page = `{ me { username connectedApplications { ${fields} } } }`

describe.each(['2025.10', '2026.8'] as const)('Connected applications of %s', (release) => {
  it('take at most five requests, whoever asks', async () => {
    const { askOnce, sandbox } = await startGateway({ release })
    for (const token of [
      'demo-plain',
      'demo-nobody',
      'demo-auditor',
      'demo-viewer',
      'demo-delegate',
      'demo-superuser',
    ]) {
      sandbox.requests.length = 0
      const { errors } = await askOnce(page, { token })
      expect(errors).toBeUndefined()
      expect(sandbox.requests.length).toBeLessThanOrEqual(5)
    }
  })

  it('have each consent and token that has not ended, once', async () => {
    const { ask, sandbox } = await startGateway({ release })
    const { data } = await ask(page, { token: 'demo-plain' })
    const connected: readonly Connected[] = data.me.connectedApplications
    let ended = 0
    for (const [kind, path] of kinds) {
      const body = await getRest(sandbox.url, `${path}?user=5&page_size=100`, 'demo-plain')
      const rows = body['results'] as readonly Row[]
      const left = rows.filter((row) => !hasEnded(row))
      const told = connected.flatMap((one) => one[kind].map(({ pk }) => pk))
      expect(told.toSorted()).toEqual(left.map(({ pk }) => pk).toSorted())
      ended += rows.length - left.length
    }
    expect(ended).toBeGreaterThan(0)
  })

  it('are one for each application, or for a provider without one, by name', async () => {
    const { ask } = await startGateway({ release })
    const { data } = await ask(page, { token: 'demo-plain' })
    const connected: readonly Connected[] = data.me.connectedApplications
    const names = connected.map(({ application, provider }) => application?.name ?? provider?.name ?? '')
    expect(names).toEqual(names.toSorted((one, other) => one.localeCompare(other, 'en')))
    expect(new Set(names).size).toBe(names.length)
    expect(connected.find(({ provider }) => provider?.name === 'Command line')?.application).toBeNull()
    const handbook = connected.find(({ application }) => application?.slug === 'handbook')
    expect(handbook).toMatchObject({
      provider: null,
      since: null,
      accessTokens: [],
      scope: ['goauthentik.io/api', 'offline_access'],
    })
    expect(handbook?.application?.metaIconUrl).toMatch(/handbook\.png/)
  })

  it('are shown of others as far as authentik shows what they are made of', async () => {
    const { ask } = await startGateway({ release })
    const query = `{ user(id: 5) { connectedApplications { ${fields} } } }`
    const { data: own } = await ask(page, { token: 'demo-plain' })
    const { data: all } = await ask(query, { token: 'demo-superuser' })
    const withoutUrls = (connected: readonly Connected[]) =>
      connected.map(({ application, ...rest }) => ({ ...rest, application: application?.slug }))
    expect(withoutUrls(all.user.connectedApplications)).toEqual(withoutUrls(own.me.connectedApplications))
    const { data: some } = await ask(query, { token: 'demo-auditor' })
    const seen: readonly Connected[] = some.user.connectedApplications
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.every(({ accessTokens, consents }) => accessTokens.length === 0 && consents.length > 0)).toBe(true)
  })
})
