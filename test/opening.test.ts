import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { startGatewayOver } from './start.ts'

it('A connection to authentik that nobody waits for any more is given up before it is open', async () => {
  const sockets = new Set<Socket>()
  let most = 0
  let came = 0
  // It says nothing, so that no TLS connection to it ever opens.
  const server = createServer((socket) => {
    sockets.add(socket)
    came += 1
    most = Math.max(most, sockets.size)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { ask } = await startGatewayOver(url, { concurrency: 4 })
  for (let round = 1; round <= 5; round += 1) {
    const leaving = new AbortController()
    const asked = ask('{ me { pk } }', { token: `t${round}`, signal: leaving.signal }).catch(() => {})
    await expect.poll(() => came, { timeout: 5000 }).toBe(round)
    leaving.abort()
    await asked
    await expect.poll(() => sockets.size, { timeout: 5000 }).toBe(0)
  }
  expect(most).toBe(1)
})
