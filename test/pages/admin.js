import { gql } from '@apollo/client'
import { act, byId, day, element, evict, fill, isRefused, onConnect, showResults, wordsOf } from './page.js'

const table = gql`
  query Table {
    accessTokens(first: 50) {
      totalCount
      nodes { id pk expires user { id username } provider { id name clientId } }
    }
  }
`
const person = gql`
  query Person($username: String!) {
    userBy(by: { username: $username }) {
      id
      username
      name
      sessions { nodes { id lastIp expires client { browser os } } }
      consents { nodes { id expires application { id name } } }
      refreshTokens { nodes { id expires provider { id name } } }
      accessTokens { nodes { id expires provider { id name } } }
      authorizationCodes { nodes { id expires provider { id name } } }
      apiTokens { nodes { id identifier expires } }
    }
  }
`
const revoke = gql`
  mutation Revoke($user: ID!, $keep: [ID!], $apiTokens: Boolean!, $dryRun: Boolean!) {
    revokeUserAccess(user: $user, keep: $keep, apiTokens: $apiTokens, dryRun: $dryRun) {
      revokedIds
      results { targetId outcome message right }
    }
  }
`

let client
let username

onConnect(async (connected) => {
  client = connected
  username = undefined
  const { error } = await client.query({ query: table })
  show()
  return wordsOf(error)
})

const read = (query, variables) => client.cache.readQuery({ query, variables, returnPartialData: true })

function show() {
  const tokens = read(table)?.accessTokens
  byId('count').textContent = tokens ? `The newest ${tokens.nodes.length} of ${tokens.totalCount}.` : ''
  fill('access', tokens?.nodes ?? [], ({ pk, user, provider, expires }) => [
    String(pk),
    user?.username,
    provider?.name,
    provider?.clientId,
    day(expires),
  ])
  const found = username === undefined ? undefined : read(person, { username })?.userBy
  byId('person').hidden = !found
  byId('name').textContent = found ? `${found.username}: ${found.name}` : ''
  const { sessions, consents, refreshTokens, accessTokens, authorizationCodes, apiTokens } = found ?? {}
  const lists = [sessions, consents, refreshTokens, accessTokens, authorizationCodes, apiTokens]
  fill(
    'rows',
    lists.flatMap((list) => list?.nodes ?? []),
    (row) => [keepBox(row.id), row.id.split(':')[0], labelOf(row), day(row.expires)],
  )
  return found
}

const labelOf = ({ lastIp, application, provider, identifier }) =>
  lastIp ?? application?.name ?? provider?.name ?? identifier

/** After a change, the dry run must be shown anew. */
function keepBox(id) {
  const box = element('input')
  Object.assign(box, { type: 'checkbox', value: id, ariaLabel: `Keep ${id}` })
  box.addEventListener('change', lock)
  return box
}

function lock() {
  byId('go').disabled = true
}

async function find(name) {
  username = name
  lock()
  showResults('results', [])
  const { error } = await client.query({ query: person, variables: { username }, fetchPolicy: 'network-only' })
  const words = wordsOf(error)
  return show() || words.length ? words : ['There is no such person, or you may not see them.']
}

async function takeAway(dryRun) {
  const user = read(person, { username }).userBy.id
  const keep = [...byId('rows').querySelectorAll('input:checked')].map((box) => box.value)
  const variables = { user, keep, apiTokens: byId('api-tokens').checked, dryRun }
  const { data, error } = await client.mutate({ mutation: revoke, variables, fetchPolicy: 'no-cache' })
  const payload = data?.revokeUserAccess
  evict(client, [payload])
  showResults('results', payload?.results ?? [])
  byId('go').disabled = !dryRun || !payload
  return dryRun ? wordsOf(error) : [...wordsOf(error), ...(await reload())]
}

/** The mutation cannot tell what went unseen, as after the end of one's own token. */
async function reload() {
  const answers = []
  for (const asked of [{ query: table }, { query: person, variables: { username } }]) {
    answers.push(await client.query({ ...asked, fetchPolicy: 'network-only' }))
  }
  client.cache.gc()
  if (answers.some(({ error }) => isRefused(error))) await client.clearStore()
  show()
  return answers.flatMap(({ error }) => wordsOf(error))
}

byId('find').addEventListener('submit', (event) => {
  event.preventDefault()
  act(() => find(event.target.elements.username.value))
})
byId('look').addEventListener('click', () => act(() => takeAway(true)))
byId('go').addEventListener('click', () => act(() => takeAway(false)))
byId('api-tokens').addEventListener('change', lock)
