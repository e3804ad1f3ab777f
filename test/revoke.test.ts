import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { limits } from '../src/limits.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { startBefore } from './revocable-world.ts'
import { listen, startGateway, startGatewayOver, usualRelease, withCaller } from './start.ts'

const payload = '{ revokedCount failedCount results { targetId outcome code message } }'
const byIds = (ids: unknown) => `mutation { payload: revokeAccessTokens(ids: ${JSON.stringify(ids)}) ${payload} }`
const deletions = (asked: readonly string[]) => asked.filter((line) => line.startsWith('DELETE '))

describe('Revoking by ids', () => {
  it('has a result for each id, in order, and deletes a repeated one once', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(byIds(['42', '99999', 'AccessToken:7', 'AccessToken:42']))
    expect(errors).toBeUndefined()
    expect(data.payload).toEqual({
      revokedCount: 2,
      failedCount: 0,
      results: [
        { targetId: 'AccessToken:42', outcome: 'REVOKED', code: null, message: null },
        { targetId: 'AccessToken:99999', outcome: 'NOT_FOUND', code: 'NOT_FOUND', message: expect.any(String) },
        { targetId: 'AccessToken:7', outcome: 'REVOKED', code: null, message: null },
        { targetId: 'AccessToken:42', outcome: 'REVOKED', code: null, message: null },
      ],
    })
    const paths = [
      'DELETE /oauth2/access_tokens/42/',
      'DELETE /oauth2/access_tokens/7/',
      'DELETE /oauth2/access_tokens/99999/',
    ]
    expect(asked().sort()).toEqual([...paths, 'GET /core/users/me/'])
    expect((await ask('{ accessToken(id: 42) { pk } }')).data).toEqual({ accessToken: null })
  })

  it.each([
    ['revokeRefreshTokens', 'RefreshToken', 'refreshToken'],
    ['revokeAuthorizationCodes', 'AuthorizationCode', 'authorizationCode'],
  ])('%s works alike', async (mutation, typename, query) => {
    const { ask } = await startGateway()
    const { data } = await ask(`mutation { payload: ${mutation}(ids: [1, "${typename}:2"]) ${payload} }`)
    expect(data.payload.results).toMatchObject([
      { targetId: `${typename}:1`, outcome: 'REVOKED' },
      { targetId: `${typename}:2`, outcome: 'REVOKED' },
    ])
    expect((await ask(`{ ${query}(id: 1) { pk } }`)).data).toEqual({ [query]: null })
  })

  it('tells an owner without the right FORBIDDEN, and of others nothing', async () => {
    const { ask } = await startGateway()
    const { data } = await ask(byIds([5, 42]), { token: 'demo-plain' })
    expect(data.payload).toMatchObject({
      revokedCount: 0,
      failedCount: 1,
      results: [{ outcome: 'FORBIDDEN', code: 'FORBIDDEN' }, { outcome: 'NOT_FOUND' }],
    })
    expect(data.payload.results[0].message).toContain('delete_accesstoken')
  })

  it.each<[string, unknown]>([
    ['a malformed id', ['42', 'abc']],
    ['an id of another type', ['42', 'User:1']],
    ['no id', []],
    ['10,000 ids', Array.from({ length: 10_000 }, (_, index) => `${index + 1}`)],
  ])('of %s is BAD_USER_INPUT, and nothing is deleted', async (_what, ids) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask('mutation ($ids: [ID!]!) { revokeAccessTokens(ids: $ids) { revokedCount } }', {
      variables: { ids },
    })
    expect(data).toEqual({ revokeAccessTokens: null })
    expect(errors).toMatchObject([{ path: ['revokeAccessTokens'], extensions: { code: 'BAD_USER_INPUT' } }])
    expect(asked()).toEqual([])
  })

  it('needs a token', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(byIds([42]), { token: null })
    expect(data.payload).toBeNull()
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
    expect(asked()).toEqual([])
  })

  it('happens by POST alone', async () => {
    const { url, asked } = await startGateway()
    const headers = { authorization: 'Bearer demo-superuser' }
    const response = await fetch(`${url}?query=${encodeURIComponent(byIds([42]))}`, { headers })
    expect(response.status).toBe(405)
    expect(asked()).toEqual([])
  })

  it('is one line of the log each, without any secret', async () => {
    const { ask, lines } = await startGateway()
    await ask(byIds([42, 99999]))
    const entries = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'revoke')
    expect(entries).toMatchObject([
      {
        level: 30,
        kind: 'audit',
        credential: expect.stringMatching(/^[\w-]{22}$/),
        caller: { pk: 4, username: 'mira' },
        target: 'AccessToken:42',
        outcome: 'REVOKED',
        authentik: { requestId: expect.stringMatching(/^[0-9a-f]{32}$/) },
      },
      { level: 30, target: 'AccessToken:99999', outcome: 'NOT_FOUND', authentik: { requestId: expect.any(String) } },
    ])
    expect(entries[0].credential).toBe(entries[1].credential)
    expect(lines.join()).not.toContain('demo-superuser')
  })
})

