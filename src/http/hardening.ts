import type { IncomingMessage, RequestListener } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import Negotiator from 'negotiator'
import { codedError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Served } from './observing.ts'
import { badRequest, bodyOf, refusalHeaders, refuse } from './refusal.ts'

/** What an answer may be. Callers who take all of these get the first. */
const mediaTypes = [
  'application/json',
  'application/json;charset=utf-8',
  'application/graphql-response+json',
  'application/graphql-response+json;charset=utf-8',
]

/** The first media type that each Accept header takes. Callers send few different ones. */
const accepted = new LRUCache<string, { readonly type: string | undefined }>({ max: limits.acceptHeaders })

/** The media type of the answer; undefined if the caller accepts none that there is. */
export function acceptedType(request: IncomingMessage): string | undefined {
  const header = request.headers.accept ?? ''
  let found = accepted.get(header)
  if (!found) {
    const [type] = new Negotiator(request).mediaTypes(mediaTypes)
    found = { type }
    accepted.set(header, found)
  }
  return found.type
}

/**
 * Refuses what a browser sends to other origins without asking first (a web form must not run an operation), and what nobody could
 * read the answer of, before anything runs.
 */
export function hardenHttp(): Plugin {
  return {
    onRequest({ request, url, endResponse, fetchAPI, serverContext }) {
      const end = (status: number, message: string) => {
        const error = codedError('BAD_REQUEST', message)
        // A copy: the length of the body is written into it.
        endResponse(new fetchAPI.Response(bodyOf(error), { status, headers: { ...refusalHeaders } }))
      }
      const sent = request.headers.get('content-type')?.split(';')[0]?.trim()
      if (request.method === 'POST' && sent !== 'application/json') {
        end(415, 'Send a POST with "content-type: application/json".')
      }
      const { req } = serverContext as unknown as Served
      const type = acceptedType(req)
      if (type === undefined) end(406, `Accept "application/json" or "application/graphql-response+json".`)
      // Yoga would not heed how much each is wanted.
      else request.headers.set('accept', type)
      for (const name of ['variables', 'extensions']) {
        if (request.method === 'GET' && !isJson(url.searchParams.get(name) || 'null'))
          end(400, `"${name}" must be JSON.`)
      }
    },
    onRequestParse: () => ({
      onRequestParseDone({ requestParserResult: sent }) {
        if (Array.isArray(sent) && sent.length === 0) throw badRequest('A batch has at least one operation.')
      },
    }),
    onParams({ params }) {
      const sent: unknown = params
      if (typeof sent !== 'object' || sent === null) throw badRequest('Each operation must be an object.')
    },
    onResponse({ response }) {
      // Only the page may be kept: it holds nothing of a caller.
      if (!response.headers.has('etag')) response.headers.set('cache-control', 'no-store')
      response.headers.set('x-content-type-options', 'nosniff')
    },
  }
}

/**
 * The listener, which is given headers that say one thing. Two credentials are refused: a proxy before the gateway and the gateway
 * might each take another one.
 */
export function checkHeaders(listener: RequestListener): RequestListener {
  return (request, response) => {
    const { headers, rawHeaders } = request
    if (countOf('authorization', rawHeaders) > 1) {
      return refuse(request, response, {
        status: 400,
        code: 'BAD_REQUEST',
        message: 'Send one "Authorization" header.',
      })
    }
    // Nothing here depends on it, and yoga answers a malformed one with a stack.
    headers.host = 'localhost'
    // An empty one asks for nothing.
    if (headers.accept === '') delete headers.accept
    // Media types have no case.
    if (headers['content-type'] !== undefined) headers['content-type'] = headers['content-type'].toLowerCase()
    return listener(request, response)
  }
}

/** How often the header was sent. `headersDistinct` would gather all headers for it. */
function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) if (rawHeaders[index]?.toLowerCase() === name) count += 1
  return count
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
