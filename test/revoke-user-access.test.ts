import { describe, expect, it } from 'vitest'
import { limits } from '../src/limits.ts'
import { demonstrationJwt } from '../src/sandbox/server.ts'
import { startRows } from './revocable-rows.ts'
import { goneOf, readWorld, startBefore, stepsOf } from './revocable-world.ts'
import { startGateway, startGatewayOver, usualRelease } from './start.ts'

const fields = '{ revokedCount failedCount revokedIds results { targetId outcome code message right } }'
const access = (user: unknown, more = '') => `mutation { payload: revokeUserAccess(user: "${user}"${more}) ${fields} }`

interface Told {
  targetId: string
  outcome: string
  code: string | null
  message: string | null
  right: string | null
}

const typeOf = ({ targetId }: Told) => targetId.split(':')[0] ?? ''
/** How many results of a kind have an outcome: "AccessToken REVOKED": 12. */
function tally(results: readonly Told[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const result of results) {
    const name = `${typeOf(result)} ${result.outcome}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
const paul = 5
const lists = [
  'GET core/authenticated_sessions',
  'GET oauth2/authorization_codes',
  'GET oauth2/refresh_tokens',
  'GET oauth2/access_tokens',
  'GET core/user_consent',
  'GET core/tokens',
]
/** The steps behind the first listing, up to the last deletion. */
const deedsOf = (steps: readonly string[]) => {
  const start = steps.findIndex((step) => step.startsWith('DELETE'))
  return steps.slice(start, steps.findLastIndex((step) => step.startsWith('DELETE')) + 1)
}

describe('Taking away what another user has', () => {
  it('lists all first, and takes sessions, codes, refresh tokens, access tokens and consents, in this order', async () => {
    const { ask, sandbox, lines } = await startGateway()
    const before = await readWorld(sandbox.url)
    sandbox.requests.length = 0
    const { data, errors } = await ask(access(paul))
    expect(errors).toBeUndefined()
    const requests = sandbox.requests.splice(0)
    const steps = stepsOf(requests)
    const first = steps.findIndex((step) => step.startsWith('DELETE'))
    expect(new Set(steps.slice(0, first))).toEqual(new Set(['GET core/users', ...lists]))
    expect(deedsOf(steps)).toEqual(
      [
        'DELETE core/authenticated_sessions',
        // What went with the sessions is listed no longer.
        'GET oauth2/authorization_codes',
        'GET oauth2/access_tokens',
        'DELETE oauth2/authorization_codes',
        'DELETE oauth2/refresh_tokens',
        'DELETE oauth2/access_tokens',
        'DELETE core/user_consent',
      ].filter((step) => steps.includes(step)),
    )
    expect(new Set(steps.slice(steps.lastIndexOf('DELETE core/user_consent') + 1))).toEqual(new Set(lists))

    const gone = goneOf(before, await readWorld(sandbox.url))
    const own = before.filter(({ id, user }) => user === paul && !id.startsWith('ApiToken:')).map(({ id }) => id)
    expect(gone.sort()).toEqual(own.sort())
    expect([...data.payload.revokedIds].sort()).toEqual(gone)
    expect(data.payload).toMatchObject({ revokedCount: own.length, failedCount: 0 })
    expect(tally(data.payload.results)).toEqual({
      'AuthenticatedSession REVOKED': 4,
      'AuthorizationCode REVOKED': 1,
      'RefreshToken REVOKED': 2,
      'AccessToken REVOKED': 12,
      'UserConsent REVOKED': 5,
      'ApiToken STAYS': before.filter(({ id, user }) => user === paul && id.startsWith('ApiToken:')).length,
      'User STAYS': 1,
    })
    const deletions = requests.filter(({ method }) => method === 'DELETE')
    expect(lines.filter((line) => line.includes('"kind":"audit"'))).toHaveLength(deletions.length)
  })

  it('tells of signed tokens until when they may be believed', async () => {
    const { ask } = await startGateway()
    const { data } = await ask(access(paul, ', dryRun: true'))
    expect(data.payload.results.at(-1)).toMatchObject({
      targetId: 'User:5',
      outcome: 'STAYS',
      message: expect.stringMatching(
        /^Resource servers may believe signed access tokens until they expire, the last one at 20\d\d-.*Z\.$/,
      ),
    })
  })

  it('takes API tokens and app passwords if asked for, but for what authentik cannot be asked', async () => {
    const { ask, sandbox } = await startGateway()
    const before = await readWorld(sandbox.url)
    const { data } = await ask(access(paul, ', apiTokens: true'))
    const gone = goneOf(before, await readWorld(sandbox.url))
    const own = before.filter(({ user }) => user === paul).map(({ id }) => id)
    const unusable = 'ApiToken:paul.laptop/old x'
    expect(gone.sort()).toEqual(own.filter((id) => id !== unusable).sort())
    expect(data.payload.failedCount).toBe(1)
    const failed = data.payload.results.filter(({ outcome }: Told) => outcome === 'FAILED')
    expect(failed).toMatchObject([{ targetId: unusable, code: 'BAD_USER_INPUT' }])
  })

  it('tells that what went with a session is revoked, and asks for none of it', async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask(access(15))
    const along = data.payload.results.filter(({ message }: Told) => message === 'It went with its session.')
    expect(along.length).toBeGreaterThan(20)
    expect(new Set(along.map(typeOf))).toEqual(new Set(['AccessToken', 'AuthorizationCode']))
    const deleted = asked().filter((line) => line.startsWith('DELETE'))
    expect(deleted).toHaveLength(new Set(deleted).size)
    for (const { targetId } of along.filter((one: Told) => typeOf(one) === 'AccessToken')) {
      expect(deleted).not.toContain(`DELETE /oauth2/access_tokens/${targetId.split(':')[1]}/`)
    }
  })

  it('by who is no superuser tells that grants may be hidden, and what cannot be listed', async () => {
    const { ask } = await startGateway()
    const auditor = await ask(access(paul), { token: 'demo-auditor' })
    const hidden = auditor.data.payload.results.filter(({ message }: Told) => message?.startsWith('Grants'))
    const shown = ['2024.10', '2025.10'].includes(usualRelease)
    expect(hidden.map(({ message }: Told) => message)).toEqual([
      `Grants, if any, are hidden from you${shown ? ': this release shows them to superusers only' : ''}.`,
    ])
    const plain = await ask(access(6), { token: 'demo-plain' })
    expect(plain.data.payload.results).toMatchObject([
      { targetId: 'User:6', outcome: 'FAILED', code: 'FORBIDDEN', right: 'view_user' },
      { targetId: 'User:6', outcome: 'FAILED', code: 'FORBIDDEN', right: 'view_user' },
      { targetId: 'User:6', outcome: 'STAYS', message: expect.stringMatching(/^Grants, if any, are hidden/) },
      {
        targetId: 'User:6',
        outcome: 'STAYS',
        message:
          'None was seen of these, which may be hidden from whoever lacks the right: UserConsent (view_userconsent).',
      },
    ])
  })

  it('who is absent is an error', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(access(99999))
    expect(data.payload).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
    expect(asked().filter((line) => line.startsWith('DELETE'))).toEqual([])
  })
})

describe('What comes meanwhile', () => {
  it('is taken too: all is listed again until nothing new comes', async () => {
    let rounds = 0
    const { url, rows, asked } = await startRows({ access_tokens: 3, refresh_tokens: 2 }, (method, path) => {
      // A client mints again after each of the first rounds.
      if (method === 'DELETE' && path.includes('/refresh_tokens/') && rounds < 3) {
        rounds += 1
        rows.set('access_tokens', [...(rows.get('access_tokens') ?? []), 100 + rounds])
        rows.set('refresh_tokens', [...(rows.get('refresh_tokens') ?? []), 100 + rounds])
      }
    })
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(access(1))
    expect([...rows.values()].flat()).toEqual([])
    expect(data.payload).toMatchObject({ revokedCount: 3 + 2 + 6, failedCount: 0 })
    const deletions = asked.filter((line) => line.startsWith('DELETE'))
    expect(deletions).toHaveLength(new Set(deletions).size)
  })

  it('is not run after for ever', async () => {
    let minted = 1000
    const { url, rows, asked } = await startRows({ access_tokens: 1 }, (method) => {
      if (method !== 'DELETE') return
      minted += 1
      rows.set('access_tokens', [...(rows.get('access_tokens') ?? []), minted])
    })
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(access(1))
    expect(data.payload.revokedCount).toBe(limits.rounds)
    expect(data.payload.results).toContainEqual(
      expect.objectContaining({ targetId: 'User:1', outcome: 'STAYS', message: 'New ones kept coming. Ask again.' }),
    )
    expect(asked.filter((line) => line.startsWith('DELETE'))).toHaveLength(limits.rounds)
  })
})

it('A list that fails at first is told no more, once it was listed and taken', async () => {
  const { sandbox } = await startGateway()
  let failed = false
  const { url } = await startBefore(sandbox.url, ({ url: path }, response) => {
    if (failed || !path?.includes('/user_consent/')) return false
    failed = true
    response.writeHead(500).end()
    return true
  })
  const { ask } = await startGatewayOver(url)
  const { data } = await ask(access(paul))
  expect(failed).toBe(true)
  expect(data.payload.failedCount).toBe(0)
  expect(tally(data.payload.results)).toMatchObject({ 'UserConsent REVOKED': 5 })
})

it('What went with a session is told so, though it could not be listed again before it was deleted', async () => {
  const { sandbox } = await startGateway()
  let ended = false
  const { url } = await startBefore(sandbox.url, ({ method, url: path = '' }, response) => {
    ended ||= method === 'DELETE' && path.includes('/authenticated_sessions/')
    if (!ended || method !== 'GET' || !path.includes('/oauth2/access_tokens/')) return false
    response.writeHead(500).end()
    return true
  })
  const before = await readWorld(sandbox.url)
  const { ask } = await startGatewayOver(url)
  const { data } = await ask(access(paul))
  const own = before.filter(({ id, user }) => user === paul && id.startsWith('AccessToken:')).map(({ id }) => id)
  const told = data.payload.results.filter((one: Told) => typeOf(one) === 'AccessToken')
  expect(told.map(({ targetId }: Told) => targetId).sort()).toEqual(own.sort())
  expect(new Set(told.map(({ outcome }: Told) => outcome))).toEqual(new Set(['REVOKED']))
  expect(told.filter(({ message }: Told) => message === 'It went with its session.').length).toBeGreaterThan(3)
  expect(data.payload.revokedCount).toBe(goneOf(before, await readWorld(sandbox.url)).length)
})

it('Sessions and API tokens of a user whose name ends with a blank are not looked for, which is told; all else goes', async () => {
  const { sandbox } = await startGateway()
  const { url, asked } = await startBefore(sandbox.url, ({ url: path = '' }, response) => {
    if (!path.includes('/users/me/')) return false
    const user = { pk: paul, username: 'paul ', name: '', uid: 'u', is_superuser: false }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ user }))
    return true
  })
  const { ask } = await startGatewayOver(url)
  const { data } = await ask(access(paul), { token: 'demo-plain' })
  const failed = data.payload.results.filter(({ targetId }: Told) => targetId === 'User:5').slice(0, 2)
  expect(failed).toMatchObject(
    ['AuthenticatedSession', 'ApiToken'].map((type) => ({
      outcome: 'FAILED',
      code: 'UPSTREAM_INVALID_RESPONSE',
      message: expect.stringContaining(type),
    })),
  )
  expect(tally(data.payload.results)).toMatchObject({ 'UserConsent REVOKED': 5 })
  expect(asked.filter((line) => /authenticated_sessions|core\/tokens/.test(line))).toEqual([])
})

describe('What is too much for one request', () => {
  it.each([true, false])('stays, and is told in one result with its count: dryRun %s', async (dryRun) => {
    const { url, rows, asked } = await startRows({
      authenticated_sessions: 10,
      access_tokens: 2500,
      refresh_tokens: 700,
    })
    const { ask } = await startGatewayOver(url, { timeout: 2000 })
    const { data, errors } = await ask(access(1, `, dryRun: ${dryRun}`))
    expect(errors).toBeUndefined()
    const { results, revokedCount } = data.payload
    const stays = results.filter(({ targetId }: Told) => targetId === 'User:1')
    expect(stays).toMatchObject([
      { outcome: 'STAYS', message: '210 more stay: one request revokes at most 3000. Ask again.' },
      { outcome: 'STAYS', message: expect.stringContaining('Resource servers') },
    ])
    expect(results).toHaveLength(limits.revocations + 2)
    expect(revokedCount).toBe(dryRun ? 0 : limits.revocations)
    expect([...rows.values()].flat()).toHaveLength(dryRun ? 3210 : 210)
    expect(asked.filter((line) => line.startsWith('DELETE'))).toHaveLength(dryRun ? 0 : limits.revocations)
  })

  it('counts rows that were not even listed', async () => {
    const { url } = await startRows({ access_tokens: 4000 })
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(access(1, ', dryRun: true'))
    expect(data.payload.results.at(-2).message).toMatch(/^1000 more stay/)
  })

  it('counts nothing that went with a session', async () => {
    const { url, rows } = await startRows({ authenticated_sessions: 1, access_tokens: 3100 }, (method, path) => {
      if (method !== 'DELETE' || !path.includes('/authenticated_sessions/')) return
      rows.set(
        'access_tokens',
        (rows.get('access_tokens') ?? []).filter((pk) => pk > 400),
      )
    })
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(access(1))
    expect([...rows.values()].flat()).toEqual([])
    const along = data.payload.results.filter(({ message }: Told) => message === 'It went with its session.')
    expect(along).toHaveLength(299)
    expect(data.payload.results.filter(({ targetId }: Told) => targetId === 'User:1')).toHaveLength(1)
  })

  it('is nothing of what is kept: there is nothing to ask again for', async () => {
    const { url, rows } = await startRows({ authenticated_sessions: 2, access_tokens: 3500, refresh_tokens: 40 })
    const { ask } = await startGatewayOver(url)
    const keep = ', keep: ["AuthenticatedSession:00000000-0000-4000-8000-000000000001"]'
    for (const revokedCount of [41, 0]) {
      const { data, errors } = await ask(access(1, keep))
      expect(errors).toBeUndefined()
      expect(data.payload).toMatchObject({ revokedCount, failedCount: 0 })
      expect(rows.get('refresh_tokens')).toEqual([])
      const notes = data.payload.results.filter(({ targetId }: Told) => targetId === 'User:1')
      const kept = data.payload.results.filter(
        ({ outcome, targetId }: Told) => outcome === 'STAYS' && targetId !== 'User:1',
      )
      expect(notes[0].message).toBe(`${3501 - kept.length} more stay: you keep them, or did not ask for them.`)
      expect(notes.filter(({ message }: Told) => message?.includes('Ask again'))).toEqual([])
      expect(kept.length + revokedCount).toBe(limits.revocations)
    }
  })

  it('keeps by a look-up what was not listed', async () => {
    const { url } = await startRows({ refresh_tokens: 4000 })
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask(access(1, ', dryRun: true, keep: ["RefreshToken:3"]'))
    expect(errors).toBeUndefined()
    expect(data.payload.results).toHaveLength(limits.revocations + 1)
    const others = await ask(access(1, ', dryRun: true, keep: ["RefreshToken:5000"]'))
    expect(others.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('is refused before anything is deleted, if it could not all be told', async () => {
    const { url, asked } = await startRows({ access_tokens: 1000 })
    const { ask } = await startGatewayOver(url)
    const aliases = Array.from({ length: 95 }, (_, index) => `a${index}: outcome`).join(' ')
    const { data, errors } = await ask(`mutation { revokeUserAccess(user: 1) { results { ${aliases} } } }`)
    expect(data.revokeUserAccess).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
    expect(asked.filter((line) => line.startsWith('DELETE'))).toEqual([])
  })
})

describe('Taking away what one has oneself', () => {
  const own = (id: string) => (result: Told) => result.targetId === id

  it('with an API key takes sessions behind all else, and API tokens of intent API last', async () => {
    const { ask, sandbox } = await startGateway()
    const before = await readWorld(sandbox.url)
    sandbox.requests.length = 0
    const { data } = await ask(access(4, ', apiTokens: true'))
    const requests = sandbox.requests.splice(0)
    expect(deedsOf(stepsOf(requests)).filter((step) => step.startsWith('DELETE'))).toEqual(
      [
        'DELETE oauth2/authorization_codes',
        'DELETE oauth2/refresh_tokens',
        'DELETE core/user_consent',
        'DELETE oauth2/access_tokens',
        'DELETE core/authenticated_sessions',
        'DELETE core/tokens',
      ].filter((step) => stepsOf(requests).includes(step)),
    )
    expect(requests.findLast(({ method }) => method === 'DELETE')?.path).toContain('/core/tokens/')
    const gone = before.filter(({ user }) => user === 4).map(({ id }) => id)
    for (const id of gone.filter((one) => !one.startsWith('ApiToken:'))) {
      expect(data.payload.results.find(own(id))).toMatchObject({ outcome: 'REVOKED' })
    }
    expect(data.payload.results.find(own('ApiToken:gateway-mira'))).toMatchObject({ outcome: 'REVOKED' })
    expect((await ask('{ me { pk } }')).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  })

  it('with an API key that stays leaves nothing else', async () => {
    const { ask, sandbox } = await startGateway()
    const before = await readWorld(sandbox.url)
    const { data } = await ask(access('User:4'))
    expect(data.payload.failedCount).toBe(0)
    const gone = goneOf(before, await readWorld(sandbox.url))
    const mine = before.filter(({ id, user }) => user === 4 && !id.startsWith('ApiToken:')).map(({ id }) => id)
    expect(gone.sort()).toEqual(mine.sort())
  })

  it('as an ordinary user signs out everywhere, and is told per grant what needs a right', async () => {
    const { ask, sandbox } = await startGateway()
    const before = await readWorld(sandbox.url)
    const { data } = await ask(access(paul), { token: 'demo-plain' })
    const after = await readWorld(sandbox.url)
    const { results, revokedIds } = data.payload
    expect(goneOf(before, after).sort()).toEqual([...revokedIds].sort())
    expect(tally(results)).toMatchObject({
      'AuthenticatedSession REVOKED': 4,
      'UserConsent REVOKED': 5,
      'RefreshToken FORBIDDEN': 2,
    })
    // Those of a session are gone with it, and of the others each is told.
    const tokens = results.filter((result: Told) => typeOf(result) === 'AccessToken')
    expect(tokens).toHaveLength(12)
    expect(new Set(tokens.map(({ outcome, message, right }: Told) => `${outcome} ${right ?? message}`))).toEqual(
      new Set(['REVOKED It went with its session.', 'FORBIDDEN delete_accesstoken']),
    )
    expect(results.filter(({ outcome }: Told) => outcome === 'FAILED')).toEqual([])
  })

  it('with a signed token takes the session that was used last after all others have gone', async () => {
    const { ask, sandbox } = await startGateway()
    const token = demonstrationJwt(280)
    const query = '{ authenticatedSessions(first: 100) { nodes { uuid lastUsed } } }'
    const { nodes } = (await ask(query, { token })).data.authenticatedSessions
    const [newest] = nodes.toSorted((one: { lastUsed: string }, other: { lastUsed: string }) =>
      other.lastUsed.localeCompare(one.lastUsed),
    )
    sandbox.requests.length = 0
    await ask(access(paul), { token })
    const lines = sandbox.requests.map(({ method, path }) => `${method} ${path}`)
    const deleted = lines.filter((line) => /^DELETE .*\/authenticated_sessions\//.test(line))
    expect(deleted).toHaveLength(4)
    expect(deleted.at(-1)).toContain(newest.uuid)
    // Between them is a list of what went with the others: these had been answered.
    const [before, last] = deleted.slice(-2).map((line) => lines.indexOf(line))
    expect(lines.slice(before, last).some((line) => line.startsWith('GET '))).toBe(true)
  })

  it.each([280, 255])('with the signed token of access token %i takes that one last', async (pk) => {
    const { ask, sandbox } = await startGateway()
    const token = demonstrationJwt(pk)
    const before = await readWorld(sandbox.url)
    sandbox.requests.length = 0
    const { data, errors } = await ask(access(paul, ', apiTokens: true'), { token })
    expect(errors).toBeUndefined()
    const requests = sandbox.requests.splice(0)
    expect(
      deedsOf(stepsOf(requests))
        .filter((step) => step.startsWith('DELETE'))
        .slice(0, 6),
    ).toEqual([
      'DELETE oauth2/authorization_codes',
      'DELETE oauth2/refresh_tokens',
      'DELETE core/user_consent',
      'DELETE core/tokens',
      'DELETE oauth2/access_tokens',
      'DELETE core/authenticated_sessions',
    ])
    const { results } = data.payload
    expect(results.filter((result: Told) => typeOf(result) === 'ApiToken').map(({ outcome }: Told) => outcome)).toEqual(
      expect.arrayContaining(['REVOKED']),
    )
    expect(tally(results)).toMatchObject({ 'UserConsent REVOKED': 5 })
    const sessions = results.filter((result: Told) => typeOf(result) === 'AuthenticatedSession')
    expect(sessions).toHaveLength(4)
    const refused = sessions.filter(({ outcome }: Told) => outcome === 'FAILED')
    expect(refused.every(({ code }: Told) => code === 'UNAUTHENTICATED')).toBe(true)
    const gone = goneOf(before, await readWorld(sandbox.url))
    // authentik refuses whoever asks once the own session is gone: then what went with it is not known.
    for (const id of data.payload.revokedIds) expect(gone).toContain(id)
    if (pk === 280) {
      expect(refused).toEqual([])
      expect(gone.sort()).toEqual([...data.payload.revokedIds].sort())
      expect(requests.findLast(({ method }) => method === 'DELETE')?.path).toContain('/access_tokens/280/')
      // It has no right to delete access tokens.
      expect(results.find(own('AccessToken:280'))).toMatchObject({ outcome: 'FORBIDDEN' })
    } else {
      expect(results.find(own('AccessToken:255'))).toMatchObject({
        outcome: 'FAILED',
        code: 'UNAUTHENTICATED',
        message: expect.stringMatching(/\. It may have gone with its session\.$/),
      })
      // Of no grant that is gone it is said that it surely stays.
      const lost = gone.filter((id) => !data.payload.revokedIds.includes(id))
      expect(lost.length).toBeGreaterThan(1)
      for (const id of lost.filter((one) => !one.startsWith('AuthenticatedSession:'))) {
        expect(results.find(own(id))?.message).toMatch(/\. It may have gone with its session\.$/)
      }
      expect(
        results.filter((result: Told) => result.targetId === 'User:5' && result.outcome === 'FAILED'),
      ).toMatchObject([{ code: 'UNAUTHENTICATED' }])
    }
  })
})

describe('What is kept', () => {
  const sessionsOf = async (ask: Awaited<ReturnType<typeof startGateway>>['ask'], user: number): Promise<string[]> => {
    const { data } = await ask(`{ user(id: ${user}) { sessions { nodes { id } } } }`)
    return data.user.sessions.nodes.map(({ id }: { id: string }) => id)
  }
  const keep = (ids: readonly string[], more = '') => `, keep: ${JSON.stringify(ids)}${more}`

  it.each([
    ['a malformed id', ['AccessToken:abc']],
    ['a key without its type', ['5']],
    ['what is no grant', ['User:5']],
    ["somebody else's", ['UserConsent:1']],
    ['an absent one', ['RefreshToken:9999']],
    ['an access token, where sessions go', ['AccessToken:5']],
    ['an authorization code, where sessions go', ['AuthorizationCode:5']],
  ])('refuses everything before anything is deleted if it is %s', async (_what, ids) => {
    for (const more of ['', ', dryRun: true']) {
      const { ask, asked } = await startGateway()
      const { data, errors } = await ask(access(paul, keep(ids, more)))
      expect(data.payload).toBeNull()
      expect(errors).toMatchObject([{ path: ['payload'], extensions: { code: 'BAD_USER_INPUT' } }])
      expect(errors?.[0]?.message).toContain('Expected')
      expect(asked().filter((line) => line.startsWith('DELETE'))).toEqual([])
    }
  })

  it('stays, and a kept session keeps access tokens and codes, but for what goes with the others', async () => {
    const { ask, sandbox } = await startGateway()
    const [kept = '', ...others] = await sessionsOf(ask, paul)
    const before = await readWorld(sandbox.url)
    const dry = await ask(access(paul, keep([kept, 'UserConsent:6', 'RefreshToken:30'], ', dryRun: true')))
    const { data } = await ask(
      access(
        paul,
        keep([
          kept.toUpperCase().replace('AUTHENTICATEDSESSION', 'AuthenticatedSession'),
          'UserConsent:6',
          'RefreshToken:30',
        ]),
      ),
    )
    const { results, revokedIds } = data.payload
    const after = await readWorld(sandbox.url)
    expect(goneOf(before, after).sort()).toEqual([...revokedIds].sort())
    for (const id of [kept, 'UserConsent:6', 'RefreshToken:30']) {
      expect(results.filter(({ targetId }: Told) => targetId === id)).toMatchObject([
        { outcome: 'STAYS', message: 'You keep it.' },
      ])
    }
    expect(revokedIds).toEqual(expect.arrayContaining([...others, 'RefreshToken:5']))
    const tokens = results.filter((result: Told) => typeOf(result) === 'AccessToken')
    expect(new Set(tokens.map(({ message }: Told) => message))).toEqual(
      new Set(['It went with its session.', 'It may be of a session that you keep.']),
    )
    const predicted = dry.data.payload.results.filter((result: Told) => typeOf(result) === 'AccessToken')
    expect(new Set(predicted.map(({ outcome }: Told) => outcome))).toEqual(new Set(['MAY_REVOKE']))
  })

  it('keeps access tokens one by one where every session stays', async () => {
    const { ask, sandbox } = await startGateway()
    const all = await sessionsOf(ask, paul)
    const before = await readWorld(sandbox.url)
    const { data } = await ask(access(paul, keep([...all, 'AccessToken:5'])))
    expect(data.payload.failedCount).toBe(0)
    const gone = goneOf(before, await readWorld(sandbox.url))
    expect(new Set(gone.map((id) => id.split(':')[0]))).toEqual(new Set(['RefreshToken', 'UserConsent']))
  })

  it('keeps one access token of a machine, which has no session', async () => {
    const { ask, sandbox } = await startGateway()
    const machine = 26
    const tokens = (await readWorld(sandbox.url)).filter(
      ({ id, user }) => user === machine && id.startsWith('AccessToken:'),
    )
    const [first, ...rest] = tokens.map(({ id }) => id)
    const { data } = await ask(access(machine, keep([first ?? ''])))
    expect(data.payload.revokedIds).toEqual(expect.arrayContaining(rest))
    expect((await readWorld(sandbox.url)).map(({ id }) => id)).toContain(first)
  })
})
