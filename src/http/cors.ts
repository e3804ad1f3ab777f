import type { RequestListener } from 'node:http'
import cors from 'cors'
import { limits } from '../limits.ts'

/**
 * The listener, of which pages of these web origins may ask, without cookies, with whatever headers their browsers name. They may
 * read the headers of the gateway's own that stand in an answer. Pages of other origins may not ask.
 */
export function allowOrigins(listener: RequestListener, origins: readonly string[]): RequestListener {
  const allow = cors({
    origin: (origin, decide) => decide(null, origin !== undefined && origins.includes(origin)),
    methods: ['GET', 'POST'],
    exposedHeaders: ['retry-after', 'x-request-id', 'server-timing'],
    maxAge: limits.preflightSeconds,
  })
  return (request, response) => {
    // Then it would do nothing.
    if (request.headers.origin === undefined && request.method !== 'OPTIONS') return listener(request, response)
    return allow(request, response, () => listener(request, response))
  }
}
