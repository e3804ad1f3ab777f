import type { GraphQLObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { argumentsOf } from './recorded-arguments.ts'
import {
  pathOf,
  type RecordedBody,
  read,
  reply,
  rowsOf,
  startRecorded,
  subjectOf,
  worldOf,
} from './recorded-upstream.ts'
import { type Recording, readRecordings, recorded, recordedRelease } from './recordings.ts'
import { type Body, graphOf, resources, snakeCase, type Typename } from './rest.ts'
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
import { listen, startGatewayOver } from './start.ts'

const recordings = readRecordings()
const bodies = recordings.filter(({ method, url, status }) => method === 'GET' && status === 200 && subjectOf(url))

/** Fields whose property has another name. */
const otherNames: Readonly<Record<string, string>> = {
  id: 'pk',
  idTokenClaims: 'id_token',
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
  'Group.users': 'keys alone, and Group.users is a list of its own',
  'Group.users_obj': 'shortened and without pages, and Group.users is a list of its own',
  'Group.roles': 'roles are not in the graph',
  'Group.roles_obj': 'roles are not in the graph',
}

it('has fields that read the property of their name, or of another that is known', () => {
  for (const type of [...Object.keys(resources), 'RedirectUri'].map(typeOf)) {
    for (const name of Object.keys(everythingOf(type))) {
      const known = otherNames[`${type.name}.${name}`] ?? otherNames[name] ?? snakeCase(name)
      expect(readsOf(type, name)[0], `${type.name}.${name}`).toBe(known)
    }
  }
})

describe.skipIf(!recorded)(`Of what authentik ${recordedRelease} answered, the graph`, () => {
  it.each(bodies)('tells every value of $name as it came', async (recording) => {
    const { type: typename, key } = subjectOf(recording.url) as { type: Typename; key: string }
    const type = typeOf(typename)
    const body = read(recording)
    const withGroups = !recording.url.includes('include_groups=false')
    const selection = everythingOf(type, withGroups ? [] : ['User.groups'])
    const expected = (row: Body) => graphOf(type, selection, row, worldOf(recording))
    const { url, asked } = await startRecorded(recording)
    const ask = askOver((await startGatewayOver(url)).url)

    const one = key === 'me' ? 'me' : `${resources[typename].one}(id: "${key}")`
    const { text, sent } = body.results
      ? await askForPage(ask, recording, selection)
      : { text: await ask(`{ answer: ${one} ${printed(selection)} }`), sent: {} }
    const { data, errors } = JSON.parse(text)
    expect(errors).toBeUndefined()
    if (body.results) expectPage(data.answer, body, expected)
    else expect(data.answer).toEqual(expected(rowsOf(recording)[0] as Body))
    for (const moment of momentsIn(body)) expect(text).toContain(`"${moment}"`)
    const query = new URL(asked.findLast((path) => pathOf(path) === pathOf(recording.url)) ?? '', url).searchParams
    for (const [parameter, values] of Object.entries(sent)) expect(query.getAll(parameter)).toEqual(values)
    if (query.has('include_groups')) expect(query.get('include_groups')).toBe(String(withGroups))
  })

  it('shows every property that was recorded, but for some that are known', () => {
    const missed = bodies.flatMap((recording) => {
      const type = typeOf(subjectOf(recording.url)?.type ?? '')
      return rowsOf(recording).flatMap((row) => unreadIn(type, row))
    })
    expect([...new Set(missed)].sort()).toEqual(Object.keys(unread).sort())
  })
})

describe.skipIf(!recorded)(`A refusal of authentik ${recordedRelease}`, () => {
  const refusals = recordings.filter(({ method, status }) => method !== 'DELETE' && status >= 400)
  it.each(refusals)('recorded as $name ($status) has its code, its number and its words', async (recording) => {
    const { url } = await listen((_request, response) => reply(response, recording))
    const { ask } = await startGatewayOver(url)
    const { type, key } = subjectOf(recording.url) ?? { type: 'AccessToken', key: '1' }
    const { one, many } = resources[type]
    const field = key === '' ? many : key === 'me' ? 'me' : one
    const id = type === 'Group' ? '11111111-1111-1111-1111-111111111111' : '1'
    const { data, errors } = await ask(`{ ${field}${field === one ? `(id: "${id}")` : ''} { __typename } }`)
    expect(data).toEqual({ [field]: null })
    const code = codeOf(recording)
    if (code === 'NOT_FOUND' && field === one) return expect(errors).toBeUndefined()
    const requestId = recording.headers.get('x-authentik-id') ?? undefined
    const retryAfter = code === 'RATE_LIMITED' ? { retryAfter: 60 } : {}
    expect(errors).toMatchObject([
      { path: [field], extensions: { code, authentik: { status: recording.status, ...retryAfter } } },
    ])
    expect(errors?.[0]?.extensions.authentik.requestId).toBe(requestId)
    const shown = ['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_USER_INPUT', 'NOT_FOUND'].includes(code ?? '')
    for (const words of shown ? wordsIn(read(recording)) : []) expect(errors?.[0]?.message).toContain(words)
  })

  const deletions = recordings.filter(({ method }) => method === 'DELETE')
  it.each(deletions)('to delete, or its consent, recorded as $name ($status) is an outcome', async (recording) => {
    const { url } = await listen((_request, response) => reply(response, recording))
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask('mutation { revokeAccessTokens(ids: [7]) { results { id outcome code } } }')
    expect(errors).toBeUndefined()
    const code = recording.status === 204 ? null : codeOf(recording)
    const outcome = code === null ? 'REVOKED' : code === 'NOT_FOUND' || code === 'FORBIDDEN' ? code : 'FAILED'
    expect(data.revokeAccessTokens.results).toEqual([{ id: 'AccessToken:7', outcome, code }])
  })
})

it.runIf(!recorded)('has no recordings of a real authentik beside the repository to be replayed', () => {
  expect(recorded).toBe(false)
})

/** Which code a refusal has, by its status and body. */
const codes: readonly [status: number, body: RegExp, code: string][] = [
  [400, /^[{[]/, 'BAD_USER_INPUT'],
  [403, /not provided|invalid\/expired|Unsupported/, 'UNAUTHENTICATED'],
  [403, /permission/, 'FORBIDDEN'],
  [404, /^{"detail":/, 'NOT_FOUND'],
  [404, /^<!DOCTYPE html>/, 'UPSTREAM_INVALID_RESPONSE'],
  [405, /^({"detail":|$)/, 'UPSTREAM_INVALID_RESPONSE'],
  [406, /^{"detail":/, 'UPSTREAM_INVALID_RESPONSE'],
  [415, /^{"detail":/, 'UPSTREAM_INVALID_RESPONSE'],
  [429, /^{"detail":/, 'RATE_LIMITED'],
  [500, /^<!DOCTYPE html>/, 'UPSTREAM_UNAVAILABLE'],
]

function codeOf({ status, body }: Recording): string | undefined {
  return codes.find(([number, text]) => number === status && text.test(body.toString()))?.[2]
}

/** Every text in a body. */
function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsIn) : []
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
  const list = resources[subjectOf(recording.url)?.type as Typename].many
  const { words, sent } = argumentsOf(list, recording.url)
  const { start_index: start = 0 } = read(recording).pagination ?? {}
  const size = Number(new URL(recording.url, 'http://recorded').searchParams.get('page_size'))
  let after = ''
  if (start > 1) {
    const { data } = JSON.parse(await ask(`{ ${list}(first: ${start - 1} ${words}) { pageInfo { endCursor } } }`))
    after = `after: "${data[list].pageInfo.endCursor}"`
  }
  const page = `first: ${size > 0 ? size : 100} ${after} ${words}`
  return { text: await ask(`{ answer: ${list}(${page}) ${printed(pageOf(selection))} }`), sent }
}

function expectPage(
  answer: ConnectionAnswer,
  { results = [], pagination }: RecordedBody,
  expected: (row: Body) => Body,
) {
  expect(answer.nodes).toEqual(results.map(expected))
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
