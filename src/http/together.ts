import type { RequestListener } from 'node:http'
import { allRead } from '../event-loop.ts'

/** The listener, to whom requests that come at once are given together, unless they are refused meanwhile. */
export function beginTogether(listener: RequestListener): RequestListener {
  return async (request, response) => {
    await allRead()
    if (!response.closed && !response.headersSent) listener(request, response)
  }
}
