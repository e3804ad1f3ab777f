import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { getRest } from './rest.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

const token = '/oauth2/access_tokens/42/'
const bare = 'include_groups=false&include_roles=false'
const withGroups = 'include_groups=true&include_roles=false'

describe('One token', () => {
  it.each([
    ['its provider and user', '{ accessToken(id: 42) { isExpired provider { name } user { username email } } }', bare],
    ['groups', '{ accessToken(id: 42) { user { groups { name attributes } } } }', withGroups],
    [
      'groups, by a fragment',
      '{ accessToken(id: 42) { ...T } } fragment T on AccessToken { user { ...U } } fragment U on User { groups { name } }',
      withGroups,
    ],
    [
      'groups, by a fragment on Node',
      '{ node(id: "AccessToken:42") { ... on AccessToken { user { groups { pk } } } } }',
      withGroups,
    ],
    ['groups of another type of node', '{ node(id: "AccessToken:42") { id ... on User { groups { pk } } } }', bare],
    [
      'groups of a fragment on another type, in vain',
      '{ accessToken(id: 42) { ...T } } fragment T on Node { ... on User { groups { pk } } ... on RefreshToken { user { groups { pk } } } id }',
      bare,
    ],
    ['groups, skipped', '{ accessToken(id: 42) { user { pk groups @skip(if: true) { pk } } } }', bare],
    [
      'groups, skipped by a variable',
      'query ($no: Boolean = false) { accessToken(id: 42) { user { pk groups @include(if: $no) { pk } } } }',
      bare,
    ],
    [
      'groups, included by a variable',
      'query ($yes: Boolean = true) { accessToken(id: 42) { user { ... @include(if: $yes) { groups { pk } } } } }',
      withGroups,
    ],
    [
      'two aliases, one with groups',
      '{ a: accessToken(id: 42) { pk } b: accessToken(id: "AccessToken:42") { user { groups { pk } } } }',
      withGroups,
    ],
    [
      'two aliases of the user, one with groups',
      '{ accessToken(id: 42) { a: user { pk } b: user { groups { pk } } } }',
      withGroups,
    ],
  ])('is one request with %s', async (_what, query, search) => {
    const { ask, asked } = await startGateway()
    expect((await ask(query)).errors).toBeUndefined()
    expect(asked()).toEqual([`GET ${token}?${search}`])
  })

  it('is one request for ten aliases, by key or global id', async () => {
    const { ask, asked } = await startGateway()
    const aliases = Array.from(
      { length: 10 },
      (_, index) => `t${index}: accessToken(id: "${index % 2 ? 'AccessToken:' : ''}42") { pk }`,
    )
    expect((await ask(`{ ${aliases.join(' ')} }`)).errors).toBeUndefined()
    expect(asked()).toHaveLength(1)
  })

  it('is asked for anew in each operation', async () => {
    const { ask, asked } = await startGateway()
    await ask('{ accessToken(id: 42) { pk } }')
    await ask('{ accessToken(id: 42) { pk } }')
    expect(asked()).toHaveLength(2)
  })
})

