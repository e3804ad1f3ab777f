import type { Server } from 'node:http'
import { createHttpServer } from './server.ts'

/** A server that tells the metrics at /metrics, and nothing else. */
export function createMetricsServer(read: () => Promise<{ text: string; type: string }>): Server {
  return createHttpServer(async ({ url }, response) => {
    const known = url === '/metrics'
    const { text, type } = known ? await read() : { text: '', type: 'text/plain' }
    response.writeHead(known ? 200 : 404, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
  })
}
