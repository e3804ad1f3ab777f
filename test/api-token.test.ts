import { describe, expect, it, onTestFinished } from 'vitest'
import { startSandbox } from '../src/sandbox/server.ts'
import { readRecordings } from './recordings.ts'
import { type Body, getRest } from './rest.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

const everything = `
  id identifier intent description expires expiring managed
  user { pk username name email uuid path groups { pk name } }`

/** What the graph is to say of a body. */
function graphOf({ identifier, intent, description, expires, expiring, managed, user_obj: user }: Body) {
  const { pk, username, name, email, uuid, path, groups_obj: groups } = user as Body
  return {
    id: `ApiToken:${identifier}`,
    identifier,
    intent: String(intent).toUpperCase(),
    description,
    expires,
    expiring,
    managed,
    user: {
      ...{ pk, username, name, email, uuid, path },
      groups: (groups as readonly Body[]).map((group) => ({ pk: group['pk'], name: group['name'] })),
    },
  }
}

const byPk = (one: Body, other: Body) => (String(one['pk']) < String(other['pk']) ? -1 : 1)

describe.each(['2024.10', '2025.12', '2026.2', '2026.8'] as const)('On %s', (release) => {
  const showsOthers = release.startsWith('2026')

  it('tells every API token as REST does, and never its value', async () => {
    const { ask, sandbox, asked } = await startGateway({ release })
    const { data, errors } = await ask(`{ apiTokens { totalCount nodes { ${everything} } } }`)
    expect(errors).toBeUndefined()
    expect(asked().filter((path) => !path.startsWith('GET /core/tokens/?'))).toEqual([])
    const { results } = await getRest(sandbox.url, '/core/tokens/?page_size=100')
    const rows = results as readonly Body[]
    expect(data.apiTokens.nodes).toEqual(rows.toSorted(byPk).map(graphOf))
    expect(data.apiTokens.totalCount).toBe(rows.length)
    expect(rows.length).toBeGreaterThan(60)
  })

  it.each([
    ['demo-superuser', true],
    ['demo-auditor', showsOthers],
    ['demo-delegate', showsOthers],
    ['demo-plain', false],
    ['demo-nobody', false],
    ['demo-viewer', false],
    ['demo-outpost', false],
  ])('shows %s those of others: %s', async (token, showsAll) => {
    const { ask } = await startGateway({ release })
    const { data, errors } = await ask(
      '{ apiTokens { nodes { user { pk } } } apiToken(id: "zoe-first") { identifier } me { pk apiTokens { totalCount } } }',
      { token },
    )
    expect(errors).toBeUndefined()
    const owners = new Set(data.apiTokens.nodes.map(({ user }: { user: { pk: number } }) => user.pk))
    if (showsAll) expect(owners.size).toBeGreaterThan(20)
    else expect([...owners]).toEqual([data.me.pk])
    expect(data.apiToken).toEqual(showsAll ? { identifier: 'zoe-first' } : null)
    expect(data.me.apiTokens.totalCount).toBeGreaterThan(2)
  })

  it.each([
    ['demo-plain', 'paul-managed', 'REVOKED', null],
    ['demo-plain', 'zoe-first', 'NOT_FOUND', 'NOT_FOUND'],
    ['demo-nobody', 'zoe-first', 'NOT_FOUND', 'NOT_FOUND'],
    ['demo-viewer', 'zoe-first', 'NOT_FOUND', 'NOT_FOUND'],
    ['demo-outpost', 'zoe-first', 'NOT_FOUND', 'NOT_FOUND'],
    ['demo-auditor', 'ada-first', 'REVOKED', null],
    ['demo-auditor', 'zoe-first', ...(showsOthers ? ['FORBIDDEN', 'FORBIDDEN'] : ['NOT_FOUND', 'NOT_FOUND'])],
    ['demo-delegate', 'zoe-first', ...(showsOthers ? ['REVOKED', null] : ['NOT_FOUND', 'NOT_FOUND'])],
    ['demo-superuser', 'zoe-first', 'REVOKED', null],
  ])('lets %s revoke %s: %s', async (token, identifier, outcome, code) => {
    const { ask } = await startGateway({ release })
    const { data, errors } = await ask(revoke(identifier), { token })
    expect(errors).toBeUndefined()
    expect(data.revokeApiTokens.results).toEqual([{ targetId: `ApiToken:${identifier}`, outcome, code }])
    const { data: after } = await ask(`{ apiToken(id: "${identifier}") { identifier } }`)
    expect(after.apiToken).toEqual(outcome === 'REVOKED' ? null : { identifier })
  })
})

