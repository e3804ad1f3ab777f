import { describe, expect, it } from 'vitest'
import { lacks } from '../src/authentik/bodies.ts'
import { lookups } from '../src/graph/loading/lookup.ts'
import { getRest, resourceOf } from './rest.ts'
import { keyOf, objectOf, shortenedIn, typeOf } from './selection.ts'
import { startGateway } from './start.ts'

/** The key of a type's first object at the embedded authentik. */
async function firstKey(url: string, typename: string): Promise<string> {
  const { results } = await getRest(url, resourceOf(typename).path.replace('/api/v3', ''))
  const [row = {}] = results as readonly Readonly<Record<string, unknown>>[]
  return String(row[keyOf(typeOf(typename))])
}

const typenames = [...lookups.keys()]
const keyFieldOf = (typename: string) =>
  keyOf(typeOf(typename)).replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())

describe.each(typenames)('%s', (typename) => {
  const { one } = resourceOf(typename)
  const keyField = keyFieldOf(typename)

  it('is found by its key and its global id, whoever asks and however', async () => {
    const { ask, sandbox, asked } = await startGateway()
    const key = await firstKey(sandbox.url, typename)
    const id = `${typename}:${key}`
    const fragment = `{ ... on ${typename} { id ${keyField} } }`
    asked()
    const { data, errors } = await ask(
      `query ($ids: [ID!]!, $entities: [_Any!]!) {
        byKey: ${one}(id: "${key}") { id ${keyField} }
        byId: ${one}(id: "${id}") { id ${keyField} }
        node(id: "${id}") ${fragment}
        nodes(ids: $ids) ${fragment}
        _entities(representations: $entities) ${fragment}
      }`,
      {
        variables: {
          ids: [id],
          entities: [
            { __typename: typename, id },
            { __typename: typename, [keyField]: key },
          ],
        },
      },
    )
    expect(errors).toBeUndefined()
    const found = { id, [keyField]: expect.anything() }
    expect(data).toEqual({ byKey: found, byId: found, node: found, nodes: [found], _entities: [found, found] })
    expect(asked()).toHaveLength(1)
  })

  it('is told to composers with its keys', async () => {
    const { ask } = await startGateway()
    const { data } = await ask('{ _sdl _service { sdl } }', { token: null })
    expect(data._service.sdl).toMatch(
      new RegExp(`^type ${typename} .*@key\\(fields: "id"\\) @key\\(fields: "${keyField}"\\)`, 'm'),
    )
    expect(data._sdl).toMatch(new RegExp(`ByIds\\(.*?\\[${typename}\\]! @merge\\(keyField: "${keyField}"\\)`, 's'))
  })

  it('has its row in the table of what bodies may lack', () => {
    expect(Object.keys(lacks)).toContain(typename)
  })
})

it('shows global ids of shortened objects without a request more', async () => {
  const edges = typenames.flatMap((typename) =>
    Object.values(typeOf(typename).getFields()).flatMap(({ name, type, args }) => {
      const inner = objectOf(type)
      const shown =
        inner && lookups.has(inner.name) && args.length === 0 && shortenedIn(typeOf(typename), name) === true
      return shown ? [{ typename, field: name, inner: inner.name }] : []
    }),
  )
  expect(edges.length).toBeGreaterThan(3)
  const { ask, sandbox, asked } = await startGateway()
  for (const { typename, field } of edges) {
    const id = `${typename}:${await firstKey(sandbox.url, typename)}`
    const { errors: none } = await ask(`{ node(id: "${id}") { ... on ${typename} { ${field} { __typename } } } }`)
    expect(none).toBeUndefined()
    const without = asked().length
    await ask(`{ node(id: "${id}") { ... on ${typename} { ${field} { id } } } }`)
    expect(asked().length, `${typename}.${field}`).toBeLessThanOrEqual(without)
  }
})
