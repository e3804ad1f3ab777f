import { request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { limits } from '../src/limits.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

it('Answers that are being received have a sum: beyond it, the largest is given up', async () => {
  const body = `{"pk":1,"username":"${'x'.repeat(9 * 1024 * 1024)}`
  const writes: Promise<unknown>[] = []
  const ends: (() => void)[] = []
  const { url } = await listen(async (_request, response) => {
    writes.push(new Promise((resolve) => response.setHeader('content-type', 'application/json').write(body, resolve)))
    ends.push(() => response.end('"}'))
    if (writes.length < 12) return
    await Promise.all(writes)
    for (const end of ends) end()
  })
  // Credentials that authentik has not accepted yet share a quarter of the places.
  const { ask } = await startGatewayOver(url, { concurrency: 48 })
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, index) => ask('{ me: usersByIds(ids: [1]) { pk } }', { token: `t${index}` })),
  )
  const failures = replies.flatMap(({ errors = [] }) => errors)
  expect(failures.length).toBeGreaterThan(0)
  expect(failures.length).toBeLessThan(9)
  for (const failure of failures) {
    expect(failure).toMatchObject({
      message: expect.stringContaining('at once'),
      extensions: { code: 'UPSTREAM_UNAVAILABLE' },
    })
  }
})

describe('Requests that are being received', () => {
  const headers = { 'content-type': 'application/json', 'content-length': limits.requestBytes }
  const places = limits.receivedRequestBytes / limits.requestBytes

  /** So many requests of strangers that are never whole, with so many bytes of their bodies. */
  async function sendParts(url: string, count: number, bytes: number) {
    const parts = Array.from({ length: count }, () => {
      const outgoing = request(url, { method: 'POST', headers })
      outgoing.on('error', () => {}).flushHeaders()
      const sent = new Promise((resolve) => void outgoing.write(' '.repeat(bytes), resolve))
      onTestFinished(() => void outgoing.destroy())
      return { outgoing, sent }
    })
    await Promise.all(parts.map(({ sent }) => sent))
    return parts.map(({ outgoing }) => outgoing)
  }

  it('count by what has come of them, not by what they announce', async () => {
    const { ask, url, server } = await startGateway()
    let seen = 0
    server.on('request', () => (seen += 1))
    await sendParts(url, 2 * places, 1)
    await expect.poll(() => seen, { timeout: 5000 }).toBe(2 * places)
    expect((await ask('{ __typename }')).status).toBe(200)
  })

  it('have a sum: beyond it a stranger is refused, and an accepted caller is not', async () => {
    const { ask, url } = await startGateway()
    expect((await ask('{ me { pk } }')).errors).toBeUndefined()
    const slow = await sendParts(url, places / 2, limits.requestBytes - 1)
    // Longer than what is left for strangers.
    const askAsStranger = () => ask(`{ __typename }${' '.repeat(places)}`, { token: null })
    await expect.poll(async () => (await askAsStranger()).status, { timeout: 5000 }).toBe(503)
    const refused = await askAsStranger()
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_BUSY', retryAfter: 1 } }])
    expect((await ask('{ __typename }')).status).toBe(200)
    for (const outgoing of slow) outgoing.destroy()
    await expect.poll(async () => (await askAsStranger()).status, { timeout: 5000 }).toBe(200)
  })
})
