import { describe, expect, it } from 'vitest'
import { limits } from '../src/limits.ts'
import { getRest } from './rest.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

const group = (number: number) => `67726f75-7000-4000-8000-${String(number).padStart(12, '0')}`
const flags = (users: boolean) => `include_children=false&include_parents=false&include_users=${users}`
const pageOfGroups = (users: boolean) => `GET /core/groups/?${flags(users)}&ordering=name%2Cpk&page=1&page_size=25`

interface Member {
  readonly pk: number
  readonly username: string
}
type Told = { readonly users: readonly number[]; readonly users_obj: readonly Member[] }

describe('The members of a group', () => {
  it('are those whom REST tells, the newest user first', async () => {
    const { ask, sandbox } = await startGateway()
    const { data, errors } = await ask(
      `{ group(id: "${group(3)}") { users { totalCount nodes { pk username name isActive lastLogin email attributes uid } edges { node { pk } } } } }`,
    )
    expect(errors).toBeUndefined()
    const { users_obj: told } = (await getRest(sandbox.url, `/core/groups/${group(3)}/`)) as unknown as Told
    const members = told.toSorted((one, other) => other.pk - one.pk)
    expect(members.length).toBeGreaterThan(3)
    const { totalCount, nodes, edges } = data.group.users
    expect(totalCount).toBe(members.length)
    expect(edges).toEqual(members.map(({ pk }) => ({ node: { pk } })))
    const spelt = nodes.map(({ isActive, lastLogin, ...rest }: Record<string, unknown>) => ({
      ...rest,
      is_active: isActive,
      last_login: lastLogin,
    }))
    expect(spelt).toEqual(members)
  })

  it('are two requests for a page of groups: without them, for their number, and with them', async () => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask('{ groups(first: 25) { nodes { name users(first: 5) { nodes { username } } } } }')
    expect(errors).toBeUndefined()
    expect(asked()).toEqual([pageOfGroups(false), pageOfGroups(true)])
  })

  it('are asked for once for several places, with what else is selected of the groups', async () => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask(
      '{ groups(first: 25) { nodes { parents { name } first: users(first: 1) { nodes { username } } last: users(last: 1) { nodes { email } } } } }',
    )
    expect(errors).toBeUndefined()
    expect(asked().map((path) => /include_parents=\w+&include_users=\w+/.exec(path)?.[0])).toEqual([
      'include_parents=true&include_users=false',
      'include_parents=true&include_users=true',
    ])
  })

  it.each([
    'totalCount',
    'pageInfo { hasNextPage endCursor }',
    'nodes { pk id }',
    'edges { cursor node { __typename } }',
  ])('cost nothing more where their keys suffice: %s', async (selected) => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask(`{ groups(first: 25) { nodes { name users(first: 2) { ${selected} } } } }`)
    expect(errors).toBeUndefined()
    expect(asked()).toEqual([pageOfGroups(false)])
  })

  it('are loaded one by one for what the group does not tell of them', async () => {
    const { ask, asked, sandbox } = await startGateway()
    const { data, errors } = await ask(
      `{ group(id: "${group(3)}") { users(first: 2) { nodes { username uuid groups { name } } } } }`,
    )
    expect(errors).toBeUndefined()
    const { users } = (await getRest(sandbox.url, `/core/groups/${group(3)}/`)) as unknown as Told
    const [one, other] = users.toSorted((first, second) => second - first)
    expect(asked().slice(0, -1)).toEqual([
      `GET /core/groups/${group(3)}/?${flags(false)}`,
      `GET /core/groups/${group(3)}/?${flags(true)}`,
      `GET /core/users/${one}/?include_groups=true&include_roles=false`,
      `GET /core/users/${other}/?include_groups=true&include_roles=false`,
    ])
    expect(data.group.users.nodes).toMatchObject([{ uuid: expect.any(String) }, { groups: [{ name: 'Platform' }] }])
  })

  it('are walked by cursors, both ways', async () => {
    const { ask } = await startGateway()
    const query =
      'query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { group(id: $id) { users(first: $first, after: $after, last: $last, before: $before) { nodes { pk username } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }'
    const page = async (variables: object) =>
      (await ask(query, { variables: { id: group(2), ...variables } })).data.group.users
    const { nodes: all } = await page({})
    expect(all.length).toBeGreaterThan(4)
    const there: unknown[] = []
    for (let after: string | null = null, more = true; more; ) {
      const { nodes, pageInfo } = await page({ first: 2, after })
      there.push(...nodes)
      after = pageInfo.endCursor
      more = pageInfo.hasNextPage
    }
    expect(there).toEqual(all)
    const back: unknown[] = []
    for (let before: string | null = null, more = true; more; ) {
      const { nodes, pageInfo } = await page({ last: 2, before })
      back.unshift(...nodes)
      before = pageInfo.startCursor
      more = pageInfo.hasPreviousPage
    }
    expect(back).toEqual(all)
  })

  it('of a group inside a user come with the group itself, which needs its right', async () => {
    const { ask, asked } = await startGateway()
    const query =
      '{ accessTokens(first: 1, filter: { user: 13 }) { nodes { user { groups { name users { totalCount } } } } } }'
    const { data, errors } = await ask(query)
    expect(errors).toBeUndefined()
    expect(data.accessTokens.nodes[0].user.groups).toEqual([{ name: 'Customer care', users: { totalCount: 6 } }])
    expect(asked()).toHaveLength(2)
    const plain = await ask('{ accessTokens(first: 1) { nodes { user { groups { name users { totalCount } } } } } }', {
      token: 'demo-plain',
    })
    expect(plain.data.accessTokens.nodes[0].user.groups).toEqual([{ name: 'Nordlicht', users: null }])
    expect(plain.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })
})

