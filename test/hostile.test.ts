import { expect, it } from 'vitest'
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
