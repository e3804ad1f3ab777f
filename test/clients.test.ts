import { join } from 'node:path'
import { InfiniteQueryObserver } from '@tanstack/query-core'
import { gql } from '@urql/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readOperations } from '../src/http/operations-file.ts'
import { createSchema } from '../src/schema/index.ts'
import { pieceOf, sectionOf, startClient, startFolder } from './clients-page.ts'
import { startGateway } from './start.ts'

// What docs/clients.md says, by its own code and the clients themselves.

const [tokensText = '', grantText = '', revokeText = ''] = pieceOf('Clients', 'graphql').split('\n\n')
const [tokens, grant, revoke] = [gql(tokensText), gql(grantText), gql(revokeText)]

// biome-ignore lint/suspicious/noExplicitAny: what the page's code gives, looked at by assertions only
type Any = any

it('tells why something was not revoked', async () => {
  const { ask } = await startGateway()
  const { data: own } = await ask('{ accessTokens(first: 1) { nodes { id } } }', { token: 'demo-plain' })
  const [{ id }] = own.accessTokens.nodes
  const { data } = await ask(revokeText, { token: 'demo-plain', variables: { ids: [id] } })
  const [{ message, ...result }] = data.revokeAccessTokens.results
  expect(result).toEqual({ targetId: id, outcome: 'FORBIDDEN', code: 'FORBIDDEN', right: 'delete_accesstoken' })
  expect(message).toContain('permission')
})

const idsIn = (data: Any): string[] => data.accessTokens.edges.map(({ node }: Any) => node.id)
const pks = (first: number, last: number) =>
  Array.from({ length: first - last + 1 }, (_, index) => `AccessToken:${first - index}`)

/** What a caller is told who may not look up providers: five tokens, and an error for what each lacks. */
function expectErrorsBesideData(data: Any, codes: unknown[]) {
  expect(data.accessTokens.edges.map(({ node }: Any) => [node.provider.name === '', node.provider.clientId])).toEqual(
    Array(5).fill([false, null]),
  )
  expect(codes).toEqual(Array(5).fill('FORBIDDEN'))
}

it('Apollo Client is told all types that are a Grant', () => {
  const schema = createSchema()
  const names = schema.getPossibleTypes(schema.getType('Grant') as never).map(({ name }) => name)
  const [, list = ''] = /grants = (\[.*\])/.exec(pieceOf('Apollo Client 4', 'js')) ?? []
  expect(JSON.parse(list.replaceAll("'", '"')).sort()).toEqual(names.sort())
})

