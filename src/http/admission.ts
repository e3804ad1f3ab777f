import type { RequestListener } from 'node:http'
import { limits } from '../limits.ts'

const retryAfter = 1
const refusal = JSON.stringify({
  errors: [
    {
      message: `The gateway is busy. Try again in ${retryAfter} s.`,
      extensions: { code: 'UPSTREAM_BUSY', retryAfter },
    },
  ],
})
const headers = {
  'content-type': 'application/json; charset=utf-8',
  'content-length': Buffer.byteLength(refusal),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'retry-after': String(retryAfter),
}

/** The listener, which answers 503 while too many requests are under way. Liveness is told all the same. */
export function limitRequests(listener: RequestListener): RequestListener {
  let underWay = 0
  return (request, response) => {
    if (underWay >= limits.requestsAtOnce && request.url !== '/health') {
      response.writeHead(503, headers).end(refusal)
      return
    }
    underWay += 1
    response.once('close', () => {
      underWay -= 1
    })
    listener(request, response)
  }
}
