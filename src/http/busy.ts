import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import { type Refusal, refuse, requestError } from './refusal.ts'

const retryAfter = 1

/** The refusal of a whole HTTP request. The text says what there is too much of: "Too many requests are being received." */
function refusalOf(text: string): Refusal {
  return { status: 503, code: 'UPSTREAM_BUSY', message: `${text} Try again in ${retryAfter} s.`, retryAfter }
}

/** The error of a whole HTTP request: yoga answers it with 503. */
export function busyError(text: string): GraphQLError {
  return requestError(refusalOf(text))
}

/** Answers 503 with that error, before any of the request is read. */
export function refuseBusy(request: IncomingMessage, response: ServerResponse, text: string): void {
  refuse(request, response, refusalOf(text))
}
