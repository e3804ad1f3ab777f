import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readOperations } from '../src/http/operations-file.ts'
import { limits } from '../src/limits.ts'
import { startGateway } from './start.ts'

const apollo = readOperations('test/persisted/apollo.json')
const relay = readOperations('test/persisted/relay.json')
const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' }

async function post(url: string, body: unknown) {
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, answer: await response.json() }
}

describe('Persisted operations', () => {
  it("run by id, as Apollo's clients send it", async () => {
    const { url } = await startGateway({ persistedOperations: apollo })
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'e2f1' } }
    const { answer } = await post(url, { extensions, variables: { id: 42 }, operationName: 'Token' })
    expect(answer).toEqual({ data: { accessToken: { user: { username: 'zoe' } } } })
  })

  it.each(['documentId', 'doc_id', 'id'])('run by id, as "%s"', async (name) => {
    const { url } = await startGateway({ persistedOperations: relay })
    expect((await post(url, { [name]: 'whoami' })).answer).toEqual({ data: { me: { username: 'mira' } } })
    const got = await fetch(`${url}?${name}=whoami`, { headers })
    expect(await got.json()).toEqual({ data: { me: { username: 'mira' } } })
  })

  it('run by GET, but no mutation does', async () => {
    const { url, asked } = await startGateway({ persistedOperations: apollo })
    const search = (id: string, variables: object) =>
      new URLSearchParams({
        variables: JSON.stringify(variables),
        extensions: JSON.stringify({ persistedQuery: { version: 1, sha256Hash: id } }),
      })
    const query = await fetch(`${url}?${search('e2f1', { id: 42 })}`, { headers })
    expect(await query.json()).toEqual({ data: { accessToken: { user: { username: 'zoe' } } } })
    asked()
    const mutation = await fetch(`${url}?${search('c0de', { ids: [42] })}`, { headers })
    expect(mutation.status).toBe(405)
    expect(asked()).toEqual([])
  })

  it.each<[string, object, string]>([
    [
      'an unknown id',
      { extensions: { persistedQuery: { version: 1, sha256Hash: 'beef' } } },
      'PERSISTED_QUERY_NOT_IN_LIST',
    ],
    ['the name of a property', { documentId: 'constructor' }, 'PERSISTED_QUERY_NOT_IN_LIST'],
    ['no id', { variables: {} }, 'PERSISTED_QUERY_ID_REQUIRED'],
    ['a document', { query: '{ me { username } }' }, 'PERSISTED_QUERY_ONLY'],
    ['a persisted document, but no id', { query: 'query WhoAmI { me { username } }' }, 'PERSISTED_QUERY_ONLY'],
    ['an id and a document', { documentId: 'e2f1', query: '{ me { username } }' }, 'PERSISTED_QUERY_ONLY'],
    ['the schema', { query: '{ __schema { types { name } } }' }, 'PERSISTED_QUERY_ONLY'],
    ['the SDL', { query: '{ _sdl }' }, 'PERSISTED_QUERY_ONLY'],
    ['the subgraph', { query: '{ _service { sdl } }' }, 'PERSISTED_QUERY_ONLY'],
  ])('are all that runs: %s is refused', async (_what, body, code) => {
    const { url, asked } = await startGateway({ persistedOperations: apollo })
    const { status, answer } = await post(url, body)
    expect(status).toBe(400)
    expect(answer).toMatchObject({ errors: [{ extensions: { code } }] })
    expect(answer).not.toHaveProperty('data')
    expect(asked()).toEqual([])
  })

  it('are all that runs in a batch, too', async () => {
    const { url } = await startGateway({ persistedOperations: relay })
    const { answer } = await post(url, [{ documentId: 'whoami' }, { query: '{ _sdl }' }])
    expect(answer).toMatchObject([{ data: { me: {} } }, { errors: [{ extensions: { code: 'PERSISTED_QUERY_ONLY' } }] }])
  })

  it('answer rubbish in a batch with a coded error', async () => {
    const { url } = await startGateway({ persistedOperations: relay })
    for (const body of [[null], [5], [[]], [{ extensions: 5 }]]) {
      expect((await post(url, body)).answer).toMatchObject([
        { errors: [{ extensions: { code: expect.stringMatching(/^(PERSISTED|BAD)_/) } }] },
      ])
    }
  })

  it.each([
    ['a text', '"abc"'],
    ['a list', '["{ __typename }"]'],
    ['what is no document', '{ "version": "1", "note": "hello" }'],
    ['an empty id', '{ "": "{ __typename }" }'],
    ['an empty document', '{ "a": "" }'],
    ['nothing', '{}'],
    [
      'a newer version',
      '{ "format": "apollo-persisted-query-manifest", "version": 2, "operations": [{ "id": "a", "body": "{ __typename }" }] }',
    ],
    [
      'an id that stands twice',
      '{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [{ "id": "a", "body": "{ __typename }" }, { "id": "a", "body": "{ me { pk } }" }] }',
    ],
    [
      'an operation without id',
      '{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [{ "body": "{ __typename }" }, null] }',
    ],
  ])('are none in a file with %s', (_what, text) => {
    const folder = mkdtempSync(join(tmpdir(), 'operations-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'operations.json'), text)
    expect(readOperations(join(folder, 'operations.json'))).toBeUndefined()
  })

  it('need not have hashes for ids, though clients send them as such', async () => {
    const { url } = await startGateway({ persistedOperations: apollo, persistedOperationsMode: 'log' })
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'e2f1' } }
    const { answer } = await post(url, { extensions, variables: { id: 42 } })
    expect(answer).toEqual({ data: { accessToken: { user: { username: 'zoe' } } } })
  })

  it('are off where none are given: an id alone is no request', async () => {
    const { url } = await startGateway()
    expect((await post(url, { documentId: 'whoami' })).answer).toMatchObject({
      errors: [{ extensions: { code: 'BAD_REQUEST' } }],
    })
  })
})

