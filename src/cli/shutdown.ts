import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../limits.ts'

export interface Shutdown {
  /** Tells supervisors, and callers on their connections, to go elsewhere. */
  readonly retire: () => void
  /** Milliseconds from the start of the shutdown to its end, at the latest. */
  readonly timeout: number
  /** Resolves when all work has ended that is finished though its callers have gone. */
  readonly drain: () => Promise<void>
}

/**
 * Watches a server's connections from now on, and returns how to shut it down: for `delay` milliseconds it goes on, until everybody
 * has gone elsewhere; then it takes no new connections, drops those that wait for no answer, and resolves when the others have got
 * theirs and `drain` has ended. A half-sent request or an unread answer does not block that: after `timeout`, every connection that
 * is left is dropped. True if nothing was left.
 */
export function prepareShutdown(
  server: Server,
  { retire, timeout, drain }: Shutdown,
): (delay: number) => Promise<boolean> {
  const { sockets, waiting } = watch(server)
  return async (delay) => {
    const end = performance.now() + timeout
    retire()
    await sleep(Math.min(delay, timeout))
    // HTTP's own close() would cut off answers that are written, but not yet read.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
    // What was sent at the last moment has come by then.
    if (delay > 0) await sleep(Math.min(limits.lastRequestsMilliseconds, Math.max(0, end - performance.now())))
    for (const socket of sockets) if (!waiting.has(socket)) socket.destroy()
    const all = Promise.all([closed, drain()]).then(() => true)
    const rest = Math.max(0, end - performance.now())
    const done = await Promise.race([all, sleep(rest, false, { ref: false })])
    server.closeAllConnections()
    return done
  }
}

/** Which connections are open, and how many answers each of those waits for that wait for any. */
function watch(server: Server): {
  readonly sockets: ReadonlySet<Socket>
  readonly waiting: ReadonlyMap<Socket, number>
} {
  const sockets = new Set<Socket>()
  const waiting = new Map<Socket, number>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    waiting.set(socket, (waiting.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (waiting.get(socket) ?? 0) - 1
      if (left > 0) waiting.set(socket, left)
      else {
        waiting.delete(socket)
        if (!server.listening) socket.end()
      }
    })
  })
  return { sockets, waiting }
}
