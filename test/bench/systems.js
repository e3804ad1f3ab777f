// What is measured, each by its name: a function that is told the address of authentik's stand-in, and resolves with a process and
// the address at which it answers GraphQL.
import { mkdtempSync, openSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNode } from './processes.js'

const main = join(import.meta.dirname, '../../dist/bin/main.js')

/**
 * Twice as many as there are callers, so that nobody waits for a place: a list may have three quarters of them. The stand-in
 * answers at once, so that more would not make anything faster.
 */
const UPSTREAM_CONCURRENCY = '64'

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
process.once('exit', () => rmSync(folder, { recursive: true }))

/** The log of the gateway is a file, as it is for many. */
const logFile = join(folder, 'gateway.log')
const log = openSync(logFile, 'a')

/** Between two loads, so that the log needs little room. */
export function emptyLog() {
  truncateSync(logFile)
}

/** The built program, as its user starts it. */
const startGateway = (authentik, settings) =>
  startNode([main], { env: { AUTHENTIK_URL: authentik, PORT: '0', UPSTREAM_CONCURRENCY, ...settings }, log })

const startScript = (name, authentik) =>
  startNode([join(import.meta.dirname, name)], { env: { AUTHENTIK_URL: authentik, UPSTREAM_CONCURRENCY } })

export const systems = {
  limit: (authentik) => startScript('limit.js', authentik),
  gateway: (authentik) => startGateway(authentik, { METRICS_PORT: '0' }),
  'gateway without log and metrics': (authentik) => startGateway(authentik, { LOG_LEVEL: 'silent' }),
  'yoga + Pothos + fetch': (authentik) => startScript('plain.js', authentik),
}
