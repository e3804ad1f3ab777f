import { createHash } from 'node:crypto'
import { CallerGone, codes, nullIfNotFound, UpstreamError } from '../errors.ts'
import { limits } from '../limits.ts'
import { causeOf, type Log } from '../observe/log.ts'
import type { Endpoint } from './endpoints.ts'
import type { paths } from './openapi.ts'
import { type Answer, type Expected, judge } from './wire/judge.ts'
import type { Upstream } from './wire/upstream.ts'

/** What an endpoint answers with, as the newest release's OpenAPI document has it. */
export type BodyOf<E extends Endpoint> = paths[E['path']]['get']['responses'][200]['content']['application/json']

/** Query parameters; one with several values is repeated. */
export type Query = Readonly<Record<string, Value | readonly Value[]>>
type Value = string | number | boolean

/** The caller's `Authorization`, or why there is none that could be forwarded. */
export type Credential = { readonly authorization: string } | { readonly missing: string }

/** authentik, asked in one caller's name, for one operation. */
export class Authentik {
  readonly #upstream: Upstream
  readonly #credential: Credential
  readonly #signal: AbortSignal | undefined
  readonly #log: Log
  readonly #spent: { reads: number; objects: number }

  constructor(
    upstream: Upstream,
    credential: Credential,
    signal: AbortSignal | undefined,
    log: Log,
    spent = { reads: 0, objects: 0 },
  ) {
    this.#upstream = upstream
    this.#credential = credential
    this.#signal = signal
    this.#log = log
    this.#spent = spent
  }

  /** How many rows authentik was seen to give on a page, by anybody. */
  get pageLimit(): { largestPage: number } {
    return this.#upstream.pageLimit
  }

  /** How many requests may run at once. */
  get concurrency(): number {
    return this.#upstream.concurrency
  }

  /**
   * Charges the operation for objects that it is to give. Repeated objects are counted every time: they cost authentik no
   * request, but they cost the gateway time and memory. Throws UNAUTHENTICATED without credentials, and QUERY_TOO_COMPLEX
   * when they are too many.
   */
  charge(objects: number): void {
    this.#authorization()
    this.#spent.objects += objects
    if (this.#spent.objects <= limits.objects) return
    throw new UpstreamError('QUERY_TOO_COMPLEX', `The operation gives more than ${limits.objects} objects.`, {
      sent: 'no',
    })
  }

  /** Does a piece of work to its end, even if the caller hangs up or the process is told to end. */
  finish<T>(work: (authentik: Authentik) => Promise<T>): Promise<T> {
    return this.#upstream.track(
      work(new Authentik(this.#upstream, this.#credential, undefined, this.#log, this.#spent)),
    )
  }

  /** The endpoint's answer, for the key where its path has one. Throws UpstreamError. */
  async get<E extends Endpoint>(endpoint: E, key?: string | number, query: Query = {}): Promise<BodyOf<E>> {
    const authorization = this.#authorization()
    this.#spent.reads += 1
    if (this.#spent.reads > limits.upstreamRequests) {
      throw new UpstreamError(
        'QUERY_TOO_COMPLEX',
        `The operation needs more than ${limits.upstreamRequests} requests to authentik.`,
        { sent: 'no' },
      )
    }
    const path = pathOf(endpoint, key) + searchOf(query)
    return this.#judged(endpoint, () => this.#upstream.get(path, authorization, this.#signal)) as Promise<BodyOf<E>>
  }

  /** One page, or null if the page number is past the end. A 404 for page 1 is a real error and is thrown. */
  findPage<E extends Endpoint>(endpoint: E, query: Query): Promise<BodyOf<E> | null> {
    const page = this.get(endpoint, undefined, query)
    return query['page'] === 1 ? page : page.catch(nullIfNotFound)
  }

  /** Deletes the object with that key, and returns authentik's request id. Never tries twice. Throws UpstreamError. */
  async delete(
    endpoint: Endpoint & { readonly deleteRight: string },
    key: string | number,
  ): Promise<string | undefined> {
    const authorization = this.#authorization()
    let requestId: string | undefined
    await this.#judged({ path: endpoint.path, right: endpoint.deleteRight, answer: 'nothing' }, async () => {
      const answer = await this.#upstream.delete(pathOf(endpoint, key), authorization)
      requestId = answer.requestId
      return answer
    })
    return requestId
  }

  /** One line of the log for auditors, with a hash that tells callers apart. */
  audit(event: string, facts: Readonly<Record<string, unknown>>): void {
    const credential = createHash('sha256').update(this.#authorization()).digest('hex').slice(0, 16)
    this.#log.info({ credential, ...facts }, event)
  }

  #authorization(): string {
    if ('missing' in this.#credential)
      throw new UpstreamError('UNAUTHENTICATED', this.#credential.missing, { sent: 'no' })
    return this.#credential.authorization
  }

  async #judged(expected: Expected & Pick<Endpoint, 'path'>, ask: () => Promise<Answer>): Promise<object> {
    const started = performance.now()
    try {
      const answer = await ask()
      const { status, requestId } = answer
      this.#log.debug({ path: expected.path, status, requestId, ms: Math.round(performance.now() - started) }, 'asked')
      return judge(answer, expected)
    } catch (error) {
      if (error instanceof UpstreamError && !(error instanceof CallerGone)) {
        const { code, message, cause, authentik } = error
        const { log: level } = codes[code]
        if (level !== 'silent')
          this.#log[level]({ path: expected.path, code, authentik, cause: causeOf(cause) }, message)
      }
      throw error
    }
  }
}

function pathOf({ path }: Endpoint, key: string | number = ''): string {
  return path.replace(/\{\w+\}/, encodeURIComponent(key))
}

/** `?a=1&b=2`, sorted: equal queries have equal text. */
function searchOf(query: Query): string {
  const search = new URLSearchParams()
  for (const name of Object.keys(query).sort()) {
    for (const value of [query[name] ?? []].flat()) search.append(name, String(value))
  }
  return search.size === 0 ? '' : `?${search}`
}
