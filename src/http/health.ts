import type { RequestListener } from 'node:http'

/**
 * Answers for supervisors before the listener: `/livez` and `/health` say that the process runs, `/readyz` whether it is to be
 * sent requests. Neither asks authentik: if that is ill, or if somebody attacks, taking every replica out of service would help
 * nobody. What authentik is like stands in the body. While requests are not welcome, each connection ends with its answer.
 */
export function answerHealth(
  listener: RequestListener,
  readiness: { readonly ready: boolean },
  conditions: () => object,
): RequestListener {
  return (request, response) => {
    const { ready } = readiness
    if (!ready) response.setHeader('connection', 'close')
    const path = request.url?.split('?', 1)[0]
    if (path !== '/livez' && path !== '/readyz' && path !== '/health') return listener(request, response)
    const body = path === '/readyz' ? { ready, authentik: conditions() } : { alive: true }
    const text = JSON.stringify(body)
    response.writeHead(ready || path !== '/readyz' ? 200 : 503, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.end(request.method === 'HEAD' ? undefined : text)
  }
}
