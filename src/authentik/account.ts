import { setMaxListeners } from 'node:events'
import { busy, UpstreamError } from '../errors.ts'
import { limits } from '../limits.ts'
import { Shares } from '../shares.ts'
import type { Sharer } from './wire/flight.ts'

/** What pays: what queries have spent must not keep anybody from revoking. */
export type Payer = 'queries' | 'revocations'

export interface AccountOptions {
  /** Aborted when the caller has hung up. */
  readonly signal: AbortSignal
  /** Milliseconds that the request may take. */
  readonly timeout: number
  /** Tells callers apart. */
  readonly caller: string
  /** The fields that all requests under way are to answer. */
  readonly fields: Shares
}

/** The fields that so much memory has room for, beside all else. */
export function fieldsAtOnce(bytes: number): Shares {
  const most = Math.floor((bytes * limits.fieldsShare) / limits.fieldBytes)
  return new Shares(Math.min(limits.fieldsAtOnce, Math.max(limits.fields, most)))
}

/** What one HTTP request has spent, however many operations it has. */
export class Account {
  readonly #caller: string
  readonly #atOnce: Shares
  readonly #refusal = new AbortController()
  readonly #queriesEnd = new AbortController()
  /** The request's queries, as they wait for what is read: until nothing more is to be sent for them. */
  readonly reader: Sharer
  /** Told when the request's queries are given up. A promise would hold what listens, and the bodies that it has read. */
  readonly #listeners = new Set<(error: UpstreamError) => void>()
  /** For a field that is not answered any more. Nobody waits for it: it goes with the request. */
  readonly never = new Promise<never>(() => {})
  readonly #reads: Record<Payer, number> = { queries: 0, revocations: 0 }
  readonly #objects: Record<Payer, number> = { queries: 0, revocations: 0 }
  // Each is made once, however often it is thrown.
  #tooManyReads: UpstreamError | undefined
  #tooManyObjects: UpstreamError | undefined
  #fields = 0
  /** Of the fields that all requests share. */
  #taken = 0
  #isOverdrawn = false
  /** Why the request's queries are given up. */
  #failure: UpstreamError | undefined
  readonly #results = { fields: 0, requests: 0 }
  #revocations = 0
  readonly #answers = new WeakSet<object>()
  #answered = 0
  #characters = 0

