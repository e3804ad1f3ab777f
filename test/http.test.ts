import { connect } from 'node:net'
import { GraphQLSchema } from 'graphql'
import { auditServer } from 'graphql-http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { limits } from '../src/limits.ts'
import { startGateway } from './start.ts'

describe('GraphQL over HTTP', () => {
  it('passes every audit of graphql-http', async () => {
    const { url } = await startGateway()
    const results = await auditServer({ url, fetchFn: fetch })
    expect(results).toHaveLength(61)
    expect(results.filter(({ status }) => status !== 'ok').map(({ id, name }) => `${id} ${name}`)).toEqual([])
  })

  it('answers GET with a query', async () => {
    const { url } = await startGateway()
    const response = await fetch(`${url}?query={__typename}`)
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/jsonp',
    '',
  ])('refuses a POST of %j with 415, and runs nothing', async (type) => {
    const { url, asked } = await startGateway()
    const headers = { 'content-type': type, authorization: 'Bearer demo-superuser' }
    const response = await fetch(url, { method: 'POST', headers, body: '{"query":"{ me { pk } }"}' })
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
    expect(asked()).toEqual([])
  })

  it('says no-store with every answer but the page', async () => {
    const { url } = await startGateway({ graphiql: true })
    const post = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const answers = [
      fetch(url, { ...post, body: '{"query":"{ __typename }"}' }),
      fetch(url, { ...post, body: '{"query":"{ nope }"}' }),
      fetch(url, { ...post, body: 'rubbish' }),
      fetch(url, { method: 'POST', body: 'x' }),
      fetch(url, { method: 'DELETE' }),
      fetch(`${url}/nothing/there`),
      fetch(url.replace('/graphql', '/health')),
    ]
    for (const response of await Promise.all(answers)) {
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      await response.text()
    }
  })

  it.each(['a b%%', '[', 'evil.example', ''])('answers whatever host is named: %j', async (host) => {
    const { url } = await startGateway()
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      let text = ''
      socket.on('data', (data) => (text += data)).on('close', () => resolve(text))
      socket.write(`GET /graphql?query={__typename} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    })
    expect(answer).toContain('{"data":{"__typename":"Query"}}')
    expect(answer.toLowerCase()).toContain('cache-control: no-store')
  })

  it('tells its liveness at /health, without asking authentik', async () => {
    const { url, asked } = await startGateway()
    expect((await fetch(url.replace('/graphql', '/health'))).status).toBe(200)
    expect(asked()).toEqual([])
  })
})

describe('Other origins', () => {
  const preflight = {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  }

  it('may not ask', async () => {
    const { url } = await startGateway()
    for (const init of [preflight, { headers: { origin: 'https://app.example' } }]) {
      const { headers } = await fetch(`${url}?query={__typename}`, init)
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('may ask when they are named, and without cookies', async () => {
    const { url } = await startGateway({ corsOrigins: ['https://other.example', 'https://app.example'] })
    const { status, headers } = await fetch(url, preflight)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type')
    expect(headers.get('access-control-max-age')).toBe('7200')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    const answer = await fetch(`${url}?query={__typename}`, { headers: { origin: 'https://app.example' } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(answer.headers.get('access-control-expose-headers')).toBe('retry-after,x-request-id,server-timing')
    expect(answer.headers.get('vary')).toContain('Origin')
  })

  it.each(['https://evil.example', 'null', 'https://app.example.evil'])(
    'that are not named (%s) may not',
    async (origin) => {
      const { url } = await startGateway({ corsOrigins: ['https://other.example', 'https://app.example'] })
      for (const init of [{ ...preflight, headers: { ...preflight.headers, origin } }, { headers: { origin } }]) {
        expect((await fetch(`${url}?query={__typename}`, init)).headers.get('access-control-allow-origin')).toBeNull()
      }
    },
  )
})

describe('Too much', () => {
  const nested = (depth: number) => `{ me { groups ${'{ parent '.repeat(depth - 3)} { pk } ${'}'.repeat(depth - 3)} } }`

  it.each([
    ['9000 nested braces', '{a'.repeat(9000)],
    ['9000 nested lists', `{ node(id: ${'['.repeat(9000)}`],
    ['9000 nested types', `query ($a: ${'['.repeat(9000)}`],
    ['too many tokens', `{ ${'__typename '.repeat(limits.documentTokens)} }`],
    ['a selection too long to compare', `{ ${'__typename '.repeat(1900)} }`],
    ['one field at one place too often', `{ ${'me { pk } '.repeat(201)} }`],
    ['one field too often below one that is repeated', `{ ${'me { pk pk pk } '.repeat(100)} }`],
    ['too deep a selection', nested(limits.documentDepth + 1)],
    [
      'too deep a selection, by fragments',
      `{ me { ...A } } fragment A on User { groups { ${'parents { '.repeat(8)} ...B ${'}'.repeat(8)} } } fragment B on Group { ${'children { '.repeat(8)} pk ${'}'.repeat(8)} }`,
    ],
    [
      'too many aliases',
      `{ ${Array.from({ length: limits.documentAliases + 1 }, (_, index) => `a${index}: me { pk }`).join(' ')} }`,
    ],
  ])('%s is QUERY_TOO_COMPLEX, and upstream is not asked', async (_what, query) => {
    const { ask, asked } = await startGateway()
    const { status, data, errors } = await ask(query)
    expect(status).toBeLessThan(500)
    expect(data).toBeUndefined()
    expect(errors?.[0]?.extensions).toEqual({ code: 'QUERY_TOO_COMPLEX' })
    expect(asked()).toEqual([])
  })

  it('is a text of over 32,768 characters, whatever it says', async () => {
    const { ask } = await startGateway()
    const { errors } = await ask(`{ __typename } # ${'x'.repeat(limits.documentCharacters)}`)
    expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
  })

  it('is over 5000 objects, though authentik is asked for one', async () => {
    const { ask, asked } = await startGateway()
    const ids = Array.from({ length: 500 }, () => '42')
    const aliases = Array.from({ length: 11 }, (_, index) => `a${index}: accessTokensByIds(ids: $ids) { pk }`)
    const { data, errors } = await ask(`query ($ids: [ID!]!) { ${aliases.join(' ')} }`, { variables: { ids } })
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['a10'], extensions: { code: 'QUERY_TOO_COMPLEX' } }])
    expect(asked().length).toBeLessThanOrEqual(1)
    const lists = Array.from({ length: 18 }, (_, index) => `a${index}: accessTokens(first: 300) { nodes { pk } }`)
    const listed = await ask(`{ ${lists.join(' ')} }`)
    expect(listed.errors?.map(({ extensions }) => extensions.code)).toEqual(['QUERY_TOO_COMPLEX', 'QUERY_TOO_COMPLEX'])
    expect(asked().filter((path) => path.includes('page='))).toHaveLength(3)
  })

  it('is no list of ids without a token', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask('{ nodes(ids: ["AccessToken:1", "x"]) { id } }', { token: null })
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['nodes'], extensions: { code: 'UNAUTHENTICATED' } }])
  })

  it('is not the allowed depth', async () => {
    const { ask } = await startGateway()
    expect((await ask(nested(limits.documentDepth))).errors).toBeUndefined()
  })

  it('is not one field with as many aliases as there may be', async () => {
    const { ask } = await startGateway()
    const aliases = Array.from({ length: limits.documentAliases }, (_, index) => `a${index}: me { pk username }`)
    expect((await ask(`{ ${aliases.join(' ')} }`)).errors).toBeUndefined()
  })

  it('is not a fragment that stands in many places', async () => {
    const { ask } = await startGateway()
    const doubling = Array.from(
      { length: 60 },
      (_, index) => `fragment F${index} on User { ...F${index + 1} ...F${index + 1} }`,
    )
    const { data } = await ask(`{ user(id: 8) { ...F0 } } ${doubling.join(' ')} fragment F60 on User { username }`)
    expect(data).toEqual({ user: { username: 'zoe' } })
  })

  it('is not a selection that is repeated at every level', async () => {
    const { ask } = await startGateway()
    const repeated = (inner: string) => Array(70).fill(inner).join(' ')
    const reading = vi.spyOn(GraphQLSchema.prototype, 'getType')
    onTestFinished(() => reading.mockRestore())
    const { errors } = await ask(`
      { accessTokens(first: 1) { ...C } usersByIds(ids: [${Array(500).fill(8)}]) { ...U } }
      fragment C on AccessTokenConnection { ${repeated('edges { ...E }')} }
      fragment E on AccessTokenEdge { ${repeated('node { ...T }')} }
      fragment T on AccessToken { ${repeated('user { ...U }')} }
      fragment U on User { ${repeated('groups { pk }')} }`)
    expect(errors).toBeUndefined()
    // Validation, the estimate and the plan look the type up once or twice for each repetition. Reading them level by level would take
    // 4900 times.
    expect(reading.mock.calls.filter(([name]) => name === 'AccessToken').length).toBeLessThan(700)
  })

  it('is not a selection below many objects: what it wants is read once', async () => {
    const { ask } = await startGateway()
    const reading = vi.spyOn(GraphQLSchema.prototype, 'getType')
    onTestFinished(() => reading.mockRestore())
    const { data, errors } = await ask('{ users(first: 20) { nodes { accessTokens(first: 1) { totalCount } } } }')
    expect(errors).toBeUndefined()
    expect(data.users.nodes).toHaveLength(20)
    expect(reading.mock.calls.filter(([name]) => name === 'AccessTokenConnection').length).toBeLessThan(10)
  })

  it('is not the question of GraphiQL for the whole schema', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    const { ask } = await startGateway()
    expect((await ask(getIntrospectionQuery(), { token: null })).errors).toBeUndefined()
  })

  it.each([true, false])('%s a length told beforehand, a body over 256 kB is 413', async (told) => {
    const { url } = await startGateway()
    const text = JSON.stringify({ query: `{ __typename } # ${'x'.repeat(limits.requestBytes)}` })
    const body = told ? text : new Blob([text]).stream()
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      ...(told ? {} : { duplex: 'half' }),
    } as RequestInit)
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'REQUEST_ENTITY_TOO_LARGE' } }] })
  })
})

