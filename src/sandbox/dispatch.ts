import type { Release } from '../releases.ts'
import { type ApiRequest, QueryString, type Route, type SandboxRequest } from './api.ts'
import { authenticate, type Gone } from './callers.ts'
import { Refusal, refuse } from './errors.ts'
import { pageReply, type Reply } from './reply.ts'

/** What a sandbox was started with, and what has ended in it since. */
export interface Played {
  release: Release
  maxPageSize: number
  gone: Gone
}

/** The reply to a request, by the route that its path has. */
export function dispatch(request: SandboxRequest, routes: readonly Route[], settings: Played): Reply {
  const [path = '', query = ''] = request.path.split(/\?(.*)/s)
  if (path === '/-/health/live/' || path === '/-/health/ready/') return { status: 200 }
  const { route, key = '' } = match(path, routes)
  if (!route) return notRouted(request.method)

  const allow = route.remove ? 'GET, DELETE, HEAD, OPTIONS' : 'GET, HEAD, OPTIONS'
  try {
    return { ...replyTo(request, route, { ...settings, query: new QueryString(query), key }), allow }
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: error.body, allow }
    // The page that tells of a crash knows no DELETE.
    if (request.method === 'DELETE') return { status: 405, allow: 'GET, HEAD, OPTIONS' }
    return pageReply(500, `Server Error: ${error}`)
  }
}

/** Checks in authentik's order: the format of the reply, the credentials, whether the caller is let in, the method. */
function replyTo(request: SandboxRequest, route: Route, asked: Omit<ApiRequest, 'caller'>): Reply {
  negotiate(asked.query.last('format'), request.headers.accept)
  const caller = authenticate(request.headers.authorization, asked.release, asked.gone)
  if (!caller && !route.anonymous) throw refuse.credentialsMissing()
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return { status: 200, body: route.get({ ...asked, caller }) }
    case 'DELETE':
      if (!route.remove) break
      route.remove({ ...asked, caller })
      return { status: 204 }
    case 'OPTIONS': {
      const json = ['application/json']
      return { status: 200, body: { name: route.name, description: route.description, renders: json, parses: json } }
    }
  }
  throw refuse.methodNotAllowed(request.method)
}

function match(path: string, routes: readonly Route[]): { route?: Route; key?: string } {
  for (const route of routes) {
    const [start = '', end] = `/api/v3/${route.path}`.split('{key}')
    if (end === undefined && path === start) return { route }
    if (end === undefined || !path.startsWith(start) || !path.endsWith(end)) continue
    const key = decoded(path.slice(start.length, -end.length))
    if (/^[^/.]+$/.test(key)) return { route, key }
  }
  return {}
}

/** A part of a path, read before it is known what it belongs to: "%2F" is a slash like any other. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Any other path belongs to authentik's user interface, which knows no methods but these. */
function notRouted(method: string): Reply {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return pageReply(404, 'Not Found')
  return { status: 405, allow: 'GET, HEAD, OPTIONS' }
}

function negotiate(format: string | undefined, accept = '*/*'): void {
  if (format !== undefined && format !== 'json') throw refuse.notFound()
  if (!/(^|,)\s*(\*\/\*|application\/(\*|json))\s*(;|,|$)/i.test(accept)) throw refuse.notAcceptable()
}
