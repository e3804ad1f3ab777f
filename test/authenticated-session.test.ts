import { describe, expect, it, onTestFinished } from 'vitest'
import { startSandbox } from '../src/sandbox/server.ts'
import { readRecordings } from './recordings.ts'
import { type Body, getRest } from './rest.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

const uuid = (number: number) => `73657373-696f-4000-8000-${String(number).padStart(12, '0')}`
/** Paul's first, on Windows in Tromsø; his other ones are 23, 43 and 63. */
const pauls = uuid(3)
const adas = uuid(6)

const everything = `
  id uuid lastIp lastUsed expires user { pk }
  client { device os browser text }
  place { continent country city latitude longitude network }`

interface Row extends Body {
  readonly user_agent: Readonly<Record<string, Body>>
  readonly geo_ip: Body | null
  readonly asn: Body | null
}

/** What the graph is to say of a body. */
function graphOf({ uuid: key, user, user_agent: agent, geo_ip: geo, asn, ...row }: Row) {
  const version = (part: Body = {}, names: readonly string[] = []) => {
    const numbers = names.map((name) => part[name]).filter((number) => number !== null)
    return [part['family'], numbers.join('.')].filter((text) => text !== '').join(' ')
  }
  const place = {
    continent: geo?.['continent'] ?? null,
    country: geo?.['country'] ?? null,
    city: geo?.['city'] ?? null,
    latitude: geo?.['lat'] ?? null,
    longitude: geo?.['long'] ?? null,
    network: asn?.['network'] ?? null,
  }
  return {
    id: `AuthenticatedSession:${key}`,
    uuid: key,
    lastIp: row['last_ip'],
    lastUsed: row['last_used'],
    expires: row['expires'],
    user: { pk: user },
    client: {
      device: agent['device']?.['family'],
      os: version(agent['os'], ['major', 'minor', 'patch', 'patch_minor']),
      browser: version(agent['user_agent'], ['major', 'minor', 'patch']),
      text: agent['string'],
    },
    place: geo || asn ? place : null,
  }
}

const byUuid = (one: Body, other: Body) => (String(one['uuid']) < String(other['uuid']) ? -1 : 1)

describe.each(['2024.10', '2025.10', '2026.8'] as const)('On %s', (release) => {
  it('tells every session as REST does', async () => {
    const { ask, sandbox } = await startGateway({ release })
    const { data, errors } = await ask(`{ authenticatedSessions { totalCount nodes { ${everything} } } }`)
    expect(errors).toBeUndefined()
    const { results } = await getRest(sandbox.url, '/core/authenticated_sessions/?page_size=100')
    const rows = results as Row[]
    expect(data.authenticatedSessions.nodes).toEqual(rows.toSorted(byUuid).map(graphOf))
    expect(data.authenticatedSessions.totalCount).toBe(80)
    // Each of these is some row's.
    for (const property of ['geo_ip', 'asn']) {
      expect(new Set(rows.map((row) => row[property] === null)).size).toBe(2)
    }
  })

  it.each([
    ['demo-superuser', 80],
    ['demo-auditor', 80],
    ['demo-delegate', 80],
    ['demo-plain', 4],
    ['demo-nobody', 4],
    ['demo-viewer', 4],
    ['demo-outpost', 0],
  ])('shows %s %i sessions, and no other one by its id', async (token, count) => {
    const { ask } = await startGateway({ release })
    const { data, errors } = await ask(
      `{ authenticatedSessions { totalCount nodes { uuid user { pk } } } of: authenticatedSession(id: "${adas}") { uuid } me { pk } }`,
      { token },
    )
    expect(errors).toBeUndefined()
    const { totalCount, nodes } = data.authenticatedSessions
    expect([totalCount, nodes.length]).toEqual([count, count])
    if (count <= 4) for (const { user } of nodes) expect(user).toEqual({ pk: data.me.pk })
    expect(data.of).toEqual(count === 80 ? { uuid: adas } : null)
  })
})

