import { describe, expect, it } from 'vitest'
import { type Release, since } from '../src/releases.ts'
import { getRest } from './rest.ts'
import { startGateway } from './start.ts'

// What the graph asks of authentik, against the best calls of a client of plain REST for the same data.

type Ask = Awaited<ReturnType<typeof startGateway>>['ask']

interface Pair {
  readonly name: string
  /** The operation, or several. */
  readonly graph: string | ((ask: Ask) => Promise<unknown[]>)
  /** The paths that a good client of REST asks for. */
  readonly rest: readonly string[] | ((release: Release) => readonly string[])
  /** How many rows the page has that the graph asks for once more. Only the members of groups are: see README. */
  readonly again?: number
}

const group = (number: number) => `67726f75-7000-4000-8000-${String(number).padStart(12, '0')}`
const bare = 'include_groups=false'
const bareGroups = 'include_users=false'
const groupsWithParents = `/core/groups/?include_parents=true&${bareGroups}&page_size=100`
const everybody = Array.from({ length: 25 }, (_, index) => index + 4)

/** Grants tell all of their provider up to 2025.12.4 and 2026.2.2. */
const isSlim = (release: Release) => since(release, '2026.5')
/** The groups in a user name their parent up to 2025.10. */
const lacksParents = (release: Release) => since(release, '2025.12')

const entities = (keys: readonly (number | string)[], type: string, fields: string) => {
  const representations = keys.map((pk) => `{ __typename: "${type}", pk: ${JSON.stringify(pk)} }`).join(' ')
  return `{ _entities(representations: [${representations}]) { ... on ${type} { ${fields} } } }`
}

/** All tokens, by cursors. */
async function walk(ask: Ask, first: number, pages: number) {
  const query =
    'query ($first: Int, $after: String) { accessTokens(first: $first, after: $after) { nodes { expires user { username } } pageInfo { endCursor } } }'
  const answers: unknown[] = []
  let after: string | null = null
  for (let page = 0; page < pages; page += 1) {
    const { data, errors } = await ask(query, { variables: { first, after } })
    expect(errors).toBeUndefined()
    const { nodes, pageInfo } = data.accessTokens
    answers.push(nodes)
    after = pageInfo.endCursor
  }
  return answers
}

const tokenPages = (size: number, pages: number) =>
  Array.from(
    { length: pages },
    (_, index) => `/oauth2/access_tokens/?${bare}&ordering=-pk&page=${index + 1}&page_size=${size}`,
  )

