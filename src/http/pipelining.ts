import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { limits } from '../limits.ts'

/**
 * Answers the requests of one connection one after the other. Node would give all that have been sent ahead to the listener at
 * once, hold their answers until the ones before are read, and not tell when one of them is given up. A connection on which
 * too many wait is closed.
 */
export function answerInTurn(listener: RequestListener): RequestListener {
  const lines = new WeakMap<Socket, (() => void)[]>()
  return (request, response) => {
    const { socket } = request
    const line = lines.get(socket) ?? []
    if (line.length >= limits.requestsOfConnection) return void socket.destroy()
    lines.set(socket, line)
    // Node gives the connection to the next response when one is done, unless it closes the connection.
    const start = () => void (response.socket && listener(request, response))
    line.push(start)
    response.once('close', () => {
      line.shift()
      line[0]?.()
    })
    if (line.length === 1) start()
  }
}
