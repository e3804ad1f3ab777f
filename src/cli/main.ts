import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { pino } from 'pino'
import { Upstream } from '../authentik/wire/upstream.ts'
import { ConfigError, readConfig } from '../config.ts'
import { createGateway } from '../gateway.ts'
import { demonstrationCallers, releases, type Sandbox, startSandbox } from '../sandbox/server.ts'

const config = readConfigOrExit()
const log = createLog(config.logLevel)
const sandbox = config.authentikUrl ? undefined : await startSandbox({ release: config.sandboxRelease })
const url = config.authentikUrl ?? new URL(sandbox?.url ?? '')
const upstream = new Upstream({ url, concurrency: config.upstreamConcurrency, timeout: config.upstreamTimeout })
const [firstCaller] = sandbox ? demonstrationCallers : []
const gateway = createGateway({ ...config, upstream, log, demonstrationToken: firstCaller?.token })
const server = createServer(gateway)
const { sockets, busy } = watch()

server.on('error', (error) => exit([`Cannot listen on ${config.host}:${config.port}: ${error.message}`]))
server.listen(config.port, config.host, greet)
const signals = ['SIGTERM', 'SIGINT'] as const
for (const signal of signals) process.once(signal, stop)

function readConfigOrExit() {
  try {
    return readConfig(process.env, process.argv.slice(2), releases)
  } catch (error) {
    return exit(error instanceof ConfigError ? error.mistakes : [String(error)])
  }
}

/** Lines of JSON on standard error. Of an error only its code, text and stack are told, not what hangs on it. */
function createLog(level: string) {
  const cause = (error: unknown) =>
    error instanceof Error
      ? { code: Reflect.get(error, 'code'), message: error.message, stack: error.stack }
      : undefined
  return pino({ level, base: null, serializers: { cause } }, pino.destination(2))
}

async function greet(): Promise<void> {
  const { port, address, family } = server.address() as AddressInfo
  const here = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/graphql`
  const lines = sandbox
    ? introduce(sandbox, here)
    : [`authentik-graphql listens on ${here}`, `It asks ${url.href}, in each caller's name.`]
  process.stdout.write(`${lines.join('\n')}\n`)
  const trouble = sandbox ? undefined : await upstream.look()
  if (trouble) process.stderr.write(`Warning: AUTHENTIK_URL does not look like an authentik: ${trouble}.\n`)
}

function introduce({ release }: Sandbox, here: string): string[] {
  const query = '{ accessToken(id: 42) { isExpired provider { name } user { username groups { name } } } }'
  return [
    `authentik-graphql listens on ${here}`,
    `It asks an embedded authentik ${release} with sample data, since AUTHENTIK_URL is not set. Its tokens:`,
    ...demonstrationCallers.map(({ token, username, rights }) => `  ${token}  (${username}: ${rights})`),
    'Open the address in a browser, or paste:',
    `  curl -s ${here} -H 'authorization: Bearer ${firstCaller?.token}' -H 'content-type: application/json' -d '{"query":"${query}"}'`,
  ]
}

/** Lets the requests in flight finish, drops every other connection, and ends; a second signal ends it at once. */
function stop(): void {
  for (const signal of signals) process.removeListener(signal, stop).once(signal, () => process.exit(1))
  for (const socket of sockets) if (!busy.has(socket)) socket.destroy()
  // What is sent half, or never read, must not keep the process; who waits for work that goes on still gets the answer.
  setTimeout(() => upstream.finished().then(dropSoon), config.upstreamTimeout).unref()
  server.close(async () => {
    await upstream.close()
    await sandbox?.close()
  })
}

function dropSoon(): void {
  setTimeout(() => server.closeAllConnections(), 1000).unref()
}

/** Knows which connections are open, and which of them wait for an answer. */
function watch(): { sockets: Set<Socket>; busy: Set<Socket> } {
  const [sockets, busy] = [new Set<Socket>(), new Set<Socket>()]
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    busy.add(socket)
    response.once('close', () => {
      busy.delete(socket)
      if (!server.listening) socket.end()
    })
  })
  return { sockets, busy }
}

function exit(lines: readonly string[]): never {
  for (const line of lines) process.stderr.write(`${line}\n`)
  process.exit(1)
}
