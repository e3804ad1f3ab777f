import type { ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import { codedError } from '../errors.ts'

const retryAfter = 1

/**
 * The error of a whole HTTP request: yoga answers it with 503. The text says what there is too much of, as in "Too many
 * requests are being received."
 */
export function busyError(text: string): GraphQLError {
  const error = codedError('UPSTREAM_BUSY', `${text} Try again in ${retryAfter} s.`)
  error.extensions['retryAfter'] = retryAfter
  error.extensions['http'] = { status: 503, headers: { 'retry-after': String(retryAfter) } }
  return error
}

/** Answers 503 with that error and closes the connection: the rest of the request is not read. */
export function refuseBusy(response: ServerResponse, text: string): void {
  const { message, extensions } = busyError(text)
  const { http, ...told } = extensions
  response.writeHead(503, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'retry-after': String(retryAfter),
    connection: 'close',
  })
  response.end(JSON.stringify({ errors: [{ message, extensions: told }] }))
}