describe('Rubbish', () => {
  it.each([
    ['no JSON', '{"query"', 'BAD_REQUEST'],
    ['no object', '5', 'BAD_REQUEST'],
    ['a null', 'null', 'BAD_REQUEST'],
    ['no query', '{}', 'BAD_REQUEST'],
    ['a query that is none', '{"query":5}', 'BAD_REQUEST'],
    ['an empty query', '{"query":""}', 'GRAPHQL_PARSE_FAILED'],
    ['a query that does not parse', '{"query":"{"}', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{"query":"{ nope }"}', 'GRAPHQL_VALIDATION_FAILED'],
    ['a missing variable', '{"query":"query ($id: ID!) { user(id: $id) { pk } }"}', 'BAD_USER_INPUT'],
    [
      'a wrong variable',
      '{"query":"query ($id: ID!) { user(id: $id) { pk } }","variables":{"id":{}}}',
      'BAD_USER_INPUT',
    ],
    [
      'a variable nested 60,000 deep',
      `{"query":"query ($uuid: UUID) { users(filter: { uuid: $uuid }) { totalCount } }","variables":{"uuid":${'['.repeat(60_000)}${']'.repeat(60_000)}}}`,
      'BAD_USER_INPUT',
    ],
    ['variables that are none', '{"query":"{ __typename }","variables":[]}', 'BAD_REQUEST'],
    ['an unknown operation', '{"query":"query A { __typename }","operationName":"B"}', 'OPERATION_RESOLUTION_FAILURE'],
    ['a subscription', '{"query":"subscription { x }"}', 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s has a coded error', async (_what, body, code) => {
    const { url, asked } = await startGateway()
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expect(response.status).toBeLessThan(500)
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] }
    expect(errors[0]?.extensions).toEqual({ code })
    expect(asked()).toEqual([])
  })

  it.each([
    ['query={__typename}&variables={', 'BAD_REQUEST'],
    ['query={__typename}&extensions=x', 'BAD_REQUEST'],
    ['query={__typename}&variables=5', 'BAD_REQUEST'],
    ['query={__typename', 'GRAPHQL_PARSE_FAILED'],
    ['variables={}', 'BAD_REQUEST'],
  ])('in a GET (%s) has a coded error', async (search, code) => {
    const { url, lines } = await startGateway()
    const response = await fetch(`${url}?${search}`, { headers: { accept: 'application/json' } })
    expect(response.status).toBeLessThan(500)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] })
    expect(lines).toEqual([])
  })
})

