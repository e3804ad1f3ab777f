import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Pool } from 'undici'
import { CallerGone, invalidAnswer, shorten, UpstreamError, unreachable } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Answer } from './judge.ts'

export interface UpstreamOptions {
  /** The address of authentik. It may have a sub-path. */
  readonly url: URL
  /** How many requests run at once, in the whole process. The others wait. */
  readonly concurrency: number
  /** Milliseconds for a whole answer, the wait included. */
  readonly timeout: number
}

/** A read that is on its way, and how many callers share its answer. */
interface Flight {
  readonly credential: string
  readonly answer: Promise<Answer>
  readonly controller: AbortController
  sharers: number
}

/** Codes of network failures that happen before anything is sent. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_(CONNECT_TIMEOUT|CLOSED|DESTROYED))$|CERT/

const unzip = promisify(gunzip)

/**
 * The connection to authentik that all callers of the process share. A bounded number of requests runs at once. Reads that
 * are identical (path, query and credential) and in flight at the same time are one request. No answer is kept.
 */
export class Upstream {
  /** What was learned of this authentik: how many rows of the 100 that are asked for it gives on a page. */
  readonly pageLimit = { largestPage: limits.rowsPerPage }
  readonly #pool: Pool
  readonly #prefix: string
  readonly #timeout: number
  /** Slots that are emptied on landing: the table of a Map that has shrunk may go on to hold what it held. */
  readonly #flights = new Map<string, { flight?: Flight }>()
  readonly #works = new Set<Promise<unknown>>()
  readonly concurrency: number

  constructor({ url, concurrency, timeout }: UpstreamOptions) {
    // Each sharer has a deadline of its own, so the pool has none, except for a connection that does not open.
    const deadlines = { connectTimeout: timeout, headersTimeout: 0, bodyTimeout: 0 }
    this.#pool = new Pool(url.origin, { connections: concurrency, pipelining: 1, ...deadlines })
    this.#prefix = url.pathname.replace(/\/+$/, '')
    this.#timeout = timeout
    this.concurrency = concurrency
  }

  /** GETs a path below the API's root: the answer, whatever its status. Throws UpstreamError if no whole answer comes in time. */
  async get(path: string, credential: string, signal?: AbortSignal): Promise<Answer> {
    if (signal?.aborted) throw new CallerGone()
    const key = `${credential} ${path}`
    const flight = this.#flights.get(key)?.flight ?? this.#start(key, path, credential)
    flight.sharers += 1
    try {
      return await this.#wait(flight.answer, signal)
    } finally {
      flight.sharers -= 1
      if (flight.sharers === 0) this.#settle(key, flight)
    }
  }

  /**
   * DELETEs a path below the API's root: the answer, whatever its status. It is sent once, for this caller alone, and not
   * aborted. A read that begins after it was sent, or after it ended, shares no answer with a read that began before.
   */
  async delete(path: string, credential: string): Promise<Answer> {
    const controller = new AbortController()
    this.#forgetFlightsOf(credential)
    try {
      return await this.#wait(this.#request('DELETE', path, credential, controller.signal))
    } finally {
      this.#forgetFlightsOf(credential)
      controller.abort()
    }
  }

  /** Asks authentik's liveness page, without credentials. Undefined if the answer is like authentik's, else the reason why not. */
  async probe(): Promise<string | undefined> {
    try {
      const path = `${this.#prefix}/-/health/live/`
      const { statusCode, body } = await this.#pool.request({
        method: 'GET',
        path,
        signal: AbortSignal.timeout(limits.probeMilliseconds),
      })
      let empty = true
      for await (const chunk of body) {
        empty = chunk.length === 0
        if (!empty) break
      }
      return empty && [200, 204].includes(statusCode) ? undefined : `something else answers there (${statusCode})`
    } catch (error) {
      return `nobody answers there (${reasonOf(error)})`
    }
  }

  /** Remembers a piece of work that must be finished, even if nobody waits for it any more. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work)
    const forget = () => this.#works.delete(work)
    work.then(forget, forget)
    return work
  }

  /** Resolves when all tracked work has ended. */
  async drain(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled(this.#works)
  }

  /** Resolves when all tracked work and all requests in flight have ended. */
  async close(): Promise<void> {
    await this.drain()
    await this.#pool.close()
  }

  #start(key: string, path: string, credential: string): Flight {
    const controller = new AbortController()
    const answer = this.#request('GET', path, credential, controller.signal)
    const flight = { credential, answer, controller, sharers: 0 }
    this.#flights.set(key, { flight })
    return flight
  }

  #settle(key: string, flight: Flight): void {
    flight.controller.abort()
    if (this.#flights.get(key)?.flight === flight) this.#forget(key)
  }

  #forgetFlightsOf(credential: string): void {
    for (const [key, { flight }] of this.#flights) if (flight?.credential === credential) this.#forget(key)
  }

  #forget(key: string): void {
    const slot = this.#flights.get(key)
    if (slot) delete slot.flight
    this.#flights.delete(key)
  }

  /** Waits as long as this sharer's deadline and caller allow. The request goes on for the others. */
  #wait(answer: Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const late = () =>
        reject(new UpstreamError('UPSTREAM_TIMEOUT', `No whole answer within ${this.#timeout} ms.`, { sent: 'maybe' }))
      const gone = () => reject(new CallerGone())
      const timer = setTimeout(late, this.#timeout)
      signal?.addEventListener('abort', gone, { once: true })
      const forget = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', gone)
      }
      answer.then(resolve, reject).finally(forget)
    })
  }

  async #request(method: 'GET' | 'DELETE', path: string, credential: string, signal: AbortSignal): Promise<Answer> {
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        method,
        path: `${this.#prefix}/api/v3${path}`,
        // English, since newer releases translate their messages. Compressed, since a list becomes a tenth of its size.
        headers: {
          authorization: credential,
          accept: 'application/json',
          'accept-language': 'en',
          'accept-encoding': 'gzip',
        },
        signal,
      })
      const text = await readText(body, headers['content-encoding'])
      return {
        status: statusCode,
        requestId: firstValueOf(headers['x-authentik-id']),
        retryAfter: firstValueOf(headers['retry-after']),
        text,
      }
    } catch (error) {
      if (error instanceof UpstreamError) throw error
      throw unreachable(neverSent.test(reasonOf(error)) ? 'no' : 'maybe', error)
    }
  }
}

async function readText(body: AsyncIterable<Buffer>, encoding: string | string[] | undefined): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > limits.answerBytes) throw invalidAnswer(`more than ${limits.answerBytes} bytes`)
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  // authentik's front server says gzip even with empty answers.
  if (encoding !== 'gzip' || bytes.length === 0) return bytes.toString('utf8')
  try {
    return (await unzip(bytes, { maxOutputLength: limits.answerBytes })).toString('utf8')
  } catch (error) {
    throw invalidAnswer('gzip that is damaged or too large', undefined, error)
  }
}

function firstValueOf(header: string | string[] | undefined): string | undefined {
  const value = Array.isArray(header) ? header[0] : header
  return value && shorten(value, limits.headerCharacters)
}

/** The code of a network failure, such as ECONNREFUSED. It holds no address and no header. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (error instanceof Error) return 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return 'unknown'
}
