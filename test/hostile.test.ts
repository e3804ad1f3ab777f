import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { limits } from '../src/limits.ts'
import { hostileInputs } from './hold/hostile-inputs.js'
import { withGateway } from './hold/processes.js'
import { addressOf, ask as askProcess, run } from './program.ts'
import { listen, sendText, startGateway, startGatewayOver } from './start.ts'

it.each(['_sdl', '_service { sdl }', '__schema { description }', '__type(name: "User") { name }'])(
  '%s is answered once in an HTTP request',
  async (field) => {
    const { ask, url } = await startGateway()
    expect((await ask(`{ a: ${field} }`, { token: null })).errors).toBeUndefined()
    const twice = await ask(`{ a: ${field} b: ${field} }`, { token: null })
    expect(twice.errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
    // The second operation of a batch finds the document in the cache.
    const batch = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ query: `{ a: ${field} }` }, { query: `{ a: ${field} }` }]),
    })
    expect(await batch.json()).toMatchObject([
      { data: { a: expect.anything() } },
      { errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] },
    ])
  },
)

it.each([
  ['an alias below __schema', '{ __schema { types { a: name } } }'],
  ['an alias below __type, in a fragment', '{ __type(name: "User") { ...T } } fragment T on __Type { a: name }'],
  [
    'aliases of __typename',
    `{ ${Array.from({ length: limits.documentAliases + 1 }, (_, index) => `a${index}: __typename`).join(' ')} }`,
  ],
  ['directives', `{ me { ${'pk @include(if: true) '.repeat(limits.documentDirectives + 1)} } }`],
])('%s: QUERY_TOO_COMPLEX', async (_what, query) => {
  const { ask, asked } = await startGateway()
  expect((await ask(query)).errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
  expect(asked()).toEqual([])
})

it('Large documents are few in one HTTP request', async () => {
  const { url } = await startGateway()
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(Array(4).fill({ query: `{ __typename } # ${'x'.repeat(20_000)}` })),
  })
  const answer = { data: { __typename: 'Query' } }
  expect(await response.json()).toMatchObject([
    answer,
    answer,
    answer,
    { errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] },
  ])
})

describe('Errors', () => {
  it('about variables are few and short', async () => {
    const { ask } = await startGateway()
    const filter = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`${index}${'x'.repeat(1000)}`, 1]))
    const { errors = [] } = await ask(
      'query ($filter: UserFilter) { users(filter: $filter) { pageInfo { hasNextPage } } }',
      {
        variables: { filter },
      },
    )
    expect(errors).toHaveLength(limits.variableErrors + 1)
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['BAD_USER_INPUT']))
    for (const { message } of errors) expect(message.length).toBeLessThanOrEqual(limits.errorCharacters + 1)
  })

  it('about documents are short', async () => {
    const { ask } = await startGateway()
    const { errors } = await ask(`{ node(id: ${'['.repeat(90)}"${'x'.repeat(30_000)}"${']'.repeat(90)}) { id } }`)
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    expect(errors?.[0]?.message.length).toBeLessThanOrEqual(limits.errorCharacters + 1)
  })

  it('about documents are told with a status below 500, however many', async () => {
    const { ask } = await startGateway()
    const { status, errors } = await ask(
      `{ ${Array.from({ length: 150 }, (_, index) => `unknown${index}`).join(' ')} }`,
    )
    expect(status).toBe(200)
    expect(errors).toHaveLength(101)
  })

  it('stand at each null, in full the first hundred, then by path and code', async () => {
    const { ask } = await startGateway()
    const ids = Array.from({ length: 300 }, (_, index) => `Nothing:${index}`)
    const { data, errors = [] } = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { variables: { ids } })
    expect(data.nodes).toEqual(ids.map(() => null))
    expect(errors.map(({ path }) => path)).toEqual(ids.map((_, index) => ['nodes', index]))
    expect(errors[99]).toMatchObject({ message: expect.stringContaining('"Nothing:99"'), locations: expect.anything() })
    expect(errors.slice(100)).toEqual(
      ids.slice(100).map((_, index) => ({
        message: 'BAD_USER_INPUT',
        path: ['nodes', 100 + index],
        extensions: { code: 'BAD_USER_INPUT' },
      })),
    )
  })
})

