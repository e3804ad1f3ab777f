import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { limits } from '../src/limits.ts'
import { listen } from './start.ts'

// The built program, whose standard error takes nothing or is not read.

const main = join(import.meta.dirname, '../dist/cli/main.js')

async function start(stderr: number | 'pipe', env: Record<string, string> = {}, stdout: number | 'pipe' = 'pipe') {
  const child: ChildProcess = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', LOG_LEVEL: 'debug', ...env },
    stdio: ['ignore', stdout, stderr],
  })
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let text = ''
  child.stdout?.on('data', (data) => (text += data))
  const address = async () => {
    await expect.poll(() => text, { timeout: 10_000 }).toMatch(/listens on \S+\n/)
    return /listens on (\S+)\n/.exec(text)?.[1] ?? ''
  }
  return { child, ended, address }
}

/** Asks for something that writes so many lines to the log. */
async function ask(url: string, lines: number): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' }
  const ids = Array.from({ length: lines }, (_, index) => index + 1)
  const body = JSON.stringify({ query: `{ usersByIds(ids: [${ids}]) { username } }` })
  const response = await fetch(url, { method: 'POST', headers, body })
  return response.json()
}

async function expectToServe(url: string, child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  expect(await ask(url, 2)).toEqual({ data: { usersByIds: [null, null] } })
  expect((await fetch(url.replace('/graphql', '/health'))).status).toBe(200)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
}

it('a full disk under standard error stops nothing', async () => {
  const { child, ended, address } = await start(openSync('/dev/full', 'w'))
  await expectToServe(await address(), child, ended)
})

it('a pipe that nobody reads stops nothing', async () => {
  const { child, ended, address } = await start('pipe')
  child.stderr?.pause()
  const url = await address()
  for (let round = 0; round < 16; round += 1) await ask(url, 400)
  await expectToServe(url, child, ended)
})

it('a reader of standard error that goes away stops nothing', async () => {
  const { child, ended, address } = await start('pipe')
  child.stderr?.destroy()
  await expectToServe(await address(), child, ended)
})

it('a greeting that cannot be written stops nothing', async () => {
  let asked = false
  const { url } = await listen((_request, response) => {
    asked = true
    response.end()
  })
  const { child, ended } = await start('pipe', { AUTHENTIK_URL: url }, openSync('/dev/full', 'w'))
  // It asks as soon as it has tried to write.
  await expect.poll(() => asked, { timeout: 10_000 }).toBe(true)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

it('lines that were lost are counted by the next one that gets through', async () => {
  const { child, address } = await start('pipe')
  child.stderr?.pause()
  const url = await address()
  const rounds = 16
  for (let round = 0; round < rounds; round += 1) await ask(url, 400)
  let text = ''
  child.stderr?.on('data', (data) => (text += data)).resume()
  await expect.poll(() => text.length).toBeGreaterThan(limits.waitingLogBytes)
  await ask(url, 1)
  const count = () => {
    const lines = text.trim().split('\n')
    const losses = lines.filter((line) => line.includes('"lost"')).map((line) => JSON.parse(line).lost)
    return lines.length - losses.length + losses.reduce((sum, some) => sum + some, 0)
  }
  // Each look-up is a line, who asks is one, and each request.
  await expect.poll(count).toBe(rounds * 402 + 3)
  expect(text).toMatch(/"lost":\d+,"msg":"lines of this log were lost"/)
})

it('all lines of one moment get through where somebody reads', async () => {
  const { child, address } = await start('pipe', { LOG_LEVEL: 'info' })
  let text = ''
  child.stderr?.on('data', (data) => (text += data))
  const { port, hostname } = new URL(await address())
  const sent = 'GET /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n'
  const sockets = await Promise.all(
    Array.from({ length: 1200 }, async () => {
      const socket = connect(Number(port), hostname)
      await once(socket, 'connect')
      return socket
    }),
  )
  for (const socket of sockets) socket.write(sent)
  await expect.poll(() => text.match(/"msg":"request"/g)?.length, { timeout: 10_000 }).toBe(1200)
  expect(text).not.toContain('"lost"')
  for (const socket of sockets) socket.destroy()
})

it('lines for auditors get through where others are lost already', async () => {
  const { child, address } = await start('pipe')
  child.stderr?.pause()
  const url = await address()
  for (let round = 0; round < 16; round += 1) await ask(url, 400)
  const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' }
  const query = 'mutation { revokeAccessTokens(ids: [42, 7]) { revokedCount } }'
  await (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })).text()
  let text = ''
  child.stderr?.on('data', (data) => (text += data)).resume()
  await expect.poll(() => text.match(/"kind":"audit".*"outcome":"REVOKED"/g)).toHaveLength(2)
})
