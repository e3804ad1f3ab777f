import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { limits } from '../src/limits.ts'
import { hostileInputs } from './hold/hostile-inputs.js'
import { withGateway } from './hold/processes.js'
import { addressOf, run } from './program.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

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
    const fields = (name: string) => Array.from({ length: 55 }, (_, index) => `${name}${index}: expires`).join(' ')
    const { errors } = await ask(`{ accessTokens(first: 1000) { nodes { ${fields('a')} } } }`)
    expect(errors).toBeUndefined()
    const long = await ask(
      `{ accessTokens(first: 1000) { nodes { ${fields('a'.repeat(limits.charactersOfField))} } } }`,
    )
    expect(long).toMatchObject({ data: null, errors: [tooMany] })
  })

  it("are not too many in 1000 tokens with every field of the README's example", async () => {
    const { ask } = await startWide()
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const [, fields] = /accessToken\(id: 42\) (\{[^`]+\})\n\}\n```/.exec(readme) ?? []
    const { data, errors } = await ask(`{ accessTokens(first: 1000) { nodes ${fields} } }`)
    expect(errors).toBeUndefined()
    expect(data.accessTokens.nodes).toHaveLength(1000)
  })

  it('do not keep a revocation from telling what was done', async () => {
    const { ask } = await startGateway()
    const aliases = Array.from({ length: 98 }, (_, index) => `a${index}: outcome`).join(' ')
    const { data, errors } = await ask(
      `mutation ($ids: [ID!]!) { a: revokeAccessTokens(ids: $ids) { results { ${aliases} } } b: revokeAccessTokens(ids: $ids) { results { id } } }`,
      { variables: { ids: Array(500).fill('42') } },
    )
    expect(errors).toBeUndefined()
    expect(data.a.results).toHaveLength(500)
    expect(data.b.results).toHaveLength(500)
  })
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

it('The liveness page is answered again and again between requests that come at one moment', async () => {
  const user = { pk: 1, username: 'ada', name: '', uid: 'u' }
  const { url: upstream } = await listen((request, response) => {
    if (request.url?.includes('/me/')) response.end(JSON.stringify({ user }))
  })
  const url = await addressOf(run({ AUTHENTIK_URL: upstream, LOG_LEVEL: 'silent' }))
  const leaving = new AbortController()
  const send = async (caller: number, query: string) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${caller}` }
    const { signal } = leaving
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }), signal })).json()
  }
  const callers = Array.from({ length: 68 }, (_, index) => index)
  for (const caller of callers) await send(caller, '{ me { pk } }')
  const reads = (caller: number) => {
    const ids = Array.from({ length: limits.ids }, (_, index) => `"${caller * limits.ids + index}"`)
    return send(caller, `{ usersByIds(ids: [${ids}]) { pk } }`)
  }
  // So many wait that each further read is refused.
  const waiting = callers.slice(0, 9).map((caller) => reads(caller).catch(() => {}))
  await sleep(1000)
  let refused = 0
  const refusals = callers.slice(9).map(async (caller) => {
    await reads(caller)
    refused += 1
  })
  let answers = 0
  for (; refused < refusals.length; answers += 1) await fetch(new URL('/health', url))
  expect(answers).toBeGreaterThan(refusals.length / 4)
  leaving.abort()
  await Promise.all(waiting)
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