/**
 * An authentik in which every list has 1000 tokens, of users in four groups. These have one parent each; all other groups have ten
 * parents and ten children.
 */
async function startWide() {
  const uuid = (number: number) => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`
  const short = Array.from({ length: 10 }, (_, index) => ({ pk: uuid(index), name: `Group ${index}` }))
  const teams = short.slice(0, 4).map(({ name }, index) => ({ pk: uuid(100 + index), name }))
  const group = { ...short[0], num_pk: 1, is_superuser: false, attributes: {}, parents_obj: short, children_obj: short }
  const user = {
    pk: 1,
    username: 'ada',
    name: 'Ada',
    uid: 'u',
    is_active: true,
    email: '',
    groups_obj: teams,
  }
  const provider = { pk: 1, name: 'Grafana', client_id: 'grafana' }
  const token = { provider, user, is_expired: false, expires: null, scope: ['openid'], id_token: '{}' }
  const { url } = await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://wide')
    const key = pathname.split('/').at(-2) ?? ''
    const start = (Number(searchParams.get('page')) - 1) * 100
    const results = Array.from({ length: 100 }, (_, index) => ({ pk: start + index + 1, ...token }))
    const page = { pagination: { count: 1000, total_pages: 10, start_index: start + 1 }, results }
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify(
        key === 'access_tokens'
          ? page
          : key === 'me'
            ? { user }
            : { ...group, pk: key, parents_obj: teams.some(({ pk }) => pk === key) ? short.slice(0, 1) : short },
      ),
    )
  })
  return startGatewayOver(url)
}

describe('Objects inside others', () => {
  const tooMany = {
    message: `The operation answers more than ${limits.fields} fields.`,
    extensions: { code: 'QUERY_TOO_COMPLEX' },
  }
  const family = (depth: number): string =>
    depth === 0 ? 'pk' : `${depth % 2 ? 'children' : 'parents'} { ${family(depth - 1)} }`
  const tree = `{ group(id: "00000000-0000-0000-0000-000000000001") { ${family(13)} } }`

  it('that are too many end the query with one error', async () => {
    const { ask } = await startWide()
    const { status, data, errors } = await ask(tree)
    expect({ status, data, errors }).toEqual({ status: 200, data: null, errors: [tooMany] })
  })

  it('count for all operations of a request, and end those that are under way', async () => {
    const { url } = await startWide()
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer demo' },
      body: JSON.stringify([{ query: '{ __typename }' }, { query: tree }, { query: tree }]),
    })
    expect(await response.json()).toEqual([
      { data: { __typename: 'Query' } },
      { data: null, errors: [tooMany] },
      { data: null, errors: [tooMany] },
    ])
  })

  it('count by the fields selected of them, and long names more', async () => {
    const { ask } = await startWide()
    const fields = (name: string) => Array.from({ length: 50 }, (_, index) => `${name}${index}: expires`).join(' ')
    const { errors } = await ask(`{ accessTokens(first: 1000) { nodes { ${fields('a')} } } }`)
    expect(errors).toBeUndefined()
    const long = await ask(
      `{ accessTokens(first: 1000) { nodes { ${fields('a'.repeat(limits.charactersOfField))} } } }`,
    )
    expect(long).toMatchObject({ data: null, errors: [tooMany] })
  })

  it('count by the length of their texts', async () => {
    const text = 'x'.repeat(100_000)
    const { url } = await listen((_request, response) => {
      const user = { pk: 1, username: 'ada', name: text, uid: 'u', attributes: { [text]: [text] } }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(user))
    })
    const { ask } = await startGatewayOver(url)
    const aliases = (count: number, field: string) =>
      Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')
    for (const field of ['name', 'attributes']) {
      expect((await ask(`{ user(id: 1) { ${aliases(10, field)} } }`)).errors).toBeUndefined()
      const { data, errors } = await ask(`{ user(id: 1) { ${aliases(90, field)} } }`)
      expect({ data, errors }).toMatchObject({ data: null, errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
    }
  })

  it("are not too many in 1000 tokens with every field of the README's example", async () => {
    const { ask } = await startWide()
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const [, fields] = /accessToken\(id: 42\) (\{[^`]+\})\n\}\n```/.exec(readme) ?? []
    const { data, errors } = await ask(`{ accessTokens(first: 1000) { nodes ${fields} } }`)
    expect(errors).toBeUndefined()
    expect(data.accessTokens.nodes).toHaveLength(1000)
  })

  it('may be more, the more authentik has answered', async () => {
    const { ask } = await startWide()
    const aliases = (field: string) => Array.from({ length: 90 }, (_, index) => `a${index}: ${field}`).join(' ')
    const once = await ask(`{ accessTokens(first: 100) { nodes { user { groups { ${aliases('name')} } } } } }`)
    const message = `The operation answers more than ${limits.fieldsAtFirst + limits.fieldsForAnswer} fields.`
    expect(once).toMatchObject({ data: null, errors: [{ message, extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
    expect((await ask(`{ accessTokens(first: 400) { nodes { ${aliases('expires')} } } }`)).errors).toBeUndefined()
    const much = await ask(`{ accessTokens(first: 1000) { nodes { ${aliases('expires')} } } }`)
    expect(much).toMatchObject({ data: null, errors: [tooMany] })
  })
})

describe('A query that is given up', () => {
  /** One look-up at a time; a group has so many children that their names, asked for often, are too many fields. */
  async function startCrowded() {
    const asked: string[] = []
    const child = { pk: '00000000-0000-0000-0000-000000000001', name: 'Group' }
    const { url } = await listen((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://crowded')
      asked.push(`${request.method} ${pathname}`)
      if (request.method === 'DELETE') {
        response.writeHead(204).end()
        return
      }
      const pk = pathname.split('/').at(-2) ?? ''
      const user = { pk: 1, username: 'ada', name: 'Ada', uid: 'u' }
      const results = asked.includes('DELETE /api/v3/oauth2/access_tokens/7/')
        ? []
        : [{ pk: 7, user, provider: { pk: 1 } }]
      const pagination = { count: results.length, total_pages: 1, start_index: results.length }
      const group = { ...child, pk, children_obj: Array.from({ length: 1000 }, () => child) }
      const bodies: Readonly<Record<string, object>> = {
        me: { user },
        access_tokens: { pagination, results },
        refresh_tokens: { pagination: { ...pagination, count: 0 }, results: [] },
        authorization_codes: { pagination: { ...pagination, count: 0 }, results: [] },
      }
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify(bodies[pk] ?? (pathname.includes('/groups/') ? group : { ...user, pk: Number(pk) })))
    })
    const names = Array.from({ length: 90 }, (_, index) => `a${index}: name`).join(' ')
    const users = Array.from({ length: 300 }, (_, index) => index + 1)
    const query = `{ group(id: "${child.pk}") { children { ${names} } } usersByIds(ids: [${users}]) { pk } }`
    return { ...(await startGatewayOver(url, { concurrency: 1 })), asked, query }
  }

  it('sends nothing more of what still waits', async () => {
    const { ask, asked, query } = await startCrowded()
    expect(await ask(query)).toMatchObject({ data: null, errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
    // It would be behind all the others in the line.
    expect((await ask('{ me { username } }')).data).toEqual({ me: { username: 'ada' } })
    expect(asked.length).toBeLessThanOrEqual(4)
  })

  it('keeps no revocation of the same request from its reads and deletions', async () => {
    const { url, asked, query } = await startCrowded()
    const ids = Array.from({ length: 20 }, (_, index) => index + 100)
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer demo' },
      body: JSON.stringify([
        { query },
        {
          query: `mutation { revokeAccessTokens(ids: [${ids}]) { revokedCount } revokeUserGrants(user: 1) { results { targetId outcome } } }`,
        },
      ]),
    })
    expect(await response.json()).toMatchObject([
      { data: null, errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] },
      {
        data: {
          revokeAccessTokens: { revokedCount: 20 },
          revokeUserGrants: { results: [{ targetId: 'AccessToken:7', outcome: 'REVOKED' }] },
        },
      },
    ])
    expect(asked.filter((line) => line.startsWith('DELETE'))).toHaveLength(21)
  })
})

it('What queries have spent keeps no revocation of the same request from its requests and ids', async () => {
  const { url } = await startGateway()
  const lists = Array.from({ length: 6 }, (_, index) => `a${index}: nodes(ids: $ids) { id }`).join(' ')
  const send = async (operations: readonly object[]) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' },
      body: JSON.stringify(operations),
    })
    return response.json()
  }
  const ids = Array.from({ length: 500 }, (_, index) => `User:${index + 1}`)
  const query = { query: `query ($ids: [ID!]!) { ${lists} }`, variables: { ids } }
  const answers = await send([
    query,
    query,
    { query: 'mutation { revokeAccessTokens(ids: [1]) { revokedCount } revokeUserGrants(user: 5) { revokedCount } }' },
  ])
  expect(JSON.stringify(answers[1].errors)).toContain('QUERY_TOO_COMPLEX')
  expect(answers[2]).toMatchObject({
    data: { revokeAccessTokens: { revokedCount: 1 }, revokeUserGrants: { revokedCount: expect.any(Number) } },
  })
})

describe('What a revocation tells', () => {
  const revoke = (name: string, aliases: number, rest = '') =>
    `${name}(ids: $ids) { results { ${Array.from({ length: aliases }, (_, index) => `a${index}: outcome`).join(' ')} } }${rest}`

  it('is refused before anything is deleted, if it is too much', async () => {
    const { ask, asked } = await startGateway()
    const variables = { ids: Array(500).fill('42') }
    const { data, errors } = await ask(`mutation ($ids: [ID!]!) { ${revoke('revokeAccessTokens', 98)} }`, { variables })
    expect({ data, errors }).toMatchObject({
      data: { revokeAccessTokens: null },
      errors: [
        {
          message: expect.stringContaining('Nothing is deleted.'),
          path: ['revokeAccessTokens'],
          extensions: { code: 'QUERY_TOO_COMPLEX' },
        },
      ],
    })
    expect(asked()).toEqual([])
  })

  it('may be more, the more is revoked', async () => {
    const { ask } = await startGateway()
    const variables = { ids: Array.from({ length: 500 }, (_, index) => String(index + 1)) }
    const { data, errors } = await ask(`mutation ($ids: [ID!]!) { ${revoke('revokeAccessTokens', 98)} }`, { variables })
    expect(errors).toBeUndefined()
    expect(data.revokeAccessTokens.results).toHaveLength(500)
  })

  it('counts in a dry run, which then tells that there may be more', async () => {
    const { ask } = await startWide()
    const outcomes = Array.from({ length: 97 }, (_, index) => `a${index}: outcome`).join(' ')
    const { data } = await ask(`mutation { revokeUserGrants(user: 1, dryRun: true) { results { code ${outcomes} } } }`)
    const { results } = data.revokeUserGrants
    expect(results.length).toBeLessThan(1000)
    expect(results.at(-2)).toMatchObject({ code: null, a0: 'MAY_REVOKE' })
    expect(results.at(-1)).toMatchObject({ code: 'QUERY_TOO_COMPLEX', a0: 'FAILED' })
  })
})

describe('Errors of objects that fail alone', () => {
  const nodes = (count: number) =>
    `query ($ids: [ID!]!) { ${Array.from({ length: count }, (_, index) => `a${index}: nodes(ids: $ids) { id }`).join(' ')} }`

  it('are paid for with the objects: if they are too many, one error tells it', async () => {
    const { ask } = await startGateway()
    const variables = { ids: Array.from({ length: 500 }, (_, index) => `Nothing:${index}`) }
    expect((await ask(nodes(2), { variables })).errors).toHaveLength(1000)
    const message = `The operation answers more than ${limits.fieldsAtFirst} fields.`
    expect(await ask(nodes(10), { variables })).toMatchObject({ data: null, errors: [{ message }] })
  })

  it('leave the others answered', async () => {
    const { ask } = await startGateway()
    const ids = Array.from({ length: 400 }, (_, index) => (index % 4 === 0 ? 'AccessToken:42' : `Nothing:${index}`))
    const { data, errors } = await ask(nodes(1), { variables: { ids } })
    expect(errors).toHaveLength(300)
    expect(data.a0.filter(Boolean)).toHaveLength(100)
  })
})

it('A read that several operations of a request share counts once', async () => {
  const { url, asked } = await startGateway()
  const ids = Array.from({ length: 120 }, (_, index) => index + 1)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' },
    body: JSON.stringify(Array(10).fill({ query: `{ usersByIds(ids: [${ids}]) { pk } }` })),
  })
  const answers = (await response.json()) as { errors?: unknown }[]
  expect(answers.filter(({ errors }) => errors)).toEqual([])
  // Three are nobody's, who may be the caller: each operation asks who that is, of which some share a request.
  expect(asked().filter((path) => !path.includes('/me/'))).toHaveLength(120)
})

it('An answer that several operations of a request share counts once', async () => {
  const big = 'x'.repeat(9 * 1024 * 1024)
  const { url } = await listen((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ pk: 1, username: big, name: 'Ada' }))
  })
  const gateway = await startGatewayOver(url)
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer demo' },
    body: JSON.stringify(Array(3).fill({ query: '{ user(id: 1) { name } }' })),
  })
  expect(await response.json()).toEqual(Array(3).fill({ data: { user: { name: 'Ada' } } }))
})

it('Answers of authentik are held up to a sum, for all operations of a request', async () => {
  const big = 'x'.repeat(9 * 1024 * 1024)
  const { url } = await listen((request, response) => {
    const pk = Number(request.url?.split('/').at(-2))
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ pk, username: big, name: big.slice(0, 1) }))
  })
  const { ask } = await startGatewayOver(url)
  const { data, errors } = await ask('{ usersByIds(ids: [1, 2]) { pk } }')
  expect(data.usersByIds).toEqual(expect.arrayContaining([{ pk: expect.any(Number) }, null]))
  expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
})

it('The liveness page is answered before the other requests that come at the same moment', async () => {
  const { url } = await startGateway()
  const port = Number(new URL(url).port)
  const order: string[] = []
  const open = async (name: string, text: string) => {
    const { socket } = await sendText(port, '')
    socket.once('data', () => order.push(name))
    return () => socket.write(text)
  }
  const body = JSON.stringify({ query: `{ __typename } #${'x'.repeat(20_000)}` })
  const work = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const works = await Promise.all(Array.from({ length: 10 }, () => open('work', work)))
  const liveness = await open('alive', 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
  for (const send of [...works, liveness]) send()
  await expect.poll(() => order.length).toBe(works.length + 1)
  expect(order.indexOf('alive')).toBeLessThan(3)
})

