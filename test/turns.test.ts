import { describe, expect, it } from 'vitest'
import { limits } from '../src/limits.ts'
import { type AskOptions, listen, type Reply, startGatewayOver } from './start.ts'

const me = '{ me { username } }'
const byIds = 'query ($ids: [ID!]!) { usersByIds(ids: $ids) { pk } }'
const list = '{ accessTokens(first: 100) { nodes { pk } } }'
const idsTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** An authentik that answers a request when it is told to, and knows every token that begins with "good". */
async function startHeld() {
  const waiting: { readonly line: string; readonly answer: () => void }[] = []
  const held = {
    /** Who asked for what, in the order of arrival. */
    asked: [] as string[],
    waiting,
    open: false,
    /** Answers what waits, from now on at once. */
    release() {
      held.open = true
      for (const { answer } of waiting.splice(0)) answer()
    },
    /** Answers the first that waits. */
    releaseOne: () => waiting.shift()?.answer(),
    /** Answers the one that waits for this. */
    releaseThe: (line: string) => waiting.find((one) => one.line === line)?.answer(),
  }
  const { url } = await listen((request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    const path = request.url?.replace('/api/v3/core/', '').replace('/api/v3/oauth2/', '').replace(/\?.*/, '') ?? ''
    const line = `${token} ${request.method === 'GET' ? '' : `${request.method} `}${path}`
    held.asked.push(line)
    const answer = () => {
      if (!token.startsWith('good')) {
        response.writeHead(403, { 'content-type': 'application/json' }).end('{"detail":"Token invalid/expired"}')
      } else if (request.method === 'DELETE') response.writeHead(204).end()
      else response.end(JSON.stringify(bodyOf(path)))
    }
    if (held.open) return answer()
    waiting.push({ line, answer })
    response.on('close', () => {
      const index = waiting.findIndex((one) => one.answer === answer)
      if (index >= 0) waiting.splice(index, 1)
    })
  })
  return { url, held }
}

function bodyOf(path: string) {
  const user = { pk: Number(/(\d+)\/$/.exec(path)?.[1] ?? 1), username: 'ada', name: '', uid: 'u' }
  if (path === 'users/me/') return { user }
  if (path === 'access_tokens/') return { pagination: { count: 0, total_pages: 1, start_index: 0 }, results: [] }
  return user
}

/** How many requests to authentik a gateway has on their way, and how many wait. */
async function queueOf(url: string): Promise<unknown> {
  const response = await fetch(url.replace('/graphql', '/readyz'))
  return ((await response.json()) as { authentik: { queue: unknown } }).authentik.queue
}

/** The gateway over such an authentik, which has accepted these tokens already. */
async function startAccepted(tokens: readonly string[], options: Parameters<typeof startGatewayOver>[1] = {}) {
  const { url, held } = await startHeld()
  const gateway = await startGatewayOver(url, options)
  held.open = true
  for (const token of tokens) await gateway.ask(me, { token })
  held.open = false
  held.asked = []
  return { ...gateway, held, upstream: url }
}

