import { type ExecutionResult, execute, type GraphQLError, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { limits } from '../limits.ts'

/** What the execution needs of an operation's context. */
interface Spending {
  /** Why the request's queries are given up, as soon as they are. */
  readonly account: { readonly givenUp: Promise<GraphQLError>; readonly isOverdrawn: boolean }
}

/**
 * Executes by graphql-js, in the order of the selection. Yoga's own executor puts values that come later last. A query that is
 * given up has one error and no data.
 */
export function executeInOrder(): Plugin<Spending> {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(executeWithinLimits)
    },
  }
}

function executeWithinLimits(args: Parameters<typeof execute>[0]): ReturnType<typeof execute> {
  // graphql-js repeats the whole variable for each mistake in it.
  const result = execute({ ...args, options: { maxCoercionErrors: limits.variableErrors } })
  const isQuery = getOperationAST(args.document, args.operationName)?.operation === 'query'
  if (!isQuery || !(result instanceof Promise)) return result
  const { account } = args.contextValue as Spending
  const givenUp = account.givenUp.then((error): ExecutionResult => ({ data: null, errors: [error] }))
  return Promise.race([result.then((whole) => (account.isOverdrawn ? givenUp : whole)), givenUp])
}
