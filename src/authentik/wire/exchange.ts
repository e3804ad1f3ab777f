import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Pool } from 'undici'
import { invalidAnswer, shorten, UpstreamError, unreachable } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Answer } from './judge.ts'
import { type Parcel, ReceivedBytes } from './received-bytes.ts'

const unzip = promisify(gunzip)

/** A request to authentik. */
export interface Call {
  readonly method: 'GET' | 'DELETE'
  /** Below the API's root. */
  readonly path: string
  /** The whole value of `Authorization`. */
  readonly credential: string
  /** The caller's address, if authentik is told. */
  readonly forwardedFor?: string | undefined
  readonly traceparent?: string | undefined
}

/** The connections to authentik, and one HTTP exchange over them. */
export class Exchange {
  readonly #pool: Pool
  readonly #prefix: string
  readonly #received = new ReceivedBytes()
  /** Answers are unzipped one after the other: each may become as large as an answer may be. */
  #unzipped: Promise<unknown> = Promise.resolve()

  /** `connectTimeout`: milliseconds for a connection to open. There is no other deadline here. */
  constructor(url: URL, connections: number, connectTimeout: number) {
    const deadlines = { connectTimeout, headersTimeout: 0, bodyTimeout: 0 }
    this.#pool = new Pool(url.origin, { connections, pipelining: 1, ...deadlines })
    this.#prefix = url.pathname.replace(/\/+$/, '')
  }

  /**
   * Sends a request: the answer, whatever its status. `onDispatched` is called when there is a connection for it and its first
   * byte is written. Throws UpstreamError if no whole answer comes.
   */
  async send(call: Call, signal: AbortSignal, onDispatched: () => void): Promise<Answer> {
    let dispatched = false
    const dispatch = () => {
      dispatched = true
      onDispatched()
    }
    try {
      const { status, headers, bytes } = await this.#receive(call, signal, dispatch)
      return {
        status,
        requestId: firstValueOf(headers['x-authentik-id']),
        retryAfter: firstValueOf(headers['retry-after']),
        text: await this.#readText(bytes, headers['content-encoding']),
      }
    } catch (error) {
      if (error instanceof UpstreamError) throw error
      throw unreachable(dispatched ? 'maybe' : 'no', error)
    }
  }

  #receive(
    { method, path, credential, forwardedFor, traceparent }: Call,
    signal: AbortSignal,
    onDispatched: () => void,
  ) {
    const options = {
      method,
      path: `${this.#prefix}/api/v3${path}`,
      headers: {
        authorization: credential,
        accept: 'application/json',
        // Newer releases translate their messages.
        'accept-language': 'en',
        // A list becomes a tenth of its size.
        'accept-encoding': 'gzip',
        ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
        ...(traceparent !== undefined && { traceparent }),
      },
    }
    return new Promise<Received>((resolve, reject) => {
      let abort = reject
      const leave = () => abort(signal.reason)
      signal.addEventListener('abort', leave, { once: true })
      const received: Received = { status: 0, headers: {}, bytes: [] }
      let parcel: Parcel | undefined
      const end = () => {
        parcel?.end()
        signal.removeEventListener('abort', leave)
      }
      this.#pool.dispatch(options, {
        onRequestStart(controller) {
          abort = (reason: Error) => controller.abort(reason)
          if (signal.aborted) leave()
          else onDispatched()
        },
        onResponseStart: (controller, status, headers) => {
          Object.assign(received, { status, headers })
          parcel?.end()
          parcel = this.#received.open(
            (chunk) => received.bytes.push(chunk),
            (error) => controller.abort(error),
          )
        },
        onResponseData: (_controller, chunk) => parcel?.take(chunk),
        onResponseEnd() {
          end()
          resolve(received)
        },
        onResponseError(_controller, error) {
          end()
          reject(error)
        },
      })
    })
  }

  async #readText(chunks: readonly Buffer[], encoding: string | string[] | undefined): Promise<string> {
    const bytes = Buffer.concat(chunks)
    // authentik's front server says gzip even with empty answers.
    if (encoding !== 'gzip' || bytes.length === 0) return bytes.toString('utf8')
    const text = this.#unzipped.then(() => readGzip(bytes))
    this.#unzipped = text.catch(() => {})
    return text
  }

  /** Asks authentik's liveness page, without credentials. Undefined if the answer is like authentik's, else the reason why not. */
  async probe(): Promise<string | undefined> {
    try {
      const path = `${this.#prefix}/-/health/live/`
      const signal = AbortSignal.timeout(limits.probeMilliseconds)
      const { statusCode, body } = await this.#pool.request({ method: 'GET', path, signal })
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

  /** Closes the connections as soon as what is on its way has ended. */
  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** An answer as it came, its body in parts. */
interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer[]
}

async function readGzip(bytes: Buffer): Promise<string> {
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
