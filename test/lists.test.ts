import { describe, expect, it } from 'vitest'
import { getRest } from './rest.ts'
import { startGateway } from './start.ts'

const all = 'include_groups=false&include_roles=false'
const firstHundred = 'ordering=-pk&page=1&page_size=100'

describe('A list of 100 tokens', () => {
  it('with provider and user is one request', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(
      '{ accessTokens(first: 100) { nodes { provider { name } user { username email uuid } } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.accessTokens.nodes).toHaveLength(100)
    expect(asked()).toEqual([`GET /oauth2/access_tokens/?${all}&${firstHundred}`])
  })

  it('with groups is one request, that asks for them', async () => {
    const { ask, asked } = await startGateway()
    await ask('{ accessTokens(first: 100) { edges { node { user { ... on User { groups { name } } } } } } }')
    expect(asked()).toEqual([`GET /oauth2/access_tokens/?include_groups=true&include_roles=false&${firstHundred}`])
  })

  it('with what a slim provider lacks is two requests', async () => {
    const { ask, asked } = await startGateway({ release: '2026.8' })
    const { data, errors } = await ask('{ accessTokens(first: 100) { nodes { provider { clientId clientSecret } } } }')
    expect(errors).toBeUndefined()
    expect(data.accessTokens.nodes[0].provider.clientSecret).toMatch(/^demo-secret/)
    expect(asked()).toEqual([
      `GET /oauth2/access_tokens/?${all}&${firstHundred}`,
      'GET /providers/oauth2/?ordering=pk&page_size=100',
    ])
  })

  it('is never more than two and one for each distinct provider, where a page does not hold them all', async () => {
    // What authentik cuts its pages to is learned by the first one who asks.
    const { askOnce: ask, asked } = await startGateway({ release: '2026.8', maxPageSize: 4 })
    const { data, errors } = await ask('{ accessTokens(first: 100) { nodes { provider { pk clientId } } } }')
    expect(errors).toBeUndefined()
    const distinct = new Set(data.accessTokens.nodes.map(({ provider }: { provider: { pk: number } }) => provider.pk))
    const ofProviders = asked().filter((path) => path.includes('/providers/'))
    expect(ofProviders.length).toBeGreaterThan(2)
    expect(ofProviders.length).toBeLessThanOrEqual(1 + distinct.size)
  })

  it('is, row by row, what REST tells', async () => {
    const { ask, sandbox } = await startGateway()
    const { data } = await ask(
      '{ accessTokens(first: 50, orderBy: { field: PK }) { nodes { pk expires scope revoked user { pk lastLogin } provider { pk } } } }',
    )
    const { results } = await getRest(sandbox.url, '/oauth2/access_tokens/?ordering=pk&page_size=50')
    const rows = results as {
      pk: number
      expires: string
      scope: string[]
      revoked: boolean
      user: { pk: number; last_login: string }
      provider: { pk: number }
    }[]
    expect(data.accessTokens.nodes).toEqual(
      rows.map(({ pk, expires, scope, revoked, user, provider }) => ({
        pk,
        expires,
        scope,
        revoked,
        user: { pk: user.pk, lastLogin: user.last_login },
        provider: { pk: provider.pk },
      })),
    )
  })
})

describe('What no field reads', () => {
  it.each([
    ['{ users(first: 5) { nodes { username } } }', `/core/users/?${all}&ordering=-pk&page=1&page_size=5`],
    [
      '{ users(first: 5) { nodes { groups { name } } } }',
      '/core/users/?include_groups=true&include_roles=false&ordering=-pk&page=1&page_size=5',
    ],
    [
      '{ groups(first: 5) { nodes { name } } }',
      '/core/groups/?include_children=false&include_parents=false&include_users=false&ordering=name%2Cpk&page=1&page_size=5',
    ],
    [
      '{ groups(first: 5) { nodes { parents { name } } } }',
      '/core/groups/?include_children=false&include_parents=true&include_users=false&ordering=name%2Cpk&page=1&page_size=5',
    ],
    [
      '{ groups(first: 5) { nodes { children { name } } } }',
      '/core/groups/?include_children=true&include_parents=false&include_users=false&ordering=name%2Cpk&page=1&page_size=5',
    ],
    ['{ refreshTokens(first: 5) { nodes { pk } } }', `/oauth2/refresh_tokens/?${all}&ordering=-pk&page=1&page_size=5`],
    [
      '{ authorizationCodes(first: 5) { nodes { pk } } }',
      `/oauth2/authorization_codes/?${all}&ordering=-pk&page=1&page_size=5`,
    ],
    [
      '{ oauth2Providers(first: 5) { nodes { clientSecret clientId } } }',
      '/providers/oauth2/?ordering=-pk&page=1&page_size=5',
    ],
    ['{ users { totalCount } }', `/core/users/?${all}&ordering=-pk&page=1&page_size=1`],
    ['{ user(id: 8) { username } }', `/core/users/8/?${all}`],
    [
      '{ refreshToken(id: 5) { user { groups { pk } } } }',
      '/oauth2/refresh_tokens/5/?include_groups=true&include_roles=false',
    ],
    ['{ authorizationCode(id: 5) { pk } }', `/oauth2/authorization_codes/5/?${all}`],
  ])('is not asked for by %s', async (query, path) => {
    const { ask, asked } = await startGateway()
    expect((await ask(query)).errors).toBeUndefined()
    expect(asked()).toEqual([`GET ${path}`])
  })
})

