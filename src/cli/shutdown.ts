import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../limits.ts'

export interface Shutdown {
  /** Milliseconds within which requests are answered as a rule. */
  readonly patience: number
  /** Resolves when all work has ended that is finished though its callers have gone. */
  readonly drain: () => Promise<void>
}

/**
 * Watches a server's connections from now on, and returns how to shut it down: it takes no new connections, drops at once
 * those that wait for no answer, and resolves when the others have got theirs. A half-sent request or an unread answer does
 * not block that: after `patience` and `drain`, every connection that is left is dropped.
 */
export function prepareShutdown(server: Server, { patience, drain }: Shutdown): () => Promise<void> {
  const { sockets, waiting } = watch(server)
  return async () => {
    // HTTP's own close() would cut off answers that are written, but not yet read.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
    for (const socket of sockets) if (!waiting.has(socket)) socket.destroy()
    dropTheRest(server, { patience, drain })
    await closed
  }
}

async function dropTheRest(server: Server, { patience, drain }: Shutdown): Promise<void> {
  // Neither wait keeps the process when all connections are gone.
  await sleep(patience, undefined, { ref: false })
  await drain()
  await sleep(limits.lastAnswersMilliseconds, undefined, { ref: false })
  server.closeAllConnections()
}

/** Which connections are open, and which of them wait for an answer. */
function watch(server: Server): { readonly sockets: ReadonlySet<Socket>; readonly waiting: ReadonlySet<Socket> } {
  const [sockets, waiting] = [new Set<Socket>(), new Set<Socket>()]
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    waiting.add(socket)
    response.once('close', () => {
      waiting.delete(socket)
      if (!server.listening) socket.end()
    })
  })
  return { sockets, waiting }
}
