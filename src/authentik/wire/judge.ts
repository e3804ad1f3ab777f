import { type AnswerDetails, badInput, type Code, invalidAnswer, shorten, UpstreamError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { dropClientSecrets } from '../client-secret.ts'
import type { Endpoint } from '../endpoints.ts'
import { parseJson } from './json.ts'

/** The parts of an HTTP answer that the gateway looks at. */
export interface Answer {
  readonly status: number
  readonly requestId: string | undefined
  readonly retryAfter: string | undefined
  /** Of the body, as they came. */
  readonly bytes: number
  readonly text: string
  /** The text as JSON, as soon as somebody has judged the answer: all who share it share the body. */
  body?: object
}

// authentik answers 403 to bad credentials, where 401 is usual. These three
// English sentences of authentik/api/authentication.py and Django REST framework tell them from a missing right.
const badCredentials = [
  'Authentication credentials were not provided.',
  'Token invalid/expired',
  'Unsupported authentication type',
]

/** What an answer is expected to be: to a DELETE, nothing. */
export interface Expected {
  readonly answer: Endpoint['answer'] | 'nothing'
  /** The right that authentik checks. */
  readonly right?: string
  /** Whether client secrets are to be taken out. */
  readonly showsClientSecrets?: true
  /** Whether an object is the one that was asked for. */
  readonly isRight?: ((body: object) => boolean) | undefined
}

type Answered = Readonly<Record<string, unknown>>

/** How a body is recognized as authentik's. */
const isOfKind: Readonly<Record<Expected['answer'], (body: Answered) => boolean>> = {
  object: (body) => !Array.isArray(body) && !('error' in body),
  caller: ({ user }) => typeof user === 'object' && user !== null,
  page: ({ results }) => Array.isArray(results),
  nothing: () => false,
}

/**
 * The body of a 200 that is of the expected kind. Every other answer is thrown as an
 * UpstreamError that says what the caller may know. 5xx and 429 are judged by the status alone. Most others count only with a
 * JSON body of authentik's shape: a web page that answers 404 at a mistyped address must not say "no such token".
 */
export function judge(answer: Answer, expected: Expected): object {
  const { status, requestId, retryAfter, text } = answer
  const about: AnswerDetails = requestId === undefined ? { status } : { status, requestId }
  const failure = (code: Code, message: string, more = {}) =>
    new UpstreamError(code, message, { sent: 'yes', authentik: about, ...more })
  const wait = [429, 503].includes(status) ? readWait(retryAfter) : {}
  if (status >= 500) throw failure('UPSTREAM_UNAVAILABLE', `authentik is failing (status ${status}).`, wait)
  if (status === 429) throw failure('RATE_LIMITED', 'authentik asks to slow down.', wait)
  if (status === 204 && expected.answer === 'nothing') return {}
  // If authentik crashes over a DELETE, its page for errors refuses the method: with HTML, or with nothing at all.
  if (status === 405 && expected.answer === 'nothing' && !text.trimStart().startsWith('{')) {
    throw failure('UPSTREAM_UNAVAILABLE', 'authentik has crashed over the deletion (status 405).')
  }
  const body = readJson(answer, about, expected)
  const detail =
    'detail' in body && typeof body.detail === 'string' ? shorten(body.detail, limits.messageCharacters) : undefined
  if (status === 200) {
    if (isOfKind[expected.answer](body as Answered) && (expected.isRight?.(body) ?? true)) return body
    // authentik's front server says this, with status 200, while the rest of authentik starts.
    if ('error' in body) throw failure('UPSTREAM_UNAVAILABLE', 'authentik is starting.')
  }
  if (status === 400) throw badRequest(body, detail, about)
  if ((status === 401 && detail) || (status === 403 && detail && badCredentials.includes(detail))) {
    throw failure('UNAUTHENTICATED', `authentik does not accept these credentials: ${detail}`)
  }
  if (status === 403 && detail) {
    const { right } = expected
    if (!right) throw failure('FORBIDDEN', detail)
    throw failure('FORBIDDEN', `${detail} authentik checks the right ${right} here.`, {
      authentik: { ...about, right },
    })
  }
  if (status === 404 && detail) throw failure('NOT_FOUND', `authentik shows no such object: ${detail}`)
  throw invalidAnswer(`an answer (status ${status}) that is not one of authentik`, about)
}

/** A `Retry-After` header, which is a number of seconds or a date (RFC 9110, section 10.2.3). Nothing if it is neither, or too long. */
function readWait(header = ''): { readonly retryAfter?: number } {
  const isNumber = /^\d+$/.test(header)
  // Node takes -5 for a date as well.
  const date = / GMT$/.test(header) ? Date.parse(header) : Number.NaN
  const seconds = isNumber ? Number(header) : Math.max(0, Math.ceil((date - Date.now()) / 1000))
  return seconds <= limits.retrySeconds ? { retryAfter: seconds } : {}
}

function readJson(answer: Answer, about: AnswerDetails, { showsClientSecrets }: Expected): object {
  if (answer.body) return frozen(answer.body)
  let body: unknown
  try {
    body = parseJson(answer.text)
  } catch {
    // The parser's own message quotes the text, so it is dropped.
  }
  if (typeof body !== 'object' || body === null) throw invalidAnswer(`no JSON object (status ${about.status})`, about)
  if (showsClientSecrets) dropClientSecrets(body)
  answer.body = body
  return body
}

/** Freezes a body that somebody else has too, in all its depth. Without recursion: it may be deep. */
function frozen(body: object): object {
  if (Object.isFrozen(body)) return body
  const parts = [body]
  for (const part of parts) {
    Object.freeze(part)
    for (const value of Object.values(part)) if (typeof value === 'object' && value !== null) parts.push(value)
  }
  return body
}

/** A 400 comes in four shapes: {field: [text]}, {non_field_errors: [text]}, {detail: text}, or [text]. */
function badRequest(body: object, detail: string | undefined, about: AnswerDetails): UpstreamError {
  const fields: Record<string, string[]> = {}
  const messages: string[] = detail === undefined ? [] : [detail]
  const told = Object.entries(Array.isArray(body) ? { non_field_errors: body } : body)
  for (const [field, texts] of told.slice(0, limits.messages)) {
    if (!Array.isArray(texts)) continue
    const strings = texts.slice(0, limits.messages).filter((text) => typeof text === 'string')
    const words = strings.map((text) => shorten(text, limits.messageCharacters))
    if (field === 'non_field_errors') messages.push(...words)
    else if (words.length > 0) fields[shorten(field, limits.parameterCharacters)] = words
  }
  if (Object.keys(fields).length + messages.length > 0) return badInput({ ...about, fields, messages })
  return invalidAnswer('a status 400 without a reason', about)
}