const pairs: readonly Pair[] = [
  {
    name: 'one token, its provider and user',
    graph: '{ accessToken(id: 42) { expires scope idToken provider { name } user { username email } } }',
    rest: [`/oauth2/access_tokens/42/?${bare}`],
  },
  {
    name: "one token, with its user's groups",
    graph: '{ accessToken(id: 42) { expires user { username groups { name } } } }',
    rest: ['/oauth2/access_tokens/42/'],
  },
  {
    name: 'one token, with all of its provider that is no secret',
    graph: '{ accessToken(id: 42) { provider { name clientId redirectUris { url } } } }',
    rest: (release) => [`/oauth2/access_tokens/42/?${bare}`, ...(isSlim(release) ? ['/providers/oauth2/1/'] : [])],
  },
  {
    name: "one token, with the parents of its user's groups",
    graph: '{ accessToken(id: 42) { expires user { username groups { name parents { name } } } } }',
    rest: (release) => [
      '/oauth2/access_tokens/42/',
      ...(lacksParents(release)
        ? [2, 3, 5].map((number) => `/core/groups/${group(number)}/?include_parents=true&${bareGroups}`)
        : []),
    ],
  },
  {
    name: '100 tokens, their providers and users',
    graph: '{ accessTokens(first: 100) { nodes { expires provider { name } user { username } } } }',
    rest: tokenPages(100, 1),
  },
  {
    name: "100 tokens, with their users' groups",
    graph: '{ accessTokens(first: 100) { nodes { expires user { username groups { name } } } } }',
    rest: ['/oauth2/access_tokens/?ordering=-pk&page_size=100'],
  },
  {
    name: '100 tokens, with the client ids of their providers',
    graph: '{ accessTokens(first: 100) { nodes { expires provider { name clientId } } } }',
    rest: (release) => [...tokenPages(100, 1), ...(isSlim(release) ? ['/providers/oauth2/?page_size=100'] : [])],
  },
  {
    name: "100 tokens, with the parents of their users' groups",
    graph: '{ accessTokens(first: 100) { nodes { expires user { username groups { name parents { name } } } } } }',
    rest: (release) => [
      '/oauth2/access_tokens/?ordering=-pk&page_size=100',
      ...(lacksParents(release) ? [groupsWithParents] : []),
    ],
  },
  {
    name: 'a page of a front end: who I am, and 25 tokens of how many',
    graph:
      '{ me { username } accessTokens(first: 25) { totalCount nodes { expires provider { name } user { username } } } }',
    rest: ['/core/users/me/', ...tokenPages(25, 1)],
  },
  {
    name: 'a page of a front end, then a user with tokens of both kinds',
    graph: async (ask) => [
      (await ask('{ accessTokens(first: 25) { totalCount nodes { expires user { username } } } }')).data,
      (
        await ask(
          '{ user(id: 15) { email groups { name } accessTokens(first: 10) { nodes { expires } } refreshTokens(first: 10) { nodes { expires } } } }',
        )
      ).data,
    ],
    rest: [
      ...tokenPages(25, 1),
      '/core/users/15/',
      `/oauth2/access_tokens/?${bare}&ordering=-pk&page_size=10&user=15`,
      `/oauth2/refresh_tokens/?${bare}&ordering=-pk&page_size=10&user=15`,
    ],
  },
  {
    name: 'all 300 tokens at once',
    graph: '{ accessTokens(first: 1000) { nodes { expires user { username } } } }',
    rest: tokenPages(100, 3),
  },
  {
    name: 'a walk over 300 tokens by the hundred',
    graph: (ask) => walk(ask, 100, 3),
    rest: tokenPages(100, 3),
  },
  {
    name: 'a walk over 100 tokens by 25',
    graph: (ask) => walk(ask, 25, 4),
    rest: tokenPages(25, 4),
  },
  {
    name: 'groups with the number of their members',
    graph: '{ groups(first: 25) { nodes { name users { totalCount } } } }',
    rest: [`/core/groups/?${bareGroups}&page_size=25`],
  },
  {
    name: 'groups with the keys of their members',
    graph: '{ groups(first: 25) { nodes { name users { nodes { pk id } } } } }',
    rest: [`/core/groups/?${bareGroups}&page_size=25`],
  },
  {
    name: 'groups with members',
    graph: '{ groups(first: 25) { nodes { name users(first: 5) { totalCount nodes { username lastLogin } } } } }',
    rest: ['/core/groups/?page_size=25'],
    again: 25,
  },
  {
    name: 'groups with members, and what only users tell of them',
    graph: '{ groups(first: 25) { nodes { name users { nodes { username uuid } } } } }',
    rest: ['/core/groups/?page_size=25', `/core/users/?${bare}&page_size=100`],
    again: 25,
  },
  {
    name: 'groups with a few members each, and what only users tell of them',
    graph: '{ groups(first: 25) { nodes { name users(first: 3) { nodes { username uuid } } } } }',
    rest: ['/core/groups/?page_size=25', `/core/users/?${bare}&page_size=100`],
    again: 25,
  },
  {
    name: 'groups with what only users tell of their members',
    graph: '{ groups(first: 25) { nodes { name users { nodes { pk path } } } } }',
    rest: [`/core/groups/?${bareGroups}&page_size=25`, `/core/users/?${bare}&page_size=100`],
  },
  {
    name: 'one group with members',
    graph: `{ group(id: "${group(3)}") { name users(first: 5) { totalCount nodes { username } } } }`,
    rest: [`/core/groups/${group(3)}/`],
    again: 1,
  },
  {
    name: 'groups with parents and children',
    graph: '{ groups(first: 25) { nodes { name parents { name } children { name } } } }',
    rest: [`/core/groups/?${bareGroups}&include_parents=true&include_children=true&page_size=25`],
  },
  {
    name: 'users with the parents of their groups',
    graph: '{ users(first: 100) { nodes { username groups { name parents { name } } } } }',
    rest: (release) => ['/core/users/?page_size=100', ...(lacksParents(release) ? [groupsWithParents] : [])],
  },
  {
    name: 'users with their groups',
    graph: '{ users(first: 25) { nodes { username groups { name } } } }',
    rest: ['/core/users/?page_size=25'],
  },
  {
    name: 'how many there are of each kind',
    graph:
      '{ accessTokens { totalCount } refreshTokens { totalCount } users { totalCount } groups { totalCount } oauth2Providers { totalCount } }',
    rest: [
      `/oauth2/access_tokens/?${bare}&page_size=1`,
      `/oauth2/refresh_tokens/?${bare}&page_size=1`,
      `/core/users/?${bare}&page_size=1`,
      `/core/groups/?${bareGroups}&page_size=1`,
      '/providers/oauth2/?page_size=1',
    ],
  },
  {
    name: 'how many tokens a user has',
    graph: '{ user(id: 15) { username accessTokens { totalCount } } }',
    rest: [`/core/users/15/?${bare}`, `/oauth2/access_tokens/?${bare}&page_size=1&user=15`],
  },
  {
    name: 'a provider and the keys of those whose tokens it takes',
    graph: '{ oauth2Provider(id: 7) { name jwtFederationProviders { pk id } } }',
    rest: ['/providers/oauth2/7/'],
  },
  {
    name: 'the few users of a composed list',
    graph: entities([5, 6, 7, 5], 'User', 'username'),
    rest: [5, 6, 7].map((pk) => `/core/users/${pk}/?${bare}`),
  },
  {
    name: 'the many users of a composed list',
    graph: entities([...everybody, ...everybody], 'User', 'username email'),
    rest: everybody.map((pk) => `/core/users/${pk}/?${bare}`),
  },
  {
    name: 'the groups of a composed list',
    graph: entities([1, 2, 3, 4, 5, 6].map(group), 'Group', 'name parents { name }'),
    rest: [1, 2, 3, 4, 5, 6].map((number) => `/core/groups/${group(number)}/?include_parents=true&${bareGroups}`),
  },
  {
    name: 'the providers of a composed list',
    graph: entities([1, 2, 3, 4, 5, 6, 7], 'OAuth2Provider', 'name clientId clientSecret'),
    rest: ['/providers/oauth2/?page_size=100'],
  },
]

