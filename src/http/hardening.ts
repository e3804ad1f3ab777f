import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import { codedError } from '../errors.ts'

/** Refuses requests that a browser sends to other origins without asking first: a web form must not run an operation. */
export function hardenHttp(): Plugin {
  return {
    onRequest({ request, url, endResponse, fetchAPI }) {
      const refuse = (status: number, message: string) => {
        const headers = { 'content-type': 'application/json; charset=utf-8' }
        const body = JSON.stringify({ errors: [codedError('BAD_REQUEST', message)] })
        endResponse(new fetchAPI.Response(body, { status, headers }))
      }
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (request.method === 'POST' && type !== 'application/json') {
        refuse(415, 'Send a POST with "content-type: application/json".')
      }
      for (const name of ['variables', 'extensions']) {
        if (request.method === 'GET' && !isJson(url.searchParams.get(name) || 'null'))
          refuse(400, `"${name}" must be JSON.`)
      }
    },
    onParams({ params }) {
      const sent: unknown = params
      if (typeof sent === 'object' && sent !== null) return
      const error = codedError('BAD_REQUEST', 'Each operation must be an object.')
      error.extensions['http'] = { status: 400 }
      throw error
    },
    onResponse({ response }) {
      response.headers.set('cache-control', 'no-store')
      response.headers.set('x-content-type-options', 'nosniff')
    },
  }
}

/** Answers whatever host the request names: nothing here depends on it, and yoga answers a malformed one with a stack. */
export function ignoreHost(listener: RequestListener): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    request.headers.host = 'localhost'
    return listener(request, response)
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