describe('For who may see a group, but not its members as users', () => {
  const viewer = { token: 'demo-viewer' }

  it('they are all there, and counted', async () => {
    const { ask, sandbox } = await startGateway()
    const { data, errors } = await ask(
      '{ groups { nodes { name users { totalCount nodes { username email } } } } }',
      viewer,
    )
    expect(errors).toBeUndefined()
    const { users_obj: told } = (await getRest(
      sandbox.url,
      `/core/groups/${group(7)}/`,
      viewer.token,
    )) as unknown as Told
    const [{ name, users }] = data.groups.nodes
    expect(name).toBe('Customer care')
    expect(users.totalCount).toBe(told.length)
    expect(users.nodes.map(({ username }: Member) => username).sort()).toEqual(
      told.map(({ username }) => username).sort(),
    )
  })

  it('what the group does not tell of them fails alone', async () => {
    const { ask } = await startGateway()
    const { data, errors = [] } = await ask(
      `{ group(id: "${group(7)}") { users(first: 2) { nodes { username type } } } }`,
      viewer,
    )
    expect(data.group.users.nodes).toEqual([
      { username: expect.any(String), type: null },
      { username: expect.any(String), type: null },
    ])
    expect(errors.map(({ path, extensions }) => [path?.at(-1), extensions.code])).toEqual([
      ['type', 'NOT_FOUND'],
      ['type', 'NOT_FOUND'],
    ])
  })
})

/** An authentik with groups of so many members, whose keys come in no order, and what it was asked. */
async function startCrowds(crowds: readonly number[], change: (group: object) => object = (body) => body) {
  const asked: string[] = []
  const member = (pk: number) => ({ pk, username: `user-${pk}`, name: '', uid: 'u', is_active: true, email: '' })
  const keysOf = (number: number) =>
    Array.from({ length: crowds[number] ?? 0 }, (_, index) => ((index * 17) % (crowds[number] ?? 1)) + 1)
  const groupOf = (number: number, withUsers: boolean) =>
    change({
      pk: group(number),
      name: `Group ${number}`,
      users: keysOf(number),
      users_obj: withUsers ? keysOf(number).map(member) : null,
    })
  const pageOf = (results: readonly object[], count: number, start = 1) => ({
    pagination: { count, total_pages: Math.ceil(count / (results.length || 1)), start_index: count && start },
    results,
  })
  const { url } = await listen(({ url: path = '' }, response) => {
    const { pathname, searchParams } = new URL(path, 'http://crowds')
    asked.push(path.replace('/api/v3', ''))
    const withUsers = searchParams.get('include_users') === 'true'
    const size = Number(searchParams.get('page_size'))
    response.setHeader('content-type', 'application/json')
    if (pathname.endsWith('/core/users/')) {
      const number = Number(searchParams.get('groups_by_pk')?.slice(-12))
      const sign = searchParams.get('ordering') === 'pk' ? 1 : -1
      const keys = keysOf(number).toSorted((one, other) => sign * (one - other))
      const start = (Number(searchParams.get('page')) - 1) * size
      const rows = keys.slice(start, start + size).map((pk) => ({ ...member(pk), uuid: 'u', path: 'users' }))
      return response.end(JSON.stringify(pageOf(rows, keys.length, start + 1)))
    }
    const [, key] = /([^/]{36})\/$/.exec(pathname) ?? []
    const all = crowds.map((_, number) => groupOf(number, withUsers)).slice(0, size || undefined)
    return response.end(JSON.stringify(key ? groupOf(Number(key.slice(-12)), withUsers) : pageOf(all, crowds.length)))
  })
  return { asked, ...(await startGatewayOver(url)) }
}