describe('Many', () => {
  it('are one request for each distinct id', async () => {
    const { ask, asked } = await startGateway()
    const ids = Array.from({ length: 50 }, (_, index) => `AccessToken:${(index % 20) + 1}`)
    const { data, errors } = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { variables: { ids } })
    expect(errors).toBeUndefined()
    expect(data.nodes.map(({ id }: { id: string }) => id)).toEqual(ids)
    expect(asked()).toHaveLength(20)
  })

  it('are at most 500 distinct ones, of which each beyond is refused alone', async () => {
    const { ask, asked } = await startGateway()
    const many = Array.from({ length: 501 }, (_, index) => `AccessToken:${index + 1}`)
    for (const field of ['nodes', 'accessTokensByIds']) {
      const ids = [...many, many[0], 'AccessToken:1']
      const query = `query ($ids: [ID!]!) { ${field}(ids: $ids) { id } }`
      const { data, errors } = await ask(query, { variables: { ids } })
      expect(errors).toMatchObject([
        {
          message: 'Expected at most 500 distinct objects, got "AccessToken:501".',
          path: [field, 500],
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ])
      expect(data[field].slice(-2)).toEqual([{ id: 'AccessToken:1' }, { id: 'AccessToken:1' }])
      expect(asked()).toHaveLength(500)
    }
  })

  it('are at most 500 requests an operation', async () => {
    const { ask, asked } = await startGateway()
    const ids = Array.from({ length: 260 }, (_, index) => `${index + 1}`)
    const { data, errors } = await ask(
      'query ($ids: [ID!]!) { accessTokensByIds(ids: $ids) { id } usersByIds(ids: $ids) { id } }',
      { variables: { ids } },
    )
    expect(data.accessTokensByIds).not.toContain(null)
    expect(errors).toHaveLength(20)
    expect(errors?.[0]).toMatchObject({ path: ['usersByIds', 240], extensions: { code: 'QUERY_TOO_COMPLEX' } })
    expect(asked()).toHaveLength(500)
  })

  it('are one page for more than three providers', async () => {
    const { ask, asked } = await startGateway()
    const query = 'query ($ids: [ID!]!) { oauth2ProvidersByIds(ids: $ids) { clientId clientSecret } }'
    await ask(query, { variables: { ids: [1, 2, 3] } })
    expect(asked()).toEqual(['GET /providers/oauth2/1/', 'GET /providers/oauth2/2/', 'GET /providers/oauth2/3/'])
    const { data } = await ask(query, { variables: { ids: [1, 2, 3, 4, 999] } })
    expect(data.oauth2ProvidersByIds).toEqual([
      ...Array(4).fill({ clientId: expect.any(String), clientSecret: expect.any(String) }),
      null,
    ])
    expect(asked()).toEqual(['GET /providers/oauth2/?ordering=pk&page_size=100', 'GET /providers/oauth2/999/'])
  })

  it('are one refusal for more than three providers without the right', async () => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask('{ oauth2ProvidersByIds(ids: [1, 2, 3, 4]) { name } }', { token: 'demo-plain' })
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(Array(4).fill('FORBIDDEN'))
    expect(asked()).toHaveLength(1)
  })
})

