import { GraphQLError } from 'graphql'
import { limits } from './limits.ts'

interface CodeRow {
  /** When a caller gets it: its line in the README. */
  readonly meaning: string
  /** At which level of the log a failure of an upstream request with this code is told. */
  readonly log: 'silent' | 'warn' | 'error'
  /** True if authentik surely did nothing: it refused the request, or the gateway did not send it. */
  readonly nothingDone?: boolean
}

/** Every code that a caller may find in `extensions.code`. */
export const codes = {
  UNAUTHENTICATED: {
    meaning: 'There is no usable bearer token, or authentik does not accept it.',
    log: 'silent',
    nothingDone: true,
  },
  FORBIDDEN: {
    meaning: 'authentik refuses. The message names the right that it checks.',
    log: 'silent',
    nothingDone: true,
  },
  NOT_FOUND: {
    meaning:
      'An object that another one refers to is absent or hidden. A look-up by id is not an error: it is just `null`.',
    log: 'silent',
    nothingDone: true,
  },
  BAD_USER_INPUT: {
    meaning:
      'An argument is wrong. The gateway says so itself, or authentik does: then `authentik.fields` and `authentik.messages` hold its words.',
    log: 'silent',
    nothingDone: true,
  },
  RATE_LIMITED: {
    meaning: 'authentik asks to slow down: `authentik.retryAfter` in seconds.',
    log: 'silent',
    nothingDone: true,
  },
  QUERY_TOO_COMPLEX: {
    meaning: `The document has over ${limits.documentDepth} levels, ${limits.documentAliases} aliases, ${limits.documentTokens} tokens, ${limits.documentCharacters} characters or ${limits.documentBrackets} open brackets; or the operation needs over ${limits.upstreamRequests} requests to authentik, or over ${limits.objects} objects looked up and listed.`,
    log: 'silent',
    nothingDone: true,
  },
  UPSTREAM_UNAVAILABLE: {
    meaning: 'authentik cannot be reached, is starting, or fails.',
    log: 'warn',
  },
  UPSTREAM_TIMEOUT: {
    meaning: 'authentik did not send a whole answer in time.',
    log: 'warn',
  },
  UPSTREAM_INVALID_RESPONSE: {
    meaning:
      'Something else than authentik answered, or authentik sent a value that this gateway does not know, or lacks one that every supported release sends.',
    log: 'warn',
  },
  GRAPHQL_PARSE_FAILED: { meaning: 'The document does not parse.', log: 'silent', nothingDone: true },
  GRAPHQL_VALIDATION_FAILED: { meaning: 'The document does not fit the schema.', log: 'silent', nothingDone: true },
  OPERATION_RESOLUTION_FAILURE: {
    meaning: 'The document has no operation, several without `operationName`, or none of that name.',
    log: 'silent',
    nothingDone: true,
  },
  PERSISTED_QUERY_NOT_IN_LIST: {
    meaning: 'Only persisted operations run here, and none has this id.',
    log: 'silent',
    nothingDone: true,
  },
  PERSISTED_QUERY_ID_REQUIRED: {
    meaning: 'Only persisted operations run here, and the request has no id.',
    log: 'silent',
    nothingDone: true,
  },
  PERSISTED_QUERY_ONLY: {
    meaning: 'Only persisted operations run here, and the request has a document.',
    log: 'silent',
    nothingDone: true,
  },
  BAD_REQUEST: { meaning: 'The HTTP request is wrong.', log: 'silent', nothingDone: true },
  REQUEST_ENTITY_TOO_LARGE: {
    meaning: `The body of the HTTP request has over ${limits.requestBytes / 1024} kB.`,
    log: 'silent',
    nothingDone: true,
  },
  INTERNAL_SERVER_ERROR: { meaning: 'A fault of the gateway. Its log has the cause.', log: 'error' },
} as const satisfies Record<string, CodeRow>

export type Code = keyof typeof codes

/** Whether a request may have reached authentik; `yes` where authentik answered it. */
export type Sent = 'no' | 'maybe' | 'yes'

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

/** A failure that a caller is told of as it is. The technical reason is the `cause`: it is logged and never sent. */
export class UpstreamError extends GraphQLError {
  readonly code: Code
  readonly sent: Sent
  readonly authentik: AnswerDetails | undefined

  constructor(
    code: Code,
    message: string,
    { sent, authentik, cause }: { readonly sent: Sent; readonly authentik?: AnswerDetails; readonly cause?: unknown },
  ) {
    super(message, { extensions: authentik ? { code, authentik } : { code } })
    this.code = code
    this.sent = sent
    this.authentik = authentik
    this.cause = cause
  }

  /** Whether authentik may have done what it was asked for, though it did not say so. */
  get mayBeDone(): boolean {
    const { nothingDone = false }: CodeRow = codes[this.code]
    return this.sent !== 'no' && !nothingDone
  }
}

/** What authentik says of a request that it refuses, by the argument's name where it names one. */
export function badInput(authentik: AnswerDetails): UpstreamError {
  const told = Object.entries(authentik.fields ?? {}).map(([field, texts]) => `${field}: ${texts.join(' ')}`)
  const reasons = shorten([...told, ...(authentik.messages ?? [])].join(' '), limits.messageCharacters)
  return new UpstreamError('BAD_USER_INPUT', `authentik refuses the request: ${reasons}`, { sent: 'yes', authentik })
}

/** An answer that cannot be authentik's, or one that this gateway does not understand. */
export function invalidAnswer(what: string, authentik?: AnswerDetails, cause?: unknown): UpstreamError {
  const details = authentik ? { authentik } : {}
  return new UpstreamError('UPSTREAM_INVALID_RESPONSE', `Upstream sent ${what}.`, { sent: 'yes', cause, ...details })
}

/** A failure of the network. Unless it is certain that the request was never sent, authentik may have acted on it. */
export function unreachable(sent: 'no' | 'maybe', cause: unknown): UpstreamError {
  const message = sent === 'no' ? 'authentik cannot be reached.' : 'The connection to authentik broke.'
  return new UpstreamError('UPSTREAM_UNAVAILABLE', message, { sent, cause })
}

/** Nobody waits for the answer any more, so nobody is told. */
export class CallerGone extends UpstreamError {
  constructor() {
    super('UPSTREAM_UNAVAILABLE', 'The caller has hung up.', { sent: 'maybe' })
  }
}

/** For a look-up, where absent or hidden is an answer: null. Throws every other error. */
export function nullIfNotFound(error: unknown): null {
  if (error instanceof UpstreamError && error.code === 'NOT_FOUND') return null
  throw error
}

/** An argument that the gateway can judge itself; authentik was not asked. */
export function inputError(expected: string, came: unknown): GraphQLError {
  return codedError('BAD_USER_INPUT', `Expected ${expected}, got ${describe(came)}.`)
}

/** An error of the gateway's own judgement, with its code. */
export function codedError(code: Code, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

/** What came, in JSON; of objects and lists only that they are such, for they may be deep. */
function describe(came: unknown): string {
  if (typeof came === 'object' && came !== null) return Array.isArray(came) ? 'a list' : 'an object'
  return shorten(JSON.stringify(came) ?? String(came), limits.valueCharacters)
}

/** The text, cut where it is longer than allowed: authentik's and callers' words are repeated only so far. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
