import { setTimeout as sleep } from 'node:timers/promises'
import { busy, CallerGone, UpstreamError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Observer } from '../../observe/observer.ts'
import { startAttempt } from '../../observe/record.ts'
import { Accepted } from './accepted.ts'
import { Circuit, type CircuitState, type Sight } from './circuit.ts'
import { type Call, Exchange, StaleConnection } from './exchange.ts'
import { type Clocks, type Course, Flight, type Sharer } from './flight.ts'
import type { Answer } from './judge.ts'
import { endingOf, endingOfFailure, type Next, Retry } from './retry.ts'
import { type Kind, Turns } from './turns.ts'

/** The caller's `Authorization`, or why there is none that could be forwarded. */
export type Credential = { readonly authorization: string } | { readonly missing: string }

export interface UpstreamOptions {
  /** The address of authentik. It may have a sub-path. */
  readonly url: URL
  /** How many requests run at once, in the whole process. The others wait for their turns. */
  readonly concurrency: number
  readonly clocks: Clocks
  readonly observer: Observer
}

/** A read on its way. The slot is emptied on landing: the table of a Map that has shrunk may go on to hold what it held. */
interface Slot {
  readonly credential: string
  flight?: Flight
}

/**
 * authentik, as all callers of the process share it. A bounded number of requests runs at once, and credentials take turns.
 * Reads that are identical (path, query and credential) and on their way at the same time are one request. No answer is kept.
 */
export class Upstream {
  /** What was learned of this authentik: how many rows of the 100 that are asked for it gives on a page. */
  readonly pageLimit = { largestPage: limits.rowsPerPage }
  readonly concurrency: number
  readonly #exchange: Exchange
  readonly #clocks: Clocks
  readonly #observer: Observer
  readonly #accepted = new Accepted()
  readonly #turns: Turns
  readonly #circuit = new Circuit()
  readonly #retry = new Retry()
  readonly #slots = new Map<string, Slot>()
  /** What must be finished, and for whom. */
  readonly #works = new Map<Promise<unknown>, string>()

  constructor({ url, concurrency, clocks, observer }: UpstreamOptions) {
    this.#exchange = new Exchange(url, clocks.upstream)
    this.#clocks = clocks
    this.#observer = observer
    this.#turns = new Turns(concurrency, clocks.queue, (credential) => this.#accepted.has(credential))
    this.concurrency = concurrency
  }

  /** How many requests wait for their turn, and how many are on their way. */
  get queue(): { readonly waiting: number; readonly running: number } {
    return this.#turns.counts
  }

  /** Whether requests to authentik are sent, since it was seen to be well. */
  get circuit(): CircuitState {
    return this.#circuit.state
  }