describe('One page instead of a request for each', () => {
  const keyOf = (number: number) => `67726f75-7000-4000-8000-${String(number).padStart(12, '0')}`

  it('is asked for the groups of users, if these are more than three', async () => {
    const { ask, asked } = await startGateway({ release: '2026.8' })
    const parents = (first: number) => `{ users(first: ${first}) { nodes { pk groups { pk parents { name } } } } }`
    await ask(parents(100))
    const [, path, ...others] = asked()
    expect(others).toEqual([])
    const [, query = ''] = path?.split('/core/groups/?') ?? []
    expect(query).toMatch(
      /^include_children=false&include_parents=true&include_users=false&(members_by_pk=\d+&)+ordering=pk&page=1&page_size=8$/,
    )
    await ask(parents(1))
    expect(asked().filter((one) => one.includes('/core/groups/'))).toEqual([
      expect.stringContaining('/core/groups/6772'),
    ])
  })

  it('is asked for the members of groups, if these are more than three', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask('{ groups(first: 25) { nodes { users { nodes { pk uuid } } } } }')
    expect(errors).toBeUndefined()
    const members = new Set(
      data.groups.nodes.flatMap(({ users }: { users: { nodes: { pk: number }[] } }) => users.nodes.map(({ pk }) => pk)),
    )
    const [, path, ...others] = asked()
    expect(others).toEqual([])
    expect(path).toContain(`&${bare}&ordering=pk&page=1&page_size=${members.size}`)
  })

  it('is given up where one of the objects is gone in which they stand', async () => {
    const { ask, sandbox, asked } = await startGateway({ release: '2026.8' })
    const { url } = await listen(async (request, response) => {
      const gone = request.url?.includes('members_by_pk')
      const answer = await fetch(`${sandbox.url}${request.url}${gone ? '&members_by_pk=999' : ''}`, {
        headers: { authorization: String(request.headers.authorization) },
      })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    })
    const over = await startGatewayOver(url)
    const query = '{ users(first: 100) { nodes { groups { pk parents { name } } } } }'
    const expected = await ask(query)
    asked()
    const { data, errors } = await over.ask(query)
    expect(errors).toBeUndefined()
    expect(data).toEqual(expected.data)
    expect(asked()).toHaveLength(1 + 1 + 8)
  })

  it.each([
    ['is asked for all groups, if the operation has learned that it holds them', 5, ['/core/groups/?page_size=5']],
    [
      'is not asked for all groups, if the operation has learned that it does not hold them',
      101,
      [1, 2, 3, 4].map((number) => `/core/groups/${keyOf(number)}/`),
    ],
  ])('%s', async (_what, count, paths) => {
    const asked: string[] = []
    let tellCount = () => {}
    const counted = new Promise<void>((resolve) => {
      tellCount = resolve
    })
    const groups = [1, 2, 3, 4].map((number) => ({ pk: keyOf(number), name: 'g', num_pk: number }))
    const { url } = await listen(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://groups')
      const [path = '', size] = [pathname.replace('/api/v3', ''), searchParams.get('page_size')]
      asked.push(size ? `${path}?page_size=${size}` : path)
      const send = (body: unknown) => response.end(JSON.stringify(body))
      response.setHeader('content-type', 'application/json')
      if (size === '1') response.on('finish', tellCount)
      if (size) {
        const pagination = { count, total_pages: Math.ceil(count / Number(size)), start_index: 1 }
        return send({ pagination, results: size === '1' ? [{ pk: keyOf(9), name: 'g' }] : groups })
      }
      if (!path.endsWith('/me/')) return send(groups.find(({ pk }) => path.includes(pk)))
      await counted.then(() => sleep(100))
      return send({
        user: { pk: 1, username: 'ada', name: '', uid: 'u', groups: groups.map(({ pk }) => ({ pk, name: 'g' })) },
      })
    })
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask('{ groups { totalCount } me { effectiveGroups { numPk } } }')
    expect(errors).toBeUndefined()
    expect(data.me.effectiveGroups).toEqual([1, 2, 3, 4].map((numPk) => ({ numPk })))
    expect(asked.slice(2).toSorted()).toEqual(paths)
  })

  it('takes nothing from who may see some of them only', async () => {
    const { ask } = await startGateway()
    const { data, errors = [] } = await ask('{ groups { nodes { users { nodes { pk path } } } } }', {
      token: 'demo-viewer',
    })
    const [{ users }] = data.groups.nodes
    expect(users.nodes).toHaveLength(6)
    // One of them is the caller.
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(Array(5).fill('NOT_FOUND'))
  })

  it('is asked for once, for what is wanted later as well', async () => {
    const { ask, asked } = await startGateway({ release: '2026.8' })
    const { errors } = await ask(
      '{ users(first: 100) { nodes { groups { parents { name parents { name parents { name } } } } } } }',
    )
    expect(errors).toBeUndefined()
    expect(asked()).toHaveLength(2)
  })
})

