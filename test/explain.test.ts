import { isObjectType, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { endpoints } from '../src/authentik/endpoints.ts'
import { readOperations } from '../src/http/operations-file.ts'
import { createSchema } from '../src/schema/index.ts'
import { createOperation } from './fuzz/documents.ts'
import { callers, learn } from './fuzz/learn.ts'
import { createRandom } from './fuzz/random.ts'
import { startUpstream, tokenOf } from './fuzz/upstream.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

interface Sent {
  readonly url: string
  readonly explain?: string
  readonly token?: string | null
}

interface Explained {
  readonly requests: readonly Readonly<Record<string, unknown>>[]
  readonly paid: { readonly requests: number; readonly rows: number }
  readonly estimate: { readonly requests: number; readonly rows: number }
}

/** Sends a body, by default asking to explain it. */
async function send(body: unknown, { url, explain = '1', token = 'demo-superuser' }: Sent) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-explain': explain,
      ...(token !== null && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, answer: JSON.parse(await response.text()) }
}

/** What is told of each operation in a body. */
async function explainAll(body: object, url: string): Promise<Explained[]> {
  const { answer } = await send(body, { url })
  return [answer].flat().map(({ extensions }) => extensions.explain)
}

/** What is told of a query. */
async function explainOne(query: string, url: string): Promise<Explained> {
  const [explained] = await explainAll({ query }, url)
  if (!explained) throw new Error('It was not explained.')
  return explained
}

const templates: readonly string[] = Object.values(endpoints).map(({ path }) => path)

