import type { RequestListener } from 'node:http'
import { limits } from '../limits.ts'
import { refuseBusy } from './busy.ts'

/** All callers whom authentik has not accepted lately. */
const strangers = ''

/**
 * The listener, which answers 503 while too many requests are under way: of one caller, of all callers whom authentik has
 * accepted lately, or of all others. `callerOf` tells an accepted caller by the Authorization header; undefined is a stranger.
 * Liveness is told all the same.
 */
export function limitRequests(
  listener: RequestListener,
  callerOf: (authorization: string | undefined) => string | undefined,
): RequestListener {
  const underWay = new Map<string, number>()
  let accepted = 0
  const isFull = (caller: string) => {
    const own = underWay.get(caller) ?? 0
    if (caller === strangers) return own >= limits.requestsOfStrangers
    return own >= limits.requestsOfOne || accepted >= limits.requestsAtOnce
  }
  const count = (caller: string, by: 1 | -1) => {
    const own = (underWay.get(caller) ?? 0) + by
    if (own > 0) underWay.set(caller, own)
    else underWay.delete(caller)
    if (caller !== strangers) accepted += by
  }
  return (request, response) => {
    const caller = callerOf(request.headers.authorization) ?? strangers
    if (request.url !== '/health' && isFull(caller))
      return refuseBusy(request, response, 'Too many requests are under way.')
    count(caller, 1)
    response.once('close', () => count(caller, -1))
    listener(request, response)
  }
}
