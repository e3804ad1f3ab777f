import type { RequestListener } from 'node:http'

export interface Health {
  /** Whether new requests are welcome. */
  readonly isReady: () => boolean
  /** What authentik is like, in words and numbers for people. */
  readonly conditions: () => object
}

/**
 * Answers for supervisors before the listener: `/livez` and `/health` say that the process runs, `/readyz` that it takes requests.
 * Neither asks authentik: if it is ill, or if somebody attacks, taking every replica out of service would help nobody.
 */
export function answerHealth(listener: RequestListener, { isReady, conditions }: Health): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (path !== '/livez' && path !== '/readyz' && path !== '/health') return listener(request, response)
    const ready = isReady()
    response.writeHead(ready || path !== '/readyz' ? 200 : 503, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.end(path === '/readyz' ? JSON.stringify({ ready, authentik: conditions() }) : '{"alive":true}')
  }
}
