import {
  type ASTVisitor,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
  type ValidationContext,
} from 'graphql'
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
    onValidate({ addValidationRule }) {
      addValidationRule(knownKinds)
    },
    onExecute({ setExecuteFn }) {
      setExecuteFn(executeWithinLimits)
    },
  }
}

/** A document may have no operation of a kind that the schema has none of. graphql-js would find that out only when it executes it. */
function knownKinds(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return
      context.reportError(new GraphQLError(`The schema has no ${node.operation}.`, { nodes: node }))
    },
  }
}

function executeWithinLimits(args: Parameters<typeof execute>[0]): ReturnType<typeof execute> {
  // graphql-js repeats the whole variable for each mistake in it.
  const result = execute({ ...args, options: { maxCoercionErrors: limits.variableErrors } })
  if (!(result instanceof Promise) && result.data === undefined) return refused(result)
  const isQuery = getOperationAST(args.document, args.operationName)?.operation === 'query'
  if (!isQuery || !(result instanceof Promise)) return result
  const { account } = args.contextValue as Spending
  const givenUp = account.givenUp.then((error): ExecutionResult => ({ data: null, errors: [error] }))
  return Promise.race([result.then((whole) => (account.isOverdrawn ? givenUp : whole)), givenUp])
}

/** Nothing was executed, since a variable does not fit: 400 for those who take GraphQL's own media type, as for a document. */
function refused(result: ExecutionResult): ExecutionResult {
  for (const { extensions } of result.errors ?? []) extensions['http'] = { status: 400, spec: true }
  return result
}
