import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { limits } from '../limits.ts'

export interface ServerOptions {
  /** Connections that are open at once. */
  readonly connections: number
  /** Milliseconds until the headers of a request have come, and until all of it has. */
  readonly headersTimeout: number
  readonly requestTimeout: number
  /** Milliseconds that a connection is kept open without a request. */
  readonly keepAliveTimeout: number
  /** Milliseconds between two looks for requests that are late. */
  readonly connectionsCheckingInterval: number
}

const usual: ServerOptions = {
  connections: limits.connections,
  headersTimeout: limits.headersMilliseconds,
  requestTimeout: limits.requestMilliseconds,
  keepAliveTimeout: limits.keepAliveMilliseconds,
  connectionsCheckingInterval: limits.lateMilliseconds,
}

/**
 * A server that callers cannot keep from each other: it drops slow requests, and if too many connections are open, the one
 * that has been idle for longest.
 */
export function createHttpServer(listener: RequestListener, options: Partial<ServerOptions> = {}): Server {
  const { connections, ...timeouts } = { ...usual, ...options }
  const server = createServer(timeouts, listener)
  closeLongestIdle(server, connections)
  return server
}

/** Idle is a connection without a whole request that waits for its answer: a request sent slowly makes it no busier. */
function closeLongestIdle(server: Server, most: number): void {
  /** Each with its newest request that is not answered yet. The longest idle one stands first. */
  const open = new Map<Socket, IncomingMessage | undefined>()
  server.on('connection', (socket) => {
    open.set(socket, undefined)
    socket.once('close', () => open.delete(socket))
    if (open.size <= most) return
    for (const [longest, request] of open) {
      if (request?.complete) continue
      longest.destroy()
      open.delete(longest)
      return
    }
  })
  server.on('request', (request, response) => {
    const { socket } = request
    if (open.has(socket)) open.set(socket, request)
    response.once('close', () => {
      if (open.get(socket) !== request) return
      open.delete(socket)
      open.set(socket, undefined)
    })
  })
}

/** How many connections fit into the files that this process may open, beside those to authentik and the few that it needs itself. */
export function connectionsBeside(upstreamConcurrency: number): number {
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } }
  }
  const files = Number(userLimits?.open_files?.soft)
  const rest = files - upstreamConcurrency - limits.filesBeside
  return Number.isNaN(rest) ? limits.connections : Math.max(1, Math.min(limits.connections, rest))
}
