import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, onTestFinished } from 'vitest'
import { createGateway, type GatewayOptions } from '../src/gateway.ts'
import { newestRelease } from '../src/releases.ts'
import { type Release, type Sandbox, startSandbox } from '../src/sandbox/server.ts'

/** A server on a free port, closed with the test. */
export async function listen(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

/** Answers who the caller is, as a revocation asks for its line in the log, and leaves all else to the listener. */
export function withCaller(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (!request.url?.includes('/core/users/me/')) return listener(request, response)
    const user = { pk: 1, username: 'ada', name: '', uid: 'u' }
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ user }))
  }
}

/** Connects to a port and sends the text; the next one is taken after it. What comes back is gathered. */
export async function sendText(port: number, text: string) {
  const socket = connect(port, '127.0.0.1')
  const sent = { socket, text: '', closed: false }
  socket.on('error', () => {})
  socket.on('data', (data) => (sent.text += data)).on('close', () => (sent.closed = true))
  await once(socket, 'connect')
  socket.write(text)
  await sleep(50)
  return sent
}

// biome-ignore lint/suspicious/noExplicitAny: answers of any query, looked at by assertions only
type Data = any

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly data: Data
  readonly errors: readonly { message: string; path?: readonly (string | number)[]; extensions: Data }[] | undefined
}

export interface AskOptions {
  readonly token?: string | null
  readonly variables?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

export interface Options extends Omit<GatewayOptions, 'authentikUrl' | 'upstreamConcurrency' | 'upstreamTimeout'> {
  readonly concurrency?: number
  readonly timeout?: number
}

/** Tokens, client secrets and claims of the embedded authentik: no line of the log may hold one. */
export const secrets =
  /demo-(superuser|plain|auditor|nobody|viewer|delegate|deleter|sealed|expired|outpost)|demo-secret-of-|\\"aud\\"|"attributes":/

/** The gateway over that upstream, with every line that it logs: those of requests apart. */
export async function startGatewayOver(upstreamUrl: string, options: Options = {}) {
  const { concurrency, timeout, ...rest } = options
  const lines: string[] = []
  const requestLines: string[] = []
  const write = (line: string) => void (line.includes('"msg":"request"') ? requestLines : lines).push(line)
  const log = pino({ level: 'debug' }, { write })
  const gateway = createGateway({
    authentikUrl: new URL(upstreamUrl),
    logs: { log, audit: log, lost: () => 0 },
    graphiql: false,
    ...(concurrency && { upstreamConcurrency: concurrency }),
    ...(timeout && { upstreamTimeout: timeout }),
    ...rest,
  })
  const { url, server } = await listen(gateway.listener)
  onTestFinished(() => gateway.close())
  onTestFinished(() => expect([...lines, ...requestLines].filter((line) => secrets.test(line))).toEqual([]))
  const graphql = `${url}/graphql`
  const ask = async (
    query: string,
    { token = 'demo-superuser', variables, signal }: AskOptions = {},
  ): Promise<Reply> => {
    const headers = {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    }
    const body = JSON.stringify({ query, variables })
    const response = await fetch(graphql, { method: 'POST', headers, body, ...(signal ? { signal } : {}) })
    const { data, errors } = (await response.json()) as Reply
    return { status: response.status, headers: response.headers, data, errors }
  }
  return { url: graphql, server, lines, requestLines, ask, readMetrics: gateway.readMetrics }
}

/** What the embedded authentik plays where a test does not say: the configuration runs the suite over several. */
export const usualRelease = (process.env['SANDBOX_RELEASE'] ?? newestRelease) as Release

/** The gateway over an embedded authentik of its own; `asked` is what that was asked since last looked at. */
export async function startGateway({
  release = usualRelease,
  maxPageSize,
  ...options
}: Options & { release?: Release; maxPageSize?: number } = {}) {
  const sandbox: Sandbox = await startSandbox({ release, ...(maxPageSize && { maxPageSize }) })
  onTestFinished(() => sandbox.close())
  const gateway = await startGatewayOver(sandbox.url, options)
  const asked = () => sandbox.requests.splice(0).map(({ method, path }) => `${method} ${path.replace('/api/v3', '')}`)
  return { ...gateway, sandbox, asked, ask: asksTwice(gateway, sandbox), askOnce: gateway.ask }
}

/**
 * Asks each query twice, since yoga answers it the first time, and its plan alone the second time: both answer the same, and ask
 * authentik for the same. Only the first one is left to see.
 */
function asksTwice({ ask, lines }: Awaited<ReturnType<typeof startGatewayOver>>, sandbox: Sandbox) {
  return async (query: string, options: AskOptions = {}): Promise<Reply> => {
    const [before, told] = [sandbox.requests.length, lines.length]
    const first = await ask(query, options)
    if (/\bmutation\b/.test(query) || options.signal) return first
    const [asked, toldOnce] = [sandbox.requests.splice(before), lines.splice(told)]
    const again = await ask(query, options)
    const askedAgain = sandbox.requests.splice(before)
    lines.splice(told)
    expect(comparable(again)).toEqual(comparable(first))
    expect(pathsOf(askedAgain)).toEqual(pathsOf(asked))
    sandbox.requests.push(...asked)
    lines.push(...toldOnce)
    return first
  }
}

const pathsOf = (requests: Sandbox['requests']) => requests.map(({ method, path }) => `${method} ${path}`).sort()

/** What two answers to one query have in common: not the ids of requests, nor the order in which errors came. */
function comparable({ headers, errors, ...rest }: Reply) {
  const kept = [...headers].filter(
    ([name]) => !['date', 'x-request-id', 'server-timing', 'content-length'].includes(name),
  )
  const told = errors?.map((error) => JSON.stringify(error).replace(/"requestId":"[^"]*"/, ''))
  return { ...rest, headers: kept, errors: told?.sort() }
}
