import type { GraphQLObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { lookups } from '../src/graph/loading/lookup.ts'
import { argumentsOf } from './recorded-arguments.ts'
import { pathOf, read, replayed, rowsOf, startRecorded, subjectOf, worldOf } from './recorded-upstream.ts'
import { type Recording, type RecordingsName, readRecordings, recordedReleases } from './recordings.ts'
import { type Body, graphOf, resourceOf, snakeCase } from './rest.ts'
import {
  everythingOf,
  fieldOf,
  isFromOwnEndpoint,
  objectOf,
  pageOf,
  printed,
  readsOf,
  type Selection,
  typeOf,
} from './selection.ts'
import { startGatewayOver } from './start.ts'

/** Fields whose property has another name. */
const otherNames: Readonly<Record<string, string>> = {
  id: 'pk',
  idTokenClaims: 'id_token',
  issuedAt: 'id_token',
  authenticatedAt: 'id_token',
  parents: 'parents_obj',
  children: 'children_obj',
  'User.groups': 'groups_obj',
  'User.effectiveGroups': 'groups',
}

/** What no field shows, of all that was recorded. */
const unread: Readonly<Record<string, string>> = {
  'OAuth2Provider.client_secret': 'inside a grant: the provider itself tells it, to those with the right',
  'User.groups': 'keys alone, of the groups in groups_obj',
  'User.settings': 'for the user interface, and of the caller alone',
  'User.system_permissions': 'rights are not in the graph',
  'Group.children': 'keys alone, of the groups in children_obj',
  'Group.parents': 'keys alone, of the groups in parents_obj',
  'Group.group_uuid': 'the key once more, of a group inside another',
  'Group.users': 'keys alone, of which the edge Group.users is a list',
  'Group.users_obj': 'shortened users, whom the edge Group.users shows',
  'Group.roles': 'roles are not in the graph',
  'Group.roles_obj': 'roles are not in the graph',
  'Group.inherited_roles_obj': 'roles are not in the graph',
  'User.roles': 'roles are not in the graph',
  'User.roles_obj': 'roles are not in the graph',
}

/** The edges to types that are not replayed here. */
const elsewhere = replayed.map(typeOf).flatMap((type) =>
  Object.values(type.getFields()).flatMap((field) => {
    const inner = objectOf(field.type)
    return inner && lookups.has(inner.name) && !replayed.includes(inner.name) ? [`${type.name}.${field.name}`] : []
  }),
)

it('has fields that read the property of their name, or of another that is known', () => {
  for (const type of [...replayed, 'RedirectUri'].map(typeOf)) {
    for (const name of Object.keys(everythingOf(type, elsewhere))) {
      const known = otherNames[`${type.name}.${name}`] ?? otherNames[name] ?? snakeCase(name)
      expect(readsOf(type, name)[0], `${type.name}.${name}`).toBe(known)
    }
  }
})

describe.each(recordedReleases)('Of what authentik %s answered, the graph', (release) => {
  const bodies = bodiesOf(release)
  it.each(bodies)('tells every value of $name as it came', async (recording) => {
    const { type: typename, key } = subjectOf(recording.url) as { type: string; key: string }
    const type = typeOf(typename)
    const body = read(recording)
    const withGroups = !recording.url.includes('include_groups=false')
    // All fields of the longest page are more than one operation may answer.
    const tooMany = rowsOf(recording).length > 300 ? ['AccessToken.issuedAt', 'AccessToken.authenticatedAt'] : []
    const selection = everythingOf(type, [...elsewhere, ...tooMany, ...(withGroups ? [] : ['User.groups'])])
    const expected = (row: Body) => graphOf(type, selection, row, worldOf(recording))
    const { url, asked } = await startRecorded(recording)
    const ask = askOver((await startGatewayOver(url)).url)

    const one = key === 'me' ? 'me' : `${resourceOf(typename).one}(id: "${key}")`
    const { text, sent } = body.results
      ? await askForPage(ask, recording, selection)
      : { text: await ask(`{ answer: ${one} ${printed(selection)} }`), sent: {} }
    const { data, errors } = JSON.parse(text)
    expect(errors).toBeUndefined()
    if (body.results) expectPage(data.answer, recording, expected)
    else expect(data.answer).toEqual(expected(rowsOf(recording)[0] as Body))
    for (const moment of momentsIn(body)) expect(text).toContain(`"${moment}"`)
    const query = new URL(asked.findLast((path) => pathOf(path) === pathOf(recording.url)) ?? '', url).searchParams
    for (const [parameter, values] of Object.entries(sent)) expect(query.getAll(parameter)).toEqual(values)
    if (query.has('include_groups')) expect(query.get('include_groups')).toBe(String(withGroups))
  })
})

it('Of all that was recorded the graph shows every property, but for some that are known', () => {
  const missed = recordedReleases.flatMap(bodiesOf).flatMap((recording) => {
    const type = typeOf(subjectOf(recording.url)?.type ?? '')
    return rowsOf(recording).flatMap((row) => unreadIn(type, row))
  })
  expect([...new Set(missed)].sort()).toEqual(Object.keys(unread).sort())
})

/**
 * What a release answered about the objects that the graph shows. Not so the recordings of access: sessions, consents, API
 * tokens, applications and events are no part of the graph, and no whole list of users or providers is among them, of which
 * an object could be cut. The sandbox is compared with their users and grants.
 */
function bodiesOf(from: RecordingsName): readonly Recording[] {
  return readRecordings(from).filter(({ method, url, status }) => method === 'GET' && status === 200 && subjectOf(url))
}

/** Asks a gateway, and gives the text of its answer. */
function askOver(graphql: string) {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer recorded' }
  return async (query: string): Promise<string> => {
    const response = await fetch(graphql, { method: 'POST', headers, body: JSON.stringify({ query }) })
    return response.text()
  }
}

/** Asks for the page that was recorded, by the cursor before it. */
async function askForPage(ask: (query: string) => Promise<string>, recording: Recording, selection: Selection) {
  const list = resourceOf(subjectOf(recording.url)?.type ?? '').many
  const { words, sent } = argumentsOf(list, recording.url)
  const { start_index: start = 0 } = read(recording).pagination ?? {}
  let after = ''
  if (start > 1) {
    const { data } = JSON.parse(await ask(`{ ${list}(first: ${start - 1} ${words}) { pageInfo { endCursor } } }`))
    after = `after: "${data[list].pageInfo.endCursor}"`
  }
  const page = `first: ${sizeOf(recording)} ${after} ${words}`
  return { text: await ask(`{ answer: ${list}(${page}) ${printed(pageOf(selection))} }`), sent }
}

/** How many rows authentik meant the recorded page to have: which size it takes for one that was asked differs by release. */
function sizeOf(recording: Recording): number {
  const { current = 1, next = 0, start_index: start = 0, end_index: end = 0 } = read(recording).pagination ?? {}
  if (current > 1) return (start - 1) / (current - 1)
  return next > 0 ? end : Math.max(end, 100)
}

function expectPage(answer: ConnectionAnswer, recording: Recording, expected: (row: Body) => Body) {
  const { pagination } = read(recording)
  expect(answer.nodes).toEqual(rowsOf(recording).map(expected))
  expect(answer.edges.map(({ node }) => node)).toEqual(answer.nodes.map(({ id }) => ({ id })))
  expect(answer.totalCount).toBe(pagination?.count)
  const { hasNextPage, hasPreviousPage } = answer.pageInfo
  expect([hasNextPage, hasPreviousPage]).toEqual([pagination?.next !== 0, pagination?.previous !== 0])
}

interface ConnectionAnswer {
  readonly totalCount: number
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean }
  readonly edges: readonly { readonly node: Body }[]
  readonly nodes: readonly Body[]
}

/** Every moment in a body, but for those of the members of a group. */
function momentsIn(value: unknown): string[] {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-][\d:]+)$/.test(value) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => (name === 'users_obj' ? [] : momentsIn(inner)))
}

/** The properties of a body, and of the bodies inside, that no field shows. */
function unreadIn(type: GraphQLObjectType, body: Body, within?: GraphQLObjectType): string[] {
  const names = Object.keys(everythingOf(type)).filter((name) => !(within && isFromOwnEndpoint(type, name)))
  return Object.entries(body).flatMap(([property, value]) => {
    const name = names.find((candidate) => readsOf(type, candidate).includes(property))
    const inner = [value].flat().filter((item) => typeof item === 'object' && item !== null)
    const innerType = name && objectOf(fieldOf(type, name).type)
    if (!name || (name === 'effectiveGroups' && inner.length === 0)) return [`${type.name}.${property}`]
    return innerType ? inner.flatMap((item) => unreadIn(innerType, item as Body, type)) : []
  })
}