/** The template of a path that authentik was asked for. */
function templateOf(path: string): string {
  const plain = path.replace(/^\w+ \/api\/v3|\?.*/g, '')
  const fits = (template: string) => new RegExp(`^${template.replace(/{\w+}/, '[^/]+')}$`).test(plain)
  return templates.find((template) => template === plain) ?? templates.find(fits) ?? plain
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' }
const revoke = 'mutation { revokeAccessTokens(ids: [42]) { revokedCount } }'
const number = expect.any(Number)

describe('An explained query', () => {
  it('is answered as without, and tells each request to authentik, what was paid and the estimate', async () => {
    const { url, asked } = await startGateway({ explain: true })
    const query =
      '{ accessToken(id: 42) { pk user { username } } users(first: 3) { nodes { pk } } user(id: 999) { pk } }'
    const { status, answer } = await send({ query }, { url })
    expect(status).toBe(200)
    expect(asked()).toHaveLength(4)
    const plain = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
    const told = (endpoint: string, code: number, rows: number, cause: string) => ({
      endpoint,
      status: code,
      msWaiting: number,
      msUpstream: number,
      bytes: number,
      rows,
      shared: false,
      retried: 0,
      causes: [cause],
    })
    const requests = [
      told('/oauth2/access_tokens/{id}/', 200, 1, 'Query.accessToken'),
      told('/core/users/', 200, 3, 'Query.users'),
      told('/core/users/{id}/', 404, 0, 'Query.user'),
      // Who is not found may be the caller.
      told('/core/users/me/', 200, 1, 'Query.user'),
    ]
    const explain = {
      requests: expect.arrayContaining(requests),
      paid: { requests: 4, rows: 5 },
      estimate: { requests: 4, rows: 6 },
    }
    expect(answer).toEqual({ ...(await plain.json()), extensions: { explain } })
    expect(answer.extensions.explain.requests).toHaveLength(4)
  })

  it.each<[string, string, readonly (readonly string[])[]]>([
    [
      'look-ups, nodes and entities of one object',
      `{
        user(id: 4) { name }
        nodes(ids: ["User:4", "User:5"]) { id }
        _entities(representations: [{ __typename: "User", pk: 4 }]) { ... on User { email } }
      }`,
      [
        ['/core/users/{id}/', 'Query.user', 'Query.nodes', 'Query._entities'],
        ['/core/users/{id}/', 'Query.nodes'],
      ],
    ],
    [
      'pages of lists, and a page for objects that came shortened',
      '{ accessTokens(first: 250) { nodes { provider { clientSecret clientId } } } }',
      [
        ['/oauth2/access_tokens/', 'Query.accessTokens'],
        ['/oauth2/access_tokens/', 'Query.accessTokens'],
        ['/oauth2/access_tokens/', 'Query.accessTokens'],
        ['/providers/oauth2/', 'OAuth2Provider.clientSecret', 'OAuth2Provider.clientId'],
      ],
    ],
    [
      'an object that came shortened',
      '{ me { uuid path groups { name } effectiveGroups { name } } }',
      [
        ['/core/users/me/', 'Query.me'],
        ['/core/users/{id}/', 'User.uuid', 'User.path', 'User.groups'],
      ],
    ],
    [
      'members of groups',
      '{ groups { nodes { users { nodes { email path } } } } }',
      [
        ['/core/groups/', 'Query.groups'],
        ['/core/groups/', 'Group.users'],
        ['/core/users/', 'User.path'],
      ],
    ],
    [
      'the length of a list, and its pages',
      '{ user(id: 8) { accessTokens(last: 2) { nodes { pk } } } }',
      [
        ['/core/users/{id}/', 'Query.user'],
        ['/oauth2/access_tokens/', 'User.accessTokens'],
        ['/oauth2/access_tokens/', 'User.accessTokens'],
      ],
    ],
  ])('names the fields that a request is for: %s', async (_what, query, expected) => {
    const { url } = await startGateway({ explain: true, release: '2026.8' })
    const { requests } = await explainOne(query, url)
    expect(requests.map(({ endpoint, causes }) => [endpoint, causes].flat())).toEqual(expected)
  })

  it('is told for itself in a batch', async () => {
    const { url } = await startGateway({ explain: true })
    const batch = [{ query: '{ user(id: 8) { pk } }' }, { query: '{ users(first: 1) { nodes { pk } } }' }]
    const explained = await explainAll(batch, url)
    expect(explained.map(({ requests }) => requests.map(({ causes }) => causes))).toEqual([
      [['Query.user']],
      [['Query.users']],
    ])
  })

  it('tells of a request that another operation made that it was shared, and did not pay for it', async () => {
    const { url } = await startGateway({ explain: true })
    const query = '{ user(id: 8) { pk } }'
    const explained = await explainAll([{ query }, { query }], url)
    expect(explained.flatMap(({ requests }) => requests.map(({ shared }) => shared))).toEqual([false, true])
    expect(explained.map(({ paid }) => paid)).toEqual([
      { requests: 1, rows: 1 },
      { requests: 0, rows: 0 },
    ])
  })

  it('tells bytes and further tries, and the status of what failed', async () => {
    let tries = 0
    const body = JSON.stringify({ pk: 1, username: 'äda', name: '', uid: 'u' })
    const { url } = await listen((request, response) => {
      response.setHeader('content-type', 'application/json')
      if (request.url?.includes('/users/2/')) return response.writeHead(500).end('crashed')
      tries += 1
      return response.writeHead(tries === 1 ? 503 : 200).end(body)
    })
    const gateway = await startGatewayOver(url, { explain: true })
    const { requests, paid } = await explainOne(
      '{ one: user(id: 1) { username } two: user(id: 2) { pk } }',
      gateway.url,
    )
    expect(requests.map(({ status, bytes, rows, retried }) => [status, bytes, rows, retried])).toEqual([
      [200, Buffer.byteLength(body), 1, 1],
      [500, 'crashed'.length, 0, 0],
    ])
    expect(paid).toEqual({ requests: 2, rows: 1 })
  })

  it('tells of no request that had no turn', async () => {
    const { url } = await listen((_request, response) => {
      response.setHeader('content-type', 'application/json')
      setTimeout(() => response.end('{"pk":1,"username":"ada","name":"","uid":"u"}'), 500)
    })
    const gateway = await startGatewayOver(url, { explain: true, concurrency: 1, queueTimeout: 100 })
    const query = '{ one: user(id: 1) { pk } two: user(id: 2) { pk } }'
    const { answer } = await send({ query }, gateway)
    expect(answer.errors).toMatchObject([{ path: ['two'], extensions: { code: 'UPSTREAM_TIMEOUT' } }])
    expect(answer.extensions.explain).toMatchObject({ requests: [{ status: 200 }], paid: { requests: 1, rows: 1 } })
    expect(answer.extensions.explain.requests).toHaveLength(1)
  })

  it('tells of 500 requests in one HTTP request at most, and counts all that were paid', async () => {
    const { url } = await listen(({ url: path = '' }, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ pk: Number(/\/(\d+)\//.exec(path)?.[1]), username: 'ada', name: '', uid: 'u' }))
    })
    const gateway = await startGatewayOver(url, { explain: true })
    const ids = Array.from({ length: 400 }, (_, index) => index + 1)
    const query = `{ usersByIds(ids: [${ids}]) { pk } }`
    const explained = await explainAll([{ query }, { query }, { query }], gateway.url)
    expect(sum(explained.map(({ requests }) => requests.length))).toBe(500)
    expect(sum(explained.map(({ paid }) => paid.requests))).toBe(400)
  })

  it('comes by GET and as a persisted operation', async () => {
    const persistedOperations = readOperations('test/persisted/relay.json')
    const gateway = await startGateway({ explain: true, persistedOperations })
    const got = await fetch(`${gateway.url}?documentId=whoami`, { headers: { ...headers, 'x-explain': '1' } })
    const { extensions } = (await got.json()) as { extensions: { explain: Explained } }
    expect(extensions.explain.paid).toEqual({ requests: 1, rows: 1 })
    const [explained] = await explainAll({ documentId: 'whoami' }, gateway.url)
    expect(explained?.paid).toEqual({ requests: 1, rows: 1 })
  })

  it('tells templates of paths alone: no key, no filter, no cursor, no name and no token', async () => {
    const { url, askOnce } = await startGateway({ explain: true })
    const page = 'accessTokens(first: 2) { pageInfo { endCursor } }'
    const { endCursor } = (await askOnce(`{ ${page} }`)).data.accessTokens.pageInfo
    const query = `{
      user(id: 15) { username }
      users(filter: { search: "zoe", path: "users" }) { nodes { username groups { numPk } } }
      accessTokens(first: 2, after: "${endCursor}", filter: { user: "User:15" }) { nodes { pk } }
      group(id: "67726f75-7000-4000-8000-000000000003") { name users { nodes { username } } }
    }`
    const { requests } = await explainOne(query, url)
    expect(requests.length).toBeGreaterThan(3)
    for (const { endpoint } of requests) expect(templates).toContain(endpoint)
    const secrets = /zoe|67726f75|demo-|User:|\?|=/
    expect(JSON.stringify(requests)).not.toMatch(secrets)
    expect(JSON.stringify(requests)).not.toContain(endCursor)
  })

  it('is explained each time, and never where nobody asks for it', async () => {
    const { url, askOnce } = await startGateway({ explain: true })
    const query = '{ me { username } }'
    for (let time = 0; time < 3; time += 1) {
      expect((await explainOne(query, url)).paid.requests).toBe(1)
      expect(await askOnce(query)).not.toHaveProperty('extensions')
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
      expect(await response.json()).toEqual({ data: { me: { username: 'mira' } } })
    }
  })
})

it('tells of each request that random queries make, and names fields of the schema for it', {
  timeout: 0,
}, async () => {
  const schema = createSchema()
  const isField = (coordinate: unknown) => {
    const [typename = '', name = ''] = String(coordinate).split('.')
    const type = schema.getType(typename)
    return isObjectType(type) && name in type.getFields()
  }
  const upstream = await startUpstream()
  const { url } = await startGatewayOver(upstream.url, { explain: true })
  const known = await learn(upstream.url, url)
  let compared = 0
  for (let seed = 1; seed <= 500; seed += 1) {
    const { query, variables } = createOperation(schema, createRandom(seed), known)
    if (query.startsWith('mutation') || validate(schema, parse(query)).length > 0) continue
    const token = tokenOf(createRandom(seed).pick(callers), seed)
    const { answer } = await send({ query, variables }, { url, token })
    const explained = answer.extensions?.explain as Explained | undefined
    // If a null takes its parent with it, the answer does not wait for what stood beside it.
    if (!explained || answer.errors) continue
    compared += 1
    const tries = explained.requests.flatMap(({ endpoint, retried }) => Array(1 + Number(retried)).fill(endpoint))
    const asked = (upstream.asked.get(seed) ?? []).map(templateOf)
    expect([seed, tries.sort()]).toEqual([seed, asked.sort()])
    const causes = explained.requests.map((one) => one['causes'] as readonly string[])
    const { paid, estimate } = explained
    expect([seed, paid.requests <= estimate.requests, paid.rows <= estimate.rows]).toEqual([seed, true, true])
    expect([seed, causes.filter((some) => some.length === 0 || !some.every(isField))]).toEqual([seed, []])
  }
  expect(compared).toBeGreaterThan(50)
})

describe('Nothing is explained', () => {
  it.each([
    ['without a token', null],
    ['with a token that authentik refuses', 'made-up'],
    ['with a token that is none', 'a b'],
  ])('%s', async (_what, token) => {
    const { url } = await startGateway({ explain: true })
    const { status, answer } = await send({ query: '{ me { pk } }' }, { url, token })
    expect(status).toBe(200)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(answer).not.toHaveProperty('extensions')
  })

  it('while authentik does not say whether it accepts the token', async () => {
    const { url } = await listen((_request, response) => response.writeHead(500).end())
    const gateway = await startGatewayOver(url, { explain: true })
    const { answer } = await send({ query: '{ me { pk } }' }, gateway)
    expect(answer).not.toHaveProperty('extensions')
  })

  it.each(['1', 'dry-run', 'nonsense'])('where EXPLAIN is off: "x-explain: %s" is any header', async (explain) => {
    const { url } = await startGateway()
    const { answer } = await send({ query: '{ me { username } }' }, { url, explain })
    expect(answer).toEqual({ data: { me: { username: 'mira' } } })
  })
})

describe('The header x-explain', () => {
  it.each(['1', 'dry-run'])('is refused with a mutation, which does not run: %s', async (explain) => {
    const { url, asked } = await startGateway({ explain: true })
    const { status, answer } = await send({ query: revoke }, { url, explain })
    expect(status).toBe(400)
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
    expect(asked()).toEqual([])
  })

  it('is refused for the mutation alone in a batch', async () => {
    const { url, asked } = await startGateway({ explain: true })
    const { answer } = await send([{ query: revoke }, { query: '{ me { username } }' }], { url })
    expect(answer).toMatchObject([
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
      { data: { me: { username: 'mira' } } },
    ])
    expect(asked()).toEqual(['GET /core/users/me/'])
  })

  it.each(['', '0', 'true', '1, 1', 'DRY-RUN'])('is refused with another value: %j', async (explain) => {
    const { url, asked } = await startGateway({ explain: true })
    const { status, answer } = await send({ query: '{ me { pk } }' }, { url, explain })
    expect(status).toBe(400)
    const message = `Expected "1" or "dry-run" in "x-explain", got ${JSON.stringify(explain)}.`
    expect(answer).toEqual({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] })
    expect(asked()).toEqual([])
  })

  it('may be sent by pages of CORS_ORIGINS', async () => {
    const origin = 'https://app.example'
    const { url } = await startGateway({ explain: true, corsOrigins: [origin] })
    const asking = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-explain' }
    const preflight = await fetch(url, { method: 'OPTIONS', headers: asking })
    expect(preflight.headers.get('access-control-allow-headers')).toBe('x-explain')
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
  })
})

describe('A dry run', () => {
  const dryRun = async (query: string, token: string | null = 'any-token') => {
    const { url, asked } = await startGateway({ explain: true })
    const reply = await send({ query }, { url, token, explain: 'dry-run' })
    return { ...reply, asked: asked() }
  }

  it('tells the estimate, asks authentik nothing, whatever the token, and has no data', async () => {
    const { status, answer, asked } = await dryRun('{ accessTokens(first: 300) { nodes { provider { name } } } }')
    expect(status).toBe(200)
    expect(answer).toEqual({ data: null, extensions: { explain: { estimate: { requests: 3, rows: 300 } } } })
    expect(asked).toEqual([])
  })

  it.each([null, 'a b'])('needs a token that could be one: %j', async (token) => {
    const { answer } = await dryRun('{ me { pk } }', token)
    expect(answer).toMatchObject({ data: null, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    expect(answer).not.toHaveProperty('extensions')
  })

  it.each([
    ['a document that does not fit the schema', '{ nope }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a variable that is missing', 'query ($id: ID!) { user(id: $id) { pk } }', 'BAD_USER_INPUT'],
    ['no operation', 'fragment F on User { pk }', 'OPERATION_RESOLUTION_FAILURE'],
    ['no operation of that name', 'query A { me { pk } } query B { me { pk } }', 'OPERATION_RESOLUTION_FAILURE'],
  ])('tells of %s', async (_what, query, code) => {
    const { answer, asked } = await dryRun(query)
    expect(answer).toMatchObject({ errors: [{ extensions: { code } }] })
    expect(asked).toEqual([])
  })
})
