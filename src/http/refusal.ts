import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import { type Code, codedError } from '../errors.ts'
import { recordOf } from './observing.ts'

export interface Refusal {
  readonly status: number
  readonly code: Code
  readonly message: string
  /** Seconds after which it is worth asking again. */
  readonly retryAfter?: number
}

/** Answers a request before any of it is read, and closes its connection: the rest is not read. */
export function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { status, code, retryAfter } = refusal
  recordOf(request).countError(code)
  response.writeHead(status, {
    ...refusalHeaders,
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    connection: 'close',
  })
  response.end(bodyOf(errorOf(refusal)))
}

/** What every refusal says of itself. */
export const refusalHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

/** The body of an answer that is one error. */
export function bodyOf(error: GraphQLError): string {
  return JSON.stringify({ errors: [error] })
}

/** The error that tells a refusal. */
export function errorOf({ code, message, retryAfter }: Refusal): GraphQLError {
  const error = codedError(code, message)
  if (retryAfter !== undefined) error.extensions['retryAfter'] = retryAfter
  return error
}

/** The error that tells a refusal, which yoga answers with that status. */
export function requestError(refusal: Refusal): GraphQLError {
  const { status, retryAfter } = refusal
  const error = errorOf(refusal)
  error.extensions['http'] = {
    status,
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
  }
  return error
}

/** The error of a whole HTTP request that is wrong: yoga answers it with 400. */
export function badRequest(message: string, code: Code = 'BAD_REQUEST'): GraphQLError {
  const error = codedError(code, message)
  error.extensions['http'] = { status: 400 }
  return error
}
