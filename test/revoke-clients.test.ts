import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { expect, it } from 'vitest'
import { startGateway } from './start.ts'

const list = gql`
  query Access {
    accessTokens(first: 100, filter: { user: 5 }) { nodes { id pk } }
    user(id: 5) { id sessions { nodes { id lastIp } } consents { nodes { id permissions } } }
  }
`
const revoke = gql`
  mutation Revoke($ids: [ID!]!) {
    revokeAccessTokens(ids: $ids) { revokedIds revokedCount results { targetId outcome } }
  }
`
const revokeAll = gql`
  mutation RevokeAll {
    revokeUserAccess(user: 5) { revokedIds results { targetId outcome } }
  }
`

async function startClient() {
  const { url } = await startGateway()
  const headers = { authorization: 'Bearer demo-superuser' }
  const cache = new InMemoryCache()
  return new ApolloClient({ cache, link: new HttpLink({ uri: url, headers, fetch }) })
}

/** Takes out what is gone: a global id is "AccessToken:42", and so is the name in the cache of a type whose keys are such ids. */
function evictFrom(client: ApolloClient, ids: readonly string[]): void {
  for (const id of ids) {
    const [__typename = ''] = id.split(':')
    client.cache.evict({ id: client.cache.identify({ __typename, id }) as string })
  }
  client.cache.gc()
}

it('Apollo Client takes what is revoked out of its cache, and no result for the object that it is about', async () => {
  const client = await startClient()
  const before = await client.query<{ accessTokens: { nodes: { id: string }[] } }>({ query: list })
  const ids = before.data?.accessTokens.nodes.map(({ id }) => id) ?? []
  expect(ids).toHaveLength(12)
  const { data } = await client.mutate<{ revokeAccessTokens: { revokedIds: string[] } }>({
    mutation: revoke,
    variables: { ids: ['AccessToken:5', '30', 'AccessToken:99999'] },
    update: (_cache, result) => evictFrom(client, result.data?.revokeAccessTokens.revokedIds ?? []),
  })
  expect(data?.revokeAccessTokens.revokedIds).toEqual(['AccessToken:5', 'AccessToken:30', 'AccessToken:99999'])
  const kept = Object.keys(client.cache.extract() as object)
  expect(kept).not.toContain('AccessToken:AccessToken:5')
  expect(kept.filter((name) => name.startsWith('AccessToken:'))).toHaveLength(10)
  expect(kept.filter((name) => name.startsWith('RevokeResult'))).toEqual([])
  // The list is read from the cache without those.
  const after = client.cache.readQuery<{ accessTokens: { nodes: { id: string }[] } }>({ query: list })
  expect(after?.accessTokens.nodes.map(({ id }) => id)).toEqual(
    ids.filter((id) => !['AccessToken:5', 'AccessToken:30'].includes(id)),
  )
})

it('Apollo Client takes out all that goes with a user', async () => {
  const client = await startClient()
  await client.query({ query: list })
  await client.mutate<{ revokeUserAccess: { revokedIds: string[] } }>({
    mutation: revokeAll,
    update: (_cache, { data }) => evictFrom(client, data?.revokeUserAccess.revokedIds ?? []),
  })
  const kept = Object.keys(client.cache.extract() as object)
  expect(kept.filter((name) => !/^(ROOT_|__META)/.test(name))).toEqual(['User:User:5'])
})
