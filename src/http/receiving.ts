import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { codedError } from '../errors.ts'
import { limits } from '../limits.ts'

/**
 * Bounds the bodies that are being received at once, in sum: beyond, a request is refused before it is read. A body counts by
 * the length that it announces, and as the longest one where it announces none.
 */
export function boundReceiving(listener: RequestListener): RequestListener {
  let receiving = 0
  return (request, response) => {
    const bytes = lengthOf(request)
    if (receiving + bytes > limits.receivedRequestBytes) return refuse(response)
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

function refuse(response: ServerResponse): void {
  const error = codedError('UPSTREAM_BUSY', 'Too many requests are being received. Try again in 1 s.')
  error.extensions['retryAfter'] = 1
  response.writeHead(503, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'retry-after': '1',
    connection: 'close',
  })
  response.end(JSON.stringify({ errors: [error] }))
}
