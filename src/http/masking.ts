import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { codes, shorten } from '../errors.ts'
import { limits } from '../limits.ts'
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
  // Yoga answers 200 to `{}` for those who accept application/json alone: there is no document that could be wrong.
  if (error.extensions['code'] === 'BAD_REQUEST' && Object(error.extensions['http']).spec) {
    error.extensions['http'] = { status: 400 }
  }
  return isOurs(error.extensions['code']) || !error.path ? error : mask(origin, log, error)
}

/**
 * Cuts long messages, and tells the first errors of an operation in full, of other fields' errors the path and the code alone. No
 * null is left without its error.
 */
export function abridgeErrors(): Plugin {
  return {
    onExecutionResult({ result, setResult }) {
      if (!result || !('errors' in result) || !result.errors) return
      const errors = result.errors.map((error, index) =>
        index < limits.fullErrors || !error.path ? cut(error) : abridged(error),
      )
      setResult({ ...result, errors })
    },
  }
}

function cut(error: GraphQLError): GraphQLError {
  error.message = shorten(error.message, limits.errorCharacters)
  return error
}

/** A plain object, since yoga makes two more errors of an error on its way out. */
function abridged({ path, extensions: { code } }: GraphQLError): GraphQLError {
  const told: Pick<GraphQLError, 'message' | 'path' | 'extensions'> = {
    message: String(code),
    path,
    extensions: { code },
  }
  return told as GraphQLError
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
  if (/^(Variable|Argument) "|^Too many errors processing variables/.test(message)) return 'BAD_USER_INPUT'
  return path ? undefined : 'OPERATION_RESOLUTION_FAILURE'
}

function isOurs(code: unknown): boolean {
  return typeof code === 'string' && Object.hasOwn(codes, code)
}

function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originOf(error.originalError) : error
}