describe('A filter', () => {
  const group = '67726f75-7000-4000-8000-000000000002'
  it.each([
    ['accessTokens(filter: { user: "User:5", provider: 1 })', 'access_tokens', 'provider=1&user=5'],
    ['refreshTokens(filter: { user: 5 })', 'refresh_tokens', 'user=5'],
    ['authorizationCodes(filter: { provider: "OAuth2Provider:1" })', 'authorization_codes', 'provider=1'],
    ['oauth2Providers(filter: { search: "graf", name: "Grafana" })', 'oauth2', 'name=Grafana&search=graf'],
    [
      'oauth2Providers(filter: { clientId: "demo-client-grafana", clientType: CONFIDENTIAL })',
      'oauth2',
      'client_id=demo-client-grafana&client_type=confidential',
    ],
    [
      'oauth2Providers(filter: { application: "61707000-0000-4000-8000-000000000001" })',
      'oauth2',
      'application=61707000-0000-4000-8000-000000000001',
    ],
    [
      'users(filter: { search: "zo", isActive: true, isSuperuser: false })',
      'users',
      'is_active=true&is_superuser=false&search=zo',
    ],
    [
      'users(filter: { username: "zoe", email: "zoe@nordlicht.example", path: "users" })',
      'users',
      'email=zoe%40nordlicht.example&path=users&username=zoe',
    ],
    ['users(filter: { type: [EXTERNAL, SERVICE_ACCOUNT] })', 'users', 'type=external&type=service_account'],
    [`users(filter: { groups: ["${group.toUpperCase()}"], search: "" })`, 'users', `groups_by_pk=${group}`],
    [
      'groups(filter: { members: [8, "User:5"], isSuperuser: true })',
      'groups',
      'is_superuser=true&members_by_pk=8&members_by_pk=5',
    ],
    ['groups(filter: { name: "Platform" })', 'groups', 'name=Platform'],
  ])("of %s is authentik's", async (list, path, search) => {
    const { ask, asked } = await startGateway()
    expect((await ask(`{ list: ${list} { totalCount } }`)).errors).toBeUndefined()
    const [line = ''] = asked()
    const [, query = ''] = line.split('?')
    expect(line).toContain(`/${path}/`)
    const own = query.split('&').filter((pair) => !/^(include_|ordering=|page=|page_size=)/.test(pair))
    expect(own.join('&')).toBe(search)
  })

  it('counts what REST counts', async () => {
    const { ask, sandbox } = await startGateway()
    const { data } = await ask(
      '{ users(filter: { type: [EXTERNAL, SERVICE_ACCOUNT], isActive: true }) { totalCount } accessTokens(filter: { user: 15, provider: 1 }) { totalCount } }',
    )
    const count = async (path: string) =>
      ((await getRest(sandbox.url, path)) as { pagination: { count: number } }).pagination.count
    expect(data.users.totalCount).toBe(await count('/core/users/?type=external&type=service_account&is_active=true'))
    expect(data.accessTokens.totalCount).toBe(await count('/oauth2/access_tokens/?user=15&provider=1'))
    expect(data.users.totalCount).toBeGreaterThan(0)
  })

  it('with a value that is no UUID is BAD_USER_INPUT', async () => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask('query ($uuid: UUID) { users(filter: { uuid: $uuid }) { totalCount } }', {
      variables: { uuid: 'abc' },
    })
    expect(errors).toMatchObject([
      { message: expect.stringContaining('a UUID such as'), extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(asked()).toEqual([])
  })
})

describe('An order', () => {
  it.each([
    ['{ field: EXPIRES }', 'expires,-pk'],
    ['[{ field: EXPIRES, direction: DESC }, { field: USER }]', '-expires,user,-pk'],
    ['{ field: PK }', 'pk'],
    ['[{ field: REVOKED, direction: DESC }, { field: PK }, { field: REVOKED }]', '-revoked,pk'],
    ['[]', '-pk'],
  ])('by %s ends in the key', async (orderBy, ordering) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(`{ accessTokens(first: 100, orderBy: ${orderBy}) { nodes { pk } } }`)
    expect(errors).toBeUndefined()
    expect(new Set(data.accessTokens.nodes.map(({ pk }: { pk: number }) => pk)).size).toBe(100)
    expect(asked()[0]).toContain(`ordering=${encodeURIComponent(ordering)}&`)
  })
})

describe('An edge', () => {
  it('is asked for one page, until it is known that there are more', async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask(
      '{ usersByIds(ids: [15, 21, 22]) { accessTokens(first: 300) { totalCount nodes { pk } } } }',
    )
    for (const { accessTokens } of data.usersByIds) expect(accessTokens.nodes).toHaveLength(accessTokens.totalCount)
    expect(asked().filter((path) => path.includes('/access_tokens/'))).toHaveLength(3)
  })

  it('leads from a user to their tokens, and from a provider to those that it issued', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(`{
      user(id: 15) { accessTokens(first: 2, orderBy: { field: PK }) { totalCount nodes { user { pk } } } refreshTokens { totalCount } }
      oauth2Provider(id: 1) { accessTokens(first: 1) { totalCount nodes { provider { pk } } } }
    }`)
    expect(errors).toBeUndefined()
    expect(data.user.accessTokens).toEqual({ totalCount: 95, nodes: [{ user: { pk: 15 } }, { user: { pk: 15 } }] })
    expect(data.oauth2Provider.accessTokens.nodes).toEqual([{ provider: { pk: 1 } }])
  })

  it('leads from a user and from a provider to each kind of their grants', async () => {
    const { ask, sandbox } = await startGateway()
    const lists =
      'accessTokens { totalCount } refreshTokens { totalCount } authorizationCodes { totalCount nodes { pk } }'
    const { data, errors } = await ask(`{
      user(id: 15) { ${lists} }
      oauth2Provider(id: 1) { ${lists} newest: refreshTokens(orderBy: { field: PK, direction: DESC }) { nodes { pk } } }
    }`)
    expect(errors).toBeUndefined()
    for (const [field, filter] of [['user', 'user=15'] as const, ['oauth2Provider', 'provider=1'] as const]) {
      const counted = await Promise.all(
        ['access_tokens', 'refresh_tokens', 'authorization_codes'].map(async (path) => {
          const { pagination } = await getRest(sandbox.url, `/oauth2/${path}/?${filter}`)
          return (pagination as { count: number }).count
        }),
      )
      const { accessTokens, refreshTokens, authorizationCodes } = data[field]
      expect([accessTokens, refreshTokens, authorizationCodes].map(({ totalCount }) => totalCount)).toEqual(counted)
      expect(Math.min(...counted)).toBeGreaterThan(0)
    }
    const newest = data.oauth2Provider.newest.nodes.map(({ pk }: { pk: number }) => pk)
    expect(newest).toEqual(newest.toSorted((one: number, other: number) => other - one))
  })

  it('is forbidden by itself: the members of a group for who may not see groups', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask('{ me { username effectiveGroups { name users { totalCount } } } }', {
      token: 'demo-plain',
    })
    expect(data.me.username).toBe('paul')
    expect(new Set(errors?.map(({ path, extensions }) => `${path?.at(-1)} ${extensions.code}`))).toEqual(
      new Set(['users FORBIDDEN']),
    )
  })

  it("shows an ordinary user their own tokens, and nobody else's", async () => {
    const { ask } = await startGateway()
    const { data } = await ask('{ me { accessTokens { totalCount } } accessTokens { totalCount } }', {
      token: 'demo-plain',
    })
    expect(data).toEqual({ me: { accessTokens: { totalCount: 12 } }, accessTokens: { totalCount: 12 } })
  })
})

