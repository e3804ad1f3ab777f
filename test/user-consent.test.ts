import { describe, expect, it, onTestFinished } from 'vitest'
import { startSandbox } from '../src/sandbox/server.ts'
import { readRecordings } from './recordings.ts'
import { type Body, expectSameValues, getRest } from './rest.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

const app = (number: number) => `61707000-0000-4000-8000-${String(number).padStart(12, '0')}`

/** How the first page of consents is asked for, of so many rows, with what else is in the query. */
function firstPage(size: number, more = '') {
  const query = new URLSearchParams(`${more}&ordering=-pk&page=1&page_size=${size}`)
  query.sort()
  return `GET /core/user_consent/?${query}`
}

const all = 35

describe.each(['2024.10', '2025.10', '2026.8'] as const)('Consents of %s', (release) => {
  it.each([
    ['demo-superuser', all],
    ['demo-auditor', all],
    ['demo-delegate', all],
    ['demo-plain', 5],
    ['demo-viewer', 1],
    ['demo-nobody', 1],
    ['demo-outpost', 0],
  ])('are shown to %s: %i of them', async (token, count) => {
    const { ask } = await startGateway({ release })
    const { data, errors } = await ask(
      '{ userConsents(first: 100) { totalCount nodes { pk user { username } } } userConsent(id: 1) { permissions } }',
      { token },
    )
    expect(errors).toBeUndefined()
    expect([data.userConsents.totalCount, data.userConsents.nodes.length]).toEqual([count, count])
    const names = new Set(data.userConsents.nodes.map(({ user }: Body) => (user as Body)['username']))
    if (count < all) expect(names.size).toBeLessThanOrEqual(1)
    // Mira's, who is the superuser.
    expect(data.userConsent).toEqual(count === all ? { permissions: ['openid', 'email', 'profile'] } : null)
  })

  it('come with the whole user and the whole application, by one request', async () => {
    const { ask, asked, sandbox } = await startGateway({ release })
    const { data, errors } = await ask(
      `{ userConsents(first: 100) { nodes {
        pk expires expiring
        user { pk username name email isActive isSuperuser path type uuid attributes groups { name } }
        application { slug name pk group launchUrl metaDescription metaPublisher openInNewTab provider { name } }
      } } }`,
      { token: 'demo-plain' },
    )
    expect(errors).toBeUndefined()
    expect(asked()).toEqual([firstPage(100)])
    const { results } = await getRest(sandbox.url, '/core/user_consent/?ordering=-pk', 'demo-plain')
    for (const [index, row] of (results as readonly Body[]).entries()) {
      const { user, application, ...own } = data.userConsents.nodes[index]
      expectSameValues(own, row)
      expectSameValues(user, row['user'] as Body, ['groups', 'type'])
      expectSameValues(application, row['application'] as Body, ['provider'])
      expect(user.groups).toEqual([{ name: 'Nordlicht' }])
    }
    // Policies forbid it to him.
    expect(data.userConsents.nodes.map(({ application }: Body) => (application as Body)['slug'])).toContain('vault')
  })
})

describe('A consent', () => {
  it('has ended if it ends at all, and its time is past', async () => {
    const { ask } = await startGateway()
    const { data } = await ask('{ userConsents(last: 9) { nodes { pk expiring expires isExpired } } }')
    const past = expect.stringMatching(/^2024/)
    const ahead = expect.stringMatching(/^2036/)
    expect(data.userConsents.nodes).toEqual([
      { pk: 9, expiring: true, expires: past, isExpired: true },
      { pk: 8, expiring: true, expires: ahead, isExpired: false },
      { pk: 7, expiring: false, expires: null, isExpired: false },
      { pk: 6, expiring: true, expires: ahead, isExpired: false },
      { pk: 5, expiring: false, expires: past, isExpired: false },
      { pk: 4, expiring: true, expires: ahead, isExpired: false },
      { pk: 3, expiring: true, expires: past, isExpired: true },
      { pk: 2, expiring: false, expires: null, isExpired: false },
      { pk: 1, expiring: true, expires: ahead, isExpired: false },
    ])
  })

  it.each([
    ['', []],
    [' ', []],
    ['openid', ['openid']],
    [' openid  goauthentik.io/api ', ['openid', 'goauthentik.io/api']],
  ])('lists its permissions, which authentik writes as %j', async (permissions, expected) => {
    const { url } = await listen((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ pk: 1, permissions }))
    })
    const { ask } = await startGatewayOver(url)
    expect((await ask('{ userConsent(id: 1) { permissions } }')).data).toEqual({
      userConsent: { permissions: expected },
    })
  })
})

