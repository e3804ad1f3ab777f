import { type ExecutionArgs, type ExecutionResult, execute, getOperationAST } from 'graphql'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import type { Plans } from './plan.ts'

export type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>

/**
 * Executes an operation by its plan, where it has one. Whatever goes wrong is run by graphql-js, over the same context, whose
 * loaders remember: nothing is asked twice, and nothing is paid twice. A query that is given up has one error and no data. What is to
 * be explained is run by graphql-js as well: there each field asks for itself.
 */
export function createExecute(plans: Pick<Plans, 'find'>): Execute {
  return (args) => {
    const context = args.contextValue as Context
    const begun = context.kept.get(runAgain) as ReturnType<Execute> | undefined
    if (begun) return begun
    const plan = context.operation.reads
      ? undefined
      : plans.find(args.document, args.operationName, args.variableValues ?? {})
    if (!plan) return executeByGraphql(args)
    return plan.run(context).then(
      (data) => ({ data }),
      () => executeByGraphql(args),
    )
  }
}

/**
 * Begins to execute, by graphql-js, an operation whose plan has just failed, for whoever executes it over the same context: what it loads
 * goes with what the plan had begun to load.
 */
export function runAgain(args: ExecutionArgs): void {
  const { kept } = args.contextValue as Context
  kept.set(runAgain, executeByGraphql(args))
}

/** Executes an operation by graphql-js alone. */
export function executeByGraphql(args: ExecutionArgs): ReturnType<Execute> {
  // graphql-js repeats the whole variable for each mistake in it.
  const result = execute({ ...args, options: { maxCoercionErrors: limits.variableErrors } })
  const isQuery = getOperationAST(args.document, args.operationName)?.operation === 'query'
  if (!isQuery || !(result instanceof Promise)) return result
  // Values of fields that nobody is to get any more never come: so nothing waits for them.
  const { account } = args.contextValue as Context
  let forget = () => {}
  const givenUp = new Promise<ExecutionResult>((resolve) => {
    forget = account.whenGivenUp((error) => resolve({ data: null, errors: [error] }))
  })
  return Promise.race([result.then((whole) => (account.isOverdrawn ? givenUp : whole)), givenUp]).finally(forget)
}
