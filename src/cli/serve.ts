import type { Server } from 'node:http'
import { type Config, readConfig } from '../config/config.ts'
import { createGateway, type Gateway } from '../gateway.ts'
import { limits } from '../limits.ts'
import { causeOf, createLogs, type Log } from '../observe/log.ts'
import type { Sandbox } from '../sandbox/server.ts'
import { exit, readOrExit, tell } from './exit.ts'
import { addressOf, greetingOver, greetingOverSandbox } from './greeting.ts'
import { readAgainOnHangup } from './hangup.ts'
import { createMetricsServer } from './metrics.ts'
import { connectionsBeside, createHttpServer } from './server.ts'
import { prepareShutdown } from './shutdown.ts'

/** What runs until the process ends. */
interface Running {
  readonly config: Config
  readonly gateway: Gateway
  readonly server: Server
  readonly metricsServer: Server | undefined
  /** The embedded authentik, if no other one is asked. */
  readonly sandbox: Sandbox | undefined
}

/** Starts the gateway, over the embedded authentik if no other one is named. It ends by a signal. */
export async function serve(argv: readonly string[]): Promise<void> {
  const config = readOrExit(() => readConfig(process.env, argv))
  const logs = createLogs(config.logLevel, config.logFormat)
  const { log } = logs
  process.on('unhandledRejection', (reason) => log.error({ cause: causeOf(reason) ?? reason }, 'unhandled rejection'))
  readAgainOnHangup(config, log)
  // Asked while no socket is open: node looks up the names of both ends of each.
  const connections = connectionsBeside(config.upstreamConcurrency)
  // Loaded only where it is needed.
  const embedded = config.authentikUrl ? undefined : await import('../sandbox/server.ts')
  const sandbox = await embedded?.startSandbox({ release: config.sandboxRelease })
  const authentikUrl = config.authentikUrl ?? new URL(sandbox?.url ?? '')
  const demonstrationToken = embedded?.demonstrationCallers[0]?.token
  const gateway = createGateway({ ...config, authentikUrl, logs, demonstrationToken })
  process.on('uncaughtException', (error) => {
    gateway.abandon()
    exit([`Uncaught exception, the process ends: ${JSON.stringify(causeOf(error) ?? error)}`])
  })
  const server = createHttpServer(gateway.listener, { connections })
  const metricsServer = gateway.readMetrics && createMetricsServer(gateway.readMetrics)
  const running = { config, gateway, server, metricsServer, sandbox }
  endOnSignals(running)
  listen(running, log)
}

function listen(running: Running, log: Log): void {
  const { config, server, metricsServer } = running
  const { host, port, metricsHost, metricsPort } = config
  server.on('error', (error) => {
    if (!server.listening) exit([`Cannot listen on ${host}:${port}: ${error.message}`])
    log.error({ cause: causeOf(error) }, 'cannot take a connection')
  })
  server.listen(port, host, () => greet(running))
  metricsServer
    ?.on('error', (error) => exit([`Cannot listen on ${metricsHost}:${metricsPort}: ${error.message}`]))
    .listen(metricsPort, metricsHost, () => {
      process.stdout.write(`It tells metrics on ${addressOf(metricsServer, '/metrics')}\n`)
    })
}

async function greet({ config, gateway, server, sandbox }: Running): Promise<void> {
  const here = addressOf(server)
  process.stdout.write(sandbox ? greetingOverSandbox(here, sandbox.release) : greetingOver(here, config))
  const trouble = sandbox ? undefined : await gateway.probe()
  if (trouble) tell(`Warning: AUTHENTIK_URL does not look like an authentik: ${trouble}.`)
}

/** Ends on a first signal. A second one ends the process at once. Nobody sends requests on to a process that a person stops by a key. */
function endOnSignals({ config, gateway, server, metricsServer, sandbox }: Running): void {
  const shutDown = prepareShutdown(server, {
    retire: gateway.retire,
    // The last lines take their time as well.
    timeout: Math.max(0, config.shutdownTimeout - limits.lastLinesMilliseconds),
    drain: gateway.drain,
  })
  const endAtOnce = () => {
    gateway.abandon()
    process.exit(1)
  }
  const end = async (signal: NodeJS.Signals) => {
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
  for (const signal of signals) process.once(signal, end)
}

const signals = ['SIGTERM', 'SIGINT'] as const
