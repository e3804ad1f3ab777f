import type { DocumentNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context } from '../context.ts'
import { codedError } from '../errors.ts'
import type { Estimate } from '../execute/bill.ts'
import type { Estimates } from '../execute/estimates.ts'

/** Estimates what each query costs before it runs, and refuses those that may cost more than is allowed. */
export class Costs {
  readonly #estimates: Estimates
  readonly #most: number

  /** `most` is how many requests to authentik a query may need; without it, any number that one operation may make. */
  constructor(estimates: Estimates, most: number | undefined) {
    this.#estimates = estimates
    this.#most = most ?? Number.POSITIVE_INFINITY
  }

  /** The estimate of a valid document's query; undefined for what is none. */
  estimate(
    document: DocumentNode,
    operationName: string | null | undefined,
    variables: Readonly<Record<string, unknown>>,
  ): Estimate | undefined {
    return this.#estimates.find(document, operationName, variables)
  }

  isTooHigh(estimate: Estimate | undefined): boolean {
    return estimate !== undefined && estimate.requests > this.#most
  }

  /** Estimates what yoga runs, and refuses what is too high before authentik is asked. */
  plugin(): Plugin<Pick<Context, 'operation'>> {
    return {
      onExecute: ({ args, setResultAndStopExecution }) => {
        const estimate = this.estimate(args.document, args.operationName, args.variableValues ?? {})
        const { operation } = args.contextValue
        operation.estimated = estimate?.requests
        if (!estimate || !this.isTooHigh(estimate)) return
        const error = codedError(
          'QUERY_TOO_COMPLEX',
          `The query may need ${estimate.requests} requests to authentik, of at most ${this.#most} that are allowed.`,
        )
        // As for a document that is too complex.
        error.extensions['http'] = { status: 400, spec: true }
        setResultAndStopExecution({ errors: [error] })
      },
    }
  }
}
