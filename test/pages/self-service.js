import { gql } from '@apollo/client'
import { act, button, byId, day, evict, fill, icon, isRefused, onConnect, showResults, wordsOf } from './page.js'

const connections = gql`
  query MyConnections {
    me {
      id
      username
      connectedApplications {
        application { id name metaIconUrl }
        provider { id name }
        scope
        expires
        consents { id }
        accessTokens { id }
        refreshTokens { id }
      }
    }
  }
`
const devices = gql`
  query MyDevices {
    me {
      id
      sessions { totalCount nodes { id lastIp lastUsed client { browser os } } }
      apiTokens { totalCount nodes { id intent description expires identifier } }
    }
  }
`
const told = 'revokedIds results { targetId outcome message right }'
const disconnect = gql`
  mutation Disconnect($refresh: [ID!]!, $access: [ID!]!, $consents: [ID!]!) {
    revokeRefreshTokens(ids: $refresh) { ${told} }
    revokeAccessTokens(ids: $access) { ${told} }
    revokeConsents(ids: $consents) { ${told} }
  }
`
const signOut = gql`mutation SignOut($id: ID!) { revokeSessions(ids: [$id]) { ${told} } }`
const remove = gql`mutation Remove($id: ID!) { revokeApiTokens(ids: [$id]) { ${told} } }`
const everywhere = gql`
  mutation Everywhere($me: ID!, $apiTokens: Boolean!, $dryRun: Boolean!) {
    revokeUserAccess(user: $me, apiTokens: $apiTokens, dryRun: $dryRun) { ${told} }
  }
`

let client
let me

onConnect(async (connected) => {
  client = connected
  me = undefined
  byId('go').disabled = true
  showResults('results', [])
  return load()
})

/**
 * Asks for all anew. What went with a session is told by "everywhere" alone, and `scope` and `expires` of an application, which are made
 * of its grants, are told by no mutation.
 */
async function load() {
  const answers = []
  for (const query of [connections, devices]) {
    answers.push(await client.query({ query, fetchPolicy: 'network-only' }))
  }
  client.cache.gc()
  if (answers.some(({ error }) => isRefused(error))) await client.clearStore()
  show()
  return answers.flatMap(({ error }) => wordsOf(error))
}

function show() {
  const read = (query) => client.cache.readQuery({ query, returnPartialData: true })?.me
  const [mine, devicesOfMine] = [read(connections), read(devices)]
  me = mine?.id
  byId('who').textContent = mine ? `You are ${mine.username}.` : ''
  const connected = (mine?.connectedApplications ?? []).filter((one) => idsOf(one).length > 0)
  fill('applications', connected, (one) => [
    icon(one.application?.metaIconUrl),
    one.application?.name ?? one.provider?.name,
    one.scope.join(' '),
    day(one.expires),
    button('Disconnect', () => leave(one)),
  ])
  connected.forEach((one, index) => {
    byId('applications').rows[index].dataset.ids = idsOf(one).join(' ')
  })
  fill('sessions', devicesOfMine?.sessions?.nodes ?? [], (session) => [
    [session.client?.browser, session.client?.os].filter(Boolean).join(' on ') || 'Unknown',
    session.lastIp,
    day(session.lastUsed),
    button('Sign out', () => take(signOut, { id: session.id })),
  ])
  fill('tokens', devicesOfMine?.apiTokens?.nodes ?? [], (token) => [
    token.identifier,
    token.description || token.intent,
    day(token.expires),
    button('Delete', () => take(remove, { id: token.id })),
  ])
}

const idsOf = ({ consents, accessTokens, refreshTokens }) =>
  [...consents, ...accessTokens, ...refreshTokens].map(({ id }) => id)

function leave({ consents, accessTokens, refreshTokens }) {
  const ids = (rows) => rows.map(({ id }) => id)
  return take(disconnect, { consents: ids(consents), access: ids(accessTokens), refresh: ids(refreshTokens) })
}

async function take(mutation, variables) {
  const { data, error } = await client.mutate({ mutation, variables, fetchPolicy: 'no-cache' })
  const payloads = Object.values(data ?? {}).filter((payload) => payload?.results)
  evict(client, payloads)
  showResults(
    'results',
    payloads.flatMap(({ results }) => results),
  )
  show()
  return [...wordsOf(error), ...(await load())]
}

async function all(dryRun) {
  const variables = { me, apiTokens: byId('api-tokens').checked, dryRun }
  const { data, error } = await client.mutate({ mutation: everywhere, variables, fetchPolicy: 'no-cache' })
  const payload = data?.revokeUserAccess
  evict(client, [payload])
  showResults('results', payload?.results ?? [])
  show()
  byId('go').disabled = !dryRun || !payload
  return dryRun ? wordsOf(error) : [...wordsOf(error), ...(await load())]
}

byId('look').addEventListener('click', () => act(() => all(true)))
byId('go').addEventListener('click', () => act(() => all(false)))
byId('api-tokens').addEventListener('change', () => {
  byId('go').disabled = true
})
