import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type AskOptions, listen, type Reply, startGatewayOver, withCaller } from './start.ts'

const user = { pk: 1, username: 'ada', name: '', uid: 'u' }
const query = '{ user(id: 1) { username } }'
const revocation = 'mutation { revokeAccessTokens(ids: [1]) { results { outcome code message } } }'

function answer(response: ServerResponse, status = 200, body: object = user, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** An authentik of which each request is answered by the next listener, and the last one answers the rest. */
async function startAnswering(...listeners: RequestListener[]) {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const { url } = await listen((request, response) => {
    asked.push(`${request.method} ${request.url?.replace('/api/v3', '').replace(/\?.*/, '')}`)
    sockets.add(request.socket)
    const listener = listeners.length > 1 ? listeners.shift() : listeners[0]
    return listener?.(request, response)
  })
  return { url, asked, sockets }
}

const reset: RequestListener = ({ socket }) => socket.destroy()
const half: RequestListener = ({ socket }, response) => {
  response.writeHead(200, { 'content-length': 100 }).write('{')
  setTimeout(() => socket.destroy(), 20)
}
const gives =
  (status: number, body: object = {}, headers = {}): RequestListener =>
  (_request, response) =>
    answer(response, status, body, headers)
const good = gives(200, user)

describe('A read', () => {
  it.each<[string, RequestListener]>([
    ['the connection was reset', reset],
    ['the answer broke off', half],
    ['a proxy says 502', gives(502)],
    ['a proxy says 503', gives(503)],
    ['a proxy says 504', gives(504)],
    ['authentik is starting', gives(200, { error: 'authentik starting' })],
  ])('is tried again where %s', async (_what, fails) => {
    const { url, asked } = await startAnswering(fails, good)
    const { ask, requestLines } = await startGatewayOver(url)
    expect((await ask(query)).data).toEqual({ user: { username: 'ada' } })
    expect(asked).toEqual(Array(2).fill('GET /core/users/1/'))
    await expect.poll(() => requestLines.map((line) => JSON.parse(line))).toMatchObject([{ requests: 1, retried: 1 }])
  })

  it.each<[string, RequestListener, string]>([
    ['authentik has crashed', gives(500), 'UPSTREAM_UNAVAILABLE'],
    ['authentik asks to slow down', gives(429), 'RATE_LIMITED'],
    ['a proxy says when to come again', gives(503, {}, { 'retry-after': '5' }), 'UPSTREAM_UNAVAILABLE'],
    ['a right is missing', gives(403, { detail: 'No.' }), 'FORBIDDEN'],
    ['something else answers', gives(200, [1]), 'UPSTREAM_INVALID_RESPONSE'],
  ])('is not tried again where %s', async (_what, fails, code) => {
    const { url, asked } = await startAnswering(fails)
    const { ask } = await startGatewayOver(url)
    expect((await ask(query)).errors?.[0]?.extensions.code).toBe(code)
    // Whoever may not see the user may be that user: who asks is another question.
    expect(asked.filter((path) => !path.endsWith('/me/'))).toHaveLength(1)
  })

  it('that takes too long is not tried again', async () => {
    const { url, asked } = await startAnswering(() => {})
    const { ask } = await startGatewayOver(url, { timeout: 200 })
    expect((await ask(query)).errors?.[0]?.extensions.code).toBe('UPSTREAM_TIMEOUT')
    expect(asked).toHaveLength(1)
  })

  it('is tried three times at most, and others soon no more than once', async () => {
    const { url, asked } = await startAnswering(gives(502))
    const { ask } = await startGatewayOver(url)
    const ids = Array.from({ length: 18 }, (_, index) => index + 1)
    const { errors } = await ask(`{ usersByIds(ids: [${ids}]) { pk } }`)
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(Array(18).fill('UPSTREAM_UNAVAILABLE'))
    // One try is free each second, and one for ten requests.
    expect(asked.length).toBeGreaterThan(18)
    expect(asked.length).toBeLessThan(18 + 6)
    for (const id of ids) expect(asked.filter((line) => line.endsWith(`/${id}/`)).length).toBeLessThanOrEqual(3)
  })

  it('that waits for another try holds no place', async () => {
    const order: string[] = []
    const { url } = await listen((request, response) => {
      const token = String(request.headers.authorization)
      order.push(token)
      return order.filter((one) => one === token).length === 1 && token.endsWith('first')
        ? answer(response, 502)
        : answer(response)
    })
    const { ask } = await startGatewayOver(url, { concurrency: 1 })
    const first = ask(query, { token: 'first' })
    await expect.poll(() => order.length).toBe(1)
    await ask(query, { token: 'other' })
    expect((await first).errors).toBeUndefined()
    expect(order).toEqual(['Bearer first', 'Bearer other', 'Bearer first'])
  })

  it.each([
    ['7', 7],
    [new Date(Date.now() + 60_000).toUTCString(), expect.toSatisfy((seconds) => seconds > 50 && seconds <= 60)],
    [new Date(Date.now() - 60_000).toUTCString(), 0],
    ['soon', undefined],
  ])('that is refused until %j says so in seconds', async (value, retryAfter) => {
    for (const status of [429, 503]) {
      const { url } = await startAnswering(gives(status, {}, { 'retry-after': value }))
      const { ask } = await startGatewayOver(url)
      expect((await ask(query)).errors?.[0]?.extensions['retryAfter']).toEqual(retryAfter)
    }
  })
})

describe('A connection that was used before', () => {
  /** Answers the first request of each connection, and drops the connection at the second. */
  async function startDropping() {
    const seen = new WeakSet<Socket>()
    const asked: string[] = []
    const { url } = await listen(
      withCaller((request: IncomingMessage, response: ServerResponse) => {
        asked.push(request.method ?? '')
        if (seen.has(request.socket)) return request.socket.destroy()
        seen.add(request.socket)
        return answer(response)
      }),
    )
    return { url, asked }
  }

  it('and breaks before an answer costs a read nothing, however often', async () => {
    const { url, asked } = await startDropping()
    const { ask } = await startGatewayOver(url)
    for (let round = 0; round < 30; round += 1) expect((await ask(query)).errors).toBeUndefined()
    // Each second request of a connection is asked again, over a new one.
    expect(asked.length).toBeGreaterThan(40)
  })

  it('is used no more after 4 seconds', async () => {
    const { url, sockets } = await startAnswering(good)
    const { ask } = await startGatewayOver(url)
    await ask(query)
    await ask(query)
    expect(sockets.size).toBe(1)
    const [socket] = sockets
    await expect.poll(() => socket?.destroyed, { timeout: 6000 }).toBe(true)
  })

  it('and breaks costs a deletion its answer: it is never tried twice', async () => {
    const { url, asked } = await startDropping()
    const { ask } = await startGatewayOver(url, { concurrency: 1 })
    await ask(query)
    const { data } = await ask(revocation)
    expect(data.revokeAccessTokens.results[0]).toMatchObject({ outcome: 'FAILED', code: 'UPSTREAM_UNAVAILABLE' })
    expect(data.revokeAccessTokens.results[0].message).toContain('may have been revoked')
    expect(asked).toEqual(['GET', 'DELETE'])
  })
})

describe('The circuit', () => {
  type Ask = (query: string, options?: AskOptions) => Promise<Reply>

  /** An authentik whose proxy says 502 until it is told otherwise, and a gateway that has asked it so often, by so many callers. */
  async function startFailing(callers: number, requests: number, fails: RequestListener = gives(502)) {
    const state = { well: false, slow: false, asked: 0 }
    const { url } = await listen(async (request, response) => {
      state.asked += 1
      if (state.slow) await sleep(300)
      return state.well ? answer(response) : fails(request, response)
    })
    const { ask } = await startGatewayOver(url)
    await askOften(ask, callers, requests)
    return { state, ask }
  }

  async function askOften(ask: Ask, callers: number, requests: number) {
    for (let index = 0; index < requests; index += 1) {
      await ask('{ user(id: 1) { pk } }', { token: `caller-${index % callers}` })
    }
  }

  const sinceOf = ({ errors }: Reply) => errors?.[0]?.extensions['since']

  it.each([
    [3, 'three callers'],
    [1, 'the only one that there is'],
  ])('opens where %i of the callers, %s, see nothing but failures', async (callers) => {
    const { state, ask } = await startFailing(callers, 20)
    state.asked = 0
    const reply = await ask(query)
    expect(reply.errors?.[0]).toMatchObject({
      message: expect.stringMatching(/^authentik has been failing since /),
      extensions: { code: 'UPSTREAM_UNAVAILABLE', since: expect.stringMatching(/^\d{4}-.*Z$/) },
    })
    const { data } = await ask(revocation)
    expect(data.revokeAccessTokens.results[0].message).not.toContain('may have been revoked')
    expect(state.asked).toBe(0)
  })

  it('lets one read at a time find out whether authentik is well, and closes', { timeout: 20_000 }, async () => {
    const { state, ask } = await startFailing(3, 20)
    await expect.poll(async () => sinceOf(await ask(query, { token: 'a' })), { timeout: 8000 }).toBeUndefined()
    Object.assign(state, { asked: 0, slow: true })
    const replies = await Promise.all([1, 2, 3, 4].map((index) => ask(query, { token: `b${index}` })))
    expect(replies.filter((reply) => sinceOf(reply) !== undefined)).toHaveLength(3)
    // The one that was let through is tried again.
    expect(state.asked).toBeLessThanOrEqual(3)
    Object.assign(state, { well: true, slow: false })
    await expect.poll(async () => (await ask(query)).data, { timeout: 2000 }).toEqual({ user: { username: 'ada' } })
    expect((await ask(query, { token: 'another' })).errors).toBeUndefined()
  })

  it('closes by a page for 500: that is an answer of authentik', { timeout: 20_000 }, async () => {
    const state = { fails: gives(502) }
    const { url } = await listen((request, response) => state.fails(request, response))
    const { ask } = await startGatewayOver(url)
    await askOften(ask, 3, 20)
    expect(sinceOf(await ask(query))).toBeDefined()
    state.fails = gives(500)
    await expect.poll(async () => sinceOf(await ask(query)), { timeout: 8000 }).toBeUndefined()
    expect((await ask(query)).errors?.[0]?.message).toBe('authentik is failing (status 500).')
  })

  it('opens where eight requests in a row have no answer in time, of three callers', { timeout: 20_000 }, async () => {
    const { url } = await listen(() => {})
    const { ask } = await startGatewayOver(url, { timeout: 300, concurrency: 32 })
    await Promise.all(Array.from({ length: 8 }, (_, index) => ask(query, { token: `caller-${index % 3}-${index}` })))
    expect(sinceOf(await ask(query))).toBeDefined()
  })

  it('stays closed where one caller sees failures, and authentik has accepted others lately', async () => {
    const { url } = await listen((request, response) =>
      answer(response, /bad/.test(String(request.headers.authorization)) ? 502 : 200),
    )
    const { ask } = await startGatewayOver(url)
    for (const token of ['good-1', 'good-2', 'good-3']) await ask(query, { token })
    for (let index = 0; index < 40; index += 1) await ask(query, { token: 'bad' })
    expect((await ask(query, { token: 'good-1' })).errors).toBeUndefined()
    expect(sinceOf(await ask(query, { token: 'bad' }))).toBeUndefined()
  })

  it.each<[string, RequestListener]>([
    ['500 pages of authentik itself', gives(500)],
    ['refusals', gives(403, { detail: 'No.' })],
    ['objects that are not there', gives(404, { detail: 'Not found.' })],
    ['rates', gives(429)],
  ])('stays closed over %s', async (_what, fails) => {
    const { state, ask } = await startFailing(3, 30, fails)
    state.asked = 0
    await ask(query)
    expect(state.asked).toBeGreaterThan(0)
  })

  it('stays closed where two callers of many see failures', async () => {
    const { url } = await listen((request, response) =>
      answer(response, /bad/.test(String(request.headers.authorization)) ? 502 : 200),
    )
    const { ask } = await startGatewayOver(url)
    for (let index = 0; index < 30; index += 1)
      await ask(query, { token: `${index % 2 ? 'bad' : 'good'}-${index % 4}` })
    expect(sinceOf(await ask(query, { token: 'bad-1' }))).toBeUndefined()
  })
})
