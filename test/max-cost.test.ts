import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readOperations } from '../src/http/operations-file.ts'
import { startGateway } from './start.ts'

const tokens = (first: number) => `{ accessTokens(first: ${first}) { nodes { pk } } }`
const refusal = {
  message: 'The query may need 10 requests to authentik, of at most 3 that are allowed.',
  extensions: { code: 'QUERY_TOO_COMPLEX' },
}

const post = (url: string, body: unknown, accept = 'application/json') =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer demo-superuser', accept },
    body: JSON.stringify(body),
  })

it('A caller who sees part of a page may pay more than the estimate, as docs/cost.md says', async () => {
  const { askOnce, asked } = await startGateway({ maxCost: 5 })
  const { data } = await askOnce('{ applications { nodes { slug provider { clientId } } } }', { token: 'demo-viewer' })
  expect(data.applications.nodes.length).toBeGreaterThan(5)
  expect(asked()).toHaveLength(8)
})

describe('With MAX_COST=3', () => {
  it('a query that may need more is refused, and authentik is not asked', async () => {
    const { askOnce, asked } = await startGateway({ maxCost: 3 })
    const { data, errors, status } = await askOnce(tokens(1000))
    expect(data).toBeUndefined()
    expect(errors).toEqual([refusal])
    expect(status).toBe(200)
    expect(asked()).toEqual([])
  })

  it('the refusal has the status of a document that is too complex', async () => {
    const { url } = await startGateway({ maxCost: 3 })
    const response = await post(url, { query: tokens(1000) }, 'application/graphql-response+json')
    expect(response.status).toBe(400)
  })

  it('a query that may need as many is answered', async () => {
    const { ask, asked } = await startGateway({ maxCost: 3 })
    const { data, errors } = await ask(tokens(300))
    expect(errors).toBeUndefined()
    expect(data.accessTokens.nodes).toHaveLength(300)
    expect(asked()).toHaveLength(3)
  })

  it('representations that name nothing say nothing of those that name objects', async () => {
    const { askOnce: ask } = await startGateway({ maxCost: 3 })
    const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }'
    const codes = async (ids: readonly string[], __typename = 'User') => {
      const { errors = [] } = await ask(query, { variables: { of: ids.map((id) => ({ __typename, id })) } })
      return new Set(errors.map(({ extensions }) => extensions.code))
    }
    expect(await codes(['1', '2', '3', '4', '5'])).toEqual(new Set(['BAD_USER_INPUT']))
    expect(await codes(['User:4', 'User:5', 'User:6', 'User:7', 'User:8'])).toEqual(new Set(['QUERY_TOO_COMPLEX']))
    const grants = ['AccessToken:1', 'AccessToken:2', 'RefreshToken:1', 'RefreshToken:2']
    expect(await codes(grants, 'Grant')).toEqual(new Set(['QUERY_TOO_COMPLEX']))
  })

  it('a user who is named otherwise than by the key costs no more than is allowed, nor the same request twice', async () => {
    const query = (...names: string[]) =>
      `{ _entities(representations: [${names}]) { ... on User { uuid groups { name } } } }`
    const paul = '{ __typename: "User", username: "paul" }'
    const { askOnce: askLittle, asked: askedLittle } = await startGateway({ maxCost: 3 })
    const { errors } = await askLittle(query(paul), { token: 'demo-plain' })
    expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
    expect(askedLittle()).toEqual([])
    const { ask, asked } = await startGateway({ maxCost: 7 })
    const { data } = await ask('{ me { uuid } }', { token: 'demo-plain' })
    asked()
    const byUuid = `{ __typename: "User", uuid: "${data.me.uuid}" }`
    const both = await ask(query(paul, byUuid), { token: 'demo-plain' })
    expect(both.errors).toBeUndefined()
    const paths = asked()
    expect(paths.length).toBeLessThanOrEqual(7)
    expect(new Set(paths).size).toBe(paths.length)
  })

  it('variables decide each time, whatever ran before with the same document', async () => {
    const { askOnce: ask, asked } = await startGateway({ maxCost: 3 })
    const query =
      'query ($first: Int, $more: Boolean!) { accessTokens(first: $first) { nodes { pk } } ...More @include(if: $more) } fragment More on Query { users { nodes { groups { parents { pk } } } } }'
    const codes = async (first: number | null, more = false) => {
      const { errors = [] } = await ask(query, { variables: { first, more } })
      return errors.map(({ extensions }) => extensions.code)
    }
    expect(await codes(5)).toEqual([])
    expect(await codes(1000)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(await codes(5)).toEqual([])
    expect(await codes(null)).toEqual([])
    expect(await codes(5, true)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(asked()).toHaveLength(3)
  })

  it('the number of ids decides, and variables that do not fit teach nothing', async () => {
    const { askOnce: ask, asked } = await startGateway({ maxCost: 3 })
    const query = 'query ($ids: [ID!]!) { usersByIds(ids: $ids) { username } }'
    const codes = async (ids: unknown) => {
      const { errors = [] } = await ask(query, { variables: { ids } })
      return errors.map(({ extensions }) => extensions.code)
    }
    expect(await codes([null, null, null, null])).toContain('BAD_USER_INPUT')
    expect(await codes([{}, 5, 6, 7])).toContain('BAD_USER_INPUT')
    expect(await codes([4, 5, 6, 7])).toEqual(['QUERY_TOO_COMPLEX'])
    // Two users, and who asks.
    expect(await codes([4, 5])).toEqual([])
    expect(asked()).toHaveLength(2)
  })

  it('each operation of a batch is judged by itself', async () => {
    const { url, asked } = await startGateway({ maxCost: 3 })
    const answers = await (await post(url, [{ query: tokens(1000) }, { query: '{ user(id: 4) { pk } }' }])).json()
    expect(answers).toEqual([{ errors: [refusal] }, { data: { user: { pk: 4 } } }])
    expect(asked()).toHaveLength(1)
  })

  it('a persisted operation is refused, too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'operations-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'operations.json')
    writeFileSync(file, JSON.stringify({ few: tokens(5), many: tokens(1000) }))
    const { url, asked } = await startGateway({ maxCost: 3, persistedOperations: readOperations(file) })
    expect(await (await post(url, { id: 'many' })).json()).toEqual({ errors: [refusal] })
    expect(asked()).toEqual([])
    expect(await (await post(url, { id: 'few' })).json()).toMatchObject({ data: {} })
  })

  it('a mutation is not refused', async () => {
    const { askOnce } = await startGateway({ maxCost: 3 })
    const { data } = await askOnce('mutation { revokeAccessTokens(ids: [1, 2, 3, 4, 5]) { revokedCount } }')
    expect(data.revokeAccessTokens.revokedCount).toBe(5)
  })

  it('a bomb of fragments costs all that is allowed, and is refused', async () => {
    const { askOnce, asked } = await startGateway({ maxCost: 499 })
    const fragments = Array.from({ length: 12 }, (_, level) => {
      const inner = `{ ...F${level + 1} }`
      return `fragment F${level} on Group { parent ${inner} parents ${inner} children ${inner} }`
    })
    const query = `{ me { groups { ...F0 } } } ${fragments.join(' ')} fragment F12 on Group { pk }`
    const { errors } = await askOnce(query)
    expect(errors).toMatchObject([
      { message: expect.stringContaining('500'), extensions: { code: 'QUERY_TOO_COMPLEX' } },
    ])
    expect(asked()).toEqual([])
  })
})

it('Without MAX_COST nothing is refused', async () => {
  const { ask } = await startGateway()
  const { errors } = await ask('{ users(first: 1000) { nodes { accessTokens(first: 1000) { totalCount } } } }')
  expect(errors).toBeUndefined()
})
