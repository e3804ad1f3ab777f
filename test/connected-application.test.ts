import { describe, expect, it, onTestFinished } from 'vitest'
import { startSandbox } from '../src/sandbox/server.ts'
import { getRest } from './rest.ts'
import { startBefore } from './revocable-world.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

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

/** An authentik of which a user has used so many applications that policies hide from them by now, and two numbered alike. */
function startHidden(applications: number) {
  const asked: string[] = []
  const user = { pk: 5, username: 'paul', name: 'Paul', uid: 'u', is_active: true, is_superuser: false, groups: [] }
  const provider = (pk: number, slug: string | null) => ({
    pk,
    name: `Provider ${pk}`,
    client_id: `client-${pk}`,
    assigned_application_slug: slug,
    assigned_application_name: slug,
  })
  const date = (years: number) => new Date(Date.now() + years * 31_536_000_000).toISOString()
  const token = (pk: number, slug: string | null, expires: string) => {
    return {
      pk,
      provider: provider(pk, slug),
      user,
      is_expired: false,
      expires,
      scope: [],
      id_token: '{}',
      revoked: false,
    }
  }
  const tokens = [
    ...Array.from({ length: applications }, (_, index) => token(100 + index, `hidden-${index}`, date(1))),
    token(6, '5', date(1)),
    token(5, null, date(-1)),
  ]
  return listen((request, response) => {
    const path = request.url?.replace('/api/v3', '').split('?')[0] ?? ''
    asked.push(path)
    response.setHeader('content-type', 'application/json')
    const page = (results: unknown[]) => {
      const pagination = {
        next: 0,
        previous: 0,
        count: results.length,
        current: 1,
        total_pages: 1,
        start_index: 1,
        end_index: 1,
      }
      return response.end(JSON.stringify({ pagination: { ...pagination, end_index: results.length }, results }))
    }
    if (path === '/core/users/me/') return response.end(JSON.stringify({ user }))
    if (path === '/oauth2/access_tokens/') return page(tokens)
    if (/^\/core\/applications\/./.test(path)) {
      return response.writeHead(403).end('{"detail":"You do not have permission to perform this action."}')
    }
    return page([])
  }).then(({ url }) => ({ url, asked }))
}

describe('Connected applications, where the list of applications', () => {
  it.each([
    ['fails', 500, '{}', 'UPSTREAM_UNAVAILABLE'],
    [
      'is too long',
      200,
      '{"pagination":{"count":1001,"total_pages":11,"start_index":1},"results":[{"slug":"x","name":"X"}]}',
      'QUERY_TOO_COMPLEX',
    ],
  ])('%s, have the names that came with consents and tokens', async (_what, status, body, code) => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.close())
    const { url, asked } = await startBefore(sandbox.url, (request, response) => {
      if (!request.url?.includes('/core/applications/')) return false
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
      return true
    })
    const { ask } = await startGatewayOver(url)
    const names = '{ me { connectedApplications { application { slug name } } } }'
    const { data: told } = await ask(names, { token: 'demo-plain' })
    asked.length = 0
    const query = '{ me { connectedApplications { application { slug name launchUrl } } } }'
    const { data, errors = [] } = await ask(query, { token: 'demo-plain' })
    const withoutUrls = data.me.connectedApplications.map(
      ({ application }: Connected) =>
        application && { application: { slug: application.slug, name: application.name } },
    )
    expect(withoutUrls.filter(Boolean)).toEqual(
      told.me.connectedApplications.filter(({ application }: Connected) => application),
    )
    expect(errors.length).toBeGreaterThan(0)
    for (const { path, extensions } of errors) {
      expect([path?.at(-1), extensions.code]).toEqual(['launchUrl', code])
    }
    expect(asked.length).toBeLessThanOrEqual(status === 500 ? 7 : 5)
  })
})

describe('Connected applications that are unlike the usual', () => {
  it('take five requests where many are hidden from the user, and tell what is missing', async () => {
    const { url, asked } = await startHidden(30)
    const { ask } = await startGatewayOver(url)
    const { data, errors = [] } = await ask(page)
    expect(data.me.connectedApplications).toHaveLength(32)
    expect(new Set(errors.map(({ extensions }) => extensions['code']))).toEqual(new Set(['NOT_FOUND']))
    expect(asked).toHaveLength(5)
  })

  it('are looked up once on a list of tokens where the caller is refused one', async () => {
    const { url, asked } = await startHidden(30)
    const { ask } = await startGatewayOver(url)
    await ask('{ accessTokens(first: 50) { nodes { provider { application { metaIconUrl } } } } }')
    expect(asked).toHaveLength(3)
  })

  it('keep an application apart from a provider whose key is its slug, and have no end where a token has none', async () => {
    const { url } = await startHidden(0)
    const { ask } = await startGatewayOver(url)
    const { data } = await ask('{ me { connectedApplications { application { slug } provider { pk } expires } } }')
    expect(data.me.connectedApplications).toEqual([
      { application: { slug: '5' }, provider: { pk: 6 }, expires: expect.any(String) },
      { application: null, provider: { pk: 5 }, expires: null },
    ])
  })
})
