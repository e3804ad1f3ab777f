import { GraphQLError } from 'graphql'
import { codes } from '../errors.ts'
import { causeOf, type Log } from '../observe/log.ts'

/**
 * The error that a caller is told. Errors with a code of ours are told as they are, and so are graphql's about the request.
 * All others are faults of the gateway: they are masked, and the log tells the cause.
 */
export function maskError(error: unknown, log: Log): GraphQLError {
  const origin = originOf(error)
  if (!(error instanceof GraphQLError)) return mask(origin, log)
  if (!(origin instanceof GraphQLError)) return mask(origin, log, error)
  // Yoga puts here the words of JSON.parse about a body that is no JSON: they quote it.
  if ('originalError' in error.extensions) {
    delete error.extensions['originalError']
    error.extensions['http'] = { status: 400 }
  }
  error.extensions['code'] ??= codeOf(error)
  return isOurs(error.extensions['code']) || !error.path ? error : mask(origin, log, error)
}

function mask(cause: unknown, log: Log, { nodes, path }: Partial<GraphQLError> = {}): GraphQLError {
  if (isNews(cause)) log.error({ path, cause: causeOf(cause) }, 'unexpected')
  const extensions = { code: 'INTERNAL_SERVER_ERROR' }
  return new GraphQLError('Unexpected error.', { nodes: nodes ?? null, path: path ?? null, extensions })
}

/** What was told in this turn of the event loop, in which all errors of one answer are masked. */
const told = new Set<string>()

/** Whether something is told for the first time: equal faults of one answer, in each row of a list say, are one line of the log. */
function isNews(cause: unknown): boolean {
  const text = cause instanceof Error ? `${cause.message} ${cause.stack}` : String(cause)
  if (told.size === 0) setImmediate(() => told.clear())
  if (told.has(text)) return false
  told.add(text)
  return true
}

/** graphql gives no codes to what is wrong with a request. With a path, only an argument is the caller's mistake. */
function codeOf({ message, path }: GraphQLError): string | undefined {
  if (/^(Variable|Argument) "/.test(message)) return 'BAD_USER_INPUT'
  return path ? undefined : 'OPERATION_RESOLUTION_FAILURE'
}

function isOurs(code: unknown): boolean {
  return typeof code === 'string' && Object.hasOwn(codes, code)
}

function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originOf(error.originalError) : error
}
