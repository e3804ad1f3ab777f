// Tailcall: a program of its own, told everything by `tailcall.graphql`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProgram } from '../processes.js'
import { loaderOfNewLibrary } from './c-library.js'

const program = join(import.meta.dirname, 'node_modules/@tailcallhq/core-linux-x64-gnu/bin/tailcall')
const config = readFileSync(join(import.meta.dirname, 'tailcall.graphql'), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'bench-tailcall-'))
process.once('exit', () => rmSync(folder, { recursive: true }))

let loader

export async function startTailcall(authentik) {
  loader ??= loaderOfNewLibrary(folder)
  const port = await freePort()
  const file = join(folder, `${port}.graphql`)
  writeFileSync(file, config.replace('port: 8000', `port: ${port}`))
  const [first, ...args] = [...loader, program, 'start', file]
  // It logs errors only, and sends its makers nothing.
  const env = { AUTHENTIK_URL: authentik, TAILCALL_LOG_LEVEL: 'error', TAILCALL_TRACKER: 'false' }
  return startProgram(first, args, { env, url: `http://127.0.0.1:${port}/graphql` })
}

/** A port that is free now: a program that is told 0 would not say which one it got. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
