import { type ExecutionArgs, type ExecutionResult, getOperationAST, getVariableValues } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context } from '../context.ts'
import { codedError, shorten, UpstreamError } from '../errors.ts'
import { limits } from '../limits.ts'
import { explain } from '../observe/explain.ts'
import type { Served } from './observing.ts'
import { badRequest, bodyOf, refusalHeaders } from './refusal.ts'

/** What a request may ask for in `x-explain`. */
const values: readonly (string | null | undefined)[] = ['1', 'dry-run']

/**
 * Explains queries in `extensions.explain`, if `x-explain` asks for it. `1` runs the query and tells what authentik was asked for, if
 * authentik accepts the caller, which `isAccepted` tells by the Authorization header. `dry-run` asks authentik nothing.
 */
export function explainQueries(isAccepted: (authorization: string | undefined) => boolean): Plugin {
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
      // The executor tells of an operation that cannot run.
      if (asked === undefined || kind === undefined || hasWrongVariables(args)) return
      if (kind === 'mutation') {
        const error = badRequest('"x-explain" is for queries: a mutation is not explained, and did not run.')
        return setResultAndStopExecution({ errors: [error] })
      }
      if (asked === 'dry-run') return setResultAndStopExecution(dryRun(authentik))
      operation.beginToExplain()
      return {
        onExecuteDone({ result, setResult }) {
          if (isAccepted(authorization)) setResult(withExplanation(result as ExecutionResult, explain(operation)))
        },
      }
    },
  }
}

/** The answer to a query that is not run. */
function dryRun(authentik: Context['authentik']): ExecutionResult {
  try {
    authentik.requireCredential()
    return withExplanation({ data: null }, {})
  } catch (error) {
    if (error instanceof UpstreamError) return { data: null, errors: [error] }
    throw error
  }
}

function withExplanation(result: ExecutionResult, explanation: object): ExecutionResult {
  return { ...result, extensions: { ...result.extensions, explain: explanation } }
}

function hasWrongVariables({ schema, document, operationName, variableValues }: ExecutionArgs): boolean {
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? []
  return getVariableValues(schema, definitions, variableValues ?? {}, { maxErrors: 1 }).errors !== undefined
}