describe('What a grant leaves out of its provider', () => {
  it('is one more request for each distinct provider', async () => {
    const { ask, asked } = await startGateway({ release: '2026.8' })
    const { data, errors } = await ask(
      '{ nodes(ids: ["AccessToken:42", "AccessToken:42"]) { ... on AccessToken { provider { clientId subMode } } } }',
    )
    expect(errors).toBeUndefined()
    const { pk } = (await ask('{ accessToken(id: 42) { provider { pk } } }')).data.accessToken.provider
    expect(data.nodes[0].provider.clientId).toEqual(expect.any(String))
    expect(asked()).toEqual([`GET ${token}?${bare}`, `GET /providers/oauth2/${pk}/`, `GET ${token}?${bare}`])
  })

  it('is not asked for where authentik sends it', async () => {
    const { ask, asked } = await startGateway({ release: '2024.10' })
    const query = '{ accessToken(id: 42) { provider { clientId subMode logoutUri grantTypes } } }'
    expect((await ask(query)).errors).toBeUndefined()
    expect(asked()).toHaveLength(1)
  })

  it('is always asked for where it is the secret', async () => {
    const { ask, asked } = await startGateway({ release: '2024.10' })
    const { data } = await ask('{ accessToken(id: 42) { provider { pk clientSecret } } }')
    expect(data.accessToken.provider.clientSecret).toMatch(/^demo-secret/)
    expect(asked()).toEqual([`GET ${token}?${bare}`, `GET /providers/oauth2/${data.accessToken.provider.pk}/`])
  })
})

describe('The groups around a group', () => {
  const query = '{ accessToken(id: 42) { user { groups { parentName parents { name } } } } }'

  it('are one more request for each distinct group that came shortened', async () => {
    const { ask, asked } = await startGateway({ release: '2026.8' })
    const { data } = await ask(query)
    const ofGroup = 'include_children=false&include_parents=true&include_users=false'
    const paths = asked()
    expect(paths).toHaveLength(1 + data.accessToken.user.groups.length)
    for (const path of paths.slice(1))
      expect(path).toMatch(new RegExp(`^GET /core/groups/[0-9a-f-]{36}/\\?${ofGroup}$`))
  })

  it('are not asked for where a group in a user names its parent', async () => {
    const { ask, asked } = await startGateway({ release: '2024.10' })
    const { data } = await ask(query)
    for (const { parentName, parents } of data.accessToken.user.groups) expect(parents).toEqual([{ name: parentName }])
    expect(asked()).toHaveLength(1)
  })

  it('are asked for together where both are selected', async () => {
    const { ask, asked } = await startGateway({ release: '2026.8' })
    const id = (await ask('{ accessToken(id: 42) { user { groups { id } } } }')).data.accessToken.user.groups[0].id
    asked()
    await ask(
      `{ a: node(id: "${id}") { ... on Group { children { name } } } b: group(id: "${id}") { parent { name } } }`,
    )
    expect(asked()).toEqual([expect.stringMatching('include_children=true&include_parents=true&include_users=false')])
  })
})

describe('The caller', () => {
  it('is one request, shared with the effective groups', async () => {
    const { ask, asked } = await startGateway()
    await ask('{ me { username effectiveGroups { name } } }')
    expect(asked()).toEqual(['GET /core/users/me/'])
  })

  it('has each effective group once, though older releases repeat them', async () => {
    const { ask, sandbox } = await startGateway({ release: '2024.10' })
    const { user } = (await getRest(sandbox.url, '/core/users/me/')) as { user: { groups: { pk: string }[] } }
    const { data } = await ask('{ me { effectiveGroups { pk } } }')
    expect(data.me.effectiveGroups.length).toBeLessThan(user.groups.length)
    expect(data.me.effectiveGroups.map(({ pk }: { pk: string }) => pk).sort()).toEqual(
      [...new Set(user.groups.map(({ pk }) => pk))].sort(),
    )
  })

  it('is one more request, with groups, for what only the user itself tells', async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask('{ me { pk uuid path groups { name } } }')
    expect(asked()).toEqual(['GET /core/users/me/', `GET /core/users/${data.me.pk}/?${withGroups}`])
  })

  it('is asked for again where groups are needed only later', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask('{ user(id: 4) { username } me { groups { name } } }')
    expect(errors).toBeUndefined()
    expect(data.me.groups.length).toBeGreaterThan(0)
    expect(asked().sort()).toEqual([
      `GET /core/users/4/?${bare}`,
      `GET /core/users/4/?${withGroups}`,
      'GET /core/users/me/',
    ])
  })

  it('has effective groups, and nobody else has', async () => {
    const { ask } = await startGateway()
    const { data } = await ask(
      '{ me { pk effectiveGroups { pk } } accessToken(id: 42) { user { effectiveGroups { pk } } } }',
    )
    expect(data.accessToken.user.effectiveGroups).toBeNull()
    const self = await ask(`{ user(id: ${data.me.pk}) { effectiveGroups { pk } } }`)
    expect(self.data.user.effectiveGroups).toEqual(data.me.effectiveGroups)
  })
})

