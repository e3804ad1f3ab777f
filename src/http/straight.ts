import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import type { Context } from '../context.ts'
import type { Estimate } from '../execute/bill.ts'
import { runAgain } from '../execute/execute.ts'
import type { Plan, Plans } from '../execute/plan.ts'
import { limits } from '../limits.ts'
import type { Observer } from '../observe/observer.ts'
import { inThisContext } from './async-context.ts'
import type { Costs } from './costs.ts'
import { acceptedType } from './hardening.ts'
import { Flight, type Joined, Joining } from './joining.ts'
import { endOperation, recordOf, startOperation } from './observing.ts'
import type { Beginnings } from './one-by-one.ts'
import { isPlain, readBody, readSent, type Sent } from './plain-request.ts'
import type { RateLimit } from './rate-limit.ts'

// The straight way: a query whose document has passed all guards before goes from node's HTTP server to its plan. Whatever is odd
// about a request, and whatever goes wrong, is answered by yoga, with the body that was read and the context that has been used.

/** Finds the document that is sent, or named, if it has passed all guards. Undefined leaves the request to yoga. */
export type Find = (sent: Sent) => DocumentNode | undefined

export interface StraightOptions {
  readonly schema: GraphQLSchema
  readonly find: Find
  readonly plans: Plans
  readonly costs: Costs
  readonly beginnings: Beginnings
  readonly rateLimit: RateLimit | undefined
  readonly openContext: (request: IncomingMessage, waiting: Waiting) => Context
  /** What besides its body tells a query from others: equal ones are joined. */
  readonly keyOf: (request: IncomingMessage) => string
  readonly observer: Observer
  /** The origins whose pages may read answers: these are answered by yoga. */
  readonly corsOrigins: readonly string[]
}

/** A request whose document is known. */
interface Known {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
  /** The body as text. */
  readonly text: string
  readonly document: DocumentNode
  readonly sent: Sent
}

/** One that may run. */
interface Ready extends Known {
  readonly plan: Plan
  readonly estimate: Estimate | undefined
}

const brace = '{'.charCodeAt(0)

/** Contexts of operations that yoga is to run again: what they have loaded is not asked for twice. */
const opened = new WeakMap<IncomingMessage, Context>()

/** The context of an operation that has been begun straight. */
export function openedContext(request: IncomingMessage): Context | undefined {
  return opened.get(request)
}

/** The listener, before which plain queries are answered whose documents are known. */
export function answerStraight(listener: RequestListener, options: StraightOptions): RequestListener {
  const way = new StraightWay(listener, options)
  return (request, response) => way.answer(request, response)
}

class StraightWay {
  readonly #listener: RequestListener
  readonly #options: StraightOptions
  readonly #joining = new Joining()

  constructor(listener: RequestListener, options: StraightOptions) {
    this.#listener = listener
    this.#options = options
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    if (!isPlain(request, this.#options.corsOrigins)) {
      this.#listener(request, response)
      return
    }
    readBody(request, (body) => {
      const known = this.#find(request, response, body)
      if (!known) return this.#leave({ request, response, body })
      this.#options.beginnings.begin(request, () => this.#begin(known))
    })
  }

  #find(request: IncomingMessage, response: ServerResponse, body: Buffer): Known | undefined {
    // What is no object, a batch say, need not be read twice.
    if (body[0] !== brace) return undefined
    const text = body.toString('utf8')
    const sent = readSent(text)
    const document = sent && this.#options.find(sent)
    return document && { request, response, body, text, document, sent }
  }

