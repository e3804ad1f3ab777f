import { createServer, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { listen, startGateway, startGatewayOver } from './start.ts'

const query = '{ user(id: 1) { username } }'
const json = (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener => {
  return (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
const html = (status: number): RequestListener => {
  return (_request, response) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end('<!DOCTYPE html><h1>hello</h1>')
}
const ada = { pk: 1, username: 'ada', name: '', uid: 'u' }

describe('An answer of authentik becomes', () => {
  it.each<[string, RequestListener, object]>([
    ['a 401', json(401, { detail: 'Who are you?' }), { code: 'UNAUTHENTICATED', authentik: { status: 401 } }],
    [
      'a 403 without credentials',
      json(403, { detail: 'Authentication credentials were not provided.' }),
      { code: 'UNAUTHENTICATED' },
    ],
    [
      'a 403 for a bad token',
      json(403, { detail: 'Token invalid/expired' }),
      { code: 'UNAUTHENTICATED', authentik: { status: 403 } },
    ],
    ['a 403 for another scheme', json(403, { detail: 'Unsupported authentication type' }), { code: 'UNAUTHENTICATED' }],
    [
      'any other 403',
      json(403, { detail: 'You do not have permission to perform this action.' }),
      { code: 'FORBIDDEN', authentik: { status: 403 } },
    ],
    [
      'a 400 that names a field',
      json(400, { user: ['No such.'] }),
      { code: 'BAD_USER_INPUT', authentik: { status: 400, fields: { user: ['No such.'] }, messages: [] } },
    ],
    [
      'a 400 that names none',
      json(400, { non_field_errors: ['Not so.'] }),
      { code: 'BAD_USER_INPUT', authentik: { status: 400, fields: {}, messages: ['Not so.'] } },
    ],
    [
      'a 400 with a detail',
      json(400, { detail: 'JSON parse error' }),
      { code: 'BAD_USER_INPUT', authentik: { status: 400, fields: {}, messages: ['JSON parse error'] } },
    ],
    [
      'a 400 that is a list',
      json(400, ['filter: failed to parse JSON']),
      { code: 'BAD_USER_INPUT', authentik: { status: 400, fields: {}, messages: ['filter: failed to parse JSON'] } },
    ],
    ['a 400 without a reason', json(400, {}), { code: 'UPSTREAM_INVALID_RESPONSE' }],
    [
      'a 429',
      json(429, { detail: 'Slower.' }, { 'retry-after': '60' }),
      { code: 'RATE_LIMITED', retryAfter: 60, authentik: { status: 429 } },
    ],
    ['a 429 of somebody else', html(429), { code: 'RATE_LIMITED', authentik: { status: 429 } }],
    ['a 500', html(500), { code: 'UPSTREAM_UNAVAILABLE', authentik: { status: 500 } }],
    [
      'a 502',
      json(502, { error: 'failed to connect to authentik backend' }),
      { code: 'UPSTREAM_UNAVAILABLE', authentik: { status: 502 } },
    ],
    [
      'a 200 while authentik starts',
      json(200, { error: 'authentik starting' }, { 'retry-after': '5' }),
      { code: 'UPSTREAM_UNAVAILABLE', authentik: { status: 200 } },
    ],
    ['a 405 with a web page', html(405), { code: 'UPSTREAM_INVALID_RESPONSE', authentik: { status: 405 } }],
    ['a web page', html(200), { code: 'UPSTREAM_INVALID_RESPONSE', authentik: { status: 200 } }],
    ['a web page of a 404', html(404), { code: 'UPSTREAM_INVALID_RESPONSE', authentik: { status: 404 } }],
    ['a web page of a 403', html(403), { code: 'UPSTREAM_INVALID_RESPONSE', authentik: { status: 403 } }],
    [
      'a 404 of another API',
      json(404, { message: 'not found' }),
      { code: 'UPSTREAM_INVALID_RESPONSE', authentik: { status: 404 } },
    ],
    ['an empty answer', (_request, response) => response.end(), { code: 'UPSTREAM_INVALID_RESPONSE' }],
    ['a list', json(200, [ada]), { code: 'UPSTREAM_INVALID_RESPONSE' }],
    ['a null', json(200, null), { code: 'UPSTREAM_INVALID_RESPONSE' }],
    ['a 403 whose detail is no text', json(403, { detail: ['no'] }), { code: 'UPSTREAM_INVALID_RESPONSE' }],
    ['a 404 whose detail is no text', json(404, { detail: { no: 1 } }), { code: 'UPSTREAM_INVALID_RESPONSE' }],
    ['a 401 whose detail is no text', json(401, { detail: 5 }), { code: 'UPSTREAM_INVALID_RESPONSE' }],
    ['another object', json(200, { hello: 'world' }), { code: 'UPSTREAM_INVALID_RESPONSE' }],
    [
      'another status',
      json(418, { detail: 'teapot' }),
      { code: 'UPSTREAM_INVALID_RESPONSE', authentik: { status: 418 } },
    ],
    [
      'a redirect',
      (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      { code: 'UPSTREAM_INVALID_RESPONSE', authentik: { status: 302 } },
    ],
    [
      'half an answer',
      (_request, response) =>
        response.writeHead(200, { 'content-length': '100' }).write('{"pk": 1', () => response.destroy()),
      { code: 'UPSTREAM_UNAVAILABLE' },
    ],
    ['a reset', (incoming) => incoming.socket.destroy(), { code: 'UPSTREAM_UNAVAILABLE' }],
    [
      'no gzip',
      (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('{}'),
      { code: 'UPSTREAM_INVALID_RESPONSE' },
    ],
    [
      'a bomb',
      (_request, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(40_000_000))),
      { code: 'UPSTREAM_INVALID_RESPONSE' },
    ],
    [
      'a flood',
      (_request, response) => response.writeHead(200).end(Buffer.alloc(40_000_000, 32)),
      { code: 'UPSTREAM_INVALID_RESPONSE' },
    ],
    ['no answer', () => {}, { code: 'UPSTREAM_TIMEOUT' }],
  ])('%s', async (_what, upstream, extensions) => {
    const { url } = await listen(upstream)
    const { ask, lines } = await startGatewayOver(url, { timeout: 1500 })
    const { status, data, errors } = await ask(query)
    // Failures of authentik are warnings, refusals are no news.
    const levels = lines.map((line) => JSON.parse(line)).flatMap(({ level, msg }) => (msg === 'asked' ? [] : [level]))
    expect(levels).toEqual(/^UPSTREAM_|^RATE_LIMITED/.test(errors?.[0]?.extensions.code) ? [40] : [])
    expect(status).toBe(200)
    expect(data).toEqual({ user: null })
    expect(errors).toMatchObject([{ path: ['user'], extensions }])
    expect(Object.keys(errors?.[0]?.extensions).every((key) => ['code', 'authentik', 'retryAfter'].includes(key))).toBe(
      true,
    )
  })

  it('null for a 404 at a look-up by id', async () => {
    const { url } = await listen(json(404, { detail: 'No User matches the given query.' }))
    const { ask } = await startGatewayOver(url)
    expect(await ask(query)).toMatchObject({ data: { user: null }, errors: undefined })
  })

  it('NOT_FOUND for a 404 at a hydration', async () => {
    const { url } = await listen((incoming, response) => {
      const me = { user: { ...ada, groups: [], is_superuser: false } }
      return incoming.url?.endsWith('/me/')
        ? json(200, me)(incoming, response)
        : json(404, { detail: 'Not found.' })(incoming, response)
    })
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask('{ me { username isSuperuser uuid path } }')
    expect(data.me).toEqual({ username: 'ada', isSuperuser: false, uuid: null, path: null })
    expect(errors?.map(({ path, extensions }) => [path?.[1], extensions.code])).toEqual([
      ['uuid', 'NOT_FOUND'],
      ['path', 'NOT_FOUND'],
    ])
  })

  it('UPSTREAM_UNAVAILABLE when the connection is refused', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const { ask, lines } = await startGatewayOver(`http://127.0.0.1:${port}`)
    const { errors } = await ask(query)
    expect(errors).toMatchObject([
      { message: 'authentik cannot be reached.', extensions: { code: 'UPSTREAM_UNAVAILABLE' } },
    ])
    expect(lines.join()).toContain('ECONNREFUSED')
    expect(JSON.stringify(errors)).not.toContain(String(port))
  })

  it('a failure with the request id of authentik, and a reason of limited length', async () => {
    const { url } = await listen(json(403, { detail: 'x'.repeat(5000) }, { 'x-authentik-id': 'f00' }))
    const { ask } = await startGatewayOver(url)
    const [error] = (await ask(query)).errors ?? []
    expect(error?.extensions.authentik).toEqual({ status: 403, requestId: 'f00', right: 'view_user' })
    expect(error?.message.length).toBeLessThan(500)
    expect(error?.message).toContain('view_user')
  })
})

describe('A value that does not fit', () => {
  it.each<[string, string, unknown]>([
    ['username', 'username', undefined],
    ['username', 'username', 5],
    ['is_active', 'isActive', 'yes'],
    ['type', 'type', 'robot'],
    ['last_login', 'lastLogin', 'yesterday'],
    ['uuid', 'uuid', 'abc'],
    ['groups_obj', 'groups { pk }', 'none'],
    ['groups_obj', 'groups { pk }', [null]],
  ])('%s is UPSTREAM_INVALID_RESPONSE at %s alone', async (property, field, value) => {
    const { url } = await listen(json(200, { ...ada, [property]: value }))
    const { ask, lines } = await startGatewayOver(url)
    const { data, errors } = await ask(`{ user(id: 1) { pk ${field} } }`)
    const name = field.split(' ')[0] ?? ''
    expect(errors).toMatchObject([{ path: ['user', name], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
    expect(errors?.[0]?.message).toContain(`"${property}"`)
    expect(data.user).toEqual(name === 'username' ? null : { pk: 1, [name]: null })
    expect(lines.join()).not.toContain('unexpected')
  })

  it.each([null, 'x', {}, []])('%j for a provider inside a token costs the token alone', async (provider) => {
    const { url } = await listen(json(200, { pk: 1, provider, user: ada, is_expired: false, scope: [] }))
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask('{ accessToken(id: 1) { id provider { id name } } me { pk } }')
    expect(data.accessToken).toBeNull()
    expect(errors?.find(({ path }) => path?.[0] === 'accessToken')?.extensions.code).toBe('UPSTREAM_INVALID_RESPONSE')
  })

  /** Bodies as the oldest supported release sends them, as far as they are asked for. */
  const whole = {
    pk: 1,
    provider: { pk: 1, name: 'p', client_id: 'c', redirect_uris: 'https://a.example\n', jwks_sources: [] },
    user: { ...ada, email: '', uuid: '00000000-0000-4000-8000-000000000001', groups_obj: [], last_login: null },
    is_expired: false,
    expires: null,
    scope: [],
    id_token: '{}',
    revoked: false,
  }

  it('is null where an older release lacks a property, and nothing more is asked', async () => {
    const asked: string[] = []
    const { url } = await listen((incoming, response) => {
      asked.push(incoming.url ?? '')
      json(200, whole)(incoming, response)
    })
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask(
      '{ accessToken(id: 1) { idTokenClaims user { dateJoined lastLogin groups { pk } } provider { logoutUri grantTypes redirectUris { matchingMode } jwtFederationSources } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.accessToken).toEqual({
      idTokenClaims: {},
      user: { dateJoined: null, lastLogin: null, groups: [] },
      provider: { logoutUri: null, grantTypes: null, redirectUris: [{ matchingMode: null }], jwtFederationSources: [] },
    })
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['user', 'email', 'user { pk email }'],
    ['user', 'uuid', 'user { pk uuid }'],
    ['provider', 'jwks_sources', 'provider { pk jwtFederationSources }'],
    ['provider', 'redirect_uris', 'provider { pk redirectUris { url } }'],
  ] as const)(
    'is an error where every release sends "%s.%s", whether absent or null',
    async (inner, property, field) => {
      for (const value of [undefined, null]) {
        const { url } = await listen(json(200, { ...whole, [inner]: { ...whole[inner], [property]: value } }))
        const { ask } = await startGatewayOver(url)
        const { data, errors } = await ask(`{ accessToken(id: 1) { ${field} } }`)
        expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
        expect(data.accessToken[inner].pk).toBe(1)
      }
    },
  )
})

describe('Upstream, hostile,', () => {
  const me = { user: { ...ada, is_superuser: false } }
  const page = (results: unknown) => ({ pagination: { count: 1, total_pages: 1, start_index: 1 }, results })
  const provider = (more: object) => ({ pk: 1, name: 'p', client_id: 'c', ...more })
  const tokenOf = (more: object) => ({
    pk: 1,
    provider: provider({}),
    user: ada,
    is_expired: false,
    scope: [],
    ...more,
  })
  const deep = JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`)

  it.each<[string, unknown, string, (string | number)[]]>([
    [
      'more rows than an Int can count',
      { pagination: { count: 2 ** 31, total_pages: 1, start_index: 1 }, results: [] },
      'users(first: 0) { totalCount }',
      ['users'],
    ],
    ['no user for the caller', { user: null }, 'me { pk }', ['me']],
    [
      'no key of a user whose tokens are asked for',
      { user: { ...ada, pk: null } },
      'me { accessTokens { totalCount } }',
      ['me', 'accessTokens'],
    ],
    [
      'an object for the key of a user whose tokens are asked for',
      { user: { ...ada, pk: { id: 1 } } },
      'me { accessTokens { totalCount } refreshTokens { totalCount } }',
      ['me', 'accessTokens'],
    ],
    [
      'no key of a group whose members are asked for',
      { ...ada, groups_obj: [{ pk: null, name: 'g' }] },
      'user(id: 1) { groups { users { totalCount } } }',
      ['user', 'groups', 0, 'users'],
    ],
    [
      'no key of a provider whose tokens are asked for',
      tokenOf({ provider: provider({ pk: {} }) }),
      'accessToken(id: 1) { provider { accessTokens { totalCount } } }',
      ['accessToken', 'provider', 'accessTokens'],
    ],
    ['no effective groups', me, 'me { effectiveGroups { pk } }', ['me', 'effectiveGroups']],
    [
      'effective groups that are none',
      { user: { ...me.user, groups: [null] } },
      'me { effectiveGroups { pk } }',
      ['me', 'effectiveGroups'],
    ],
    [
      'an effective group without key',
      { user: { ...me.user, groups: [{ name: 'g' }] } },
      'me { effectiveGroups { id } }',
      ['me', 'effectiveGroups', 0, 'id'],
    ],
    ['a page of nulls', page([null]), 'oauth2ProvidersByIds(ids: [1, 2, 3, 4]) { id }', ['oauth2ProvidersByIds', 0]],
    [
      'a federated provider that is none',
      provider({ jwt_federation_providers: [null] }),
      'oauth2Provider(id: 1) { jwtFederationProviders { id } }',
      ['oauth2Provider', 'jwtFederationProviders', 0],
    ],
    [
      'a federated provider elsewhere',
      provider({ jwt_federation_providers: ['../../core/users/me'] }),
      'oauth2Provider(id: 1) { jwtFederationProviders { id } }',
      ['oauth2Provider', 'jwtFederationProviders', 0],
    ],
    [
      'a null key inside',
      tokenOf({ provider: provider({ pk: null }) }),
      'accessToken(id: 1) { provider { id } }',
      ['accessToken', 'provider', 'id'],
    ],
    [
      'a broken key inside',
      tokenOf({ provider: provider({ pk: 1.5 }) }),
      'accessToken(id: 1) { provider { id } }',
      ['accessToken', 'provider', 'id'],
    ],
    [
      'a null key of what is to be loaded',
      tokenOf({ provider: { pk: null, name: 'p' } }),
      'accessToken(id: 1) { provider { clientId } }',
      ['accessToken', 'provider', 'clientId'],
    ],
    [
      'a group key elsewhere',
      { ...ada, groups_obj: [{ pk: '..', name: 'g' }] },
      'user(id: 1) { groups { numPk } }',
      ['user', 'groups', 0, 'numPk'],
    ],
    ['JSON too deep to be written', { ...ada, attributes: deep }, 'user(id: 1) { attributes }', ['user', 'attributes']],
    [
      'claims too deep to be written',
      tokenOf({ id_token: JSON.stringify(deep) }),
      'accessToken(id: 1) { idTokenClaims }',
      ['accessToken', 'idTokenClaims'],
    ],
    ['another object', { ...ada, pk: 2 }, 'user(id: 1) { username }', ['user']],
    ['no list that was asked for', { ...ada, groups_obj: null }, 'user(id: 1) { groups { pk } }', ['user', 'groups']],
    [
      'no list that was asked for, where older releases have none',
      { pk: '00000000-0000-4000-8000-000000000001', name: 'g', children_obj: null },
      'group(id: "00000000-0000-4000-8000-000000000001") { children { pk } }',
      ['group', 'children'],
    ],
  ])('sends %s: UPSTREAM_INVALID_RESPONSE there, and all else', async (_what, body, selection, path) => {
    const { url } = await listen(json(200, body))
    const { ask, lines } = await startGatewayOver(url)
    const { data, errors } = await ask(`{ __typename ${selection} }`)
    expect(errors?.[0]).toMatchObject({ path, extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } })
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['UPSTREAM_INVALID_RESPONSE']))
    if (!selection.includes('ByIds')) expect(data.__typename).toBe('Query')
    expect(lines.join()).not.toContain('unexpected')
  })

  describe('sends numbers that JavaScript rounds:', () => {
    const exact = 'rawJSON' in JSON
    const numbers = '{"filetime":133500000000000001,"ok":[1,-2.5,9007199254740991]}'
    const written = exact ? numbers : numbers.replace('133500000000000001', '"133500000000000001"')
    const user = `{"pk":1,"username":"ada","name":"","uid":"u","attributes":${numbers}}`

    /** The answer as it is written, over an upstream that answers so. */
    async function textOf(upstreamText: string, query: string): Promise<string> {
      const { url } = await listen((_request, response) => response.end(upstreamText))
      const gateway = await startGatewayOver(url)
      const body = JSON.stringify({ query })
      const headers = { 'content-type': 'application/json', authorization: 'Bearer x' }
      return (await fetch(gateway.url, { method: 'POST', headers, body })).text()
    }

    it('no digit is lost, though on Node 20 one is a string', async () => {
      const text = await textOf(user, '{ user(id: 1) { attributes } }')
      expect(text).toBe(`{"data":{"user":{"attributes":${written}}}}`)
    })

    it('nor in a list', async () => {
      const pagination = '{"count":1,"total_pages":1,"start_index":1}'
      const text = await textOf(
        `{"pagination":${pagination},"results":[${user}]}`,
        '{ users { nodes { attributes } } }',
      )
      expect(text).toBe(`{"data":{"users":{"nodes":[{"attributes":${written}}]}}}`)
    })

    it('nor in the claims of an ID token', async () => {
      const token = `{"pk":1,"user":${user},"is_expired":false,"scope":[],"id_token":${JSON.stringify(numbers)}}`
      const text = await textOf(token, '{ accessToken(id: 1) { idTokenClaims } }')
      expect(text).toBe(`{"data":{"accessToken":{"idTokenClaims":${written}}}}`)
    })

    it('one where a whole number belongs fails there alone', async () => {
      const group = '{"pk":"0cd9c317-cafb-4a8c-99bc-500bbf482e37","name":"g","num_pk":9007199254740993}'
      const text = await textOf(group, '{ group(id: "0cd9c317-cafb-4a8c-99bc-500bbf482e37") { name numPk } }')
      expect(JSON.parse(text)).toMatchObject({
        data: { group: { name: 'g', numPk: null } },
        errors: [{ path: ['group', 'numPk'], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }],
      })
    })

    it.each(['id', 'pk'])('one where a key belongs is none: %s of the object fails', async (field) => {
      const provider = '{"pk":9007199254740993,"name":"p"}'
      const token = `{"pk":1,"user":${user},"provider":${provider},"is_expired":false,"scope":[]}`
      const text = await textOf(token, `{ accessToken(id: 1) { provider { ${field} } } }`)
      expect(JSON.parse(text).errors).toMatchObject([
        { path: ['accessToken', 'provider', field], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } },
      ])
    })
  })

  it.each<[string, RequestListener]>([
    [
      'many messages',
      json(
        400,
        Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, Array(500).fill('no')])),
      ),
    ],
    ['a long request id', json(403, { detail: 'no' }, { 'x-authentik-id': 'x'.repeat(9000) })],
    ['a wait that is none', json(429, {}, { 'retry-after': '-5' })],
    ['an empty wait', json(429, {}, { 'retry-after': '' })],
  ])('sends %s: the error stays short', async (_what, upstream) => {
    const { url } = await listen(upstream)
    const { ask } = await startGatewayOver(url)
    const { errors } = await ask(query)
    expect(JSON.stringify(errors).length).toBeLessThan(10_000)
    expect(errors?.[0]?.extensions).not.toHaveProperty('retryAfter')
  })
})

describe('Credentials', () => {
  it.each<[string, string | null]>([
    ['none', null],
    ['an empty bearer', 'Bearer '],
    ['another scheme', 'Basic YWRhOnNlY3JldA=='],
    ['a token with an umlaut', 'Bearer schlüssel'],
    ['a token with a space', 'Bearer a b'],
    ['two tokens', 'Bearer a, Bearer b'],
  ])('%s: UNAUTHENTICATED at each field, and upstream is not asked', async (_what, authorization) => {
    const { url, asked } = await startGateway()
    const headers = { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) }
    const text = await new Promise<string>((resolve, reject) => {
      const outgoing = request(url, { method: 'POST', headers }, async (response) =>
        resolve((await response.toArray()).join('')),
      )
      outgoing.on('error', reject).end(JSON.stringify({ query: '{ me { pk } accessToken(id: 42) { pk } __typename }' }))
    })
    const { data, errors } = JSON.parse(text)
    expect(data).toEqual({ me: null, accessToken: null, __typename: 'Query' })
    expect(
      errors.map((error: { path: string[]; extensions: object }) => [error.path[0], error.extensions]).sort(),
    ).toEqual([
      ['accessToken', { code: 'UNAUTHENTICATED' }],
      ['me', { code: 'UNAUTHENTICATED' }],
    ])
    expect(text).not.toContain('secret')
    expect(asked()).toEqual([])
  })

  it('with a newline are refused before they are read', async () => {
    const { url, asked } = await startGateway()
    const { port } = new URL(url)
    const answer = await new Promise<string>((resolve) => {
      const body = JSON.stringify({ query: '{ me { pk } }' })
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('data', (data) => resolve(String(data)))
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nauthorization: Bearer a\nb\r\n\r\n${body}`,
      )
    })
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(asked()).toEqual([])
  })
})

describe('An id that is none', () => {
  const wrong = [
    'abc',
    '../users',
    '1.5',
    '99999999999999999999',
    '2147483648',
    '0',
    '-1',
    '042',
    '',
    ' 42',
    'User:',
    'AccessToken:AccessToken:42',
    '4２',
  ]
  it.each(wrong)('%j is BAD_USER_INPUT that says what was expected, and upstream is not asked', async (id) => {
    const { ask, asked } = await startGateway()
    for (const field of ['accessToken', 'user', 'oauth2Provider', 'group', 'node']) {
      const { data, errors } = await ask(`query ($id: ID!) { ${field}(id: $id) { id } }`, { variables: { id } })
      expect(data).toEqual({ [field]: null })
      expect(errors).toMatchObject([{ path: [field], extensions: { code: 'BAD_USER_INPUT' } }])
      expect(errors?.[0]?.message).toMatch(/^Expected .* "?.*:.*", got /)
      expect(errors?.[0]?.message).toContain(JSON.stringify(id))
    }
    expect(asked()).toEqual([])
  })

  it.each([
    ['accessToken', 'User:1'],
    ['user', 'AccessToken:1'],
    ['group', 'User:1'],
    ['group', '42'],
    ['node', '42'],
    ['node', 'Nothing:42'],
    ['node', 'constructor:1'],
  ])('%s(id: %j), of another type, is BAD_USER_INPUT', async (field, id) => {
    const { ask, asked } = await startGateway()
    expect((await ask(`{ ${field}(id: "${id}") { id } }`)).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(asked()).toEqual([])
  })

  it('is null with an error of its own among others', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(
      '{ nodes(ids: ["AccessToken:42", "x", "AccessToken:99999"]) { id } usersByIds(ids: ["x", "999999"]) { id } }',
    )
    expect(data).toEqual({ nodes: [{ id: 'AccessToken:42' }, null, null], usersByIds: [null, null] })
    expect(errors?.map(({ path }) => path)).toEqual([
      ['nodes', 1],
      ['usersByIds', 0],
    ])
  })

  it('reads a UUID in any case', async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask('{ accessToken(id: 42) { user { groups { id pk } } } }')
    const [group] = data.accessToken.user.groups
    asked()
    const twice = await ask(`{ a: group(id: "${group.pk.toUpperCase()}") { id } b: group(id: "${group.id}") { id } }`)
    expect(twice.data).toEqual({ a: { id: group.id }, b: { id: group.id } })
    expect(asked()).toHaveLength(1)
  })
})
