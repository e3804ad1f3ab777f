import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Pool } from 'undici'
import { CallerGone, invalidAnswer, shorten, UpstreamError, unreachable } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Answer } from './judge.ts'

export interface UpstreamOptions {
  /** authentik's address; may carry a sub-path. */
  readonly url: URL
  /** How many requests may run at once, in the whole process; the rest wait their turn. */
  readonly concurrency: number
  /** Milliseconds for a whole answer, waiting included. */
  readonly timeout: number
}

interface Flight {
  readonly credential: string
  readonly answer: Promise<Answer>
  readonly controller: AbortController
  sharers: number
}

/** The network's failures before anything is sent. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_(CONNECT_TIMEOUT|CLOSED|DESTROYED))$|CERT/

const unzip = promisify(gunzip)

/**
 * The one connection to authentik that all callers of this process share: bounded, and with identical reads in flight
 * made once. Two reads are identical only with the same path, query and credential; nothing outlives its answer.
 */
export class Upstream {
  /** What was learned of this authentik: how many rows it gives on a page, of the 100 that are asked for. */
  readonly limits = { largestPage: limits.rowsPerPage }
  readonly #pool: Pool
  readonly #prefix: string
  readonly #timeout: number
  readonly #flights = new Map<string, Flight>()
  readonly #works = new Set<Promise<unknown>>()
  readonly concurrency: number

  constructor({ url, concurrency, timeout }: UpstreamOptions) {
    // Each sharer of an answer keeps its own deadline, so the pool has none but for a connection that does not open.
    const deadlines = { connectTimeout: timeout, headersTimeout: 0, bodyTimeout: 0 }
    this.#pool = new Pool(url.origin, { connections: concurrency, pipelining: 1, ...deadlines })
    this.#prefix = url.pathname.replace(/\/+$/, '')
    this.#timeout = timeout
    this.concurrency = concurrency
  }

  /** One GET below the API's root, whatever its status. Throws UpstreamError when no whole answer comes in time. */
  async get(path: string, credential: string, signal?: AbortSignal): Promise<Answer> {
    if (signal?.aborted) throw new CallerGone()
    const key = `${credential} ${path}`
    const flight = this.#flights.get(key) ?? this.#start(key, path, credential)
    flight.sharers += 1
    try {
      return await this.#wait(flight.answer, signal)
    } finally {
      flight.sharers -= 1
      if (flight.sharers === 0) this.#settle(key, flight)
    }
  }

  /**
   * One DELETE below the API's root, whatever its status: made once, never again, for nobody but this caller, and to its
   * end. A read that begins after it was sent, or after it ended, joins none that began before.
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

  /** Whether somebody answers like authentik at its liveness page, asked without credentials; else the reason why not. */
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
    this.#flights.set(key, flight)
    return flight
  }

  #settle(key: string, flight: Flight): void {
    flight.controller.abort()
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }

  #forgetFlightsOf(credential: string): void {
    for (const [key, flight] of this.#flights) if (flight.credential === credential) this.#flights.delete(key)
  }

  /** Each sharer has a deadline and a caller of its own: the answer goes on for the others. */
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
        // English, since newer releases translate their messages. Compressed, since lists shrink tenfold.
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
        requestId: one(headers['x-authentik-id']),
        retryAfter: one(headers['retry-after']),
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
  // authentik's front server names the encoding of empty answers, too.
  if (encoding !== 'gzip' || bytes.length === 0) return bytes.toString('utf8')
  try {
    return (await unzip(bytes, { maxOutputLength: limits.answerBytes })).toString('utf8')
  } catch (error) {
    throw invalidAnswer('what it calls gzip, but is not, or is too much', undefined, error)
  }
}

function one(header: string | string[] | undefined): string | undefined {
  const value = Array.isArray(header) ? header[0] : header
  return value && shorten(value, limits.headerCharacters)
}

/** The code of a network failure, ECONNREFUSED say; it names no address and no header. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (error instanceof Error) return 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return 'unknown'
}