const revoke = (...ids: string[]) =>
  `mutation { revokeApiTokens(ids: ${JSON.stringify(ids)}) { results { targetId outcome code } } }`

it('tells those that expire from those that do not, and those that never had a time', async () => {
  const { ask } = await startGateway()
  const { data } = await ask(
    '{ apiTokensByIds(ids: ["paul-expired", "paul-past", "ApiToken:paul-managed", "nosuch"]) { expires expiring managed intent } }',
  )
  const past = '2024-11-23T07:28:38.888671Z'
  expect(data.apiTokensByIds).toEqual([
    { expires: past, expiring: true, managed: null, intent: 'APP_PASSWORD' },
    { expires: past, expiring: false, managed: null, intent: 'API' },
    { expires: null, expiring: false, managed: 'goauthentik.io/nordlicht/reports', intent: 'API' },
    null,
  ])
})

it('ends the token with which it is asked when that one is revoked', async () => {
  const { ask } = await startGateway()
  const { data } = await ask(revoke('gateway-paul'), { token: 'demo-plain' })
  expect(data.revokeApiTokens.results).toMatchObject([{ outcome: 'REVOKED' }])
  const { errors } = await ask('{ me { pk } }', { token: 'demo-plain' })
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
})

describe('An identifier', () => {
  const unusable = ['paul.laptop/old x', 'zoe/..', 'line\nbreak', 'tomek.v2']

  it.each(unusable)('%j is listed, with a global id that cannot be asked for', async (identifier) => {
    const { ask, asked } = await startGateway()
    const id = `ApiToken:${identifier}`
    const query = `query ($search: String) { apiTokens(filter: { search: $search }) { edges { cursor node { id identifier } } } }`
    const { data, errors } = await ask(query, { variables: { search: identifier } })
    expect(errors).toBeUndefined()
    expect(data.apiTokens.edges.map(({ node }: { node: Body }) => node)).toEqual([{ id, identifier }])
    asked()
    for (const variables of [{ id: identifier }, { id }]) {
      const one = await ask('query ($id: ID!) { apiToken(id: $id) { id } }', { variables })
      expect(one.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      const many = await ask('query ($id: ID!) { apiTokensByIds(ids: [$id]) { id } }', { variables })
      expect(many.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      const none = await ask('mutation ($id: ID!) { revokeApiTokens(ids: ["zoe-first", $id]) { revokedCount } }', {
        variables,
      })
      expect(none.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    }
    const node = await ask('query ($id: ID!) { node(id: $id) { id } }', { variables: { id } })
    expect(node.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(asked()).toEqual([])
  })

  it.each(['', '.', '..', 'a.b', 'x'.repeat(256), 'a\u0000', 'a\u009f', 'a\ud800', '/'])(
    '%j is refused before anything is asked',
    async (id) => {
      const { ask, asked } = await startGateway()
      const { data, errors } = await ask('query ($id: ID!) { apiToken(id: $id) { id } }', { variables: { id } })
      expect(data).toEqual({ apiToken: null })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      expect(asked()).toEqual([])
    },
  )

  it.each(['遥のトークン', 's'.repeat(255), 'paul-first'])(
    '%j is found by itself and by its global id',
    async (identifier) => {
      const { ask } = await startGateway()
      const query = 'query ($id: ID!, $global: ID!) { a: apiToken(id: $id) { id } b: apiToken(id: $global) { id } }'
      const id = `ApiToken:${identifier}`
      const { data } = await ask(query, { variables: { id: identifier, global: id } })
      expect(data).toEqual({ a: { id }, b: { id } })
    },
  )

  it('with a point fails alike in a dry run and in the revocation of all that a user has, and authentik is not asked', async () => {
    const { ask, sandbox } = await startGateway()
    const told = {
      targetId: 'ApiToken:tomek.v2',
      outcome: 'FAILED',
      code: 'BAD_USER_INPUT',
      message:
        'authentik can be asked for identifiers of 1 to 255 characters without "/", "." and control characters only. This token cannot be revoked through its API.',
    }
    for (const dryRun of [true, false]) {
      const { data } = await ask(
        `mutation { revokeUserAccess(user: 16, apiTokens: true, dryRun: ${dryRun}) { results { targetId outcome code message } } }`,
      )
      expect(data.revokeUserAccess.results).toContainEqual(told)
    }
    expect(sandbox.requests.filter(({ path }) => path.includes('tomek.v2'))).toEqual([])
  })

  it('that looks like a global id is read by other services as it stands', async () => {
    const { url } = await listen(({ url: path = '' }, response) => {
      const identifier = decodeURIComponent(path.split('/')[5] ?? '')
      const row = { pk: '746f6b65-6e00-4000-8000-000000000001', identifier, description: `This is ${identifier}.` }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(row))
    })
    const { ask } = await startGatewayOver(url)
    const representations = [
      { __typename: 'ApiToken', identifier: 'ApiToken:foo' },
      { __typename: 'ApiToken', identifier: 'foo' },
      { __typename: 'ApiToken', id: 'ApiToken:foo' },
      { __typename: 'ApiToken', id: 'ApiToken:ApiToken:foo' },
    ]
    const { data, errors } = await ask(
      'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on ApiToken { id description } } }',
      { variables: { representations } },
    )
    expect(errors).toBeUndefined()
    const [foo, other] = ['foo', 'ApiToken:foo'].map((name) => ({
      id: `ApiToken:${name}`,
      description: `This is ${name}.`,
    }))
    expect(data._entities).toEqual([other, foo, foo, other])
  })

  it('that cannot be asked for is found again by its cursor, when a row before it is gone', async () => {
    const { ask } = await startGateway()
    const { data } = await ask('{ apiTokens { edges { cursor node { identifier } } } }')
    const edges = data.apiTokens.edges as { cursor: string; node: { identifier: string } }[]
    const at = edges.findIndex(({ node }) => node.identifier === 'paul.laptop/old x')
    await ask(revoke('zoe-first'))
    const page = await ask(`{ apiTokens(first: 1, after: "${edges[at]?.cursor}") { nodes { identifier } } }`)
    expect(page.data.apiTokens.nodes).toEqual([edges[at + 1]?.node])
  })
})

describe('A filter', () => {
  it.each([
    ['intent: RECOVERY, user: 5', ['paul-recovery']],
    ['managed: "goauthentik.io/nordlicht/reports"', ['paul-managed']],
    ['search: "phone"', ['paul-app-password']],
    ['expiring: false, user: "User:4"', ['gateway-mira']],
    ['expiring: true, intent: APP_PASSWORD, user: 5', ['paul-app-password', 'paul-expired']],
  ])('{ %s } finds what fits', async (filter, found) => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(`{ apiTokens(filter: { ${filter} }) { nodes { identifier } } }`)
    expect(errors).toBeUndefined()
    const identifiers = data.apiTokens.nodes.map(({ identifier }: Body) => identifier)
    expect(identifiers.filter((name: string) => !/-(first|second)$/.test(name)).sort()).toEqual(found)
  })

  it('by the caller needs no right, and by another user the right to see them', async () => {
    const { ask, asked } = await startGateway()
    const list = (user: number) => `{ apiTokens(filter: { user: ${user} }) { nodes { user { pk } } } }`
    const own = await ask(list(5), { token: 'demo-plain' })
    expect(own.errors).toBeUndefined()
    expect(own.data.apiTokens.nodes.length).toBeGreaterThan(5)
    expect(asked()[0]).toBe('GET /core/users/me/')
    const other = await ask(list(8), { token: 'demo-plain' })
    expect(other.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    const { data } = await ask(list(8), { token: 'demo-auditor' })
    expect(data.apiTokens.nodes).toEqual(Array.from({ length: 3 }, () => ({ user: { pk: 8 } })))
  })

  it.each([
    '{ answer: apiTokens(filter: { user: 8 }) { nodes { identifier } } }',
    '{ answer: apiTokens(filter: { user: 8 }) { totalCount } }',
    '{ user(id: 8) { answer: apiTokens { nodes { identifier } } } }',
  ])('by user that authentik does not heed shows nobody else: %s', async (query) => {
    const { url } = await listenAs((_path, answer) => answer(), 'user__username')
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask(query)
    expect((data.user ?? data).answer).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
  })
})

it('tells the user of a token without a request more', async () => {
  const { ask, asked } = await startGateway()
  const query = '{ apiToken(id: "zoe-first") { user { username lastLogin groups { name } apiTokens { totalCount } } } }'
  const { data, errors } = await ask(query)
  expect(errors).toBeUndefined()
  expect(data.apiToken.user).toMatchObject({ username: 'zoe', apiTokens: { totalCount: 3 } })
  expect(data.apiToken.user.groups).toHaveLength(3)
  expect(asked().filter((path) => path.includes('/users/'))).toEqual([])
})

it.each([
  ['intent', 'passkey', 'intent'],
  ['intent', null, 'intent'],
  ['expiring', 'yes', 'expiring'],
  ['description', 5, 'description'],
  ['expires', 'soon', 'expires'],
  ['managed', true, 'managed'],
  ['user_obj', null, 'user'],
])('tells a wrong "%s" (%j) at its field alone', async (property, value, field) => {
  const { url } = await listenAs(async (_path, answer) => ({ ...(await answer()), [property]: value }))
  const { ask } = await startGatewayOver(url)
  const { data, errors } = await ask(`{ answer: apiToken(id: "zoe-first") { ${everything} } }`)
  expect(errors).toMatchObject([{ path: ['answer', field], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
  expect(data.answer[field]).toBeNull()
  expect(data.answer.identifier).toBe('zoe-first')
})

it('walks through all API tokens by pages, each once', async () => {
  const { ask, asked } = await startGateway()
  const found: string[] = []
  let after = ''
  for (let more = true; more; ) {
    const { data } = await ask(
      `{ apiTokens(first: 9 ${after}) { nodes { identifier } pageInfo { hasNextPage endCursor } } }`,
    )
    const { nodes, pageInfo } = data.apiTokens
    found.push(...nodes.map((node: { identifier: string }) => node.identifier))
    after = `after: "${pageInfo.endCursor}"`
    more = pageInfo.hasNextPage
  }
  expect(asked().every((path) => path.includes('ordering=pk&'))).toBe(true)
  const { data } = await ask('{ apiTokens { totalCount } }')
  expect(new Set(found).size).toBe(data.apiTokens.totalCount)
})

const recordings = readRecordings('access-2026.5.0-rc1').filter(
  ({ method, url, status }) => method === 'GET' && status === 200 && /\/core\/tokens\/([\w-]+\/)?(\?|$)/.test(url),
)

it('has recordings to replay', () => {
  expect(recordings.length).toBeGreaterThan(15)
})

it.each(recordings)('tells what was recorded as $name as it came', async ({ body }) => {
  const recorded = JSON.parse(body.toString())
  const { url } = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  const { ask } = await startGatewayOver(url)
  if (!recorded.results) {
    const { data, errors } = await ask(`{ apiToken(id: "${recorded.identifier}") { ${everything} } }`)
    expect(errors).toBeUndefined()
    return expect(data.apiToken).toEqual(graphOf(recorded))
  }
  const size = Math.max(1, recorded.results.length)
  const { data, errors } = await ask(`{ apiTokens(first: ${size}) { totalCount nodes { ${everything} } } }`)
  expect(errors).toBeUndefined()
  expect(data.apiTokens.nodes).toEqual(recorded.results.map(graphOf))
  expect(data.apiTokens.totalCount).toBe(recorded.pagination.count)
})

/** An embedded authentik, of whose answers something is changed. It knows nothing of one parameter. */
async function listenAs(change: (path: string, answer: () => Promise<Body>) => Promise<Body>, unknown?: string) {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.close())
  return listen(async ({ url: path = '', headers }, response) => {
    const address = new URL(path, sandbox.url)
    if (unknown) address.searchParams.delete(unknown)
    const came = await fetch(address, { headers: { authorization: headers.authorization ?? '' } })
    const body = await change(path, async () => (await came.json()) as Body)
    response.writeHead(came.status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
}