it('reads the texts of a client and of a place', async () => {
  const { ask } = await startGateway()
  const { data } =
    await ask(`{ authenticatedSessionsByIds(ids: ["${uuid(3)}", "${uuid(23)}", "${uuid(43)}", "${uuid(63)}"]) {
    client { device os browser text } place { continent country city latitude longitude network } } }`)
  const [windows, phone, curl, silent] = data.authenticatedSessionsByIds
  expect(windows.client).toMatchObject({ device: 'Other', os: 'Windows 10', browser: 'Chrome 129.0.0' })
  expect(windows.place).toEqual({
    continent: 'EU',
    country: 'NO',
    city: 'Tromsø',
    latitude: 69.65,
    longitude: 18.96,
    network: '192.0.2.0/24',
  })
  expect(phone.client).toMatchObject({ device: 'iPhone', os: 'iOS 17.5', browser: 'Mobile Safari 17.5' })
  expect(curl.client).toEqual({ device: 'Other', os: 'Other', browser: 'curl 8.5.0', text: 'curl/8.5.0' })
  expect(silent.client).toEqual({ device: 'Other', os: 'Other', browser: 'Other', text: '' })
})

it('says nothing of a place that authentik does not know, and half of one that it half knows', async () => {
  const { ask } = await startGateway()
  const place = '{ place { country city network } }'
  const { data } = await ask(
    `{ none: authenticatedSession(id: "${uuid(1)}") ${place} network: authenticatedSession(id: "${uuid(9)}") ${place} city: authenticatedSession(id: "${uuid(5)}") ${place} }`,
  )
  expect(data).toEqual({
    none: { place: null },
    network: { place: { country: null, city: null, network: '192.0.2.0/24' } },
    city: { place: { country: 'NO', city: 'Tromsø', network: null } },
  })
})

describe('The user of a session', () => {
  it('costs nothing where its key alone is selected', async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask(`{ authenticatedSession(id: "${pauls}") { user { id pk } } }`)
    expect(data.authenticatedSession.user).toEqual({ id: 'User:5', pk: 5 })
    expect(asked()).toEqual([`GET /core/authenticated_sessions/${pauls}/`])
  })

  it('is the caller without any right, and is asked for once', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask('{ authenticatedSessions { nodes { user { username email } } } }', {
      token: 'demo-plain',
    })
    expect(errors).toBeUndefined()
    const paul = { user: { username: 'paul', email: 'paul@nordlicht.example' } }
    expect(data.authenticatedSessions.nodes).toEqual([paul, paul, paul, paul])
    expect(asked().filter((path) => path.includes('/users/'))).toEqual(['GET /core/users/me/'])
  })

  it('is loaded once for each other user', async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask(
      '{ authenticatedSessions(filter: { lastIp: "192.0.2.6" }) { nodes { user { username } } } }',
    )
    expect(data.authenticatedSessions.nodes).toEqual([{ user: { username: 'ada' } }])
    expect(asked().filter((path) => path.includes('/users/6/'))).toHaveLength(1)
  })

  it('is known where their sessions were asked for, but for what was not told', async () => {
    const { ask, asked } = await startGateway()
    const query = (fields: string) => `{ me { sessions { nodes { user { ${fields} } } } } }`
    const { data, errors } = await ask(query('username name isSuperuser'), { token: 'demo-plain' })
    expect(errors).toBeUndefined()
    expect(data.me.sessions.nodes[0].user).toEqual({ username: 'paul', name: 'Paul Okafor', isSuperuser: false })
    expect(asked().filter((path) => path.includes('/users/'))).toEqual(['GET /core/users/me/'])

    const more = await ask(query('username lastLogin'))
    expect(more.errors).toBeUndefined()
    expect(more.data.me.sessions.nodes[3].user.lastLogin).toEqual(expect.any(String))
    expect(asked().filter((path) => path.includes('/users/4/'))).toHaveLength(1)
  })

  it('is the one whose sessions they are, wherever that one came from', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(
      '{ accessToken(id: 42) { user { sessions { nodes { user { username lastLogin groups { name } } } } } } }',
    )
    expect(errors).toBeUndefined()
    const zoe = { username: 'zoe', lastLogin: expect.any(String) }
    expect(data.accessToken.user.sessions.nodes[3].user).toMatchObject(zoe)
    expect(asked().filter((path) => path.includes('/users/me/'))).toEqual([])

    await ask('{ accessToken(id: 42) { user { sessions { nodes { user { username } } } } } }')
    expect(asked()).toHaveLength(2)
  })

  it('whom the caller may not see is an error at the user', async () => {
    const { url } = await listenAs(async (path, answer) => {
      if (!path.includes(pauls)) return answer()
      return { ...(await answer()), user: 8 }
    })
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask(`{ authenticatedSession(id: "${pauls}") { uuid user { username } } }`, {
      token: 'demo-plain',
    })
    expect(data.authenticatedSession).toEqual({ uuid: pauls, user: null })
    expect(errors).toMatchObject([{ path: ['authenticatedSession', 'user'], extensions: { code: 'FORBIDDEN' } }])
    expect(errors?.[0]?.message).toContain('view_user')
  })
})