describe('Secrets', () => {
  it('are in no line of the log', async () => {
    const { ask, lines } = await startGateway()
    await ask('{ accessToken(id: 42) { idToken provider { clientSecret } user { attributes } } }')
    await ask('{ me { pk uuid } oauth2Provider(id: 1) { clientSecret } }', { token: 'demo-plain' })
    await ask('{ me { pk } }', { token: 's3cret' })
    await ask('{ nope(token: "s3cret") }')
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.join()).not.toMatch(/s3cret|demo-(superuser|plain|secret)|bearer/i)
  })
})

describe('The schema, hidden', () => {
  it('is told to nobody, not even by hints', async () => {
    const { ask } = await startGateway({ introspection: false })
    const { errors } = await ask('{ __schema { types { name } } }')
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
    const variables = { filter: { usernam: 'x' } }
    const hint = await ask('query ($filter: UserFilter) { users(filter: $filter) { totalCount } }', { variables })
    expect(hint.errors?.[0]?.message).toMatch(/^Variable .* is not defined by type "UserFilter"\.$/)
    for (const field of ['_sdl', '_service { sdl }']) {
      expect((await ask(`{ ${field} }`)).errors?.[0]?.message).toContain('The schema is hidden')
    }
    expect((await ask('{ oauth2Providr(id: 1) { pk } }')).errors?.[0]?.message).toBe(
      'Cannot query field "oauth2Providr" on type "Query".',
    )
    expect((await ask('{ me { pk } }')).errors).toBeUndefined()
  })
})
