import { describe, expect, it } from 'vitest'
import { limits } from '../src/limits.ts'
import { startGateway } from './start.ts'

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