describe('A filter by user', () => {
  const list = (user: string) =>
    `{ authenticatedSessions(filter: { user: "${user}" }) { totalCount nodes { user { pk } } } }`

  it.each(['5', 'User:5'])('takes %s for the caller, and asks for no right', async (user) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(list(user), { token: 'demo-plain' })
    expect(errors).toBeUndefined()
    expect(data.authenticatedSessions.totalCount).toBe(4)
    const [first, ...rest] = asked()
    expect(first).toBe('GET /core/users/me/')
    expect(rest.every((path) => path.includes('user__username=paul'))).toBe(true)
  })

  it('learns the name of another user first', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(list('8'), { token: 'demo-auditor' })
    expect(errors).toBeUndefined()
    expect(data.authenticatedSessions.nodes).toEqual(Array.from({ length: 4 }, () => ({ user: { pk: 8 } })))
    expect(asked().filter((path) => path.includes('/users/8/'))).toHaveLength(1)
  })

  it('needs the right to see another user', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(list('6'), { token: 'demo-plain' })
    expect(data).toEqual({ authenticatedSessions: null })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    expect(errors?.[0]?.message).toContain('view_user')
  })

  it('shows nothing of a user whom the caller may see without their sessions', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(list('5'), { token: 'demo-viewer' })
    expect(errors).toBeUndefined()
    expect(data.authenticatedSessions).toEqual({ totalCount: 0, nodes: [] })
  })

  it('refuses a malformed id before anything is asked', async () => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask(list('paul'))
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(asked()).toEqual([])
  })

  it.each([
    '{ answer: authenticatedSessions(filter: { user: 6 }) { nodes { uuid } } }',
    '{ answer: authenticatedSessions(filter: { user: 6 }) { totalCount } }',
    '{ user(id: 6) { answer: sessions { nodes { uuid } } } }',
    '{ user(id: 6) { answer: sessions { totalCount } } }',
  ])('that authentik does not heed shows nobody else: %s', async (query) => {
    const { url } = await listenAs((_path, answer) => answer(), 'user__username')
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask(query)
    expect((data.user ?? data).answer).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
  })

  it.each(['', ' paul', 'paul ', 5, null])(
    'by the name %j, which authentik would not find, is an error',
    async (username) => {
      const { url, asked } = await listenAs(async (path, answer) => {
        return path.includes('/users/8/') ? { ...(await answer()), username } : answer()
      })
      const { ask } = await startGatewayOver(url)
      const { data, errors } = await ask('{ authenticatedSessions(filter: { user: 8 }) { nodes { uuid } } }')
      expect(data).toEqual({ authenticatedSessions: null })
      expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
      expect(asked.filter((path) => path.includes('authenticated_sessions'))).toEqual([])
    },
  )
})

