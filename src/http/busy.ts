import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuse } from './refusal.ts'

const retryAfter = 1

/** Answers 503. The text says what there is too much of, as in "Too many requests are being received." */
export function refuseBusy(request: IncomingMessage, response: ServerResponse, text: string): void {
  const message = `${text} Try again in ${retryAfter} s.`
  refuse(request, response, { status: 503, code: 'UPSTREAM_BUSY', message, retryAfter })
}
