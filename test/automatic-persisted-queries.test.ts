import { createHash } from 'node:crypto'
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client/core'
import { createPersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { buildHTTPExecutor } from '@graphql-tools/executor-http'
import { Client, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readOperations } from '../src/http/operations-file.ts'
import { limits } from '../src/limits.ts'
import { listen, startGateway, startGatewayOver, withCaller } from './start.ts'

const authorization = 'Bearer demo-superuser'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const named = (sha256Hash: unknown, version: unknown = 1) => ({ persistedQuery: { version, sha256Hash } })
const notFound = { errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] }

async function post(url: string, body: unknown, token = 'demo-superuser') {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, answer: await response.json() }
}

/** Sends the document and its hash. */
const bring = (url: string, query: string, token?: string) =>
  post(url, { query, extensions: named(sha256(query)) }, token)

/** Sends the hash alone. */
const name = (url: string, query: string, token?: string) => post(url, { extensions: named(sha256(query)) }, token)

/** A fetch that keeps what is sent, and with which status it is answered. */
function watchedFetch() {
  const seen: string[] = []
  const watched: typeof fetch = async (input, init) => {
    const url = new URL(String(input))
    const method = init?.method ?? 'GET'
    const sent = method === 'GET' ? Object.fromEntries(url.searchParams) : JSON.parse(String(init?.body))
    const response = await fetch(input, init)
    const parts = ['query', 'extensions'].filter((part) => sent[part])
    seen.push(`${method} ${parts.join(' and ')}: ${response.status}`)
    return response
  }
  return { watched, seen }
}

const query = 'query WhoAmI { me { username } }'
const misses = ['POST extensions: 200', 'POST query and extensions: 200']
const answer = { me: expect.objectContaining({ username: 'mira' }) }

describe('A client that sends hashes is answered', () => {
  it.each([false, true])(
    'as Apollo Client does it, with useGETForHashedQueries: %s',
    async (useGETForHashedQueries) => {
      const { url } = await startGateway()
      const { watched, seen } = watchedFetch()
      const ask = () =>
        new ApolloClient({
          cache: new InMemoryCache(),
          link: createPersistedQueryLink({ sha256, useGETForHashedQueries }).concat(
            new HttpLink({ uri: url, fetch: watched, headers: { authorization } }),
          ),
        }).query({ query: parse(query) })
      for (const { data } of [await ask(), await ask()]) expect(data).toEqual(answer)
      const hit = useGETForHashedQueries ? 'GET extensions: 200' : 'POST extensions: 200'
      expect(seen).toEqual([hit, misses[1], hit])
    },
  )

  it.each([false, 'force' as const])('as urql does it, with GET: %s', async (preferGetForPersistedQueries) => {
    const { url } = await startGateway()
    const { watched, seen } = watchedFetch()
    const ask = () =>
      new Client({
        url,
        fetch: watched,
        fetchOptions: { headers: { authorization } },
        exchanges: [persistedExchange({ preferGetForPersistedQueries }), fetchExchange],
      })
        .query(query, {})
        .toPromise()
    for (const { data, error } of [await ask(), await ask()]) expect([data, error]).toEqual([answer, undefined])
    const method = preferGetForPersistedQueries ? 'GET' : 'POST'
    expect(seen).toEqual([...misses, misses[0]].map((line) => line?.replace('POST', method)))
  })

  it('as @graphql-tools/executor-http does it', async () => {
    const { url } = await startGateway()
    const { watched, seen } = watchedFetch()
    const ask = buildHTTPExecutor({ endpoint: url, apq: true, fetch: watched, headers: { authorization } })
    for (const result of [await ask({ document: parse(query) }), await ask({ document: parse(query) })])
      expect(result).toMatchObject({ data: answer })
    expect(seen).toEqual([...misses, misses[0]])
  })

  it('as Apollo Gateway does it, which takes no other status than 200 and no other type than JSON', async () => {
    const { url } = await startGateway()
    const entities =
      'query($representations:[_Any!]!){_entities(representations:$representations){...on User{username}}}'
    const variables = { representations: [{ __typename: 'User', id: 'User:15' }] }
    const extensions = named(sha256(entities))
    const headers = { 'Content-Type': 'application/json', authorization }
    const send = async (body: object) => {
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        expect.stringMatching(/^application\/json/),
      ])
      return response.json()
    }
    expect(await send({ variables, extensions })).toEqual(notFound)
    const found = { data: { _entities: [{ username: 'signe' }] } }
    expect(await send({ query: entities, variables, extensions })).toEqual(found)
    expect(await send({ variables, extensions })).toEqual(found)
  })
})