describe('The other grants', () => {
  it.each([
    ['refreshToken', 'RefreshToken', 'refresh_tokens', 'id pk isExpired expires scope revoked idToken'],
    ['authorizationCode', 'AuthorizationCode', 'authorization_codes', 'id pk isExpired expires scope'],
  ])('%s is found by key, by global id and as a node', async (field, typename, path, fields) => {
    const { ask, asked, sandbox } = await startGateway()
    const { data, errors } = await ask(`{
      byKey: ${field}(id: 5) { ${fields} }
      byId: ${field}(id: "${typename}:5") { ${fields} }
      node(id: "${typename}:5") { ... on ${typename} { ${fields} } }
      byIds: ${field}sByIds(ids: [5, 99999]) { ${fields} }
    }`)
    expect(errors).toBeUndefined()
    expect(asked().sort()).toEqual([`GET /oauth2/${path}/5/?${all}`, `GET /oauth2/${path}/99999/?${all}`])
    const body = await getRest(sandbox.url, `/oauth2/${path}/5/`)
    expect(data.byKey).toMatchObject({ id: `${typename}:5`, expires: body['expires'], scope: body['scope'] })
    expect([data.byId, data.node, data.byIds]).toEqual([data.byKey, data.byKey, [data.byKey, null]])
  })
})