describe('Of many members', () => {
  const members = '{ groups(first: 2) { nodes { users(first: 3) { totalCount nodes { pk username } } } } }'
  const newest = (from: number) => [from, from - 1, from - 2].map((pk) => ({ pk, username: `user-${pk}` }))

  it('no more than 1000 of a page of groups are asked for at once', async () => {
    const { ask, asked } = await startCrowds([limits.membersAtOnce - 10, 10])
    const { data } = await ask(members)
    expect(data.groups.nodes.map(({ users }: { users: object }) => users)).toEqual([
      { totalCount: 990, nodes: newest(990) },
      { totalCount: 10, nodes: newest(10) },
    ])
    expect(asked.map((path) => path.includes('include_users=true'))).toEqual([false, true])
  })

  it('a page of users is asked for, for each group', async () => {
    const { ask, asked } = await startCrowds([limits.membersAtOnce - 9, 10])
    const { data } = await ask(members)
    expect(data.groups.nodes.map(({ users }: { users: object }) => users)).toEqual([
      { totalCount: 991, nodes: newest(991) },
      { totalCount: 10, nodes: newest(10) },
    ])
    expect(asked.filter((path) => path.includes('include_users=true'))).toEqual([])
    expect(asked.map((path) => path.split('?')[0])).toEqual(['/core/groups/', '/core/users/', '/core/users/'])
  })

  it('the same is done for one group', async () => {
    const { ask, asked } = await startCrowds([0, limits.membersAtOnce + 1])
    const { data } = await ask(`{ group(id: "${group(1)}") { users(first: 3) { totalCount nodes { pk username } } } }`)
    expect(data.group.users).toEqual({ totalCount: 1001, nodes: newest(1001) })
    expect(asked.map((path) => path.split('?')[0])).toEqual([`/core/groups/${group(1)}/`, '/core/users/'])
  })

  it('what the group does not tell of them is asked for by the pages that have them', async () => {
    const { ask, asked } = await startCrowds([0, 250])
    const { data } = await ask(`{ group(id: "${group(1)}") { users(first: 120) { nodes { username path } } } }`)
    expect(data.group.users.nodes).toEqual(
      Array.from({ length: 120 }, (_, index) => ({ username: `user-${250 - index}`, path: 'users' })),
    )
    const pages = asked.filter((path) => path.startsWith('/core/users/')).map((path) => path.split('ordering=')[1])
    expect(pages).toEqual(['pk&page=2&page_size=100', 'pk&page=3&page_size=100'])
  })

  it('the number costs nothing more', async () => {
    const { ask, asked } = await startCrowds([5000])
    const { data } = await ask('{ groups(first: 1) { nodes { users { totalCount } } } }')
    expect(data.groups.nodes).toEqual([{ users: { totalCount: 5000 } }])
    expect(asked).toHaveLength(1)
  })

  it('a cursor of the one way is one of the other', async () => {
    const { ask } = await startCrowds([0, limits.membersAtOnce + 1])
    const query = (selected: string, after = '') =>
      `{ group(id: "${group(1)}") { users(first: 3${after}) { nodes { ${selected} } pageInfo { endCursor } } } }`
    const byKey = (await ask(query('pk'))).data.group.users.pageInfo.endCursor
    const byPage = (await ask(query('username'))).data.group.users.pageInfo.endCursor
    expect(byKey).toBe(byPage)
    const { data } = await ask(query('pk username', `, after: "${byKey}"`))
    expect(data.group.users.nodes).toEqual(newest(998))
  })
})

describe('A cursor of a member who has gone', () => {
  it('goes on with the member who follows', async () => {
    let isGone = false
    const { ask } = await startCrowds([10], (body) =>
      isGone ? { ...body, users: (body as Told).users.filter((pk) => pk !== 7) } : body,
    )
    const query = (after = '') =>
      `{ groups { nodes { users(first: 4${after}) { nodes { pk } pageInfo { endCursor } } } } }`
    const { users } = (await ask(query())).data.groups.nodes[0]
    isGone = true
    const { data } = await ask(query(`, after: "${users.pageInfo.endCursor}"`))
    expect(data.groups.nodes[0].users.nodes).toEqual([6, 5, 4, 3].map((pk) => ({ pk })))
  })
})

describe('Members that are none', () => {
  it.each<[string, object]>([
    ['no keys', { users: undefined }],
    ['null for keys', { users: null }],
    ['keys that are no list', { users: 'many' }],
    ['a key that is none', { users: [null] }],
    ['no members though asked for', { users_obj: null }],
    ['members that are none', { users_obj: [null] }],
  ])('are UPSTREAM_INVALID_RESPONSE: %s', async (_what, wrong) => {
    const { ask } = await startCrowds([3], (body) => ({ ...body, ...wrong }))
    const { data, errors } = await ask('{ groups(first: 1) { nodes { name users(first: 2) { nodes { username } } } } }')
    expect(data.groups.nodes).toEqual([{ name: 'Group 0', users: null }])
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
    expect(errors?.[0]?.path?.slice(0, 4)).toEqual(['groups', 'nodes', 0, 'users'])
  })

  it('a member whom the group does not tell after all is loaded', async () => {
    const { ask, asked } = await startCrowds([3], (body) => ({ ...body, users_obj: [] }))
    await ask('{ groups(first: 1) { nodes { users(first: 1) { nodes { username } } } } }')
    expect(asked.map((path) => path.split('?')[0])).toEqual(['/core/groups/', '/core/groups/', '/core/users/3/'])
  })
})