/** The requests, and the rows that they ask for. */
function costOf(paths: readonly string[]): { requests: number; rows: number } {
  const rows = paths.map((path) => Number(/page_size=(\d+)/.exec(path)?.[1] ?? 1))
  return { requests: paths.length, rows: rows.reduce((sum, count) => sum + count, 0) }
}

/** All texts in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

it('is compared with REST in more than twenty pairs', () => {
  expect(pairs.length).toBeGreaterThan(20)
})

describe.each<Release>(['2024.10', '2025.10', '2026.8'])(
  'Over authentik %s, no more is asked than by REST',
  (release) => {
    it.each(pairs)('for $name', async ({ graph, rest, again }) => {
      const { ask, asked, sandbox } = await startGateway({ release })
      const answers = typeof graph === 'string' ? [await askOnce(ask, graph)] : await graph(ask)
      const ofGraph = costOf(asked())

      const bodies: unknown[] = []
      for (const path of typeof rest === 'function' ? rest(release) : rest)
        bodies.push(await getRest(sandbox.url, path))
      const ofRest = costOf(asked())
      if (again !== undefined) {
        ofRest.requests += 1
        ofRest.rows += again
      }
      expect(ofGraph.requests).toBeLessThanOrEqual(ofRest.requests)
      expect(ofGraph.rows).toBeLessThanOrEqual(ofRest.rows)

      const told = new Set(textsIn(bodies))
      const texts = textsIn(answers).filter((text) => !/^\w+:[\w-]+$/.test(text))
      expect(texts.filter((text) => !told.has(text))).toEqual([])
      expect(answers.length).toBeGreaterThan(0)
    })
  },
)

async function askOnce(ask: Ask, query: string): Promise<unknown> {
  const { data, errors } = await ask(query)
  expect(errors).toBeUndefined()
  return data
}
