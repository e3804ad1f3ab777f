import type { IncomingMessage, RequestListener } from 'node:http'
import { limits } from '../limits.ts'
import { refuseBusy } from './busy.ts'

/**
 * Bounds the bytes of bodies that have come and are not whole yet: callers whom `isAccepted` knows by the Authorization header have
 * half of them, and everybody else the other half. Beyond, a request is refused, and no more of it is taken.
 */
export function boundReceiving(
  listener: RequestListener,
  isAccepted: (authorization: string | undefined) => boolean,
): RequestListener {
  const ofAccepted = { bytes: 0 }
  const ofStrangers = { bytes: 0 }
  return (request, response) => {
    const pot = isAccepted(request.headers.authorization) ? ofAccepted : ofStrangers
    const forget = countBody(request, pot, () => {
      if (pot.bytes <= limits.receivedRequestBytes / 2 || response.headersSent) return
      forget()
      // What waits for the rest of the body ends with it.
      response.once('finish', () => request.destroy())
      refuseBusy(request, response, 'Too many requests are being received.')
    })
    return listener(request, response)
  }
}

/**
 * Counts bytes as they come, whether or not anybody reads them yet, until the body has ended. What it returns forgets them, and
 * takes no more.
 */
function countBody(request: IncomingMessage, pot: { bytes: number }, onCounted: () => void): () => void {
  let own = 0
  let isOver = false
  const count = (bytes: number) => {
    own += bytes
    pot.bytes += bytes
  }
  const forget = () => {
    isOver = true
    count(-own)
  }
  const push = request.push.bind(request)
  // Node calls it for each part that comes. A listener for parts would have them begin to flow.
  request.push = (chunk: Buffer | null) => {
    if (!isOver && chunk !== null) {
      // Of a longer body no more is kept.
      count(Math.min(chunk.length, limits.requestBytes - own))
      onCounted()
    }
    return !isOver && push(chunk)
  }
  request.once('end', forget).once('close', forget)
  return forget
}