describe('The name of the caller', () => {
  const lineOf = (lines: readonly string[]) => JSON.parse(lines.find((line) => line.includes('"kind":"audit"')) ?? '{}')

  it.each<[string, Parameters<typeof listen>[0]]>([
    ['is refused', (_request, response) => response.writeHead(403).end('{"detail":"No."}')],
    ['crashes', (_request, response) => response.writeHead(500).end()],
    ['is nothing like a user', (_request, response) => response.end('{"user":7}')],
    [
      'is the token',
      ({ headers }, response) => response.end(JSON.stringify({ user: { pk: 1, username: headers.authorization } })),
    ],
  ])('is "unknown" to auditors where it %s, and the revocation goes on', async (_what, tell) => {
    const { url } = await listen((request, response) =>
      request.method === 'GET' ? tell(request, response) : response.writeHead(204).end(),
    )
    const { ask, lines } = await startGatewayOver(url)
    expect((await ask(byIds([1]))).data.payload.revokedCount).toBe(1)
    expect(lineOf(lines)).toMatchObject({ caller: 'unknown', target: 'AccessToken:1', outcome: 'REVOKED' })
  })

  it('is not asked of those whom authentik does not accept: one line tells of all that they wanted deleted', async () => {
    const { url } = await listen((_request, response) =>
      response.writeHead(403).end('{"detail":"Token invalid/expired"}'),
    )
    const { ask, lines } = await startGatewayOver(url)
    const ids = Array.from({ length: 300 }, (_, index) => index + 1)
    expect((await ask(byIds(ids))).data.payload.failedCount).toBe(300)
    const told = lines.filter((line) => line.includes('"kind":"audit"')).map((line) => JSON.parse(line))
    expect(told).toMatchObject([{ caller: 'unknown', outcome: 'FAILED', code: 'UNAUTHENTICATED', sent: false }])
  })

  it('is asked before, and each deletion that is sent has a line, though authentik refuses the caller by then', async () => {
    let sent = 0
    const { url } = await listen(
      withCaller((request, response) => {
        if (request.method === 'DELETE') sent += 1
        response.writeHead(403).end('{"detail":"Token invalid/expired"}')
      }),
    )
    const { ask, lines } = await startGatewayOver(url)
    const ids = Array.from({ length: 30 }, (_, index) => index + 1)
    expect((await ask(byIds(ids))).data.payload.failedCount).toBe(30)
    const told = lines.filter((line) => line.includes('"kind":"audit"')).map((line) => JSON.parse(line))
    expect(sent).toBeGreaterThan(0)
    expect(told.filter((line) => line.sent === undefined)).toHaveLength(sent)
    // And one for all that were not sent.
    expect(told).toHaveLength(sent + 1)
  })

  it('is not waited for longer than 3 seconds', async () => {
    const { url } = await listen((request, response) => request.method === 'DELETE' && response.writeHead(204).end())
    const { ask, lines } = await startGatewayOver(url)
    expect((await ask(byIds([1]))).data.payload.revokedCount).toBe(1)
    expect(lineOf(lines).caller).toBe('unknown')
    expect(lines.filter((line) => line.includes('_TIMEOUT'))).toEqual([])
  })

  it('is asked for once, though a mutation deletes several times', async () => {
    const { ask, asked } = await startGateway()
    await ask(
      `mutation { a: revokeAccessTokens(ids: [1, 2]) { revokedCount } b: revokeRefreshTokens(ids: [1]) { revokedCount } }`,
    )
    expect(asked().filter((line) => line.startsWith('GET'))).toEqual(['GET /core/users/me/'])
  })
})

