import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, gunzipSync } from 'node:zlib'
import { invalidAnswer, shorten, Unreachable, UpstreamError } from '../../errors.ts'
import { allRead } from '../../event-loop.ts'
import { limits } from '../../limits.ts'
import { type Connection, Connections } from './connections.ts'
import type { Answer } from './judge.ts'
import { answerBytes, type Parcel, ReceivedBytes } from './received-bytes.ts'

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
  readonly #connections: Connections
  readonly #prefix: string
  readonly #received = new ReceivedBytes()
  /** Those of looks at authentik that are under way: nobody waits for them once all is closed. */
  readonly #probing = new Set<Connection>()
  #isClosed = false
  /** Answers are unzipped one after the other: each may become as large as an answer may be. */
  #unzipped: Promise<unknown> = Promise.resolve()

  /** `connectTimeout`: milliseconds for a connection to open. There is no other deadline here. */
  constructor(url: URL, connectTimeout: number) {
    this.#connections = new Connections(url.origin, connectTimeout)
    this.#prefix = url.pathname.replace(/\/+$/, '')
  }

  /**
   * Sends a request: the answer, whatever its status. `dispatch` is called when there is a connection for it and its first byte is
   * written; `fresh` asks for a new connection. Throws UpstreamError if no whole answer comes, among them StaleConnection.
   */
  async send(call: Call, { signal, dispatch, fresh }: Sending): Promise<Answer> {
    const state = { dispatched: false, begun: false, used: false }
    const connection = this.#connections.take(fresh)
    try {
      const { status, headers, chunks } = await this.#receive(call, connection, signal, {
        onDispatched() {
          state.dispatched = true
          state.used = connection.answers > 0
          dispatch()
        },
        onBegun() {
          state.begun = true
        },
      })
      const bytes = Buffer.concat(chunks)
      return {
        status,
        requestId: firstValueOf(headers['x-authentik-id']),
        retryAfter: firstValueOf(headers['retry-after']),
        bytes: bytes.length,
        text: await this.#readText(bytes, headers['content-encoding']),
      }
    } catch (error) {
      if (error instanceof UpstreamError) throw error
      if (state.used && !state.begun) throw new StaleConnection(error)
      throw new Unreachable(state.dispatched ? 'maybe' : 'no', error)
    }
  }

  #receive(
    { method, path, credential, forwardedFor, traceparent }: Call,
    connection: Connection,
    signal: AbortSignal,
    { onDispatched, onBegun }: { readonly onDispatched: () => void; readonly onBegun: () => void },
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
      let abort = (reason: Error) => {
        reject(reason)
        this.#connections.drop(connection, reason)
      }
      const leave = () => abort(signal.reason)
      signal.addEventListener('abort', leave, { once: true })
      const received: Received = { status: 0, headers: {}, chunks: [] }
      let parcel: Parcel | undefined
      const end = () => {
        parcel?.end()
        signal.removeEventListener('abort', leave)
        this.#connections.give(connection)
      }
      connection.client.dispatch(options, {
        onRequestStart(controller) {
          abort = (reason: Error) => controller.abort(reason)
          if (signal.aborted) leave()
          else onDispatched()
        },
        onResponseStart: (controller, status, headers) => {
          Object.assign(received, { status, headers })
          onBegun()
          parcel?.end()
          parcel = this.#received.open(
            (chunk) => received.chunks.push(chunk),
            (error) => controller.abort(error),
          )
        },
        onResponseData: (_controller, chunk) => parcel?.take(chunk),
        onResponseEnd() {
          connection.answers += 1
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

  async #readText(bytes: Buffer, encoding: string | string[] | undefined): Promise<string> {
    // Together longer ones would only need more memory at once.
    if (bytes.length <= limits.readTogetherBytes) await allRead()
    // authentik's front server says gzip even with empty answers.
    if (encoding !== 'gzip' || bytes.length === 0) return bytes.toString('utf8')
    // The way to another thread and back takes longer than a small body.
    const small = bytes.length <= limits.unzippedAtOnceBytes ? readSmallGzip(bytes) : undefined
    if (small !== undefined) return small
    const text = this.#unzipped.then(() => readGzip(bytes))
    this.#unzipped = text.catch(() => {})
    return text
  }

  /**
   * Asks authentik's liveness page, without credentials. Undefined if the answer is like authentik's, or if the connections were
   * closed meanwhile; else the reason why not.
   */
  async probe(): Promise<string | undefined> {
    const connection = this.#connections.take(false)
    this.#probing.add(connection)
    try {
      const path = `${this.#prefix}/-/health/live/`
      const signal = AbortSignal.timeout(limits.probeMilliseconds)
      const { statusCode, body } = await connection.client.request({ method: 'GET', path, signal })
      let empty = true
      for await (const chunk of body) {
        empty = chunk.length === 0
        if (!empty) break
      }
      return empty && [200, 204].includes(statusCode) ? undefined : `something else answers there (${statusCode})`
    } catch (error) {
      const reason = reasonOf(error)
      // It may still be opening.
      this.#connections.drop(connection, new Error(reason))
      return this.#isClosed ? undefined : `nobody answers there (${reason})`
    } finally {
      this.#probing.delete(connection)
      this.#connections.give(connection)
    }
  }

  /** Closes the connections as soon as the requests on their way have ended. A look at authentik is given up. */
  close(): Promise<void> {
    this.#isClosed = true
    for (const connection of this.#probing) this.#connections.drop(connection, new Error('closed'))
    return this.#connections.close()
  }
}

/** The connection had been used before, and broke before the first byte of an answer. */
export class StaleConnection extends Unreachable {
  constructor(cause: unknown) {
    super('maybe', cause)
  }
}

/** How a request is sent. */
export interface Sending {
  readonly signal: AbortSignal
  readonly dispatch: () => void
  readonly fresh: boolean
}

/** An answer as it came, its body in parts. */
interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly chunks: Buffer[]
}

async function readGzip(bytes: Buffer): Promise<string> {
  try {
    return (await unzip(bytes, { maxOutputLength: answerBytes })).toString('utf8')
  } catch (error) {
    throw invalidAnswer('gzip that is damaged or too large', undefined, error)
  }
}

/** Undefined if it is damaged, or becomes large. */
function readSmallGzip(bytes: Buffer): string | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: limits.unzippedBytes }).toString('utf8')
  } catch {
    return undefined
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