describe('In flight', () => {
  const bodyFor = (username = 'ada') => JSON.stringify({ pk: 1, username, name: '', uid: 'u' })
  const query = '{ user(id: 1) { username } }'

  /** An authentik that answers each user after some time, or when it is told to. */
  async function startSlow(milliseconds: number | Promise<unknown>) {
    const seen = { paths: [] as string[], running: 0, most: 0, aborted: 0 }
    const { url } = await listen(async (incoming, response) => {
      seen.paths.push(incoming.url ?? '')
      seen.most = Math.max(seen.most, ++seen.running)
      response.on('close', () => {
        seen.running -= 1
        if (!response.writableFinished) seen.aborted += 1
      })
      await (typeof milliseconds === 'number' ? sleep(milliseconds) : milliseconds)
      const username = incoming.headers.authorization?.replace('Bearer ', '')
      response.setHeader('content-type', 'application/json').end(bodyFor(username))
    })
    return { url, seen }
  }

  it('identical reads of one credential are one request', async () => {
    let tell = () => {}
    const told = new Promise<void>((resolve) => {
      tell = resolve
    })
    const { url, seen } = await startSlow(told)
    let arrived = 0
    const { ask, server } = await startGatewayOver(url)
    server.on('request', () => (arrived += 1))
    const replies = Array.from({ length: 20 }, () => ask(query))
    await expect.poll(() => arrived).toBe(20)
    // The last of them has arrived, and asks in one of the next turns.
    await sleep(200)
    tell()
    for (const { data } of await Promise.all(replies)) expect(data).toEqual({ user: { username: 'demo-superuser' } })
    expect(seen.paths).toHaveLength(1)
  })

  it('reads of different credentials are never one request', async () => {
    const { url, seen } = await startSlow(100)
    const { ask } = await startGatewayOver(url)
    const callers = ['a', 'b', 'a', 'b', 'c']
    const replies = await Promise.all(callers.map((caller) => ask(query, { token: caller })))
    expect(replies.map(({ data }) => data.user.username)).toEqual(callers)
    expect(seen.paths).toHaveLength(3)
  })

  it('reads after the answer are a request of their own', async () => {
    const { url, seen } = await startSlow(1)
    const { ask } = await startGatewayOver(url)
    await ask(query)
    await ask(query)
    expect(seen.paths).toHaveLength(2)
  })

  it('no more than the allowed number run at once, whatever the number of callers', async () => {
    const { url, seen } = await startSlow(10)
    const { ask } = await startGatewayOver(url, { concurrency: 5 })
    const askAll = () =>
      Promise.all(Array.from({ length: 200 }, (_, caller) => ask(query, { token: `caller-${caller}` })))
    // Callers who were not seen before have a quarter of the places.
    await askAll()
    expect(seen.most).toBe(1)
    seen.paths = []
    const replies = await askAll()
    for (const [caller, { data }] of replies.entries()) expect(data).toEqual({ user: { username: `caller-${caller}` } })
    expect(seen.paths).toHaveLength(200)
    expect(seen.most).toBe(5)
  })

  it('a caller who hangs up stops the request that nobody shares', async () => {
    const { url, seen } = await startSlow(5000)
    const { ask, lines } = await startGatewayOver(url)
    await expect(ask(query, { signal: AbortSignal.timeout(200) })).rejects.toThrow()
    await expect.poll(() => seen.aborted).toBe(1)
    expect(lines).toEqual([])
  })

  it('a caller who hangs up leaves the request to those who share it', async () => {
    const { url, seen } = await startSlow(600)
    const { ask } = await startGatewayOver(url)
    const stays = ask(query)
    await expect(ask(query, { signal: AbortSignal.timeout(200) })).rejects.toThrow()
    expect((await stays).data).toEqual({ user: { username: 'demo-superuser' } })
    expect(seen).toMatchObject({ paths: [expect.any(String)], aborted: 0 })
  })

  it('requests that wait their turn are never sent once their caller has hung up', async () => {
    const { url, seen } = await startSlow(400)
    const { ask } = await startGatewayOver(url, { concurrency: 1 })
    const first = ask(query, { token: 'first' })
    await sleep(100)
    await expect(ask(query, { token: 'second', signal: AbortSignal.timeout(100) })).rejects.toThrow()
    await first
    await sleep(100)
    expect(seen.paths).toHaveLength(1)
  })

  it('each sharer has a deadline of its own', async () => {
    const { url, seen } = await startSlow(700)
    const { ask } = await startGatewayOver(url, { timeout: 500 })
    const early = ask(query)
    await sleep(300)
    const late = ask(query)
    expect((await early).errors?.[0]?.extensions.code).toBe('UPSTREAM_TIMEOUT')
    expect((await late).data).toEqual({ user: { username: 'demo-superuser' } })
    expect(seen.paths).toHaveLength(1)
  })

  it('waiting for a turn does not count towards the time of authentik', async () => {
    const { url } = await startSlow(400)
    const { ask } = await startGatewayOver(url, { concurrency: 1, timeout: 600 })
    const replies = await Promise.all(['first', 'second', 'third'].map((token) => ask(query, { token })))
    expect(replies.map(({ errors }) => errors)).toEqual([undefined, undefined, undefined])
  })

  it('a turn that does not come in time is UPSTREAM_TIMEOUT, which says that nothing was sent', async () => {
    const { url, seen } = await startSlow(700)
    const { ask } = await startGatewayOver(url, { concurrency: 1, queueTimeout: 300 })
    const first = ask(query, { token: 'first' })
    await sleep(100)
    const second = await ask(query, { token: 'second' })
    expect(second.errors).toMatchObject([
      { message: expect.stringContaining('QUEUE_TIMEOUT'), extensions: { code: 'UPSTREAM_TIMEOUT' } },
    ])
    expect((await first).errors).toBeUndefined()
    expect(seen.paths).toHaveLength(1)
  })

  it('an operation that takes too long is UPSTREAM_TIMEOUT, whatever it waits for', async () => {
    const { url } = await startSlow(700)
    const { ask } = await startGatewayOver(url, { concurrency: 1, operationTimeout: 300 })
    const [sent, waiting] = await Promise.all([ask(query, { token: 'first' }), ask(query, { token: 'second' })])
    for (const { errors } of [sent, waiting]) {
      expect(errors?.[0]?.extensions.code).toBe('UPSTREAM_TIMEOUT')
      expect(errors?.[0]?.message).toContain('OPERATION_TIMEOUT')
    }
  })

  it('nothing of the request is forwarded but the bearer token', async () => {
    const seen: Record<string, unknown>[] = []
    const { url } = await listen((incoming, response) => {
      seen.push(incoming.headers)
      response.setHeader('content-type', 'application/json').end(bodyFor())
    })
    const gateway = await startGatewayOver(url)
    const headers = {
      'content-type': 'application/json',
      authorization: 'bearer abc',
      cookie: 'authentik_session=1',
      'accept-language': 'de',
      'x-forwarded-for': '10.0.0.1',
    }
    await new Promise<void>((resolve, reject) => {
      const outgoing = request(gateway.url, { method: 'POST', headers }, (response) =>
        response.resume().on('end', resolve),
      )
      outgoing.on('error', reject).end(JSON.stringify({ query }))
    })
    expect(seen).toEqual([
      {
        host: new URL(url).host,
        connection: 'keep-alive',
        authorization: 'Bearer abc',
        accept: 'application/json',
        'accept-language': 'en',
        'accept-encoding': 'gzip',
      },
    ])
  })
})
