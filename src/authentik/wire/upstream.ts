import { busy, CallerGone } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { Accepted } from './accepted.ts'
import { Exchange } from './exchange.ts'
import { type Clocks, Flight, type Sharer } from './flight.ts'
import type { Answer } from './judge.ts'
import { type Kind, Turns } from './turns.ts'

/** The caller's `Authorization`, or why there is none that could be forwarded. */
export type Credential = { readonly authorization: string } | { readonly missing: string }

export interface UpstreamOptions {
  /** The address of authentik. It may have a sub-path. */
  readonly url: URL
  /** How many requests run at once, in the whole process. The others wait for their turns. */
  readonly concurrency: number
  readonly clocks: Clocks
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
  readonly #accepted = new Accepted()
  readonly #turns: Turns
  readonly #slots = new Map<string, Slot>()
  readonly #works = new Set<Promise<unknown>>()

  constructor({ url, concurrency, clocks }: UpstreamOptions) {
    this.#exchange = new Exchange(url, concurrency, clocks.upstream)
    this.#clocks = clocks
    this.#turns = new Turns(concurrency, clocks.queue, (credential) => this.#accepted.has(credential))
    this.concurrency = concurrency
  }

  /** GETs a path below the API's root: the answer, whatever its status. Throws UpstreamError if no whole answer comes in time. */
  async get(path: string, kind: Kind, credential: string, sharer: Sharer): Promise<Answer> {
    if (sharer.signal?.aborted) throw new CallerGone('no')
    const key = keyOf(path, credential)
    const flight = this.#slots.get(key)?.flight ?? this.#start(key, path, kind, credential)
    return flight.join(sharer)
  }

  /** Whether such a read is on its way already: one more who gets it costs authentik nothing. */
  isOnItsWay(path: string, credential: string): boolean {
    return this.#slots.get(keyOf(path, credential))?.flight !== undefined
  }

  /**
   * DELETEs a path below the API's root: the answer, whatever its status. It is sent once, for this caller alone. A read that
   * begins after the deletion was sent never shares the answer of a read that began before.
   */
  async delete(path: string, credential: string, sharer: Sharer): Promise<Answer> {
    const flight = new Flight(async (signal, course) => {
      const end = await this.#turns.take(credential, 'deletion', signal, busy)
      course.begin()
      this.#forgetReadsOf(credential)
      return this.#exchange.send('DELETE', path, credential, signal, course.dispatch).finally(afterJudging(end))
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

  /** Remembers a piece of work that must be finished, even if nobody waits for it any more. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work)
    const forget = () => this.#works.delete(work)
    work.then(forget, forget)
    return work
  }

  /** Resolves when all tracked work has ended. */
  async drain(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled(this.#works)
  }

  /** Resolves when all tracked work and all requests on their way have ended. */
  async close(): Promise<void> {
    await this.drain()
    await this.#exchange.close()
  }

  #start(key: string, path: string, kind: Kind, credential: string): Flight {
    const slot: Slot = { credential }
    const settle = () => this.#settle(key, slot)
    slot.flight = new Flight(async (signal, course) => {
      signal.addEventListener('abort', settle, { once: true })
      try {
        const end = await this.#turns.take(credential, kind, signal, busy)
        course.begin()
        return await this.#exchange.send('GET', path, credential, signal, course.dispatch).finally(afterJudging(end))
      } finally {
        settle()
      }
    }, this.#clocks)
    this.#slots.set(key, slot)
    return slot.flight
  }

  #forgetReadsOf(credential: string): void {
    for (const [key, slot] of this.#slots) if (slot.credential === credential) this.#settle(key, slot)
  }

  #settle(key: string, slot: Slot): void {
    delete slot.flight
    if (this.#slots.get(key) === slot) this.#slots.delete(key)
  }
}

function keyOf(path: string, credential: string): string {
  return `${credential} ${path}`
}

/** The place is given back when the answer has been judged: whoever is next depends on whether the credential was accepted. */
function afterJudging(end: () => void): () => void {
  return () => void setImmediate(end)
}
