#!/usr/bin/env node

import './production.ts'

import { type Config, readConfig, settings } from '../config/config.ts'
import { ConfigError, helpOf } from '../config/settings.ts'
import { createGateway } from '../gateway.ts'
import { limits } from '../limits.ts'
import { causeOf, createLogs } from '../observe/log.ts'
import { createStandardError } from '../observe/stderr.ts'
import { demonstrationCallers, startSandbox } from '../sandbox/server.ts'
import { addressOf, greetingOver, greetingOverSandbox } from './greeting.ts'
import { readAgainOnHangup } from './hangup.ts'
import { createMetricsServer } from './metrics.ts'
import { connectionsBeside, createHttpServer } from './server.ts'
import { prepareShutdown } from './shutdown.ts'

const argv = process.argv.slice(2)
const standardError = createStandardError(limits.waitingLogBytes)
// A greeting that nobody can read is no reason to end.
process.stdout.on('error', () => {})
if (argv.includes('--help')) {
  process.stdout.write(`Each setting is a flag, or a variable of the same name: --port or PORT.\n\n${helpOf(settings)}`)
  process.exit(0)
}
const config = readConfigOrExit()
const { host, port } = config
const logs = createLogs(config.logLevel, config.logFormat)
const { log } = logs
process.on('unhandledRejection', (reason) => log.error({ cause: causeOf(reason) ?? reason }, 'unhandled rejection'))
readAgainOnHangup(config, log)
// Asked while no socket is open: node looks up the names of both ends of each.
const connections = connectionsBeside(config.upstreamConcurrency)
const sandbox = config.authentikUrl ? undefined : await startSandbox({ release: config.sandboxRelease })
const authentikUrl = config.authentikUrl ?? new URL(sandbox?.url ?? '')
const demonstrationToken = sandbox && demonstrationCallers[0]?.token
const gateway = createGateway({ ...config, authentikUrl, logs, demonstrationToken })
process.on('uncaughtException', (error) => {
  gateway.abandon()
  exit([`Uncaught exception, the process ends: ${JSON.stringify(causeOf(error) ?? error)}`])
})
const server = createHttpServer(gateway.listener, { connections })
const shutDown = prepareShutdown(server, {
  retire: gateway.retire,
  // The last lines take their time as well.
  timeout: Math.max(0, config.shutdownTimeout - limits.lastLinesMilliseconds),
  drain: gateway.drain,
})

const metricsServer = gateway.readMetrics && createMetricsServer(gateway.readMetrics)

server.on('error', (error) => {
  if (!server.listening) exit([`Cannot listen on ${host}:${port}: ${error.message}`])
  log.error({ cause: causeOf(error) }, 'cannot take a connection')
})
server.listen(port, host, greet)
metricsServer
  ?.on('error', (error) => exit([`Cannot listen on ${config.metricsHost}:${config.metricsPort}: ${error.message}`]))
  .listen(config.metricsPort, config.metricsHost, () => {
    process.stdout.write(`It tells metrics on ${addressOf(metricsServer, '/metrics')}\n`)
  })
const signals = ['SIGTERM', 'SIGINT'] as const
for (const signal of signals) process.once(signal, end)

async function greet(): Promise<void> {
  const here = addressOf(server)
  process.stdout.write(sandbox ? greetingOverSandbox(here, sandbox.release) : greetingOver(here, config))
  const trouble = sandbox ? undefined : await gateway.probe()
  if (trouble) standardError.write(`Warning: AUTHENTIK_URL does not look like an authentik: ${trouble}.\n`)
}

/** On a first signal. A second one ends the process at once. Nobody sends requests on to a process that a person stops by a key. */
async function end(signal: NodeJS.Signals): Promise<void> {
  for (const signal of signals) process.removeListener(signal, end).once(signal, endAtOnce)
  const done = await shutDown(signal === 'SIGINT' ? 0 : config.shutdownDelay)
  metricsServer?.close()
  metricsServer?.closeAllConnections()
  if (done) await gateway.close()
  else gateway.abandon()
  await sandbox?.close()
  // Lines that nobody reads would keep the process, and so would requests that are left.
  setTimeout(() => process.exit(), limits.lastLinesMilliseconds / 2).unref()
}

function endAtOnce(): never {
  gateway.abandon()
  process.exit(1)
}

function readConfigOrExit(): Config {
  try {
    return readConfig(process.env, argv)
  } catch (error) {
    return exit(error instanceof ConfigError ? error.mistakes : [String(error)])
  }
}

function exit(lines: readonly string[]): never {
  for (const line of lines) standardError.write(`${line}\n`)
  process.exit(1)
}
