import type { RequestListener, ServerResponse } from 'node:http'
import { constants } from 'node:zlib'
import compression from 'compression'

/** The listener, whose JSON is compressed for whoever accepts that. A page of a list becomes a tenth as long. */
export function compress(listener: RequestListener): RequestListener {
  const { BROTLI_PARAM_QUALITY } = constants
  const shrink = compression({
    // The best qualities take many times as long, for a few percent less.
    level: 4,
    brotli: { params: { [BROTLI_PARAM_QUALITY]: 4 } },
    filter: (_request, response: ServerResponse) => /json/.test(String(response.getHeader('content-type'))),
  })
  // It asks for a request and a response of express, and uses what they have of node's.
  return (request, response) => {
    if (request.headers['accept-encoding'] !== undefined || response.hasHeader('vary')) {
      return shrink(request as never, response as never, () => listener(request, response))
    }
    // Others would be sent something else.
    response.setHeader('Vary', 'Accept-Encoding')
    return listener(request, response)
  }
}
