import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readOperations } from '../src/http/operations-file.ts'
import { OwnSpending } from '../src/http/spending.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

/** One request and one row. */
const me = '{ me { username } }'
/** As many rows, and a request for each 100. */
const tokens = (first: number) => `{ accessTokens(first: ${first}) { nodes { pk } } }`
const json = 'application/json'

const post = (url: string, body: unknown, accept = json, token = 'demo-superuser') =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': json, authorization: `Bearer ${token}`, accept },
    body: JSON.stringify(body),
  })

const refusal = (most: number) => ({
  message: expect.stringMatching(
    `^This credential has had ${most} requests to authentik and rows in a minute, as many as RATE_LIMIT allows. Try again in \\d+ s.$`,
  ),
  extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) },
})

describe('With RATE_LIMIT', () => {
  it('requests to authentik and rows are added up, and a query beyond is refused without a request', async () => {
    const { askOnce, asked } = await startGateway({ rateLimit: 304 })
    expect((await askOnce(tokens(300))).errors).toBeUndefined()
    expect((await askOnce(me)).data).toEqual({ me: { username: 'mira' } })
    expect(asked()).toHaveLength(4)
    expect((await askOnce(me)).errors).toEqual([refusal(304)])
    expect((await askOnce(tokens(1))).errors).toEqual([refusal(304)])
    expect(asked()).toEqual([])
  })

  it.each([json, 'application/graphql-response+json'])(
    'a refusal is HTTP 429 with Retry-After, for %s, whether the document is known or not',
    async (accept) => {
      const { url, requestLines } = await startGateway({ rateLimit: 2 })
      expect((await post(url, { query: me }, accept)).status).toBe(200)
      for (const query of [me, me, tokens(1)]) {
        const response = await post(url, { query }, accept)
        expect(response.status).toBe(429)
        expect(response.headers.get('content-type')).toContain(accept)
        const wait = Number(response.headers.get('retry-after'))
        expect(wait).toBeGreaterThan(55)
        expect(wait).toBeLessThanOrEqual(60)
        expect(await response.json()).toMatchObject({ errors: [{ extensions: { retryAfter: wait } }] })
      }
      await expect.poll(() => requestLines.length).toBe(4)
      expect(JSON.parse(requestLines[3] ?? '')).toMatchObject({ status: 429, codes: ['RATE_LIMITED'], requests: 0 })
    },
  )

  it('the log tells for each request what it counts', async () => {
    const { askOnce, requestLines } = await startGateway({ rateLimit: 1000 })
    await askOnce(tokens(150))
    // authentik's pages have 100 rows each.
    await expect.poll(() => JSON.parse(requestLines[0] ?? '{}')).toMatchObject({ requests: 2, shared: 0, rows: 200 })
  })

  it('each credential has its own minute, and after it may ask again', async () => {
    const { askOnce } = await startGateway({ rateLimit: 2 })
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    await askOnce(me)
    vi.advanceTimersByTime(59_000)
    const late = await askOnce(me)
    expect([late.status, late.headers.get('retry-after')]).toEqual([429, '1'])
    expect((await askOnce(me, { token: 'demo-plain' })).data).toEqual({ me: { username: 'paul' } })
    vi.advanceTimersByTime(1001)
    expect((await askOnce(me)).errors).toBeUndefined()
    expect((await askOnce(me, { token: 'demo-plain' })).status).toBe(429)
  })

  it('deletions and other mutations are never refused, and are counted', async () => {
    const { askOnce } = await startGateway({ rateLimit: 5 })
    const revoke = (id: number) => `mutation { revokeAccessTokens(ids: [${id}]) { revokedCount } }`
    expect((await askOnce(revoke(42))).data.revokeAccessTokens.revokedCount).toBe(1)
    expect((await askOnce(revoke(43))).data.revokeAccessTokens.revokedCount).toBe(1)
    expect((await askOnce(me)).status).toBe(429)
    expect((await askOnce(revoke(44))).data.revokeAccessTokens.revokedCount).toBe(1)
  })

  it('of a batch the queries alone are refused, and 429 says that nothing ran', async () => {
    const { url, asked } = await startGateway({ rateLimit: 1 })
    await post(url, { query: me })
    asked()
    const revoke = 'mutation { revokeAccessTokens(ids: [42]) { revokedCount } }'
    const some = await post(url, [{ query: me }, { query: revoke }])
    expect([some.status, some.headers.get('retry-after')]).toEqual([200, null])
    const data = { revokeAccessTokens: { revokedCount: 1 } }
    expect(await some.json()).toEqual([{ errors: [refusal(1)] }, { data }])
    expect(asked().filter((line) => line.startsWith('GET /oauth2'))).toEqual([])
    const none = await post(url, [{ query: me }, { query: tokens(1) }])
    expect([none.status, Number(none.headers.get('retry-after'))]).toEqual([429, expect.any(Number)])
    expect(Number(none.headers.get('retry-after'))).toBeGreaterThan(50)
    expect(await none.json()).toEqual([{ errors: [refusal(1)] }, { errors: [refusal(1)] }])
  })

  it('the operations of a batch are judged together, by what was spent before', async () => {
    const { url } = await startGateway({ rateLimit: 1 })
    const answers = await (await post(url, [{ query: me }, { query: tokens(1) }])).json()
    expect(answers).toMatchObject([{ data: { me: {} } }, { data: { accessTokens: {} } }])
    expect((await post(url, { query: me })).status).toBe(429)
  })

  it('persisted operations are judged like others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'operations-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'operations.json')
    writeFileSync(file, JSON.stringify({ me }))
    const { url } = await startGateway({ rateLimit: 4, persistedOperations: readOperations(file) })
    const statuses = []
    for (let count = 0; count < 4; count += 1) statuses.push((await post(url, { id: 'me' })).status)
    expect(statuses).toEqual([200, 200, 429, 429])
  })

  it('queries by GET are judged like others', async () => {
    const { url } = await startGateway({ rateLimit: 2 })
    const headers = { authorization: 'Bearer demo-superuser', accept: json }
    const get = async () => (await fetch(`${url}?query=${encodeURIComponent(me)}`, { headers })).status
    expect([await get(), await get()]).toEqual([200, 429])
  })

  it('a query that is given the answer of an identical one pays as much', async () => {
    let holds = false
    const held: (() => void)[] = []
    const { url } = await listen((_, response) => {
      const end = () => response.end(JSON.stringify({ user: { pk: 1, username: 'ada', name: '', uid: 'u' } }))
      response.setHeader('content-type', json)
      if (holds) held.push(end)
      else end()
    })
    const { ask, readMetrics } = await startGatewayOver(url, { rateLimit: 6, metricsPort: 1 })
    await ask(me)
    holds = true
    const both = [ask(me), ask(me)]
    await expect.poll(() => held.length).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 200))
    held[0]?.()
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200])
    expect(held).toHaveLength(1)
    expect((await ask(me)).status).toBe(429)
    const { text = '' } = (await readMetrics?.()) ?? {}
    expect(text).toContain('authentik_graphql_joined_total 1\n')
    expect(text).toContain('authentik_graphql_rate_limited_total 1\n')
  })

  it('a query that is run again by graphql-js, since it has an error, pays once', async () => {
    const { askOnce, asked } = await startGateway({ rateLimit: 7 })
    const query = '{ me { username } nowhere: user(id: "x") { pk } }'
    for (let count = 0; count < 3; count += 1) expect((await askOnce(query)).data).toMatchObject({ nowhere: null })
    expect(asked()).toHaveLength(3)
    expect((await askOnce(query)).status).toBe(200)
    expect((await askOnce(query)).status).toBe(429)
  })

  it('what asks authentik for nothing is answered', async () => {
    const { askOnce } = await startGateway({ rateLimit: 1 })
    await askOnce(me)
    expect((await askOnce(me)).status).toBe(429)
    expect((await askOnce('{ __typename }')).data).toEqual({ __typename: 'Query' })
  })

  it('a token that authentik does not accept is told so each time, and none as well', async () => {
    const { askOnce } = await startGateway({ rateLimit: 1 })
    for (const token of ['made-up', 'made-up', null, null]) {
      expect((await askOnce(me, { token })).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    }
  })
})

it('Without RATE_LIMIT there is no such metric', async () => {
  const { readMetrics } = await startGateway({ metricsPort: 1 })
  expect((await readMetrics?.())?.text).not.toContain('rate_limit')
})

it('Credentials that are counted are bounded: the one that was looked at longest ago is forgotten', () => {
  const spending = new OwnSpending()
  for (let count = 0; count <= 50_000; count += 1) {
    spending.add(`credential ${count}`, 1)
    spending.find('credential 1')
  }
  expect(spending.find('credential 0')).toBeUndefined()
  expect(spending.find('credential 1')).toMatchObject({ sum: 1 })
})