describe('A list of consents', () => {
  it('is asked for its number alone by one row, since each costs authentik much', async () => {
    const { ask, asked } = await startGateway()
    await ask('{ userConsents { totalCount } }')
    expect(asked()).toEqual([firstPage(1)])
    await ask('{ userConsents(first: 5) { nodes { pk } } }')
    expect(asked()).toEqual([firstPage(5)])
  })

  it('has the newest first, and pages that neither overlap nor leave anything out', async () => {
    const { ask } = await startGateway()
    const seen: number[] = []
    let after: string | null = null
    do {
      const { data } = await ask(
        'query ($after: String) { userConsents(first: 7, after: $after) { nodes { pk } pageInfo { endCursor hasNextPage } } }',
        { variables: { after } },
      )
      seen.push(...data.userConsents.nodes.map(({ pk }: { pk: number }) => pk))
      after = data.userConsents.pageInfo.hasNextPage ? data.userConsents.pageInfo.endCursor : null
    } while (after)
    expect(seen).toEqual(Array.from({ length: all }, (_, index) => all - index))
  })

  it('is filtered by user and application, each by either kind of id', async () => {
    const { ask, asked } = await startGateway()
    const found = async (filter: string) => {
      const { data, errors } = await ask(`{ userConsents(filter: ${filter}) { nodes { pk } } }`)
      expect(errors).toBeUndefined()
      return data.userConsents.nodes.map(({ pk }: { pk: number }) => pk)
    }
    expect(await found('{ user: 5 }')).toEqual([7, 6, 5, 4, 3])
    expect(asked()).toEqual([firstPage(100, 'user=5')])
    expect(await found('{ user: "User:5", application: "Application:grafana" }')).toEqual([4, 3])
    expect(asked()).toEqual(['GET /core/applications/grafana/', firstPage(100, `application=${app(1)}&user=5`)])
    expect(await found('{ application: "handbook" }')).toEqual([35, 6])
    expect(await found('{ user: 21 }')).toEqual([28, 27])
    expect(await found('{ user: 27 }')).toEqual([])
  })

  it.each([
    '{ user: "" }',
    '{ user: "x" }',
    '{ application: "" }',
    '{ application: "a b" }',
    '{ application: "User:5" }',
  ])('is never asked for by the wrong filter %s', async (filter) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(`{ userConsents(filter: ${filter}) { totalCount } }`)
    expect(data).toEqual({ userConsents: null })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(asked()).toEqual([])
  })

  it('by a user or an application that is not there is BAD_USER_INPUT', async () => {
    const { ask } = await startGateway()
    expect((await ask('{ userConsents(filter: { user: 999 }) { totalCount } }')).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', authentik: { fields: { 'filter.user': [expect.any(String)] } } } },
    ])
    // The caller does not see this one.
    const { errors } = await ask('{ userConsents(filter: { application: "vault" }) { totalCount } }', {
      token: 'demo-plain',
    })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('shows callers without the right nothing of others, and says that some are hidden', async () => {
    const { ask } = await startGateway()
    const query =
      '{ userConsents(filter: { user: 8 }) { totalCount hint } own: userConsents(filter: { user: 5 }) { totalCount hint } }'
    const { data } = await ask(query, { token: 'demo-plain' })
    expect(data).toEqual({
      userConsents: { totalCount: 0, hint: expect.stringContaining('`view_userconsent`') },
      own: { totalCount: 5, hint: null },
    })
  })
})

it.each([
  '{ answer: userConsents(filter: { user: 5 }) { nodes { pk } } }',
  '{ answer: userConsents(filter: { user: 5 }) { totalCount } }',
  '{ answer: userConsents(filter: { application: "grafana" }) { nodes { pk } } }',
  '{ user(id: 5) { answer: consents { nodes { pk } } } }',
  '{ answer: accessTokens(filter: { user: 5 }) { nodes { pk } } }',
  '{ answer: accessTokens(filter: { provider: 1 }) { nodes { pk } } }',
  '{ answer: refreshTokens(filter: { user: 5 }) { nodes { pk } } }',
  '{ answer: authorizationCodes(filter: { user: 5 }) { nodes { pk } } }',
  '{ answer: accessTokenStatistics(filter: { user: 5 }) { total } }',
  '{ user(id: 5) { answer: refreshTokens { nodes { pk } } } }',
  '{ user(id: 5) { answer: connectedApplications { consents { pk } } } }',
])('A filter that authentik does not heed shows nothing of others: %s', async (query) => {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.close())
  const { url } = await listen(async ({ url: path = '', headers }, response) => {
    const address = new URL(path, sandbox.url)
    for (const parameter of ['user', 'provider', 'application']) address.searchParams.delete(parameter)
    const came = await fetch(address, { headers: { authorization: headers.authorization ?? '' } })
    response.writeHead(came.status, { 'content-type': 'application/json' }).end(await came.text())
  })
  const { ask } = await startGatewayOver(url)
  const { data, errors } = await ask(query)
  expect((data.user ?? data).answer?.total ?? null).toBeNull()
  expect((data.user ?? data).answer?.nodes ?? null).toBeNull()
  expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
})

