import type { Logger } from 'pino'
import { codedError, UpstreamError } from '../errors.ts'
import type { Endpoint } from './endpoints.ts'
import { judge } from './judge.ts'
import type { paths } from './openapi.ts'
import type { Upstream } from './upstream.ts'

/** What an endpoint answers with, as the newest release's OpenAPI document has it. */
export type Body<E extends Endpoint> = paths[E['path']]['get']['responses'][200]['content']['application/json']

export type Query = Readonly<Record<string, string | number | boolean>>

/** The caller's `Authorization`, or why there is none that could be forwarded. */
export type Credential = { readonly authorization: string } | { readonly missing: string }

/** More reads than any one operation may make upstream. */
export const mostReads = 500

/** authentik, asked in one caller's name, for one operation. */
export class Authentik {
  readonly #upstream: Upstream
  readonly #credential: Credential
  readonly #signal: AbortSignal
  readonly #log: Logger
  #reads = 0

  constructor(upstream: Upstream, credential: Credential, signal: AbortSignal, log: Logger) {
    this.#upstream = upstream
    this.#credential = credential
    this.#signal = signal
    this.#log = log
  }

  /** The endpoint's answer, for the key where its path has one. Throws UpstreamError. */
  async get<E extends Endpoint>(endpoint: E, key?: string | number, query: Query = {}): Promise<Body<E>> {
    if ('missing' in this.#credential) throw new UpstreamError('UNAUTHENTICATED', this.#credential.missing)
    this.#reads += 1
    if (this.#reads > mostReads) {
      throw codedError('QUERY_TOO_COMPLEX', `The operation needs more than ${mostReads} requests to authentik.`)
    }
    const started = performance.now()
    const path = endpoint.path.replace(/\{\w+\}/, encodeURIComponent(key ?? '')) + searchOf(query)
    try {
      const answer = await this.#upstream.get(path, this.#credential.authorization, this.#signal)
      const { status, requestId } = answer
      this.#log.debug({ path: endpoint.path, status, requestId, ms: Math.round(performance.now() - started) }, 'asked')
      return judge(answer, endpoint) as Body<E>
    } catch (error) {
      this.#report(endpoint, error)
      throw error
    }
  }

  /** The same, but null where authentik says that there is no such object, or none that the caller may see. */
  async find<E extends Endpoint>(endpoint: E, key: string | number, query?: Query): Promise<Body<E> | null> {
    try {
      return await this.get(endpoint, key, query)
    } catch (error) {
      if (error instanceof UpstreamError && error.code === 'NOT_FOUND') return null
      throw error
    }
  }

  #report(endpoint: Endpoint, error: unknown): void {
    if (!(error instanceof UpstreamError) || !error.code.startsWith('UPSTREAM_')) return
    const { code, message, cause, extensions } = error
    this.#log.warn({ path: endpoint.path, code, authentik: extensions['authentik'], cause }, message)
  }
}

/** `?a=1&b=2`, sorted, so that equal questions have equal text. */
function searchOf(query: Query): string {
  const search = new URLSearchParams()
  for (const name of Object.keys(query).sort()) search.set(name, String(query[name]))
  return search.size === 0 ? '' : `?${search}`
}