describe('A filter by address', () => {
  const list = (address: string) =>
    `{ authenticatedSessions(filter: { lastIp: ${JSON.stringify(address)} }) { nodes { uuid lastIp } } }`

  it.each([
    ['192.0.2.3', 3, '192.0.2.3'],
    ['2001:DB8:0:0::19', 19, '2001:db8::19'],
  ])('finds %s, however it is written', async (address, number, lastIp) => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(list(address))
    expect(errors).toBeUndefined()
    expect(data.authenticatedSessions.nodes).toEqual([{ uuid: uuid(number), lastIp }])
  })

  it.each(['abc', '', '192.0.2', '192.0.2.0/24', 'fe80::1%eth0', '192.0.2.1 '])(
    'refuses %j before anything is asked',
    async (address) => {
      const { ask, asked } = await startGateway()
      const { errors } = await ask(list(address))
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      expect(asked()).toEqual([])
    },
  )

  it('fails where authentik does not know it, and shows no other session', async () => {
    const { ask } = await startGateway({ release: '2024.10' })
    const { data, errors } = await ask(list('192.0.2.3'))
    expect(data).toEqual({ authenticatedSessions: null })
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
  })
})

it('finds sessions by a search', async () => {
  const { ask } = await startGateway()
  const { data } = await ask(
    '{ authenticatedSessions(filter: { search: "zoe curl" }) { nodes { user { pk } client { text } } } }',
  )
  expect(data.authenticatedSessions.nodes).toEqual([{ user: { pk: 8 }, client: { text: 'curl/8.5.0' } }])
})

it.each([
  ['demo-superuser', 'authenticatedSessions', null],
  ['demo-plain', 'authenticatedSessions', 'view_authenticatedsession'],
  ['demo-plain', 'authenticatedSessions(filter: { user: 5 })', null],
])('hints %s at hidden ones in %s: %s', async (token, list, hint) => {
  const { ask } = await startGateway()
  const { data } = await ask(`{ answer: ${list} { hint } }`, { token })
  expect(data.answer.hint).toEqual(hint && expect.stringContaining(hint))
})

it('walks through all sessions by pages, each once', async () => {
  const { ask, asked } = await startGateway()
  const found: string[] = []
  let after = ''
  for (let more = true; more; ) {
    const { data } = await ask(
      `{ authenticatedSessions(first: 7 ${after}) { nodes { uuid } pageInfo { hasNextPage endCursor } } }`,
    )
    const { nodes, pageInfo } = data.authenticatedSessions
    found.push(...nodes.map((node: { uuid: string }) => node.uuid))
    after = `after: "${pageInfo.endCursor}"`
    more = pageInfo.hasNextPage
  }
  expect(found).toEqual(Array.from({ length: 80 }, (_, index) => uuid(index + 1)))
  expect(asked().every((path) => path.includes('ordering=uuid&'))).toBe(true)
})