it.each(['Apollo Client 4', 'urql with Graphcache', 'graphql-request with TanStack Query', 'Relay', 'graphql-codegen'])(
  '%s: every package in its code is in its lines for npm install',
  (heading) => {
    const section = sectionOf(heading)
    const imported = [...section.matchAll(/^import .* from ['"]((?:@[^/'"]+\/)?[^./'"][^/'"]*)/gm)].map(
      ([, name]) => name,
    )
    const installed = [...section.matchAll(/`npm install ([^`]+)`/g)].flatMap(([, names = '']) => names.split(' '))
    expect(installed.length).toBeGreaterThan(1)
    expect(imported.filter((name = '') => !installed.includes(name))).toEqual([])
  },
)

it.each([
  ['Apollo Client 4', 'User:4'],
  ['urql with Graphcache', 'User:4'],
  ['graphql-request with TanStack Query', 'AccessToken:300'],
])('%s is tried by the command after its code', async (heading, printed) => {
  expect(await startClient(heading, (await startGateway()).url)).toMatchObject({ printed: `${printed}\n` })
})

describe('Apollo Client', () => {
  const start = async (token?: string) => startClient('Apollo Client 4', (await startGateway()).url, token)

  it('pages by edges, and shows a revoked token no longer', async () => {
    const { client, forget, more } = await start()
    const query = client.watchQuery({ query: tokens })
    const watched = query.subscribe(() => {})
    onTestFinished(() => watched.unsubscribe())
    const shown = () => query.getCurrentResult().data
    await expect.poll(() => shown() && idsIn(shown())).toEqual(pks(300, 296))
    await more(query, shown().accessTokens.pageInfo.endCursor)
    await expect.poll(() => idsIn(shown())).toEqual(pks(300, 291))
    const { data } = await client.mutate({
      mutation: revoke,
      variables: { ids: ['AccessToken:300', '293', 'AccessToken:99999'] },
      update: (cache: Any, result: Any) => forget(cache, result.data.revokeAccessTokens.revokedIds),
    })
    expect(data.revokeAccessTokens.revokedIds).toEqual(['AccessToken:300', 'AccessToken:293', 'AccessToken:99999'])
    await expect.poll(() => idsIn(shown())).toEqual([...pks(299, 294), ...pks(292, 291)])
    expect(Object.keys(client.cache.extract())).not.toContain('AccessToken:AccessToken:300')
  })

  it('pages for a caller to whom fields fail, and loses no error', async () => {
    const { client, more } = await start('demo-plain')
    const errors: Any[] = []
    const query = client.watchQuery({ query: tokens })
    const watched = query.subscribe(() => {})
    onTestFinished(() => watched.unsubscribe())
    const shown = () => query.getCurrentResult().data
    await expect.poll(() => shown() && idsIn(shown()).length).toBe(5)
    errors.push(...(query.getCurrentResult().error as Any).errors)
    // As fast as it goes: the watched query does not have the pages yet.
    let { pageInfo } = shown().accessTokens
    while (pageInfo.hasNextPage) {
      const page = await more(query, pageInfo.endCursor)
      errors.push(...page.errors)
      pageInfo = page.pageInfo
    }
    await expect.poll(() => new Set(idsIn(shown())).size).toBe(12)
    expect(query.getCurrentResult().error).toBeUndefined()
    expect(errors.map(({ path }) => path[2])).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1])
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['FORBIDDEN']))
  })

  it('takes out all that goes with a user', async () => {
    const { client, forget } = await start()
    const query = gql`{ user(id: 5) { id accessTokens { nodes { id } } sessions { nodes { id } } consents { nodes { id } } } }`
    await client.query({ query })
    await client.mutate({
      mutation: gql`mutation { revokeUserAccess(user: 5) { revokedIds results { targetId outcome } } }`,
      update: (cache: Any, { data }: Any) => forget(cache, data.revokeUserAccess.revokedIds),
    })
    const kept = Object.keys(client.cache.extract())
    expect(kept.filter((name) => !/^(ROOT_|__META)/.test(name))).toEqual(['User:User:5'])
  })

  it('gives errors beside data, as Apollo hands out what failed as null', async () => {
    const { client } = await start('demo-plain')
    const { data, error } = await client.query({ query: tokens })
    expectErrorsBesideData(
      data,
      error.errors.map(({ extensions }: Any) => extensions.code),
    )
  })

  it('knows what a Grant is, and each object by its global id', async () => {
    const { client } = await start()
    await client.query({ query: tokens })
    const { data } = await client.query({ query: grant, variables: { id: 'AccessToken:300' } })
    expect(data.node).toMatchObject({ isExpired: false, user: { id: expect.stringMatching(/^User:/) } })
    expect(client.cache.extract()['AccessToken:AccessToken:300']).toMatchObject({
      isExpired: false,
      provider: { __ref: expect.stringMatching(/^OAuth2Provider:OAuth2Provider:/) },
    })
  })
})

describe('urql with Graphcache', () => {
  const start = async (token?: string) => {
    const { url, asked } = await startGateway()
    // Graphcache warns of objects that it cannot keep, and of fragments at whose types it has to guess.
    const warn = vi.spyOn(console, 'warn')
    onTestFinished(() => {
      expect(warn.mock.calls).toEqual([])
      warn.mockRestore()
    })
    return { ...(await startClient('urql with Graphcache', url, token)), asked }
  }

  /** What a page shows of a query, however often it comes. */
  const show = (client: Any, variables: object) => {
    let last: Any
    const { unsubscribe } = client.query(tokens, variables).subscribe((result: Any) => {
      last = result
    })
    onTestFinished(unsubscribe)
    return () => last?.data && !last.stale && idsIn(last.data)
  }

  it('pages by edges, and shows a revoked token no longer', async () => {
    const { client } = await start()
    const first = show(client, {})
    await expect.poll(first).toEqual(pks(300, 296))
    const { data: page } = await client.query(tokens, {}).toPromise()
    const both = show(client, { after: page.accessTokens.pageInfo.endCursor })
    await expect.poll(both).toEqual(pks(300, 291))
    const { data } = await client.mutation(revoke, { ids: ['AccessToken:300', '293', 'AccessToken:99999'] }).toPromise()
    expect(data.revokeAccessTokens.revokedIds).toEqual(['AccessToken:300', 'AccessToken:293', 'AccessToken:99999'])
    await expect.poll(() => [...both()].filter((id) => data.revokeAccessTokens.revokedIds.includes(id))).toEqual([])
    expect(both()).toContain('AccessToken:299')
  })

  it('pages for a caller to whom fields fail', async () => {
    const { client } = await start('demo-plain')
    const { data: page } = await client.query(tokens, {}).toPromise()
    const { data, error } = await client.query(tokens, { after: page.accessTokens.pageInfo.endCursor }).toPromise()
    expect(new Set(idsIn(data)).size).toBe(10)
    expect(error.graphQLErrors).toHaveLength(5)
  })

  it('gives errors beside data', async () => {
    const { client } = await start('demo-plain')
    const { data, error } = await client.query(tokens, {}).toPromise()
    expectErrorsBesideData(
      data,
      error.graphQLErrors.map(({ extensions }: Any) => extensions.code),
    )
  })

  it('knows what a Grant is, and each object by its global id', async () => {
    const { client, asked } = await start()
    const { data } = await client.query(grant, { id: 'AccessToken:300' }).toPromise()
    expect(data.node).toMatchObject({ isExpired: false, user: { id: expect.stringMatching(/^User:/) } })
    await client.query(tokens, {}).toPromise()
    asked()
    // What the list told is known of the object, whose provider nobody asked it for.
    const query = gql`query ($id: ID!) { node(id: $id) { id ... on Grant { provider { id name } } } }`
    const options = { requestPolicy: 'cache-only' }
    const known = await client.query(query, { id: 'AccessToken:300' }, options).toPromise()
    expect(known.data.node.provider.name).toBe('Weather map')
    expect(asked()).toEqual([])
  })
})

describe('graphql-request with TanStack Query', () => {
  const start = async (token?: string) =>
    startClient('graphql-request with TanStack Query', (await startGateway()).url, token)

  it('pages by edges, and shows a revoked token no longer', async () => {
    const client = await start()
    const observer = new InfiniteQueryObserver<Any, Error, Any>(client.queries, client.tokens(tokensText))
    onTestFinished(observer.subscribe(() => {}))
    const shown = () => (observer.getCurrentResult().data?.pages ?? []).flatMap(({ data }: Any) => idsIn(data))
    await expect.poll(shown).toEqual(pks(300, 296))
    await observer.fetchNextPage()
    expect(shown()).toEqual(pks(300, 291))
    const { revokedIds } = await client.revoke(revokeText, ['AccessToken:300', '293', 'AccessToken:99999'])
    expect(revokedIds).toEqual(['AccessToken:300', 'AccessToken:293', 'AccessToken:99999'])
    expect(shown()).toEqual([...pks(299, 294), ...pks(292, 289)])
  })

  it('gives errors beside data', async () => {
    const client = await start('demo-plain')
    const { pages } = await client.queries.fetchInfiniteQuery(client.tokens(tokensText))
    expectErrorsBesideData(
      pages[0].data,
      pages[0].errors.map(({ extensions }: Any) => extensions.code),
    )
  })
})

it('Persisted operations run by an id, from a shell and from Apollo Client, and no other does', async () => {
  const folder = startFolder(import.meta.dirname, { 'operations.json': pieceOf('Persisted operations', 'json') })
  const persistedOperations = readOperations(join(folder, 'operations.json'))
  const { url } = await startGateway({ persistedOperations })
  const { client, printed } = await startClient('Persisted operations', url)
  const me = { __typename: 'User', id: 'User:4', username: 'mira' }
  expect(JSON.parse(printed)).toEqual({ data: { me } })
  expect((await client.query({ query: gql`query WhoAmI { me { id username } }` })).data).toEqual({ me })
  const other = client.query({ query: gql`query Other { me { name } }` })
  await expect(other).rejects.toThrow('There is no persisted operation with this id.')
})