  /** GETs: the answer, whatever its status. Throws UpstreamError if no whole answer comes in time. */
  async get(call: Call, kind: Kind, sharer: Sharer): Promise<Answer> {
    if (sharer.signal?.aborted) throw new CallerGone('no')
    this.#circuit.check('GET')
    const key = `${call.credential} ${call.forwardedFor ?? ''} ${call.path}`
    const flight = this.#slots.get(key)?.flight
    sharer.read.shared = flight !== undefined
    return (flight ?? this.#start(key, call, kind, sharer)).join(sharer)
  }

  /**
   * DELETEs: the answer, whatever its status. It is sent once, for this caller alone. A read that begins after the deletion was
   * sent never shares the answer of a read that began before.
   */
  async delete(call: Call, sharer: Sharer): Promise<Answer> {
    const { credential } = call
    this.#circuit.check('DELETE')
    const flight = new Flight(async (signal, course) => {
      const end = await this.#turns.take(credential, 'deletion', signal, busy)
      course.begin()
      this.#forgetReadsOf(credential)
      return this.#send(call, { sharer, signal, course, tries: 0, fresh: false }).finally(afterJudging(end))
    }, this.#clocks)
    return flight.join(sharer).finally(() => this.#forgetReadsOf(credential))
  }

  /** What tells a caller from others, if authentik has accepted the credential lately. */
  acceptedCaller(credential: Credential): string | undefined {
    if ('missing' in credential || !this.#accepted.has(credential.authorization)) return undefined
    return credential.authorization
  }

  /** Remembers that authentik accepts the credential: its requests have a line of their own from now on. */
  accept(credential: string): void {
    const known = this.#accepted.has(credential)
    this.#accepted.add(credential)
    if (!known) this.#turns.accept(credential)
  }

  /** Remembers that authentik does not accept the credential. */
  refuse(credential: string): void {
    this.#accepted.delete(credential)
  }

  /** Asks authentik's liveness page, without credentials. Undefined if the answer is like authentik's, else the reason why not. */
  probe(): Promise<string | undefined> {
    return this.#exchange.probe()
  }

  /** Does a piece of work that is finished even if nobody waits for it any more. Throws UPSTREAM_BUSY if too many are under way. */
  async finish<T>(credential: Credential, work: () => Promise<T>): Promise<T> {
    const caller = this.acceptedCaller(credential) ?? ''
    const own = [...this.#works.values()].filter((other) => other === caller).length
    if (own >= limits.revocationsOfOne || this.#works.size >= limits.revocationsAtOnce)
      throw busy({ retryAfter: 1 }, 'Too many revocations are under way.')
    const started = work()
    this.#works.set(started, caller)
    return started.finally(() => this.#works.delete(started))
  }

  /** Resolves when all such work has ended. */
  async drain(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled(this.#works.keys())
  }

  /** Resolves when all such work and all requests on their way have ended. */
  async close(): Promise<void> {
    await this.drain()
    await this.#exchange.close()
  }

  #start(key: string, call: Call, kind: Kind, sharer: Sharer): Flight {
    const slot: Slot = { credential: call.credential }
    const settle = () => this.#settle(key, slot)
    slot.flight = new Flight(async (signal, course) => {
      signal.addEventListener('abort', settle, { once: true })
      try {
        return await this.#read(call, kind, sharer, signal, course)
      } finally {
        settle()
      }
    }, this.#clocks)
    this.#slots.set(key, slot)
    return slot.flight
  }

  /** Sends a read, again if need be. Whoever waits for another try holds no place. */
  async #read(call: Call, kind: Kind, sharer: Sharer, signal: AbortSignal, course: Course): Promise<Answer> {
    const caller = this.#accepted.hash(call.credential)
    this.#retry.count(caller)
    let fresh = false
    for (let tries = 1; ; tries += 1) {
      const end = await this.#turns.take(call.credential, kind, signal, busy)
      course.begin()
      let next: Next | undefined
      try {
        const answer = await this.#send(call, { sharer, signal, course, tries: tries - 1, fresh })
        const ending = endingOf(answer)
        next = ending && this.#retry.next(ending, tries, caller)
        if (!next) return answer
      } catch (error) {
        next = signal.aborted ? undefined : this.#retry.next(endingOfFailure(error), tries, caller)
        if (!next) throw error
      } finally {
        afterJudging(end)()
      }
      course.pause()
      if (next.wait > 0) await sleep(next.wait, undefined, { signal })
      fresh = next.fresh
    }
  }

  /** Sends a request once. */
  async #send(call: Call, { sharer, signal, course, tries, fresh }: Try): Promise<Answer> {
    sharer.read.retried = tries
    const tell = this.#circuit.enter(call.method, this.#accepted.hash(call.credential))
    const attempt = startAttempt(sharer.read, tries)
    this.#observer.attemptStarted(attempt)
    const started = performance.now()
    try {
      const sending = { signal, dispatch: course.dispatch, fresh }
      const answer = await this.#exchange.send({ ...call, traceparent: attempt.traceparent }, sending)
      attempt.status = answer.status
      tell(sightOf(answer))
      return answer
    } catch (error) {
      const late = signal.aborted && performance.now() - started >= this.#clocks.upstream
      attempt.error = late
        ? 'timeout'
        : signal.aborted
          ? 'aborted'
          : error instanceof UpstreamError
            ? error.code
            : 'fault'
      const isIll = late || (attempt.error === 'UPSTREAM_UNAVAILABLE' && !(error instanceof StaleConnection))
      tell(isIll ? 'ill' : 'neither')
      throw error
    } finally {
      attempt.took = performance.now() - started
      this.#observer.attemptEnded(attempt)
    }
  }

  #forgetReadsOf(credential: string): void {
    for (const [key, slot] of this.#slots) if (slot.credential === credential) this.#settle(key, slot)
  }

  #settle(key: string, slot: Slot): void {
    delete slot.flight
    if (this.#slots.get(key) === slot) this.#slots.delete(key)
  }
}

/** One try of a request. */
interface Try {
  readonly sharer: Sharer
  readonly signal: AbortSignal
  readonly course: Course
  /** How many were before it. */
  readonly tries: number
  readonly fresh: boolean
}

/** authentik's own 500 says nothing of others: one request that crashes must not close the door for all. */
function sightOf(answer: Answer): Sight {
  if (endingOf(answer) !== undefined || [502, 503, 504].includes(answer.status)) return 'ill'
  return answer.status >= 500 ? 'neither' : 'well'
}

/** The place is given back when the answer has been judged: whoever is next depends on whether the credential was accepted. */
function afterJudging(end: () => void): () => void {
  return () => void setImmediate(end)
}
