import { GraphQLError } from 'graphql'
import { limits } from './limits.ts'

interface CodeRow {
  /** When a caller gets it: its row in docs/errors.md. */
  readonly meaning: string
  /** The log level of a failed upstream request with this code. */
  readonly log: 'silent' | 'warn' | 'error'
  /** True if authentik surely did nothing: it refused the request, or the gateway did not send it. */
  readonly nothingDone?: boolean
}

/** Every code that a caller may find in `extensions.code`. The table in docs/errors.md follows from these rows. */
export const codes = {
  UNAUTHENTICATED: {
    meaning: 'The request has no usable bearer token, or authentik does not accept it.',
    log: 'silent',
    nothingDone: true,
  },
  FORBIDDEN: {
    meaning: 'The caller lacks a right. The message names the right that authentik checks.',
    log: 'silent',
    nothingDone: true,
  },
  NOT_FOUND: {
    meaning:
      'An object to which another one refers does not exist, or the caller may not see it. A look-up by id gives `null` without an error.',
    log: 'silent',
    nothingDone: true,
  },
  BAD_USER_INPUT: {
    meaning:
      'An argument or a variable is wrong. If authentik says so, its words are in `authentik.fields` and `authentik.messages`.',
    log: 'silent',
    nothingDone: true,
  },
  RATE_LIMITED: {
    meaning:
      'authentik asks to slow down, or the credential has had as much in a minute as `RATE_LIMIT` allows (HTTP 429). `extensions.retryAfter` says for how many seconds to wait.',
    log: 'warn',
    nothingDone: true,
  },
  QUERY_TOO_COMPLEX: {
    meaning: `The document has more than ${limits.documentDepth} levels, ${limits.documentAliases} aliases, ${limits.documentDirectives} directives, ${limits.documentTokens} tokens, ${limits.documentCharacters} characters (${limits.requestCharacters} in all of the request) or ${limits.documentBrackets} open brackets, or asks for the schema twice. Or the query may need more requests to authentik than \`MAX_COST\` allows. Or the operation needs more than ${limits.upstreamRequests} requests to authentik, gives more than ${limits.objects} objects, or answers more than ${limits.fieldsAtFirst} fields, those of objects inside others too; each answer of authentik allows for ${limits.fieldsForAnswer} more, up to ${limits.fields}.`,
    log: 'silent',
    nothingDone: true,
  },
  UPSTREAM_BUSY: {
    meaning:
      'Too many requests wait for authentik, so this one was not sent; or too many are under way in the gateway: revocations, or operations (these with HTTP 503). `extensions.retryAfter` says for how many seconds to wait.',
    log: 'warn',
    nothingDone: true,
  },
  UPSTREAM_UNAVAILABLE: {
    meaning:
      'authentik cannot be reached, is still starting, or fails. If it was not asked, since others saw it fail, `extensions.since` says since when.',
    log: 'warn',
  },
  UPSTREAM_TIMEOUT: {
    meaning:
      'authentik did not send a whole answer in time, or the request had no turn in time. The message says which clock ran out.',
    log: 'warn',
  },
  UPSTREAM_INVALID_RESPONSE: {
    meaning:
      'The answer is not one of authentik. Or a value in it is unknown to this gateway, or one is missing that every supported release sends.',
    log: 'warn',
  },
  GRAPHQL_PARSE_FAILED: { meaning: 'The document is not GraphQL.', log: 'silent', nothingDone: true },
  GRAPHQL_VALIDATION_FAILED: { meaning: 'The document does not fit the schema.', log: 'silent', nothingDone: true },
  OPERATION_RESOLUTION_FAILURE: {
    meaning:
      'It is not clear which operation to run: the document has none, or several and no `operationName`, or none of that name.',
    log: 'silent',
    nothingDone: true,
  },
  PERSISTED_QUERY_NOT_FOUND: {
    meaning: 'No document is remembered by this hash. Send the document and its hash: clients do so by themselves.',
    log: 'silent',
    nothingDone: true,
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    meaning: 'Documents run by their hashes in version 1 of `persistedQuery` only.',
    log: 'silent',
    nothingDone: true,
  },
  PERSISTED_QUERY_NOT_IN_LIST: {
    meaning: 'Only persisted operations run here, and none of them has this id.',
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
  BAD_REQUEST: {
    meaning: 'The HTTP request is wrong: its method, its headers or its JSON.',
    log: 'silent',
    nothingDone: true,
  },
  REQUEST_ENTITY_TOO_LARGE: {
    meaning: `The body of the HTTP request is larger than ${limits.requestBytes / 1024} kB.`,
    log: 'silent',
    nothingDone: true,
  },
  INTERNAL_SERVER_ERROR: {
    meaning: 'The gateway has a fault. The caller is not told more; the log has the cause.',
    log: 'error',
  },
} as const satisfies Record<string, CodeRow>

export type Code = keyof typeof codes

/** Whether a request may have reached authentik. `yes`: authentik answered it. */
export type Sent = 'no' | 'maybe' | 'yes'

/** What a caller may know of authentik's answer: `extensions.authentik`. */
export interface AnswerDetails {
  readonly status?: number
  /** authentik's `x-authentik-id`: it finds the request in authentik's own log. */
  readonly requestId?: string
  /** The right that the caller lacks. */
  readonly right?: string
  /** Messages of a 400 about one argument each, by the argument's name. */
  readonly fields?: Readonly<Record<string, readonly string[]>>
  /** Messages of a 400 that name no argument. */
  readonly messages?: readonly string[]
}

/** What is known of a failure beside its code and its message. */
interface FailureFacts {
  readonly sent: Sent
  /** Seconds after which it is worth asking again. */
  readonly retryAfter?: number
  /** Since when authentik has been failing, so that it was not asked. */
  readonly since?: string
  readonly authentik?: AnswerDetails
  readonly cause?: unknown
}

/** A failure whose code and message the caller gets. The technical reason is the `cause`: it is logged, never sent. */
export class UpstreamError extends GraphQLError {
  readonly code: Code
  readonly sent: Sent
  readonly authentik: AnswerDetails | undefined

  constructor(code: Code, message: string, { sent, retryAfter, since, authentik, cause }: FailureFacts) {
    const times = { ...(retryAfter !== undefined && { retryAfter }), ...(since !== undefined && { since }) }
    // Without a stack: see below.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message, { extensions: { code, ...times, ...(authentik && { authentik }) } })
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
    this.sent = sent
    this.authentik = authentik
    this.cause = cause
  }

  /** Whether authentik may have done what was asked, though it did not say so. */
  get mayBeDone(): boolean {
    const { nothingDone = false }: CodeRow = codes[this.code]
    return this.sent !== 'no' && !nothingDone
  }
}

/** A 400 of authentik: the message repeats its words, each after the name of the argument if it names one. */
export function badInput(authentik: AnswerDetails): UpstreamError {
  const told = Object.entries(authentik.fields ?? {}).map(([field, texts]) => `${field}: ${texts.join(' ')}`)
  const reasons = shorten([...told, ...(authentik.messages ?? [])].join(' '), limits.messageCharacters)
  return new UpstreamError('BAD_USER_INPUT', `authentik refuses the request: ${reasons}`, { sent: 'yes', authentik })
}

/** An answer that is not one of authentik, or that this gateway does not understand. */
export function invalidAnswer(what: string, authentik?: AnswerDetails, cause?: unknown): UpstreamError {
  const details = authentik ? { authentik } : {}
  return new UpstreamError('UPSTREAM_INVALID_RESPONSE', `Upstream sent ${what}.`, { sent: 'yes', cause, ...details })
}

/** A failure of the network. */
export class Unreachable extends UpstreamError {
  /** `no` if the request was surely never sent; otherwise authentik may have acted on it. */
  constructor(sent: 'no' | 'maybe', cause: unknown) {
    const message = sent === 'no' ? 'authentik cannot be reached.' : 'The connection to authentik broke.'
    super('UPSTREAM_UNAVAILABLE', message, { sent, cause })
  }
}

/** Nothing was sent, since there is too much already: "Too many requests wait for authentik.", as a rule. */
export function busy(
  { retryAfter }: { readonly retryAfter: number },
  reason = 'Too many requests wait for authentik.',
): UpstreamError {
  const message = `${reason} Try again in ${retryAfter} s.`
  return new UpstreamError('UPSTREAM_BUSY', message, { sent: 'no', retryAfter })
}

/** The caller has hung up: nobody waits for the answer, and nothing is logged. */
export class CallerGone extends UpstreamError {
  constructor(sent: Sent) {
    super('UPSTREAM_UNAVAILABLE', 'The caller has hung up.', { sent })
  }
}

/** Null for NOT_FOUND: in a look-up it is an answer. Throws every other error. */
export function nullIfNotFound(error: unknown): null {
  if (error instanceof UpstreamError && error.code === 'NOT_FOUND') return null
  throw error
}

/** An argument that the gateway itself finds wrong; authentik was not asked. */
export function inputError(expected: string, came: unknown): GraphQLError {
  return codedError('BAD_USER_INPUT', `Expected ${expected}, got ${describe(came)}.`)
}

/** An error with a code, for everything that the gateway finds wrong without asking authentik. */
export function codedError(code: Code, message: string): GraphQLError {
  return withoutStack(() => new GraphQLError(message, { extensions: { code } }))
}

/** Makes an error without a stack: nobody reads it, and writing it costs more than all the rest. */
export function withoutStack<E extends Error>(create: () => E): E {
  const { stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = 0
    return create()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The value in JSON; of an object or a list only its kind, since it may be deep. */
function describe(came: unknown): string {
  if (typeof came === 'object' && came !== null) return Array.isArray(came) ? 'a list' : 'an object'
  return shorten(JSON.stringify(came) ?? String(came), limits.valueCharacters)
}

/** The text, cut at that length: words of authentik and of callers are repeated only so far. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
