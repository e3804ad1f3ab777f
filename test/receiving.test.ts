import { request } from 'node:http'
import { expect, it } from 'vitest'
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

it('Requests that are being received have a sum: beyond it, one is refused before it is read', async () => {
  const { ask, url } = await startGateway()
  const headers = { 'content-type': 'application/json', 'content-length': limits.requestBytes }
  const slow = Array.from({ length: limits.receivedRequestBytes / limits.requestBytes }, () => {
    const outgoing = request(url, { method: 'POST', headers })
    outgoing.on('error', () => {}).write(' ')
    return outgoing
  })
  await expect.poll(async () => (await ask('{ __typename }')).status, { timeout: 5000 }).toBe(503)
  const refused = await ask('{ __typename }')
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(refused.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_BUSY', retryAfter: 1 } }])
  for (const outgoing of slow) outgoing.destroy()
  await expect.poll(async () => (await ask('{ __typename }')).status, { timeout: 5000 }).toBe(200)
})