describe('Documents that are not persisted, with PERSISTED_OPERATIONS_MODE=log,', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

  it('run, and are each logged once: by hash and client, but not by text', async () => {
    const { url, lines } = await startGateway({ persistedOperations: relay, persistedOperationsMode: 'log' })
    const query = 'query Secretive { me { username } again: user(id: "word-of-a-caller") { pk } }'
    const named = { ...headers, 'graphql-client-name': 'admin', 'graphql-client-version': '1.2' }
    const send = () => fetch(url, { method: 'POST', headers: named, body: JSON.stringify({ query }) })
    expect(await (await send()).json()).toMatchObject({ data: { me: { username: 'mira' } } })
    await send()
    expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40)).toEqual([
      expect.objectContaining({
        level: 40,
        msg: 'a document did not come by an id of PERSISTED_OPERATIONS',
        listed: false,
        requestId: expect.any(String),
        sha256: sha256(query),
        operation: 'Secretive',
        client: 'admin',
        clientVersion: '1.2',
      }),
    ])
    expect(lines.join()).not.toContain('word-of-a-caller')
  })

  it('are logged if their hash is sent, as automatic persisted queries are, and run', async () => {
    const { url, lines } = await startGateway({ persistedOperations: relay, persistedOperationsMode: 'log' })
    const query = '{ me { pk } }'
    const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } }
    const { answer } = await post(url, { extensions })
    expect(answer).toMatchObject({ errors: [{ message: 'PersistedQueryNotFound' }] })
    await post(url, { query, extensions })
    expect((await post(url, { extensions })).answer).toEqual({ data: { me: { pk: expect.any(Number) } } })
    expect(lines.filter((line) => line.includes(sha256(query)))).toHaveLength(1)
  })

  it('are logged each for itself, those that are persisted too if they came as text, and those that do not run are not', async () => {
    const { url, lines } = await startGateway({ persistedOperations: relay, persistedOperationsMode: 'log' })
    for (const query of ['{ _sdl }', 'query WhoAmI { me { username } }', '{', '{ nope }', '{ __typename }'])
      await post(url, { query })
    expect((await post(url, { documentId: 'whoami' })).answer).toEqual({ data: { me: { username: 'mira' } } })
    const told = lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40)
    expect(told.map((line) => [line.sha256, line.listed])).toEqual([
      [sha256('{ _sdl }'), false],
      [sha256('query WhoAmI { me { username } }'), true],
      [sha256('{ __typename }'), false],
    ])
  })

  it('are forgotten when there are too many, those first that came first', async () => {
    const { url, lines } = await startGateway({ persistedOperations: relay, persistedOperationsMode: 'log' })
    const send = async (from: number, to: number) => {
      for (let number = from; number < to; number += limits.operationsPerRequest) {
        const numbers = Array.from(
          { length: Math.min(limits.operationsPerRequest, to - number) },
          (_, index) => number + index,
        )
        await post(
          url,
          numbers.map((number) => ({ query: `{ __typename } # ${number}` })),
        )
      }
    }
    const timesTold = (number: number) =>
      lines.filter((line) => line.includes(sha256(`{ __typename } # ${number}`))).length
    await send(0, limits.unlistedDocuments + 1)
    await send(1, 2)
    expect([timesTold(0), timesTold(1)]).toEqual([1, 1])
    await send(0, 1)
    expect([timesTold(0), timesTold(1)]).toEqual([2, 1])
  })
})

it.each([
  ['is not shown where they are enforced', { persistedOperationsMode: 'enforce' }, 'application/json'],
  ['is shown there if it is asked for', { persistedOperationsMode: 'enforce', graphiql: true }, 'text/html'],
  ['is shown where others may run', { persistedOperationsMode: 'log' }, 'text/html'],
] as const)('GraphiQL %s', async (_what, options, type) => {
  const { url } = await startGateway({ graphiql: undefined, persistedOperations: apollo, ...options })
  const page = await fetch(url, { headers: { accept: 'text/html, application/json' } })
  expect(page.headers.get('content-type')).toContain(type)
  await page.arrayBuffer()
})