  /** For the request that comes now. */
  constructor({ signal, timeout, caller, fields }: AccountOptions) {
    this.#caller = caller
    this.#atOnce = fields
    this.reader = { signal, deadline: performance.now() + timeout, refusal: this.#queriesEnd.signal }
    // Each read listens.
    setMaxListeners(0, signal, this.#refusal.signal, this.#queriesEnd.signal)
  }

  /** Aborted when authentik has refused the credential, with that failure as the reason. */
  get refusal(): AbortSignal {
    return this.#refusal.signal
  }

  /** Remembers that authentik does not accept the credential: nothing more is sent for this request. */
  refuse(failure: UpstreamError): void {
    this.#refusal.abort(failure)
    this.#queriesEnd.abort(failure)
  }

  /** Pays for one request to authentik. Throws QUERY_TOO_COMPLEX when there are too many. */
  payRead(payer: Payer): void {
    this.#reads[payer] += 1
    if (this.#reads[payer] <= limits.upstreamRequests) return
    this.#tooManyReads ??= tooComplex(`needs more than ${limits.upstreamRequests} requests to authentik`)
    throw this.#tooManyReads
  }

  /**
   * Pays for objects that are to be given. Repeated objects are counted every time: they cost authentik no request, but they
   * cost the gateway time and memory. Throws QUERY_TOO_COMPLEX when there are too many.
   */
  payObjects(objects: number, payer: Payer): void {
    this.#objects[payer] += objects
    if (this.#objects[payer] <= limits.objects) return
    this.#tooManyObjects ??= tooComplex(`gives more than ${limits.objects} objects`)
    throw this.#tooManyObjects
  }

  /**
   * Pays for an answer of authentik that is to be held: once, though several operations may share it. More fields may be
   * answered then. Throws QUERY_TOO_COMPLEX when all answers have too much text.
   */
  payAnswer(answer: { readonly text: string }): void {
    if (this.#answers.has(answer)) return
    this.#answers.add(answer)
    this.#answered += 1
    this.#characters += answer.text.length
    if (this.#characters > limits.heldCharacters) throw tooComplex('needs more of authentik than can be held')
  }

  /** Pays for fields that queries are to answer. False when there are too many: the request's queries are given up. */
  payFields(fields: number): boolean {
    if (this.#isOverdrawn) return false
    const allowed = fieldsFor(this.#answered)
    if (this.#fields + fields > allowed) return this.#overdraw(tooComplex(`answers more than ${allowed} fields`))
    this.#fields += fields
    return this.#fields <= this.#taken || this.#takeMore()
  }

  /** Pays for as many fields as another request, whose answer is given here too. False when there are too many under way. */
  payLike(other: Account): boolean {
    this.#fields = other.#fields
    return this.#fields <= this.#taken || this.#takeMore()
  }

  /** Whether so many fields more can be paid now. */
  affordsFields(fields: number): boolean {
    const sum = this.#fields + fields
    if (this.#isOverdrawn || sum > fieldsFor(this.#answered)) return false
    return sum <= this.#taken || this.#atOnce.has(this.#caller, this.#amountFor(sum), this.#taken)
  }

  /** Takes back that fields and objects were paid. */
  giveBack(fields: number, objects: Readonly<Record<Payer, number>>): void {
    this.#fields -= fields
    this.#objects.queries -= objects.queries
    this.#objects.revocations -= objects.revocations
  }

  /** Takes some of what all requests share, and a bit more than is needed now: fields are paid for one object after the other. */
  #takeMore(): boolean {
    const amount = this.#amountFor(this.#fields)
    if (!this.#atOnce.take(this.#caller, amount, this.#taken)) {
      return this.#overdraw(busy({ retryAfter: 1 }, 'Too many fields are being answered.'))
    }
    this.#taken += amount
    return true
  }

  #amountFor(fields: number): number {
    return Math.max(fields - this.#taken, limits.fieldsTaken)
  }

  /** The answer is sent, or nobody waits for it: what it held is free for others. */
  end(): void {
    this.#isOverdrawn = true
    this.#atOnce.give(this.#caller, this.#taken)
    this.#taken = 0
  }

  #overdraw(error: UpstreamError): false {
    this.#isOverdrawn = true
    this.#failure = error
    for (const tell of this.#listeners) tell(error)
    this.#queriesEnd.abort(error)
    return false
  }

  /** Calls back with the reason when the request's queries are given up, or if they are, until what it returns is called. */
  whenGivenUp(tell: (error: UpstreamError) => void): () => void {
    if (this.#failure) tell(this.#failure)
    else this.#listeners.add(tell)
    return () => void this.#listeners.delete(tell)
  }

  /** Whether the request's queries are given up. */
  get isOverdrawn(): boolean {
    return this.#isOverdrawn
  }

  /** How many of so many found objects may be revoked in this request. */
  takeRevocations(wanted: number): number {
    const taken = Math.min(wanted, limits.revocations - this.#revocations)
    this.#revocations += taken
    return taken
  }

  /**
   * Pays for fields in which mutations are to tell what became of so many requests to authentik, before these are sent. Throws
   * QUERY_TOO_COMPLEX when there are too many, which says the consequence. What queries have spent does not count: it must not
   * keep anybody from revoking.
   */
  payResults(fields: number, requests: number, consequence = 'Nothing is deleted'): void {
    const results = { fields: this.#results.fields + fields, requests: this.#results.requests + requests }
    const allowed = fieldsFor(results.requests)
    if (results.fields > allowed) throw tooComplex(`answers more than ${allowed} fields. ${consequence}`)
    Object.assign(this.#results, results)
  }
}

/** How many fields may be answered for so many requests to authentik. */
function fieldsFor(requests: number): number {
  return Math.min(limits.fieldsAtFirst + requests * limits.fieldsForAnswer, limits.fields)
}

function tooComplex(what: string): UpstreamError {
  return new UpstreamError('QUERY_TOO_COMPLEX', `The operation ${what}.`, { sent: 'no' })
}
