import { getNamedType, isCompositeType, isObjectType, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { estimate } from '../src/execute/estimate.ts'
import { declarationOf } from '../src/graph/declaration.ts'
import { isCursor } from '../src/graph/lists/cursor.ts'
import { createSchema } from '../src/schema/index.ts'
import { createOperation } from './fuzz/documents.ts'
import { callers, learn } from './fuzz/learn.ts'
import { createRandom } from './fuzz/random.ts'
import { startUpstream, tokenOf } from './fuzz/upstream.ts'
import { startGatewayOver } from './start.ts'

// The random queries of plan.test.ts over an authentik of each release, and what they cost. `PLANS=100000` asks more and tells the
// ratios, and `PLANS_ONLY=123` asks that one again and shows it.

const queries = Number(process.env['PLANS'] ?? 2000)
const only = Number(process.env['PLANS_ONLY'] ?? 0)
const schema = createSchema()

interface Cost {
  readonly requests: number
  readonly rows: number
}

/** What was paid for the paths that authentik was asked for. */
function costOf(paths: readonly string[]): Cost {
  const rows = paths.map((path) => Number(/page_size=(\d+)/.exec(path)?.[1] ?? 1))
  return { requests: paths.length, rows: rows.reduce((sum, count) => sum + count, 0) }
}

function hasCursor({ query, variables }: { readonly query: string; readonly variables: object }): boolean {
  const texts = [...query.matchAll(/"([\w-]+)"/g)].map(([, text]) => text)
  return [...texts, ...Object.values(variables)].some((text) => typeof text === 'string' && isCursor(text))
}

/** Asks all queries, each in the name of a caller, and compares what was paid with the estimate. */
async function compare(callerOf: (seed: number) => string) {
  const upstream = await startUpstream({ changes: false })
  const { url } = await startGatewayOver(upstream.url)
  const known = await learn(upstream.url, url)
  const below: string[] = []
  const ratios = { requests: [] as number[], rows: [] as number[] }
  let next = only || 1
  const work = async () => {
    while (next <= (only || queries)) {
      const seed = next
      next += 1
      const operation = createOperation(schema, createRandom(seed), known)
      const document = parse(operation.query)
      if (operation.query.startsWith('mutation') || validate(schema, document).length > 0) continue
      // Cursors were written for a superuser, whose lists are longer.
      if (callerOf(seed) !== 'demo-superuser' && hasCursor(operation)) continue
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${tokenOf(callerOf(seed), seed)}`,
      }
      await fetch(url, { method: 'POST', headers, body: JSON.stringify(operation) })
      const paths = upstream.asked.get(seed) ?? []
      const paid = costOf(paths)
      const estimated = estimate({ schema, document, variables: operation.variables }) ?? { requests: 0, rows: 0 }
      if (only) console.log(operation, paths, paid, estimated)
      if (estimated.requests < paid.requests || estimated.rows < paid.rows) below.push(`PLANS_ONLY=${seed}`)
      if (paid.requests === 0) continue
      ratios.requests.push(estimated.requests / paid.requests)
      ratios.rows.push(estimated.rows / paid.rows)
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  return { below, ratios }
}

/** The number that is larger than that share of all. */
function quantile(numbers: readonly number[], share: number): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length * share)] ?? 0
}

describe(`Over ${queries} random queries, the estimate`, () => {
  it('is never less than what is paid, and half of the time at most twice as much, for those who may see everything', {
    timeout: 0,
  }, async () => {
    const { below, ratios } = await compare(() => 'demo-superuser')
    if (process.env['PLANS']) {
      for (const [what, all] of Object.entries(ratios)) {
        const [median, most] = [quantile(all, 0.5), quantile(all, 1 - 1 / all.length)]
        console.log(
          `${what}: estimated is ${median.toFixed(2)} times what is paid (median of ${all.length}), ${most.toFixed(0)} times at most`,
        )
      }
    }
    expect(below).toEqual([])
    if (only) return
    expect(ratios.requests.length).toBeGreaterThan(queries * 0.6)
    expect(quantile(ratios.requests, 0.5)).toBeLessThanOrEqual(2)
  })

  it('is never less than what is paid by callers with fewer rights', { timeout: 0 }, async () => {
    // These may see some of what a page is asked for, or an empty page: then what it lacks is asked for, too.
    const some = ['demo-viewer', 'demo-outpost']
    const others = callers.filter((caller) => caller !== 'demo-superuser' && !some.includes(caller))
    const { below } = await compare((seed) => createRandom(seed).pick(others))
    expect(below).toEqual([])
  })
})

const group = '"67726f75-7000-4000-8000-000000000003"'

describe('The estimate', () => {
  it.each<[string, number, number]>([
    ['{ __typename }', 0, 0],
    // The user, and if that is refused, one row of the caller's.
    ['{ me { username groups { pk } } }', 3, 3],
    ['{ me { username } again: me { effectiveGroups { name } } }', 1, 1],
    ['{ accessToken(id: 42) { provider { name } user { groups { name isSuperuser } } } }', 1, 1],
    ['{ accessToken(id: 42) { provider { clientId } } }', 2, 2],
    ['{ oauth2Provider(id: 1) { clientId clientSecret } }', 1, 1],
    // If one is refused, it may be the caller.
    ['{ usersByIds(ids: [4, 5, 6]) { username } }', 4, 4],
    ['{ node(id: "User:4") { ... on User { username } ... on Grant { provider { clientId } } } }', 2, 2],
    ['{ node(id: "Nothing:4") { id } }', 0, 0],
    // One list for each name. One may be the caller: who that is, the refused look-up, and one row of theirs.
    ['{ _entities(representations: [{ __typename: "User", username: "paul" }]) { ... on User { name } } }', 2, 3],
    ['{ _entities(representations: [{ __typename: "User", username: "paul" }]) { ... on User { uuid } } }', 4, 5],
    [
      '{ _entities(representations: [{ __typename: "User", username: "paul" }, { __typename: "User", username: "zoe" }]) { ... on User { uuid } } }',
      5,
      7,
    ],
    [
      '{ _entities(representations: [{ __typename: "OAuth2Provider", clientId: "x" }]) { ... on OAuth2Provider { pk } } }',
      1,
      2,
    ],
    ['{ accessTokens { totalCount } }', 1, 1],
    ['{ accessTokens { nodes { pk } } }', 1, 100],
    ['{ accessTokens(first: 25) { edges { node { user { groups { name } } } } } }', 1, 25],
    ['{ accessTokens(first: 300) { nodes { pk } } }', 3, 300],
    ['{ accessTokens(last: 10) { nodes { pk } } }', 2, 33],
    ['{ accessTokens(first: 1001) { nodes { pk } } }', 0, 0],
    // Three providers one by one, or a page of them.
    ['{ accessTokens(first: 100) { nodes { provider { clientId } } } }', 5, 203],
    ['{ users(first: 20) { nodes { accessTokens(first: 5) { nodes { pk } } } } }', 21, 120],
    // The members come with the group, which is asked for again.
    [`{ group(id: ${group}) { users(first: 5) { nodes { username } } } }`, 2, 6],
    [`{ group(id: ${group}) { users(first: 5) { totalCount nodes { pk } } } }`, 1, 1],
    ['{ users(first: 1000) { nodes { accessTokens { nodes { pk } } } } }', 500, 50_000],
  ])('of %s is %i requests and %i rows', (query, requests, rows) => {
    const document = parse(query)
    expect(validate(schema, document)).toEqual([])
    expect(estimate({ schema, document })).toEqual({ requests, rows })
  })

  it('counts what variables and conditions select', () => {
    const document = parse(
      'query A($ids: [ID!]!, $more: Boolean!) { usersByIds(ids: $ids) { pk } me @include(if: $more) { pk } } query B { me { pk } }',
    )
    const of = (operationName: string, variables = {}) =>
      estimate({ schema, document, operationName, variables })?.requests
    expect(of('A', { ids: [4, 5], more: true })).toBe(3)
    expect(of('A', { ids: [4], more: false })).toBe(2)
    expect(of('B')).toBe(1)
    expect(of('A', { ids: [4] })).toBeUndefined()
    expect(of('C')).toBeUndefined()
  })

  it('is none for a mutation', () => {
    expect(
      estimate({ schema, document: parse('mutation { revokeAccessTokens(ids: [1]) { revokedCount } }') }),
    ).toBeUndefined()
  })
})

describe('Every field', () => {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'))
  const fields = types.flatMap((type) =>
    isObjectType(type)
      ? Object.values(type.getFields()).map((field) => ({ type, field, declaration: declarationOf(field) }))
      : [],
  )
  const nameOf = ({ type, field }: (typeof fields)[number]) => `${type.name}.${field.name}`

  it('whose objects stand shortened tells what these have, but for the rows of a list, which may be members', () => {
    const silent = fields.filter(({ declaration: { shortened, tells } }) => shortened && !tells).map(nameOf)
    expect(silent).toEqual(['UserEdge.node', 'UserConnection.nodes'])
  })

  it('at the root that gives objects tells what it asks for', () => {
    const silent = fields.filter(
      ({ type, field, declaration }) =>
        type.name === 'Query' && isCompositeType(getNamedType(field.type)) && !declaration.asks,
    )
    expect(silent.map(nameOf)).toEqual(['Query._service'])
  })
})