describe('A revocation that authentik does not answer', () => {
  const answer =
    (status: number, body: unknown): Parameters<typeof listen>[0] =>
    (_request, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

  it.each<[string, Parameters<typeof listen>[0], string, boolean]>([
    ['a reset', (request) => request.socket.destroy(), 'UPSTREAM_UNAVAILABLE', true],
    ['a time-out', () => {}, 'UPSTREAM_TIMEOUT', true],
    ['a 500', answer(500, {}), 'UPSTREAM_UNAVAILABLE', true],
    [
      'a 405 with a web page, as a crash of authentik',
      (_request, response) =>
        response.writeHead(405, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>Not allowed</title>'),
      'UPSTREAM_UNAVAILABLE',
      true,
    ],
    [
      'a 405 with nothing, as a crash of authentik',
      (_request, response) => response.writeHead(405, { 'content-type': 'text/html; charset=utf-8' }).end(),
      'UPSTREAM_UNAVAILABLE',
      true,
    ],
    ['a 405 with JSON', answer(405, { detail: 'Method "DELETE" not allowed.' }), 'UPSTREAM_INVALID_RESPONSE', true],
    ['a web page', (_request, response) => response.end('<html>'), 'UPSTREAM_INVALID_RESPONSE', true],
    ['a 200', answer(200, { pk: 1 }), 'UPSTREAM_INVALID_RESPONSE', true],
    ['a 429', answer(429, {}), 'RATE_LIMITED', false],
    ['bad credentials', answer(403, { detail: 'Token invalid/expired' }), 'UNAUTHENTICATED', false],
  ])('by %s is FAILED, told as what it is, and not tried again', async (_what, upstream, code, open) => {
    let asked = 0
    const { url } = await listen(
      withCaller((request, response) => {
        asked += 1
        return upstream(request, response)
      }),
    )
    const { ask } = await startGatewayOver(url, { timeout: 500 })
    const { data } = await ask(byIds([1]))
    expect(data.payload).toMatchObject({
      revokedCount: 0,
      failedCount: 1,
      results: [{ targetId: 'AccessToken:1', outcome: 'FAILED', code }],
    })
    expect(/may have been revoked/.test(data.payload.results[0].message)).toBe(open)
    expect(asked).toBe(1)
  })

  it('by a 204 that is called gzip, as by the front server of authentik, is REVOKED', async () => {
    const { url } = await listen((_request, response) => response.writeHead(204, { 'content-encoding': 'gzip' }).end())
    const { ask } = await startGatewayOver(url)
    expect((await ask(byIds([1]))).data.payload.results).toMatchObject([{ outcome: 'REVOKED' }])
  })

  it('because it cannot be reached has surely changed nothing', async () => {
    const { ask } = await startGatewayOver('http://127.0.0.1:1')
    const { data } = await ask(byIds([1]))
    expect(data.payload.results[0]).toMatchObject({
      outcome: 'FAILED',
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'authentik cannot be reached.',
    })
  })

  it('because something else answers there, by another protocol, has surely changed nothing', async () => {
    let asked = 0
    const { url } = await listen((_request, response) => {
      asked += 1
      response.end()
    })
    const { ask } = await startGatewayOver(url.replace('http:', 'https:'))
    const { data } = await ask(byIds([1]))
    expect(data.payload.results).toMatchObject([
      { code: 'UPSTREAM_UNAVAILABLE', message: 'authentik cannot be reached.' },
    ])
    expect(asked).toBe(0)
  })

  it('because its turn did not come has surely changed nothing', async () => {
    const asked: string[] = []
    const { url } = await listen((request) => void asked.push(request.method ?? ''))
    const { ask } = await startGatewayOver(url, { concurrency: 1, timeout: 3000, queueTimeout: 200 })
    const other = ask('{ user(id: 1) { pk } }', { token: 'other' })
    await expect.poll(() => asked).toEqual(['GET'])
    const { data } = await ask(byIds([1]))
    expect(data.payload.results).toMatchObject([{ outcome: 'FAILED', code: 'UPSTREAM_TIMEOUT' }])
    expect(data.payload.results[0].message).toMatch(/QUEUE_TIMEOUT\). Nothing was sent\.$/)
    expect(asked).toEqual(['GET'])
    await other
  })

  it('because authentik refuses the credential is not sent for the others', async () => {
    let asked = 0
    const { url } = await listen((_request, response) => {
      asked += 1
      answer(403, { detail: 'Token invalid/expired' })(_request, response)
    })
    const { ask } = await startGatewayOver(url, { concurrency: 1 })
    const { data } = await ask(byIds([1, 2, 3]))
    expect(data.payload.results.map(({ code }: { code: string }) => code)).toEqual(Array(3).fill('UNAUTHENTICATED'))
    expect(asked).toBe(1)
  })

  it('stops no other', async () => {
    const { url } = await listen((request, response) => {
      if (request.url?.includes('/2/')) request.socket.destroy()
      else response.writeHead(204).end()
    })
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(byIds([1, 2, 3]))
    expect(data.payload.results.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'REVOKED',
      'FAILED',
      'REVOKED',
    ])
  })

  it('goes on when its caller hangs up', async () => {
    const seen = { started: 0, finished: 0 }
    const { url } = await listen(
      withCaller(async (_request, response) => {
        seen.started += 1
        await sleep(300)
        response.writeHead(204).end(() => (seen.finished += 1))
      }),
    )
    const { ask } = await startGatewayOver(url, { concurrency: 1 })
    await expect(ask(byIds([1, 2, 3]), { signal: AbortSignal.timeout(150) })).rejects.toThrow()
    await expect.poll(() => seen, { timeout: 3000 }).toEqual({ started: 3, finished: 3 })
  })

  it('does not wait its time out behind others', async () => {
    const { url } = await listen(async (_request, response) => {
      await sleep(50)
      response.writeHead(204).end()
    })
    const { ask } = await startGatewayOver(url, { concurrency: 2, timeout: 400 })
    const { data } = await ask(byIds(Array.from({ length: 60 }, (_, index) => `${index + 1}`)))
    expect(data.payload).toMatchObject({ revokedCount: 60, failedCount: 0 })
  })
})