describe('Turns', () => {
  it('go round by credential: a caller of 500 ids does not keep others waiting', async () => {
    const { ask, held } = await startAccepted(['good-hog', 'good-other'])
    const hog = ask(byIds, { token: 'good-hog', variables: { ids: idsTo(500) } })
    await expect.poll(() => held.waiting.length).toBe(8)
    const other = ask(me, { token: 'good-other' })
    // It has arrived, and waits with 492 others, when nothing more comes.
    await new Promise((resolve) => setTimeout(resolve, 200))
    held.releaseOne()
    await expect.poll(() => held.asked.length).toBe(9)
    held.releaseOne()
    await expect.poll(() => held.asked.length).toBe(10)
    expect(held.asked.slice(8)).toContain('good-other users/me/')
    held.release()
    expect((await other).errors).toBeUndefined()
    expect((await hog).errors).toBeUndefined()
  })

  it('give deletions of a credential before its reads', async () => {
    const { ask, held } = await startAccepted(['good'], { concurrency: 4 })
    const reads = ask(byIds, { token: 'good', variables: { ids: idsTo(50) } })
    await expect.poll(() => held.waiting.length).toBe(4)
    const deletion = ask('mutation { revokeAccessTokens(ids: [7]) { revokedCount } }', { token: 'good' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    held.releaseOne()
    await expect.poll(() => held.asked.length).toBe(5)
    // It belongs to the deletion: its line in the log has the caller's name.
    expect(held.asked[4]).toBe('good users/me/')
    held.releaseThe('good users/me/')
    await expect.poll(() => held.asked.length).toBe(6)
    held.releaseOne()
    await expect.poll(() => held.asked.slice(5)).toContain('good DELETE access_tokens/7/')
    held.release()
    expect((await deletion).data.revokeAccessTokens.revokedCount).toBe(1)
    await reads
  })

  it('leave credentials that authentik has not accepted a quarter of the places', async () => {
    const { ask, held } = await startAccepted(['good-known'])
    const strangers = idsTo(30).map((index) => ask(me, { token: `bad-${index}` }))
    await expect.poll(() => held.waiting.length).toBe(2)
    const known = ask(byIds, { token: 'good-known', variables: { ids: idsTo(20) } })
    await expect.poll(() => held.waiting.length).toBe(8)
    expect(held.asked.filter((line) => line.startsWith('bad-'))).toHaveLength(2)
    held.release()
    for (const { errors } of await Promise.all(strangers)) expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
    expect((await known).errors).toBeUndefined()
  })

  it('give the newest of those the next of these places, and a line of its own once it is accepted', async () => {
    const { ask, held } = await startAccepted([], { concurrency: 4 })
    const strangers = idsTo(10).map((index) => ask(me, { token: `bad-${index}` }))
    await expect.poll(() => held.waiting.length).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const newest = ask(byIds, { token: 'good-new', variables: { ids: idsTo(9) } })
    await new Promise((resolve) => setTimeout(resolve, 200))
    held.releaseOne()
    await expect.poll(() => held.asked.length).toBe(2)
    expect(held.asked[1]).toBe('good-new users/1/')
    held.releaseOne()
    await expect.poll(() => held.waiting.length).toBe(4)
    expect(held.waiting.filter(({ line }) => line.startsWith('good-new')).length).toBeGreaterThanOrEqual(3)
    held.release()
    expect((await newest).errors).toBeUndefined()
    await Promise.all(strangers)
  })

  it('leave lists three quarters of the places', async () => {
    const tokens = idsTo(12).map((index) => `good-${index}`)
    const { ask, held } = await startAccepted(tokens)
    const lists = tokens.map((token) => ask(list, { token }))
    await expect.poll(() => held.waiting.length).toBe(6)
    const lookup = ask(me, { token: 'good-1' })
    await expect.poll(() => held.waiting.length).toBe(7)
    held.release()
    for (const { errors } of await Promise.all([...lists, lookup])) expect(errors).toBeUndefined()
  })

  it('are given to nobody who has hung up', async () => {
    const { ask, held } = await startAccepted(['good'])
    const options: AskOptions = { token: 'good', variables: { ids: idsTo(500) }, signal: AbortSignal.timeout(300) }
    await expect(ask(byIds, options)).rejects.toThrow()
    await expect.poll(() => held.waiting.length).toBe(0)
    held.release()
    await ask(me, { token: 'good' })
    expect(held.asked.length).toBeLessThanOrEqual(9)
  })
})

describe('Too many', () => {
  const codes = ({ errors = [] }: Reply) => errors.map(({ extensions }) => extensions.code)

  it('reads of one credential are UPSTREAM_BUSY, and say when to ask again', async () => {
    const { ask, held } = await startAccepted(['good', 'good-other'])
    const first = ask(byIds, { token: 'good', variables: { ids: idsTo(500) } })
    await expect.poll(() => held.waiting.length).toBe(8)
    const more = [1000, 2000].map((beyond) => {
      const ids = idsTo(500).map((id) => id + beyond)
      return ask(byIds, { token: 'good', variables: { ids } })
    })
    const other = ask(me, { token: 'good-other' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    held.release()
    expect((await first).errors).toBeUndefined()
    expect((await other).errors).toBeUndefined()
    const replies = await Promise.all(more)
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
    expect(new Set(replies.flatMap(codes))).toEqual(new Set(['UPSTREAM_BUSY']))
    expect(replies.flatMap(codes)).toHaveLength(500 + 500 + 492 - limits.waitingReadsOfOne)
    const [refused] = replies.flatMap(({ errors = [] }) => errors)
    expect(refused?.extensions.retryAfter).toBeGreaterThan(0)
  })

  it('to be answered within QUEUE_TIMEOUT are UPSTREAM_BUSY at once', async () => {
    const { ask, held } = await startAccepted(['good'], { concurrency: 4, queueTimeout: 400 })
    // So long a request takes here.
    const slow = ask('{ user(id: 1) { pk } }', { token: 'good' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    held.release()
    await slow
    held.open = false
    const many = ask(byIds, { token: 'good', variables: { ids: idsTo(400) } })
    await expect.poll(() => held.waiting.length).toBe(4)
    held.release()
    const reply = await many
    expect(codes(reply)).toContain('UPSTREAM_BUSY')
    expect(codes(reply).length).toBeLessThan(400)
  })

  it('requests of one HTTP request are QUERY_TOO_COMPLEX, however many operations it has', async () => {
    const { held, upstream } = await startAccepted([])
    held.release()
    const gateway = await startGatewayOver(upstream)
    const operations = idsTo(10).map((batch) => ({
      query: byIds,
      variables: { ids: idsTo(60).map((id) => batch * 100 + id) },
    }))
    const headers = { 'content-type': 'application/json', authorization: 'Bearer good' }
    const response = await fetch(gateway.url, { method: 'POST', headers, body: JSON.stringify(operations) })
    const replies = (await response.json()) as Reply[]
    expect(held.asked).toHaveLength(500)
    expect(replies.flatMap(codes)).toEqual(Array(100).fill('QUERY_TOO_COMPLEX'))
  })

  it('operations of one caller under way are answered 503, others and the next ones are not', async () => {
    const { ask, held, url } = await startAccepted(['good', 'good-other'])
    const running = idsTo(limits.operationsAtOnce / 2).map((id) => ask(`{ user(id: ${id}) { pk } }`, { token: 'good' }))
    await expect.poll(() => held.waiting.length).toBe(8)
    await expect
      .poll(() => queueOf(url), { timeout: 10_000 })
      .toEqual({ running: 8, waiting: limits.operationsAtOnce / 2 - 8 })
    const refused = await ask(me, { token: 'good' })
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.errors?.[0]?.extensions).toEqual({ code: 'UPSTREAM_BUSY', retryAfter: 1 })
    const other = ask(me, { token: 'good-other' })
    held.release()
    expect((await other).errors).toBeUndefined()
    for (const { errors } of await Promise.all(running)) expect(errors).toBeUndefined()
    expect((await ask(me, { token: 'good' })).errors).toBeUndefined()
  })

  it('operations under way are as many as the batches have, and the batch beyond is answered 503 as a whole', async () => {
    const { held, url } = await startAccepted(['good', 'good-other'])
    const send = (token: string, operations: readonly object[]) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(operations),
      })
    const batch = (index: number) => idsTo(10).map((id) => ({ query: `{ user(id: ${index * 10 + id}) { pk } }` }))
    // One place is left.
    const single = send('good', batch(99).slice(0, 9))
    const running = idsTo(limits.operationsAtOnce / 2 / 10 - 1).map((index) => send('good', batch(index)))
    await expect.poll(() => held.waiting.length).toBe(8)
    await expect
      .poll(() => queueOf(url), { timeout: 10_000 })
      .toEqual({ running: 8, waiting: limits.operationsAtOnce / 2 - 9 })
    const refused = await send('good', batch(50).slice(0, 2))
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'UPSTREAM_BUSY', retryAfter: 1 } }],
    })
    const fits = send('good', batch(50).slice(0, 1))
    const other = send('good-other', batch(50))
    held.release()
    for (const response of await Promise.all([single, ...running, fits, other])) expect(response.status).toBe(200)
    expect(held.asked.filter((line) => line === 'good users/502/')).toEqual([])
    // All have been given back.
    for (const response of await Promise.all(idsTo(30).map((index) => send('good', batch(index)))))
      expect(response.status).toBe(200)
  })

  it('revocations of one caller are UPSTREAM_BUSY, even if their callers have hung up', async () => {
    const { ask, held, url } = await startAccepted(['good', 'good-other'])
    const revoke = (id: number) => `mutation { revokeAccessTokens(ids: [${id}]) { revokedCount } }`
    const leaving = new AbortController()
    const { signal } = leaving
    const left = idsTo(limits.revocationsOfOne).map((id) =>
      ask(revoke(id), { token: 'good', signal }).catch(() => 'left'),
    )
    // First all want to know who the caller is.
    await expect.poll(() => held.waiting.map(({ line }) => line)).toEqual(['good users/me/'])
    await new Promise((resolve) => setTimeout(resolve, 500))
    held.releaseThe('good users/me/')
    await expect.poll(() => held.waiting.length).toBe(8)
    await expect
      .poll(() => queueOf(url), { timeout: 10_000 })
      .toEqual({ running: 8, waiting: limits.revocationsOfOne - 8 })
    leaving.abort()
    expect(new Set(await Promise.all(left))).toEqual(new Set(['left']))
    const refused = await ask(revoke(1000), { token: 'good' })
    expect(refused.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_BUSY', retryAfter: 1 } }])
    const other = ask(revoke(1001), { token: 'good-other' })
    held.release()
    expect((await other).errors).toBeUndefined()
    await expect.poll(async () => (await ask(revoke(1002), { token: 'good' })).errors).toBeUndefined()
    expect(held.asked).not.toContain('good DELETE access_tokens/1000/')
    expect(held.asked.filter((line) => line.startsWith('good DELETE'))).toHaveLength(limits.revocationsOfOne + 1)
  })

  it('made-up tokens keep nobody from revoking whom authentik accepts, even if the caller hangs up', async () => {
    const { ask, held, url } = await startAccepted([])
    const revoke = (id: number) => `mutation { revokeAccessTokens(ids: [${id}]) { results { outcome code } } }`
    const made = idsTo(limits.revocationsOfOne + 10).map((id) => ask(revoke(id), { token: `bad-${id}` }))
    await expect
      .poll(async () => ((await queueOf(url)) as { waiting: number }).waiting)
      .toBeGreaterThanOrEqual(limits.revocationsOfOne - 2)
    const leaving = new AbortController()
    const left = ask(revoke(1000), { token: 'good-left', signal: leaving.signal }).catch(() => 'left')
    const stays = ask(revoke(1001), { token: 'good' })
    await expect
      .poll(async () => ((await queueOf(url)) as { waiting: number }).waiting)
      .toBeGreaterThanOrEqual(limits.revocationsOfOne + 10)
    leaving.abort()
    expect(await left).toBe('left')
    held.release()
    expect(await stays).toMatchObject({ data: { revokeAccessTokens: { results: [{ outcome: 'REVOKED' }] } } })
    for (const { data } of await Promise.all(made))
      expect(data.revokeAccessTokens.results).toEqual([{ outcome: 'FAILED', code: 'UNAUTHENTICATED' }])
    const deletions = () => held.asked.filter((line) => line.includes('DELETE')).sort()
    await expect.poll(deletions).toEqual(['good DELETE access_tokens/1001/', 'good-left DELETE access_tokens/1000/'])
  })
})

it('A credential that authentik has refused is not sent again by the same request', async () => {
  const { ask, held } = await startAccepted([], { concurrency: 1 })
  const reply = ask(byIds, { token: 'bad', variables: { ids: idsTo(50) } })
  await expect.poll(() => held.waiting.length).toBe(1)
  held.release()
  const { errors } = await reply
  expect(errors).toHaveLength(50)
  expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['UNAUTHENTICATED']))
  expect(held.asked).toHaveLength(1)
})