describe('A process with a heap of 128 MB', () => {
  it('answers every hostile input shortly, and lives', { timeout: 120_000 }, async () => {
    const settings = { NODE_OPTIONS: '--max-old-space-size=128' }
    expect(hostileInputs.length).toBeGreaterThanOrEqual(50)
    await withGateway(
      async ({ gateway }: { gateway: { url: string; child: ChildProcess } }) => {
        for (const { name, body, token } of hostileInputs) {
          const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
          const response = await fetch(gateway.url, { method: 'POST', headers, body })
          const text = await response.text()
          expect(response.status, name).toBeLessThan(500)
          expect(text.length, name).toBeLessThan(2 * 1024 * 1024)
          expect(text, name).not.toContain('INTERNAL_SERVER_ERROR')
        }
        expect(gateway.child.exitCode).toBeNull()
      },
      settings,
      'wide-upstream.js',
    )
  })
})

it('three hundred wide queries of one caller at once leave a small heap alive, and others answered', async () => {
  const running = run({ NODE_OPTIONS: '--max-old-space-size=128', LOG_LEVEL: 'silent' })
  const url = await addressOf(running)
  for (const token of ['demo-superuser', 'demo-auditor']) await askProcess(url, '{ me { pk } }', token)
  const lists = Array.from(
    { length: 49 },
    (_, index) => `a${index}: accessTokens(first: 100) { nodes { pk isExpired expires } }`,
  )
  const wide = Promise.all(Array.from({ length: 300 }, () => askProcess(url, `{ ${lists.join(' ')} }`)))
  for (let round = 0; round < 10; round += 1) {
    expect(await askProcess(url, '{ me { username } }', 'demo-auditor')).toEqual({ data: { me: { username: 'ada' } } })
  }
  const codes = (await wide).flatMap(({ errors = [] }) =>
    errors.map(({ extensions }: { extensions: { code: string; retryAfter: number } }) => extensions),
  )
  expect(new Set(codes.map(({ code }) => code))).toEqual(new Set(['UPSTREAM_BUSY']))
  expect(codes[0].retryAfter).toBe(1)
  expect(codes.length).toBeLessThan(300)
  expect((await askProcess(url, '{ accessTokens(first: 100) { nodes { pk } } }')).data.accessTokens.nodes).toHaveLength(
    100,
  )
})