describe('A hash', () => {
  it('that is unknown is answered so that the client sends the document, and authentik is not asked', async () => {
    const { url, asked } = await startGateway()
    for (const hash of [sha256(query), 'constructor', '', null, 5, { toString: 5 }]) {
      expect(await post(url, { extensions: named(hash) })).toEqual({ status: 200, answer: notFound })
      expect(await post(url, { query: '', extensions: named(hash) })).toEqual({ status: 200, answer: notFound })
    }
    expect(asked()).toEqual([])
  })

  it('that is not that of the document is BAD_REQUEST, and nothing is remembered', async () => {
    const { url, asked } = await startGateway()
    for (const hash of [sha256('{ me { pk } }'), sha256(query).toUpperCase(), null]) {
      expect(await post(url, { query, extensions: named(hash) })).toMatchObject({
        status: 400,
        answer: { errors: [{ message: 'provided sha does not match query', extensions: { code: 'BAD_REQUEST' } }] },
      })
    }
    expect(asked()).toEqual([])
    expect((await name(url, query)).answer).toEqual(notFound)
  })

  it.each([2, '1', undefined])(
    'of version %j is PERSISTED_QUERY_NOT_SUPPORTED: clients send documents then',
    async (version) => {
      const { url } = await startGateway()
      const extensions = named(sha256(query), version ?? null)
      for (const body of [{ extensions }, { query, extensions }])
        expect(await post(url, body)).toMatchObject({
          status: 200,
          answer: {
            errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
          },
        })
    },
  )

  it('runs the document in the name of each caller who sends it', async () => {
    const { url } = await startGateway()
    await bring(url, query)
    expect((await name(url, query, 'demo-plain')).answer).toEqual({ data: { me: { username: 'paul' } } })
    expect((await name(url, query, 'nobody-knows-me')).answer).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })

  it('stands for a document alone: variables and the name of the operation are of the request', async () => {
    const { url } = await startGateway()
    const both = 'query A($id: ID!) { user(id: $id) { username } } query B { me { username } }'
    const sent = (operationName: string) => ({ operationName, variables: { id: 15 }, extensions: named(sha256(both)) })
    await post(url, { ...sent('A'), query: both })
    expect((await post(url, sent('A'))).answer).toEqual({ data: { user: { username: 'signe' } } })
    expect((await post(url, sent('B'))).answer).toEqual({ data: { me: { username: 'mira' } } })
  })

  it('may stand in a batch, beside documents', async () => {
    const { url } = await startGateway()
    await bring(url, query)
    const unknown = { extensions: named(sha256('{ __typename }')) }
    const { answer } = await post(url, [{ extensions: named(sha256(query)) }, unknown, { query: '{ __typename }' }])
    expect(answer).toEqual([{ data: { me: { username: 'mira' } } }, notFound, { data: { __typename: 'Query' } }])
  })

  it('runs no mutation by GET', async () => {
    const { url, asked } = await startGateway()
    const mutation = 'mutation { revokeAccessTokens(ids: [999999]) { failedCount } }'
    expect((await bring(url, mutation)).answer).toEqual({ data: { revokeAccessTokens: { failedCount: 0 } } })
    asked()
    const search = `extensions=${encodeURIComponent(JSON.stringify(named(sha256(mutation))))}`
    const response = await fetch(`${url}?${search}`, { headers: { authorization } })
    expect(response.status).toBe(405)
    expect(asked()).toEqual([])
  })

  it('is unknown to a gateway that was started since', async () => {
    await bring((await startGateway()).url, query)
    expect((await name((await startGateway()).url, query)).answer).toEqual(notFound)
  })
})

describe('A document is not remembered', () => {
  it.each([
    ['does not parse', '{'],
    ['does not fit the schema', '{ nope }'],
    ['is too long', `{ me { pk } } # ${'x'.repeat(limits.documentCharacters)}`],
    ['has too many aliases', `{ ${Array.from({ length: 101 }, (_, index) => `a${index}: __typename`).join(' ')} }`],
  ])('if it %s', async (_what, wrong) => {
    const { url, ask } = await startGateway()
    await ask(query)
    expect((await bring(url, wrong)).answer).toHaveProperty('errors')
    expect((await name(url, wrong)).answer).toEqual(notFound)
  })

  it.each([
    ['whom authentik refuses', 'nobody-knows-me', query],
    ['whom authentik has not seen', 'demo-plain', '{ __typename }'],
  ])('for a caller %s', async (_who, token, text) => {
    const { url } = await startGateway()
    await bring(url, text, token)
    expect((await name(url, text)).answer).toEqual(notFound)
    await bring(url, query, 'demo-plain')
    await bring(url, text, 'demo-plain')
    expect((await name(url, text)).answer).not.toEqual(notFound)
  })
})

describe('Of the documents that are remembered', () => {
  /** Documents of the largest size, by number. */
  const large = (number: number) => `{ me { pk } } # ${number} `.padEnd(limits.documentCharacters, 'x')
  const fitInShare = Math.floor(limits.rememberedDocumentBytesOfOne / (2 * limits.documentCharacters + 500))

  it('a caller who brings too many pushes out their own alone, those first that were asked for longest ago', async () => {
    const { url } = await startGateway()
    await bring(url, query, 'demo-plain')
    for (let number = 0; number < fitInShare; number += 1) await bring(url, large(number))
    await name(url, large(0))
    await bring(url, large(fitInShare))
    expect((await name(url, large(0))).answer).toEqual({ data: { me: { pk: expect.any(Number) } } })
    expect((await name(url, large(1))).answer).toEqual(notFound)
    for (let number = 100; number < 100 + 2 * fitInShare; number += 1) await bring(url, large(number))
    expect((await name(url, query)).answer).toEqual({ data: { me: { username: 'mira' } } })
  })

  it('those of all callers have so many bytes, and no more', async () => {
    const { url: upstream } = await listen(withCaller(() => {}))
    const { url } = await startGatewayOver(upstream)
    const shares = limits.rememberedDocumentBytes / limits.rememberedDocumentBytesOfOne
    await bring(url, query, 'first')
    for (let number = 0; number < (shares + 1) * fitInShare; number += 1)
      await bring(url, large(number), `caller-${number % (shares + 1)}`)
    expect((await name(url, query)).answer).toEqual(notFound)
    const last = (shares + 1) * fitInShare - 1
    expect((await name(url, large(last), 'first')).answer).toEqual({ data: { me: { pk: 1 } } })
  })
})

it('With PERSISTED_OPERATIONS nothing is remembered', async () => {
  const { url } = await startGateway({ persistedOperations: readOperations('test/persisted/relay.json') })
  expect((await bring(url, query)).answer).toMatchObject({ errors: [{ extensions: { code: 'PERSISTED_QUERY_ONLY' } }] })
  expect((await name(url, query)).answer).toMatchObject({
    errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_IN_LIST' } }],
  })
})
