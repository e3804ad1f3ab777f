import { createServer } from 'node:http'
import { newestRelease, type Release, since } from '../releases.ts'
import { accessTokens } from './access-token.ts'
import type { SandboxRequest } from './api.ts'
import { apiTokens } from './api-token.ts'
import { coreApplications } from './application.ts'
import { authenticatedSessions } from './authenticated-session.ts'
import { authorizationCodes } from './authorization-code.ts'
import { dispatch } from './dispatch.ts'
import { eventsEvents } from './event.ts'
import { coreGroups } from './group.ts'
import { oauth2Providers } from './oauth2-provider.ts'
import { refreshTokens } from './refresh-token.ts'
import { send } from './reply.ts'
import { coreUsers } from './user.ts'
import { userConsents } from './user-consent.ts'

export { type Release, releases } from '../releases.ts'
export type { SandboxRequest } from './api.ts'
export { demonstrationCallers, demonstrationJwt } from './callers.ts'

/** Every resource that the sandbox serves. */
const resources = [
  accessTokens,
  refreshTokens,
  authorizationCodes,
  oauth2Providers,
  coreUsers,
  coreGroups,
  coreApplications,
  authenticatedSessions,
  apiTokens,
  eventsEvents,
  userConsents,
]

/** A running sandbox. */
export interface Sandbox {
  /** Without a slash at the end, for example "http://127.0.0.1:9000". */
  url: string
  release: Release
  /** The latest 10,000, in the order received. It may be emptied. */
  requests: SandboxRequest[]
  /** Brings every row and token back that was deleted, and forgets the requests. "POST /reset" does the same. */
  reset(): void
  close(): Promise<void>
}

/** Options of a sandbox, each with a default. */
export interface SandboxOptions {
  /** The release to play, by default the newest. */
  release?: Release
  /** By default a free one. */
  port?: number
  /** The most rows that a page has. By default 100 since 2025.12, and no bound before. */
  maxPageSize?: number
}

/**
 * Starts a small authentik with sample data of its own, for this machine only. It serves the paths that the gateway asks, and
 * replies as the chosen release does. A row that is deleted in one sandbox is there in the next.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { release = newestRelease, port = 0 } = options
  const { maxPageSize = since(release, '2025.12') ? 100 : Number.POSITIVE_INFINITY } = options
  const open = () => ({
    routes: resources.flatMap((open) => open()),
    gone: { sessions: new Set<string>(), tokens: new Set<string>(), accessTokens: new Set<number>() },
  })
  let { routes, gone } = open()
  const requests: SandboxRequest[] = []
  const reset = () => {
    ;({ routes, gone } = open())
    requests.length = 0
  }

  const server = createServer((incoming, response) => {
    const { method = 'GET', url: path = '/', headers } = incoming
    if (method === 'POST' && path === '/reset') {
      reset()
      return void response.writeHead(204).end()
    }
    const request = { method, path, headers }
    if (requests.push(request) > 10_000) requests.shift()
    send(response, dispatch(request, routes, { release, maxPageSize, gone }), release, headers['accept-language'])
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`,
    release,
    requests,
    reset,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