it('made-up tokens that cost no request to authentik do not go before a caller whom it has accepted', async () => {
  const { askOnce: ask } = await startGateway()
  await ask('{ me { pk } }', { token: 'demo-auditor' })
  const query = 'query ($ids: [ID!]!) { a: usersByIds(ids: $ids) { pk } b: usersByIds(ids: $ids) { pk } }'
  const variables = { ids: Array(500).fill('x') }
  let answered = 0
  const strangers = Array.from({ length: 60 }, async (_, index) => {
    await ask(query, { token: `made-up-${index}`, variables })
    answered += 1
  })
  expect((await ask('{ me { username } }', { token: 'demo-auditor' })).data).toEqual({ me: { username: 'ada' } })
  expect(answered).toBeLessThan(30)
  await Promise.all(strangers)
})

it('an answer of authentik that unfolds to many megabytes leaves a small heap alive', async () => {
  const bomb = gzipSync(`{"user":{"pk":1,"username":"ada","name":"","uid":"u"},"x":[${Array(5_000_000).fill('[]')}]}`)
  const { url: upstream } = await listen((request, response) => {
    if (request.url?.includes('health')) return response.end()
    return response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)
  })
  const running = run({ AUTHENTIK_URL: upstream, NODE_OPTIONS: '--max-old-space-size=128' })
  const url = await addressOf(running)
  const code = 'UPSTREAM_INVALID_RESPONSE'
  expect((await askProcess(url, '{ me { pk } }')).errors).toMatchObject([{ extensions: { code } }])
  const { data } = await askProcess(url, 'mutation { revokeAccessTokens(ids: [1]) { results { outcome code } } }')
  expect(data.revokeAccessTokens.results).toEqual([{ outcome: 'FAILED', code }])
  expect(running.child.exitCode).toBeNull()
})