it.each([
  ['last_used', 5, 'lastUsed'],
  ['expires', null, 'expires'],
  ['last_ip', [], 'lastIp'],
  ['user_agent', 'curl', 'client'],
  ['geo_ip', 'Tromsø', 'place'],
  ['asn', undefined, 'place'],
  ['user', null, 'user'],
  ['user', 'paul', 'user'],
])('tells a wrong "%s" (%j) at its field alone', async (property, value, field) => {
  const { url } = await listenAs(async (path, answer) => {
    return path.includes(pauls) ? { ...(await answer()), [property]: value } : answer()
  })
  const { ask } = await startGatewayOver(url)
  const { data, errors } = await ask(`{ answer: authenticatedSession(id: "${pauls}") { ${everything} } }`)
  expect(errors).toMatchObject([{ path: ['answer', field], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
  const lost = Object.entries(data.answer).filter(([, shown]) => shown === null)
  expect(lost.map(([name]) => name)).toEqual([field])
})

describe('revokeSessions', () => {
  const revoke = (...ids: string[]) =>
    `mutation { revokeSessions(ids: ${JSON.stringify(ids)}) { revokedCount failedCount results { targetId outcome code } } }`

  it.each([
    ['demo-plain', pauls, 'REVOKED', null],
    ['demo-plain', adas, 'NOT_FOUND', 'NOT_FOUND'],
    ['demo-nobody', pauls, 'NOT_FOUND', 'NOT_FOUND'],
    ['demo-viewer', pauls, 'NOT_FOUND', 'NOT_FOUND'],
    ['demo-outpost', pauls, 'NOT_FOUND', 'NOT_FOUND'],
    ['demo-auditor', adas, 'REVOKED', null],
    ['demo-auditor', pauls, 'FORBIDDEN', 'FORBIDDEN'],
    ['demo-delegate', pauls, 'REVOKED', null],
    ['demo-superuser', pauls, 'REVOKED', null],
  ])('by %s of %s is %s', async (token, key, outcome, code) => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(revoke(key), { token })
    expect(errors).toBeUndefined()
    expect(data.revokeSessions.results).toEqual([{ targetId: `AuthenticatedSession:${key}`, outcome, code }])
    const { data: after } = await ask(`{ authenticatedSession(id: "${key}") { uuid } }`)
    expect(after.authenticatedSession).toEqual(outcome === 'REVOKED' ? null : { uuid: key })
  })

  it('takes the session’s access tokens and codes with it, and leaves its refresh tokens', async () => {
    const { ask } = await startGateway()
    const counts = async () => {
      const kinds = ['accessTokens', 'refreshTokens', 'authorizationCodes']
      const lists = kinds.map((kind) => `${kind}(filter: { user: 15 }) { totalCount }`)
      const { data } = await ask(`{ ${lists.join(' ')} }`)
      return kinds.map((kind) => data[kind].totalCount)
    }
    const before = await counts()
    const { data } = await ask('{ user(id: 15) { sessions { nodes { uuid } } } }')
    const ids = data.user.sessions.nodes.map((node: { uuid: string }) => node.uuid)
    expect((await ask(revoke(...ids))).data.revokeSessions).toMatchObject({ revokedCount: 4, failedCount: 0 })
    const [accessTokens, refreshTokens, codes] = await counts()
    expect(accessTokens).toBeLessThan(before[0])
    expect(codes).toBeLessThan(before[2])
    expect(refreshTokens).toBe(before[1])
  })

  it('deletes nothing if one id is malformed', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(revoke(pauls, 'abc'))
    expect(data).toEqual({ revokeSessions: null })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(asked()).toEqual([])
  })
})

const recordings = readRecordings('access-2026.5.0-rc1').filter(
  ({ method, url, status, name }) =>
    method === 'GET' &&
    status === 200 &&
    /\/authenticated_sessions\/([\da-f-]{36}\/)?(\?|$)/.test(url) &&
    !name.includes('cookie'),
)

it('has recordings to replay', () => {
  expect(recordings.length).toBeGreaterThan(15)
})

it.each(recordings)('tells what was recorded as $name as it came', async ({ url: path, body }) => {
  const recorded = JSON.parse(body.toString())
  const { url } = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  const { ask } = await startGatewayOver(url)
  if (!recorded.results) {
    const { data, errors } = await ask(`{ authenticatedSession(id: "${recorded.uuid}") { ${everything} } }`)
    expect(errors).toBeUndefined()
    return expect(data.authenticatedSession).toEqual(graphOf(recorded))
  }
  const size = Math.max(1, recorded.results.length)
  const { data, errors } = await ask(`{ authenticatedSessions(first: ${size}) { totalCount nodes { ${everything} } } }`)
  expect(errors, path).toBeUndefined()
  expect(data.authenticatedSessions.nodes).toEqual(recorded.results.map(graphOf))
  expect(data.authenticatedSessions.totalCount).toBe(recorded.pagination.count)
})

/** An embedded authentik, of whose answers something is changed. It knows nothing of one parameter. */
async function listenAs(
  change: (path: string, answer: () => Promise<Body>) => Promise<Body>,
  unknown?: string,
): Promise<{ url: string; asked: string[] }> {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.close())
  const asked: string[] = []
  const { url } = await listen(async ({ url: path = '', headers }, response) => {
    asked.push(path)
    const address = new URL(path, sandbox.url)
    if (unknown) address.searchParams.delete(unknown)
    const came = await fetch(address, { headers: { authorization: headers.authorization ?? '' } })
    const answer = async () => (await came.json()) as Body
    const body = came.ok ? await change(path, answer) : await answer()
    response.writeHead(came.status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  return { url, asked }
}