  /** Leaves the request to the listener, with the body that was read. */
  #leave({ request, response, body }: Pick<Known, 'request' | 'response' | 'body'>): void {
    // A stream: the adapter would list the keys of a buffer, which are as many as its bytes.
    this.#listener(Object.assign(request, { body: Readable.from([body]) }), response)
  }

  /** Leaves what has begun to the listener. */
  #leaveBegun(known: Known): void {
    this.#options.beginnings.goOn(known.request)
    this.#leave(known)
  }

  /** Whether what begins is short. What yoga runs may be long. */
  #begin(known: Known): boolean {
    const { request, response, document, sent } = known
    if (response.closed) return true
    // Yoga tells of refusals. It meets the same faults, masks them and has them logged: here they would end the process.
    const leave = () => this.#leaveBegun(known)
    try {
      const { plans, costs, rateLimit } = this.#options
      const plan = plans.find(document, sent.operationName, sent.variables)
      const estimate = costs.estimate(document, sent.operationName, sent.variables)
      const verdict = rateLimit?.judge(request, estimate?.requests, isShort({ estimate }))
      if (!plan || costs.isTooHigh(estimate) || typeof verdict === 'number') {
        leave()
        return false
      }
      const ready = { ...known, plan, estimate }
      if (verdict) void verdict.then((refused) => (refused ? leave() : this.#go(ready))).catch(leave)
      else this.#go(ready)
      return isShort(ready)
    } catch {
      leave()
      return false
    }
  }

  #go(ready: Ready): void {
    const { request, response, text } = ready
    if (response.closed) return
    const key = `${this.#options.keyOf(request)} ${acceptedType(request)} ${text}`
    const flight = this.#joining.find(key)
    if (flight) this.#join(ready, flight)
    else this.#lead(ready, key)
  }

  #lead(ready: Ready, key: string): void {
    const flight = new Flight(recordOf(ready.request), ready.response)
    const context = this.#open(ready, flight)
    this.#joining.add(key, flight)
    this.#run(ready, context, (answer) => flight.land(answer))
  }

  /** Is given the answer to an equal request; if that has errors, this one is run by itself. */
  #join(ready: Ready, flight: Flight): void {
    const { observer, beginnings } = this.#options
    const context = this.#open(ready, waitingFor(ready.response))
    const { operation, account } = context
    const share = operation.request.join(flight.record)
    // It is called in the asynchronous context of the request that began.
    const use = inThisContext((joined: Joined | undefined) => {
      share()
      if (joined && account.payLike(joined.account)) {
        operation.joined = true
        endOperation(observer, operation, {})
        send(ready, joined.body)
        return
      }
      beginnings.begin(ready.request, () => {
        this.#run(ready, context)
        return isShort(ready)
      })
    })
    flight.join(ready.response, use)
  }

  #open({ request, document, sent, estimate }: Ready, waiting: Waiting): Context {
    const { openContext, observer } = this.#options
    const context = openContext(request, waiting)
    context.operation.estimated = estimate?.requests
    startOperation(observer, context.operation, { document, operationName: sent.operationName })
    return context
  }

  /** Sends what the plan answers, and tells it; leaves it to yoga where that has errors. */
  #run(ready: Ready, context: Context, tell: Flight['land'] = () => {}): void {
    const { response } = ready
    const answer = ready.plan.run(context).then((data) => {
      endOperation(this.#options.observer, context.operation, { data })
      const text = JSON.stringify({ data })
      send(ready, text)
      tell({ text, account: context.account })
    })
    answer.catch(() => {
      const isAwaited = !response.closed && !response.headersSent
      if (isAwaited) this.#runAgain(ready, context)
      tell(undefined)
      if (isAwaited) this.#leaveBegun(ready)
    })
  }

  #runAgain({ request, document, sent }: Known, contextValue: Context): void {
    const { operationName, variables: variableValues } = sent
    runAgain({ schema: this.#options.schema, document, operationName, variableValues, contextValue })
    opened.set(request, contextValue)
  }
}

function isShort({ estimate }: Pick<Ready, 'estimate'>): boolean {
  return estimate !== undefined && estimate.requests <= limits.requestsOfShortQuery
}

/** Somebody who waits for an answer. */
export interface Waiting {
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal
  /** Calls back when the answer is sent, or nobody waits for it. */
  readonly onEnd: (end: () => void) => void
}

/** The caller alone. */
export function waitingFor(response: ServerResponse, signal = signalOf(response)): Waiting {
  return { signal, onEnd: (end) => (response.closed ? end() : void response.once('close', end)) }
}

/** Aborted when the caller hangs up. */
function signalOf(response: ServerResponse): AbortSignal {
  const caller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) caller.abort()
  })
  return caller.signal
}

function send({ request, response }: Pick<Known, 'request' | 'response'>, text: string | Buffer): void {
  if (response.closed) return
  response.writeHead(200, {
    'content-type': `${acceptedType(request)?.split(';', 1)[0]}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(text)
}