describe('Consents stand', () => {
  it('with the user who agreed, with oneself for an ordinary user', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(
      '{ me { consents(first: 2) { totalCount nodes { pk application { name } } } } }',
      {
        token: 'demo-plain',
      },
    )
    expect(errors).toBeUndefined()
    expect(data.me.consents).toEqual({
      totalCount: 5,
      nodes: [
        { pk: 7, application: { name: 'Vault' } },
        { pk: 6, application: { name: 'Handbook' } },
      ],
    })
    expect(asked()).toEqual(['GET /core/users/me/', firstPage(2, 'user=5')])
  })

  it('with the application that was agreed to, wherever that comes from', async () => {
    const { ask, asked } = await startGateway()
    const handbook = { totalCount: 2, nodes: [{ pk: 35 }, { pk: 6 }] }
    const { data } = await ask('{ application(id: "handbook") { consents { totalCount nodes { pk } } } }')
    expect(data.application.consents).toEqual(handbook)
    expect(asked()).toEqual(['GET /core/applications/handbook/', firstPage(100, `application=${app(13)}`)])
    const { data: byProvider } = await ask('{ oauth2Provider(id: 1) { application { consents { totalCount } } } }')
    expect(byProvider.oauth2Provider.application.consents.totalCount).toBe(15)
    expect(asked()).toHaveLength(3)
    // Inside a consent it is whole, also for whoever may not open it.
    const { data: own } = await ask('{ userConsent(id: 7) { application { consents { nodes { pk } } } } }', {
      token: 'demo-plain',
    })
    expect(own.userConsent.application.consents.nodes).toEqual([{ pk: 7 }])
    expect(asked()).toHaveLength(2)
  })

  it('in the order of the ids that composers ask for, each null alone', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask('{ userConsentsByIds(ids: [7, 999, "UserConsent:1", "x"]) { pk } }')
    expect(data.userConsentsByIds).toEqual([{ pk: 7 }, null, { pk: 1 }, null])
    expect(errors).toMatchObject([{ path: ['userConsentsByIds', 3], extensions: { code: 'BAD_USER_INPUT' } }])
  })
})

describe('Revoking consents', () => {
  const revoke = (ids: string) =>
    `mutation { revokeConsents(ids: ${ids}) { revokedCount failedCount results { outcome } } }`
  const outcomes = (data: { revokeConsents: { results: { outcome: string }[] } }) =>
    data.revokeConsents.results.map(({ outcome }) => outcome)

  it.each([
    // Own ones, one of somebody else, one that is not there.
    ['demo-plain', ['REVOKED', 'REVOKED', 'NOT_FOUND', 'NOT_FOUND']],
    ['demo-superuser', ['REVOKED', 'REVOKED', 'REVOKED', 'NOT_FOUND']],
    ['demo-delegate', ['REVOKED', 'REVOKED', 'REVOKED', 'NOT_FOUND']],
    ['demo-auditor', ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND']],
    ['demo-nobody', ['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']],
    ['demo-viewer', ['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']],
    ['demo-outpost', ['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']],
    ['demo-expired', ['FAILED', 'FAILED', 'FAILED', 'FAILED']],
  ])('by %s has for each its own outcome', async (token, expected) => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(revoke('[7, "UserConsent:6", 1, 999]'), { token })
    expect(errors).toBeUndefined()
    expect(outcomes(data)).toEqual(expected)
    const left = await ask('{ userConsents { totalCount } }')
    expect(left.data.userConsents.totalCount).toBe(all - expected.filter((outcome) => outcome === 'REVOKED').length)
  })

  it('deletes nothing if an id is malformed', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(revoke('[7, "AccessToken:6"]'))
    expect(data).toEqual({ revokeConsents: null })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(asked()).toEqual([])
  })
})

const recorded = readRecordings('access-2026.5.0-rc1').filter(
  ({ method, url, status }) => method === 'GET' && status === 200 && /\/user_consent\/(\d+\/)?(\?|$)/.test(url),
)

it('has recordings to replay', () => {
  expect(recorded.length).toBeGreaterThan(15)
})

it.each(recorded)('Shows what a real server told of consents: $name', async ({ body }) => {
  const told = JSON.parse(body.toString())
  const { url } = await listen((_request, response) => {
    response.setHeader('content-type', 'application/json').end(body)
  })
  const { ask } = await startGatewayOver(url)
  const fields = `pk expires expiring isExpired permissions
    user { pk username name email lastLogin uuid isSuperuser groups { pk name } }
    application { pk slug name group launchUrl }`
  const one = `userConsent(id: ${told.pk}) { ${fields} }`
  const many = `userConsents(first: 100) { totalCount nodes { ${fields} } }`
  const { data, errors } = await ask(`{ ${told.results ? many : one} }`)
  expect(errors).toBeUndefined()
  if (told.results) expect(data.userConsents.totalCount).toBe(told.pagination.count)
  const rows: readonly Body[] = told.results ?? [told]
  const nodes: readonly Body[] = told.results ? data.userConsents.nodes : [data.userConsent]
  expect(nodes).toHaveLength(rows.length)
  for (const [index, row] of rows.entries()) {
    const { user, application, permissions, isExpired, ...same } = nodes[index] as Record<string, Body>
    expectSameValues(same as unknown as Body, row)
    expectSameValues(user as Body, row['user'] as Body, ['groups'])
    expectSameValues(application as Body, row['application'] as Body)
    expect(permissions).toEqual(String(row['permissions']).match(/\S+/g) ?? [])
    expect(isExpired).toBe(row['expiring'] === true && Date.parse(String(row['expires'])) < Date.now())
  }
})
