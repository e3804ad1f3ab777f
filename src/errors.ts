import { GraphQLError } from 'graphql'

/** What a caller finds in `extensions.code`. */
export type Code =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'QUERY_TOO_COMPLEX'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_INVALID_RESPONSE'

/** What a caller may know of authentik's answer: `extensions.authentik`. */
export interface AnswerDetails {
  readonly status?: number
  /** authentik's `x-authentik-id`, by which its own log is searched. */
  readonly requestId?: string
  /** Messages of a 400, by the argument that authentik complains about. */
  readonly fields?: Readonly<Record<string, readonly string[]>>
  /** Messages of a 400 that name no argument. */
  readonly messages?: readonly string[]
  /** Seconds to wait, of a 429. */
  readonly retryAfter?: number
}

/** A failure that a caller is told of as it is. The technical reason is the `cause`: logged, never sent. */
export class UpstreamError extends GraphQLError {
  readonly code: Code
  readonly authentik: AnswerDetails | undefined

  constructor(code: Code, message: string, authentik?: AnswerDetails, cause?: unknown) {
    super(message, { extensions: authentik ? { code, authentik } : { code } })
    this.code = code
    this.authentik = authentik
    this.cause = cause
  }
}

/** What authentik says of a request that it refuses, by the argument's name where it names one. */
export function refusal(authentik: AnswerDetails): UpstreamError {
  const told = Object.entries(authentik.fields ?? {}).map(([field, texts]) => `${field}: ${texts.join(' ')}`)
  const reasons = [...told, ...(authentik.messages ?? [])].join(' ')
  return new UpstreamError('BAD_USER_INPUT', `authentik refuses the request: ${shorten(reasons, 300)}`, authentik)
}

/** An answer that cannot be authentik's, or none that this gateway understands. */
export function invalidAnswer(what: string, authentik?: AnswerDetails, cause?: unknown): UpstreamError {
  return new UpstreamError('UPSTREAM_INVALID_RESPONSE', `Upstream sent ${what}.`, authentik, cause)
}

/** A failure of the network. Unless it is certain that the request was never sent, authentik may have acted on it. */
export class Unreachable extends UpstreamError {
  readonly neverSent: boolean

  constructor(neverSent: boolean, cause: unknown) {
    const message = neverSent ? 'authentik cannot be reached.' : 'The connection to authentik broke.'
    super('UPSTREAM_UNAVAILABLE', message, undefined, cause)
    this.neverSent = neverSent
  }
}

/** For a look-up, where absent or hidden is an answer: null. Throws every other error. */
export function nullIfNotFound(error: unknown): null {
  if (error instanceof UpstreamError && error.code === 'NOT_FOUND') return null
  throw error
}

/** Nobody waits for the answer any more, so nobody is told. */
export class CallerGone extends UpstreamError {
  constructor() {
    super('UPSTREAM_UNAVAILABLE', 'The caller has hung up.')
  }
}

/** An argument that the gateway can judge itself; upstream was not asked. */
export function inputError(expected: string, came: unknown): GraphQLError {
  return codedError('BAD_USER_INPUT', `Expected ${expected}, got ${describe(came)}.`)
}

/** What came, in JSON; of objects and lists only that they are such, for they may be deep. */
function describe(came: unknown): string {
  if (typeof came === 'object' && came !== null) return Array.isArray(came) ? 'a list' : 'an object'
  return shorten(JSON.stringify(came) ?? String(came), 100)
}

/** An error of the gateway's own judgement, with its code. */
export function codedError(code: Code, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

/** The text, cut where it is longer than allowed: upstream's and callers' words are repeated only so far. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
