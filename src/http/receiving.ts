import type { IncomingMessage, RequestListener } from 'node:http'
import { limits } from '../limits.ts'
import { refuseBusy } from './busy.ts'

/**
 * Bounds the bodies that are being received at once, in sum: beyond, a request is refused before it is read. A body counts by
 * the length that it announces, and as the longest one where it announces none.
 */
export function boundReceiving(listener: RequestListener): RequestListener {
  let receiving = 0
  return (request, response) => {
    const bytes = lengthOf(request)
    if (receiving + bytes > limits.receivedRequestBytes)
      return refuseBusy(request, response, 'Too many requests are being received.')
    receiving += bytes
    let isCounted = true
    const end = () => {
      if (isCounted) receiving -= bytes
      isCounted = false
    }
    request.once('end', end).once('close', end)
    return listener(request, response)
  }
}

/** Longer ones are refused unread. */
function lengthOf({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return limits.requestBytes
  return Math.min(Number(headers['content-length'] ?? 0) || 0, limits.requestBytes)
}