describe('A read around a revocation', () => {
  it('that begins after it was sent joins none that began before', async () => {
    const reads: string[] = []
    let deleted = false
    const { url } = await listen(async (request, response) => {
      if (request.method === 'DELETE') {
        await sleep(200)
        deleted = true
        return response.writeHead(204).end()
      }
      reads.push(deleted ? 'after' : 'before')
      const found = !deleted
      await sleep(600)
      const body = found
        ? {
            pk: 1,
            provider: { pk: 1, name: 'p' },
            user: { pk: 1, username: 'a', name: '', uid: 'u' },
            is_expired: false,
            scope: [],
          }
        : { detail: 'Not found.' }
      return response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    const { ask } = await startGatewayOver(url)
    const query = '{ accessToken(id: 1) { pk } }'
    await ask('{ accessToken(id: 1) { pk } }')
    reads.length = 0
    const early = ask(query)
    await sleep(100)
    const revocation = ask(byIds([1]))
    await sleep(50)
    const during = ask(query)
    await revocation
    const late = ask(query)
    expect((await late).data).toEqual({ accessToken: null })
    expect((await early).data).toEqual({ accessToken: { pk: 1 } })
    await during
    expect(reads).toEqual(['before', 'before', 'after'])
  })
})

describe("Revoking a user's grants", () => {
  const grants = (user: unknown, more = '') =>
    `mutation { payload: revokeUserGrants(user: "${user}"${more}) ${payload} }`
  const idsOf = ({ results }: { results: { targetId: string }[] }) => results.map(({ targetId }) => targetId)
  const kindsOf = (ids: string[]) => [...new Set(ids.map((id) => id.split(':')[0]))]

  it('takes codes, then refresh tokens, then access tokens, until none is left', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(grants(5))
    expect(errors).toBeUndefined()
    expect(data.payload).toMatchObject({ revokedCount: 15, failedCount: 0 })
    expect(kindsOf(idsOf(data.payload))).toEqual(['AuthorizationCode', 'RefreshToken', 'AccessToken'])
    const kinds = asked().map((line) => line.replace(/^(\w+) \/oauth2\/(\w+)\/.*/, '$1 $2'))
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
      // For the line in the log.
      'GET /core/users/me/',
      'GET authorization_codes',
      'DELETE authorization_codes',
      'GET authorization_codes',
      'GET refresh_tokens',
      'DELETE refresh_tokens',
      'GET refresh_tokens',
      'GET access_tokens',
      'DELETE access_tokens',
      'GET access_tokens',
    ])
    const left = await ask(
      '{ user(id: 5) { accessTokens { totalCount } refreshTokens { totalCount } } authorizationCodes(filter: { user: 5 }) { totalCount } }',
    )
    expect(left.data).toEqual({
      user: { accessTokens: { totalCount: 0 }, refreshTokens: { totalCount: 0 } },
      authorizationCodes: { totalCount: 0 },
    })
    expect((await ask('{ accessTokens { totalCount } }')).data.accessTokens.totalCount).toBe(288)
  })

  it('by a dry run deletes nothing and tells what would go', async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask(grants('User:5', ', dryRun: true'))
    expect(new Set(data.payload.results.map(({ outcome }: { outcome: string }) => outcome))).toEqual(
      new Set(['WOULD_REVOKE']),
    )
    expect(data.payload).toMatchObject({ revokedCount: 0, failedCount: 0 })
    expect(deletions(asked())).toEqual([])
    const real = await ask(grants(5))
    expect(idsOf(real.data.payload).sort()).toEqual(idsOf(data.payload).sort())
  })

  it('takes those of one provider alone', async () => {
    const { ask } = await startGateway()
    const { data } = await ask('{ accessTokens(filter: { user: 15, provider: 1 }) { nodes { id } totalCount } }')
    const before = data.accessTokens.totalCount
    expect(before).toBeGreaterThan(0)
    const revoked = await ask(grants(15, ', provider: "OAuth2Provider:1"'))
    const tokens = idsOf(revoked.data.payload).filter((id) => id.startsWith('AccessToken:'))
    expect(tokens.sort()).toEqual(data.accessTokens.nodes.map(({ id }: { id: string }) => id).sort())
    expect((await ask('{ accessTokens(filter: { user: 15 }) { totalCount } }')).data.accessTokens.totalCount).toBe(
      95 - before,
    )
  })

  it('of an ordinary caller is tried once for each, and FORBIDDEN', async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask(grants(5), { token: 'demo-plain' })
    expect(data.payload).toMatchObject({ revokedCount: 0, failedCount: 15 })
    expect(deletions(asked())).toHaveLength(15)
  })

  it('may be hidden from a superuser as far as anybody knows, if authentik does not tell who asks', async () => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.close())
    const { url } = await startBefore(sandbox.url, (request, response) => {
      if (!request.url?.includes('/users/me/')) return false
      response.writeHead(500).end()
      return true
    })
    const { ask } = await startGatewayOver(url)
    expect((await ask(grants(7))).data.payload.results).toEqual([
      { targetId: 'User:7', outcome: 'STAYS', code: null, message: 'Grants, if any, may be hidden from you.' },
    ])
  })

  it('of somebody else may be hidden from who is no superuser, who is told so', async () => {
    const { ask } = await startGateway()
    const shown = usualRelease === '2024.10' || usualRelease === '2025.10'
    const why = shown ? ': this release shows them to superusers only' : ''
    const message = `Grants, if any, are hidden from you${why}.`
    expect((await ask(grants(5), { token: 'demo-auditor' })).data.payload).toEqual({
      revokedCount: 0,
      failedCount: 0,
      results: [{ targetId: 'User:5', outcome: 'STAYS', code: null, message }],
    })
  })

  it.each([
    [grants('abc'), 'Expected the id of one User'],
    [grants(5, ', provider: "x"'), 'Expected the id of one OAuth2Provider'],
    [grants(99999), 'authentik refuses the request: user: '],
    [grants(5, ', provider: 99999'), 'authentik refuses the request: provider: '],
  ])('%s is BAD_USER_INPUT', async (mutation, message) => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask(mutation)
    expect(errors).toMatchObject([
      { path: ['payload'], message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(deletions(asked())).toEqual([])
  })

  it.each([null, undefined, {}, -3, 1.5, 'x y', '../users/1'])(
    'deletes nothing by a key that is none: %j',
    async (pk) => {
      const asked: string[] = []
      const { url } = await listen((request, response) => {
        if (request.method !== 'GET') asked.push(request.url ?? '')
        const pagination = { count: 1, total_pages: 1, start_index: 1 }
        answerOf(response, { pagination, results: [{ pk, user: { pk: 1 }, provider: { pk: 1 } }] })
      })
      const { ask } = await startGatewayOver(url)
      const { errors } = await ask(grants(1))
      expect(errors).toMatchObject([{ path: ['payload'], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
      expect(asked).toEqual([])
    },
  )

  it('deletes nothing of another provider, though the filter goes unheeded', async () => {
    const asked: string[] = []
    const { url } = await listen((request, response) => {
      if (request.method !== 'GET') asked.push(request.url ?? '')
      const pagination = { count: 1, total_pages: 1, start_index: 1 }
      answerOf(response, { pagination, results: [{ pk: 1, user: { pk: 1 }, provider: { pk: 2 } }] })
    })
    const { ask } = await startGatewayOver(url)
    const { errors } = await ask(grants(1, ', provider: 1'))
    expect(errors).toMatchObject([
      { message: 'Upstream sent objects of type AuthorizationCode that are not those asked for.' },
    ])
    expect(asked).toEqual([])
  })

  it('throws a failure where nothing else came, and tells it as a result where something did', async () => {
    const codesFail = (_method: string, path: string) => (path.includes('authorization_codes') ? 500 : undefined)
    const nothing = await startGrants(0, codesFail)
    const { errors } = await (await startGatewayOver(nothing.url)).ask(grants(1))
    expect(errors).toMatchObject([{ path: ['payload'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } }])
    const some = await startGrants(1, codesFail)
    const { data } = await (await startGatewayOver(some.url)).ask(grants(1))
    expect(data.payload).toMatchObject({
      revokedCount: 2,
      failedCount: 1,
      results: [{ targetId: 'User:1', outcome: 'FAILED' }, {}, {}],
    })
  })

  const answerOf = (response: ServerResponse, body: unknown) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))

  /** An authentik with so many grants of each kind, of the user 1. */
  async function startGrants(
    count: number,
    misbehave: (method: string, path: string, seen: number) => number | undefined = () => undefined,
  ) {
    const kinds = ['authorization_codes', 'refresh_tokens', 'access_tokens']
    const left = new Map(kinds.map((kind) => [kind, Array.from({ length: count }, (_, index) => index + 1)]))
    const seen = { running: 0, most: 0, requests: 0 }
    const { url } = await listen(async (request, response) => {
      seen.most = Math.max(seen.most, ++seen.running)
      seen.requests += 1
      response.on('close', () => (seen.running -= 1))
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
      const [, , , , kind = '', pk] = pathname.split('/')
      const pks = left.get(kind) ?? []
      const status = misbehave(request.method ?? '', pathname, seen.requests)
      const send = (code: number, body?: unknown) =>
        response.writeHead(code, { 'content-type': 'application/json' }).end(body ? JSON.stringify(body) : undefined)
      if (status) return send(status, { detail: 'no' })
      if (request.method === 'DELETE') {
        left.set(
          kind,
          pks.filter((one) => one !== Number(pk)),
        )
        return send(204)
      }
      const [page, size] = [Number(searchParams.get('page')), Number(searchParams.get('page_size'))]
      const rows = pks.slice((page - 1) * size, page * size)
      const pagination = {
        count: pks.length,
        total_pages: Math.max(1, Math.ceil(pks.length / size)),
        start_index: rows.length ? (page - 1) * size + 1 : 0,
      }
      const user = Number(searchParams.get('user'))
      return send(200, {
        pagination,
        results: rows.map((one) => ({ pk: one, user: { pk: user === 2 ? 3 : user }, provider: { pk: 1 } })),
      })
    })
    return { url, left, seen }
  }

  it('works for a thousand grants of each kind, within the bound', async () => {
    const { url, left, seen } = await startGrants(1000)
    const { ask } = await startGatewayOver(url, { concurrency: 8, timeout: 2000 })
    const { data, errors } = await ask(grants(1))
    expect(errors).toBeUndefined()
    expect(data.payload).toMatchObject({ revokedCount: 3000, failedCount: 0 })
    // And who the caller is.
    expect(seen.requests).toBe(3000 + 3 * 11 + 1)
    expect([...left.values()].flat()).toEqual([])
    expect(seen.most).toBeLessThanOrEqual(8)
  })

  it('loses no result when later lists fail, and tells of the rest', async () => {
    const { url } = await startGrants(2, (method, path) =>
      method === 'GET' && !path.includes('authorization_codes') ? 500 : undefined,
    )
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask(grants(1))
    expect(errors).toBeUndefined()
    expect(data.payload).toMatchObject({ revokedCount: 2, failedCount: 2 })
    for (const [index, kind] of ['RefreshToken', 'AccessToken'].entries()) {
      expect(data.payload.results[2 + index]).toEqual({
        targetId: 'User:1',
        outcome: 'FAILED',
        code: 'UPSTREAM_UNAVAILABLE',
        message: `There may be more of type ${kind}, which could not be listed: authentik is failing (status 500).`,
      })
    }
  })

  it('goes on with the other kinds when the first cannot be listed', async () => {
    const { url } = await startGrants(2, (_method, path) => (path.includes('authorization_codes') ? 500 : undefined))
    const { ask } = await startGatewayOver(url)
    expect((await ask(grants(1))).data.payload).toMatchObject({ revokedCount: 4, failedCount: 1 })
  })

  it('fails as a whole where nothing can be listed', async () => {
    const { url } = await startGrants(2, () => 500)
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask(grants(1))
    expect(data).toEqual({ payload: null })
    expect(errors).toMatchObject([{ path: ['payload'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } }])
  })

  it('takes grants that appear meanwhile, each once', async () => {
    const { url, left } = await startGrants(150, (method, path, seen) => {
      const pks = left.get('access_tokens') ?? []
      if (method === 'GET' && path.includes('access_tokens') && seen % 2 && pks.length > 0 && pks.length < 160) {
        left.set('access_tokens', [1000 + seen, ...pks])
      }
      return undefined
    })
    const { ask } = await startGatewayOver(url, { concurrency: 2 })
    for (const more of [', dryRun: true', '']) {
      const { data } = await ask(grants(1, more))
      const ids = idsOf(data.payload)
      expect(new Set(ids).size).toBe(ids.length)
      expect(
        data.payload.results.every(
          ({ outcome }: { outcome: string }) => outcome.endsWith('REVOKE') || outcome === 'REVOKED',
        ),
      ).toBe(true)
    }
    expect([...left.values()].flat()).toEqual([])
  })

  it('finds what stands behind grants that may not be deleted', async () => {
    const { url, left } = await startGrants(350, (method, path) =>
      method === 'DELETE' && /[13579]\/$/.test(path) ? 403 : undefined,
    )
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(grants(1))
    expect(data.payload).toMatchObject({ revokedCount: 3 * 175, failedCount: 3 * 175 })
    expect([...left.values()].flat()).toHaveLength(3 * 175)
  })

  it.each(['true', 'false'])(
    'takes no more than one request may, and tells how much is left: dryRun %s',
    async (dryRun) => {
      const { url, seen, left } = await startGrants(1100)
      const { ask } = await startGatewayOver(url)
      const field = `revokeUserGrants(user: 1, dryRun: ${dryRun}) ${payload}`
      const { data } = await ask(`mutation { first: ${field} second: ${field} }`)
      const stays = (count: number) => ({
        targetId: 'User:1',
        outcome: 'STAYS',
        code: null,
        message: `${count} more stay: one request revokes at most 3000. Ask again.`,
      })
      expect(data.first.results).toHaveLength(limits.revocations + 1)
      expect(data.first.results.at(-1)).toEqual(stays(300))
      expect(data.second.results).toEqual([stays(dryRun === 'true' ? 3300 : 300)])
      expect([...left.values()].flat()).toHaveLength(dryRun === 'true' ? 3300 : 300)
      expect(seen.requests).toBeLessThan(dryRun === 'true' ? 100 : 3100)
    },
  )

  it('stops before it deletes what it could not tell of, and says so in one result', async () => {
    const { url, left } = await startGrants(600)
    left.set('access_tokens', [1])
    const { ask } = await startGatewayOver(url)
    const aliases = Array.from({ length: 95 }, (_, index) => `a${index}: outcome`).join(' ')
    const { data, errors } = await ask(
      `mutation { revokeUserGrants(user: 1) { results { targetId message ${aliases} } } }`,
    )
    expect(errors).toBeUndefined()
    const { results } = data.revokeUserGrants
    expect(results.length * 97).toBeLessThan(limits.fields)
    expect(new Set(results.slice(0, -1).map(({ a0 }: { a0: string }) => a0))).toEqual(new Set(['REVOKED']))
    expect(results.at(-1)).toMatchObject({
      targetId: 'User:1',
      a0: 'FAILED',
      message: `There may be more. The operation answers more than ${limits.fields} fields. Nothing more is deleted.`,
    })
    expect([...left.values()].flat()).toHaveLength(1201 - (results.length - 1))
    expect(left.get('access_tokens')).toEqual([1])
  })

  it('deletes nothing where the list is of somebody else', async () => {
    const { url, left } = await startGrants(2)
    const { ask } = await startGatewayOver(url)
    const { errors } = await ask(grants(2))
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
    expect([...left.values()].flat()).toHaveLength(6)
  })
})
