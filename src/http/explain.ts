import type { RequestListener } from 'node:http'
import { type ExecutionResult, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context } from '../context.ts'
import { codedError, shorten, UpstreamError } from '../errors.ts'
import { limits } from '../limits.ts'
import { explain } from '../observe/explain.ts'
import type { Costs } from './costs.ts'
import type { Served } from './observing.ts'
import { badRequest, bodyOf, refusalHeaders } from './refusal.ts'

/** What a request may ask for in `x-explain`. */
const values: readonly (string | null | undefined)[] = ['1', 'dry-run']

/** The listener, but for requests with `x-explain`: these are left to the other one. */
export function leaveExplained(listener: RequestListener, other: RequestListener): RequestListener {
  return (request, response) =>
    request.headers['x-explain'] === undefined ? listener(request, response) : other(request, response)
}

/**
 * Explains queries in `extensions.explain`, if `x-explain` asks for it. `1` runs the query and tells what authentik was asked for,
 * beside the estimate, if authentik accepts the caller: `isAccepted` tells that by the Authorization header. `dry-run` tells the estimate
 * alone, and asks authentik nothing.
 */
export function explainQueries(costs: Costs, isAccepted: (authorization: string | undefined) => boolean): Plugin {
  return {
    onRequest({ request, endResponse, fetchAPI }) {
      const header = request.headers.get('x-explain')
      if (header === null || values.includes(header)) return
      const came = JSON.stringify(shorten(header, limits.valueCharacters))
      const error = codedError('BAD_REQUEST', `Expected "1" or "dry-run" in "x-explain", got ${came}.`)
      endResponse(new fetchAPI.Response(bodyOf(error), { status: 400, headers: { ...refusalHeaders } }))
    },
    onExecute({ args, setResultAndStopExecution }) {
      const { req, authentik, operation } = args.contextValue as unknown as Context & Served
      const { 'x-explain': asked, authorization } = req.headers
      const kind = getOperationAST(args.document, args.operationName)?.operation
      if (asked === undefined) return
      if (kind === 'mutation') {
        const error = badRequest('"x-explain" is for queries: a mutation is not explained, and did not run.')
        return setResultAndStopExecution({ errors: [error] })
      }
      const estimate = costs.estimate(args.document, args.operationName, args.variableValues ?? {})
      // The executor tells of an operation that cannot run.
      if (!estimate) return
      if (asked === 'dry-run') return setResultAndStopExecution(dryRun(authentik, { estimate }))
      operation.beginToExplain()
      return {
        onExecuteDone({ result, setResult }) {
          if (!isAccepted(authorization)) return
          setResult(withExplanation(result as ExecutionResult, { ...explain(operation), estimate }))
        },
      }
    },
  }
}

/** The answer to a query that is not run. */
function dryRun(authentik: Context['authentik'], explanation: object): ExecutionResult {
  try {
    authentik.requireCredential()
    return withExplanation({ data: null }, explanation)
  } catch (error) {
    if (error instanceof UpstreamError) return { data: null, errors: [error] }
    throw error
  }
}

function withExplanation(result: ExecutionResult, explanation: object): ExecutionResult {
  return { ...result, extensions: { ...result.extensions, explain: explanation } }
}
