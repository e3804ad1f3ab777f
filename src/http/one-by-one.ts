import type { RequestListener } from 'node:http'

/**
 * Begins one request in each turn of the event loop. Many that come at one moment would all be worked on before anything else
 * is, for seconds: supervisors are answered in between.
 */
export function beginOneByOne(listener: RequestListener): RequestListener {
  const waiting: (() => void)[] = []
  const next = () => {
    waiting.shift()?.()
    if (waiting.length > 0) setImmediate(next)
  }
  return (request, response) => {
    waiting.push(() => listener(request, response))
    if (waiting.length === 1) setImmediate(next)
  }
}
