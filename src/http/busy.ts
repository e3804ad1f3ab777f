import type { ServerResponse } from 'node:http'
import { codedError } from '../errors.ts'

const retryAfter = 1

/**
 * Answers 503 and closes the connection: the rest of the request is not read. The text says what there is too much of, as in
 * "Too many requests are being received."
 */
export function refuseBusy(response: ServerResponse, text: string): void {
  const error = codedError('UPSTREAM_BUSY', `${text} Try again in ${retryAfter} s.`)
  error.extensions['retryAfter'] = retryAfter
  response.writeHead(503, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'retry-after': String(retryAfter),
    connection: 'close',
  })
  response.end(JSON.stringify({ errors: [error] }))
}
