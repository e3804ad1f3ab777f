import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const missing = 'redis-server is missing. Install it: apt-get install -y redis-server'

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A redis-server of the test's own, which keeps nothing, on that port or a free one. Its process can be stopped and killed by it. */
export async function startRedis({ port = 0, args = [] as string[] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'))
  const on = port || (await freePort())
  const fixed = ['--port', String(on), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const child = spawn('redis-server', [...fixed, ...args])
  const ended = new Promise((resolve) => child.once('close', resolve))
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  onTestFinished(async () => {
    await kill()
    rmSync(folder, { recursive: true })
  })
  await ready(child)
  return { port: on, url: `redis://127.0.0.1:${on}`, child, kill }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = ''
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? new Error(missing) : error))
    child.once('close', () => reject(new Error(`redis-server ended: ${printed}`)))
    child.stdout?.on('data', (data) => {
      printed += data
      if (printed.includes('Ready to accept connections')) resolve()
    })
  })
}
