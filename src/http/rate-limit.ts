import type { IncomingMessage } from 'node:http'
import type { ExecutionResult } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context } from '../context.ts'
import type { Log } from '../observe/log.ts'
import type { Observer } from '../observe/observer.ts'
import { recordOf, type Served } from './observing.ts'
import { requestError } from './refusal.ts'
import { SharedSpending } from './shared-spending.ts'
import { OwnSpending, type Spending, type Spent } from './spending.ts'

/** Undefined if a query may run, else the seconds after which it may. */
type Verdict = number | undefined

interface RateLimitOptions {
  /** What a credential may spend in a minute: requests to authentik and rows, added up. */
  readonly most: number
  readonly spending: Spending
  /** Resolves when it is the request's turn to begin, with others if it is short; undefined if it may begin at once. */
  readonly takeTurn: (request: IncomingMessage, isShort: boolean) => Promise<void> | undefined
}

/** The limit that is set; undefined without one. */
export function createRateLimit(
  { rateLimit, redisUrl }: { readonly rateLimit: number | undefined; readonly redisUrl: string | undefined },
  log: Log,
  takeTurn: RateLimitOptions['takeTurn'],
): RateLimit | undefined {
  if (rateLimit === undefined) return undefined
  const spending = redisUrl === undefined ? new OwnSpending() : new SharedSpending(redisUrl, log)
  return new RateLimit({ most: rateLimit, spending, takeTurn })
}

/**
 * Bounds what each credential has authentik asked for in a minute. What was spent when an HTTP request came decides for all of its
 * queries, and those that have begun go on to their ends. Mutations pay as well, and are never refused: nothing must keep anybody from
 * revoking.
 */
export class RateLimit {
  /** Queries that were refused. */
  refused = 0
  readonly #options: RateLimitOptions
  readonly #verdicts = new WeakMap<IncomingMessage, Verdict | Promise<Verdict>>()

  constructor(options: RateLimitOptions) {
    this.#options = options
  }

  /**
   * Pays for what authentik is asked, as it is told. A shared answer is paid by each that is given it, so that a query costs the same
   * whatever else is on its way. A credential that authentik does not accept pays nothing: made-up tokens leave nothing behind.
   */
  get observer(): Partial<Observer> {
    const { spending } = this.#options
    const pay = (credential: string | undefined, amount: number) => {
      if (credential !== undefined) spending.add(credential, amount)
    }
    return {
      readEnded({ operation, hasBegun, rows, failure }) {
        if (hasBegun && failure?.code !== 'UNAUTHENTICATED') pay(operation.request.credential, 1 + rows)
      },
      operationEnded({ joined, request: { credential, upstream } }) {
        if (joined) pay(credential, upstream.shared + upstream.rows)
      },
    }
  }

  /**
   * Judges a query of the request that is estimated to make so many requests to authentik; undefined stands for what is no query.
   * `isShort` tells that the request has nothing else to run, and takes little time.
   */
  judge(request: IncomingMessage, estimated: number | undefined, isShort = false): Verdict | Promise<Verdict> {
    if (!estimated) return undefined
    if (this.#verdicts.has(request)) return this.#verdicts.get(request)
    const verdict = this.#judge(request, isShort)
    this.#verdicts.set(request, verdict)
    if (verdict instanceof Promise) void verdict.then((known) => this.#verdicts.set(request, known))
    return verdict
  }

  /** Whether all replicas are counted together at the moment; undefined where each counts for itself. */
  get isShared(): boolean | undefined {
    return this.#options.spending.isShared
  }

  /** Judges what yoga runs. HTTP's status tells of it where nothing ran. */
  plugin(): Plugin<Pick<Context, 'operation'> & Served> {
    return {
      onExecute: ({ args, setResultAndStopExecution }) => {
        const { operation, req } = args.contextValue
        const use = (verdict: Verdict) => {
          if (verdict === undefined) return
          this.refused += 1
          setResultAndStopExecution({ errors: [this.#errorOf(verdict)] })
        }
        const verdict = this.judge(req, operation.estimated)
        return verdict instanceof Promise ? verdict.then(use) : use(verdict)
      },
      onResultProcess({ result }) {
        // A batch, which has a status only if it says so itself.
        if (!Array.isArray(result) || !result.every(isRefused)) return
        Object.assign(result, { extensions: result[0]?.errors?.[0]?.extensions })
      },
    }
  }

  close(): void {
    this.#options.spending.close()
  }

  #judge(request: IncomingMessage, isShort: boolean): Verdict | Promise<Verdict> {
    const { spending, takeTurn } = this.#options
    const { credential } = recordOf(request)
    if (credential === undefined) return undefined
    const spent = spending.find(credential)
    if (!(spent instanceof Promise)) return this.#verdictOn(spent)
    return spent.then(async (found) => {
      // Many are known at one moment, and must not begin in one.
      await takeTurn(request, isShort)
      return this.#verdictOn(found)
    })
  }

  #verdictOn(spent: Spent | undefined): Verdict {
    return spent && spent.sum >= this.#options.most ? Math.max(1, Math.ceil(spent.rest / 1000)) : undefined
  }

  #errorOf(retryAfter: number) {
    const spent = `This credential has had ${this.#options.most} requests to authentik and rows in a minute, as many as RATE_LIMIT allows.`
    const message = `${spent} Try again in ${retryAfter} s.`
    return requestError({ status: 429, code: 'RATE_LIMITED', message, retryAfter })
  }
}

function isRefused({ errors }: ExecutionResult): boolean {
  const [error] = errors ?? []
  return Object(error?.extensions['http']).status === 429
}
