import { createServer, type RequestListener } from 'node:http'
import { duplexPair, Readable } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'

/** What belongs to a connection, and not to what is sent on it. */
const ofConnection = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What asks a listener of node's HTTP as browsers' `fetch` asks a server. */
export interface Fetch {
  fetch(request: Request): Promise<Response>
  /** Resolves when all that was asked is answered. */
  close(): Promise<void>
}

/**
 * Serves a listener over connections inside this process. They are streams, and no sockets: what the listener does with a connection, or
 * when its caller has gone, it does here as well.
 */
export function createFetch(listener: RequestListener): Fetch {
  const server = createServer(listener)
  const pool = new Pool('http://gateway', {
    // The listener has clocks of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (_options, callback) => {
      const [here, there] = duplexPair()
      // As of a socket's two ends, if one is destroyed, the other one ends.
      here.once('close', () => there.destroy())
      there.once('close', () => there.writableEnded || here.destroy())
      server.emit('connection', there)
      // Undici does not expect to be called back at once.
      process.nextTick(callback, null, here)
    },
  })
  return {
    fetch: async (request) => responseOf(await pool.request(sent(request))),
    close: () => pool.close(),
  }
}

function sent({ method, url, headers, body, signal }: Request): Dispatcher.RequestOptions {
  const { pathname, search } = new URL(url)
  const kept = [...headers].filter(([name]) => !ofConnection.has(name))
  return {
    method: method as Dispatcher.HttpMethod,
    path: pathname + search,
    headers: Object.fromEntries(kept),
    body: body && Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
    signal,
  }
}

function responseOf({ statusCode: status, headers, body }: Dispatcher.ResponseData): Response {
  const kept = Object.entries(headers).flatMap(([name, values = []]) =>
    ofConnection.has(name) ? [] : [values].flat().map((value): [string, string] => [name, value]),
  )
  const isEmpty = [204, 205, 304].includes(status)
  if (isEmpty) void body.dump()
  return new Response(isEmpty ? null : (Readable.toWeb(body) as ReadableStream), { status, headers: kept })
}
