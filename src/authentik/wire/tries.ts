import { setTimeout as sleep } from 'node:timers/promises'
import { busy, Unreachable, UpstreamError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Observer } from '../../observe/observer.ts'
import { type ReadRecord, startAttempt } from '../../observe/record.ts'
import { Circuit, type CircuitState, type Sight } from './circuit.ts'
import { type Call, type Exchange, StaleConnection } from './exchange.ts'
import type { Course } from './flight.ts'
import type { Answer } from './judge.ts'
import { endingOf, endingOfFailure, type Next, Retry } from './retry.ts'
import type { Kind, Turns } from './turns.ts'

export interface TriesOptions {
  readonly exchange: Exchange
  readonly turns: Turns
  readonly observer: Observer
  /** Milliseconds after which nobody waits for a try any more. */
  readonly timeout: number
  /** A keyed hash, which tells credentials apart. */
  readonly hashOf: (credential: string) => string
  /** How many callers authentik has accepted lately, as far as `most`. */
  readonly callersLately: (most: number) => number
}

/** A request, as it goes through its tries. */
export interface Sending {
  readonly kind: Kind
  /** Whose it is; if several share it, the first one's. */
  readonly read: ReadRecord
  readonly signal: AbortSignal
  readonly course: Course
}

/** Sends requests, each in its turn, and reads again that broke on the way, unless authentik is seen to be down. */
export class Tries {
  readonly #options: TriesOptions
  readonly #circuit: Circuit
  readonly #retry = new Retry()

  constructor(options: TriesOptions) {
    this.#options = options
    this.#circuit = new Circuit(options.callersLately)
  }

  /** Whether requests are sent, since authentik was seen to be well. */
  get circuit(): CircuitState {
    return this.#circuit.state
  }

  /** Throws UPSTREAM_UNAVAILABLE if a request would fail at once. */
  check(method: Call['method']): void {
    this.#circuit.check(method)
  }

  /** Sends a deletion once. `onBegin` is called when it is its turn. */
  async delete(call: Call, sending: Sending, onBegin: () => void): Promise<Answer> {
    const end = await this.#begin(call, sending)
    onBegin()
    return this.#send(call, sending, 0, false).finally(end)
  }

  /** Sends a read, again if need be. Whoever waits for another try holds no place. */
  async get(call: Call, sending: Sending): Promise<Answer> {
    const caller = this.#options.hashOf(call.credential)
    const { signal, course } = sending
    this.#retry.count(caller)
    let fresh = false
    for (let tries = 1; ; tries += 1) {
      const end = await this.#begin(call, sending)
      let next: Next | undefined
      try {
        const answer = await this.#send(call, sending, tries - 1, fresh)
        const ending = endingOf(answer)
        next = ending && this.#retry.next(ending, tries, caller)
        if (!next) return answer
      } catch (error) {
        next = signal.aborted ? undefined : this.#retry.next(endingOfFailure(error), tries, caller)
        if (!next) throw error
      } finally {
        end()
      }
      course.pause()
      if (next.wait > 0) await sleep(next.wait, undefined, { signal })
      fresh = next.fresh
    }
  }

  /** Waits for its turn: how to give the place back. */
  async #begin({ credential }: Call, { kind, signal, course }: Sending): Promise<() => void> {
    const end = await this.#options.turns.take(credential, kind, signal, busy)
    course.begin()
    // When the answer has been judged: whoever is next depends on whether the credential was accepted.
    return () => void setImmediate(end)
  }

  async #send(call: Call, { read, signal, course }: Sending, tries: number, fresh: boolean): Promise<Answer> {
    const { exchange, observer, timeout, hashOf } = this.#options
    read.retried = tries
    const tell = this.#circuit.enter(call.method, hashOf(call.credential))
    const attempt = startAttempt(read, tries)
    observer.attemptStarted(attempt)
    const started = performance.now()
    try {
      const options = { signal, dispatch: course.dispatch, fresh }
      const answer = await exchange.send({ ...call, traceparent: attempt.traceparent }, options)
      attempt.status = answer.status
      if (answer.status >= 500) attempt.error = String(answer.status)
      tell(sightOf(answer))
      return answer
    } catch (error) {
      // Whoever waits leaves by a clock that was wound a moment before.
      const isLate = signal.aborted && performance.now() - started >= timeout - limits.clockMilliseconds
      attempt.error = isLate ? 'timeout' : signal.aborted ? 'aborted' : errorOf(error)
      const isIll = error instanceof Unreachable && !(error instanceof StaleConnection)
      tell(isLate ? 'late' : isIll && !signal.aborted ? 'ill' : 'unseen')
      throw error
    } finally {
      attempt.took = performance.now() - started
      observer.attemptEnded(attempt)
    }
  }
}

function errorOf(error: unknown): string {
  return error instanceof UpstreamError ? error.code : 'fault'
}

function sightOf(answer: Answer): Sight {
  if (endingOf(answer) !== undefined) return 'ill'
  return answer.status >= 500 ? 'crashed' : 'well'
}
