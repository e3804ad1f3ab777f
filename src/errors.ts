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

  constructor(code: Code, message: string, authentik?: AnswerDetails, cause?: unknown) {
    super(message, { extensions: authentik ? { code, authentik } : { code } })
    this.code = code
    this.cause = cause
  }
}

/** An answer that cannot be authentik's, or none that this gateway understands. */
export function invalidAnswer(what: string, authentik?: AnswerDetails, cause?: unknown): UpstreamError {
  return new UpstreamError('UPSTREAM_INVALID_RESPONSE', `Upstream sent ${what}.`, authentik, cause)
}

/** An argument that the gateway can judge itself; upstream was not asked. */
export function inputError(expected: string, came: unknown): GraphQLError {
  return codedError(
    'BAD_USER_INPUT',
    `Expected ${expected}, got ${shorten(JSON.stringify(came) ?? String(came), 100)}.`,
  )
}

/** An error of the gateway's own judgement, with its code. */
export function codedError(code: Code, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

/** The text, cut where it is longer than allowed: upstream's and callers' words are repeated only so far. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
