import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createHttpServer, type ServerOptions } from '../src/cli/server.ts'
import { sendText } from './start.ts'

const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
const slowBody = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf'

async function start(
  options: Partial<ServerOptions>,
  listener: RequestListener = (_request, response) => response.end('done'),
) {
  const server = createHttpServer(listener, options)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return (text: string) => sendText(port, text)
}

it('closes the longest idle connection when one too many is opened', async () => {
  const send = await start({ connections: 3 })
  const [first, second, third] = [await send(''), await send(request), await send('')]
  const fourth = await send(request)
  expect(fourth.text).toContain('done')
  expect([first.closed, second.closed, third.closed]).toEqual([true, false, false])
  // The second was answered before the third came.
  await send('')
  expect([second.closed, third.closed, fourth.closed]).toEqual([true, false, false])
})

it('counts a connection as idle from its last answer on', async () => {
  const send = await start({ connections: 2 })
  const [first, second] = [await send(''), await send('')]
  first.socket.write(request)
  await expect.poll(() => first.text).toContain('done')
  await send('')
  expect([first.closed, second.closed]).toEqual([false, true])
})

it('closes none that waits for an answer', async () => {
  const send = await start({ connections: 2 }, () => {})
  const waiting = [await send(request), await send(request)]
  const late = await send(request)
  expect([...waiting, late].map(({ closed }) => closed)).toEqual([false, false, true])
})

it('counts requests that are sent slowly as idle', async () => {
  const send = await start({ connections: 2 }, () => {})
  const slow = [await send(slowBody), await send(slowBody)]
  const third = await send(request)
  expect([...slow, third].map(({ closed }) => closed)).toEqual([true, false, false])
})

it.each([
  ['headers', 'GET / HTTP/1.1\r\nhost:', { headersTimeout: 50 }],
  ['bodies', slowBody, { requestTimeout: 100, headersTimeout: 50 }],
])('drops those whose %s are late', async (_what, text, timeouts) => {
  const send = await start({ ...timeouts, connectionsCheckingInterval: 20 }, () => {})
  const sent = await send(text)
  await expect.poll(() => sent.closed).toBe(true)
  expect(sent.text).toMatch(/^HTTP\/1.1 408 /)
})
