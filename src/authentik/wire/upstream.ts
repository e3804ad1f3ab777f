import { busy, CallerGone } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Observer } from '../../observe/observer.ts'
import type { ReadRecord } from '../../observe/record.ts'
import { Accepted } from './accepted.ts'
import type { CircuitState } from './circuit.ts'
import { type Call, Exchange } from './exchange.ts'
import { type Clocks, Flight, type Sharer } from './flight.ts'
import type { Answer } from './judge.ts'
import { Tries } from './tries.ts'
import { type Kind, Turns } from './turns.ts'

/** The caller's `Authorization`, or why there is none that could be forwarded. */
export type Credential = { readonly authorization: string } | { readonly missing: string }

export interface UpstreamOptions {
  /** The address of authentik. It may have a sub-path. */
  readonly url: URL
  /** The address by which browsers reach it. */
  readonly publicUrl: URL
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
  readonly publicUrl: URL
  /** Grows when a deletion is sent, and when it has ended: what was asked before is not what is asked after. */
  writes = 0
  readonly #exchange: Exchange
  readonly #clocks: Clocks
  readonly #accepted = new Accepted()
  readonly #turns: Turns
  readonly #tries: Tries
  readonly #slots = new Map<string, Slot>()
  /** What must be finished, from the moment when it is asked for. */
  readonly #unfinished = new Set<Promise<unknown>>()
  /** What of it is under way, and for whom. */
  readonly #works = new Map<Promise<unknown>, string>()
  /** What of it waits to know whether authentik accepts the caller, by the credential. */
  readonly #asks = new Map<Promise<unknown>, string>()

  constructor({ url, publicUrl, concurrency, clocks, observer }: UpstreamOptions) {
    this.#exchange = new Exchange(url, clocks.upstream)
    this.#clocks = clocks
    this.#turns = new Turns(concurrency, clocks.queue, (credential) => this.#accepted.has(credential))
    this.#tries = new Tries({
      exchange: this.#exchange,
      turns: this.#turns,
      observer,
      timeout: clocks.upstream,
      hashOf: (credential) => this.#accepted.hash(credential),
      callersLately: (most) => this.#accepted.count(most),
    })
    this.concurrency = concurrency
    this.publicUrl = publicUrl
  }

  /** How many requests wait for their turn, and how many are on their way. */
  get queue(): { readonly waiting: number; readonly running: number } {
    return this.#turns.counts
  }

  /** Whether requests to authentik are sent, since it was seen to be well. */
  get circuit(): CircuitState {
    return this.#tries.circuit
  }

  /** GETs: the answer, whatever its status. Throws UpstreamError if no whole answer comes in time. */
  async get(call: Call, kind: Kind, sharer: Sharer, read: ReadRecord): Promise<Answer> {
    if (sharer.signal?.aborted) throw new CallerGone('no')
    this.#tries.check('GET')
    const flight = this.#slots.get(keyOf(call))?.flight
    read.shared = flight !== undefined
    return (flight ?? this.#start(call, kind, read)).join(sharer, read)
  }

  /** Whether such a read is on its way already: one more who gets it costs authentik nothing. */
  isOnItsWay(call: Call): boolean {
    return this.#slots.get(keyOf(call))?.flight !== undefined
  }

  /**
   * DELETEs: the answer, whatever its status. It is sent once, for this caller alone. A read that begins after the deletion was
   * sent never shares the answer of a read that began before.
   */
  async delete(call: Call, sharer: Sharer, read: ReadRecord): Promise<Answer> {
    const { credential } = call
    this.#tries.check('DELETE')
    const flight = new Flight(async (signal, course) => {
      return this.#tries.delete(call, { kind: 'deletion', read, signal, course }, () => this.#forgetReadsOf(credential))
    }, this.#clocks)
    return flight.join(sharer, read).finally(() => this.#forgetReadsOf(credential))
  }

  /** A keyed hash that tells credentials apart, in this process alone. It costs little. */
  hash(credential: string): string {
    return this.#accepted.hash(credential)
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

  /**
   * Does a piece of work that is finished even if nobody waits for it any more. Throws UPSTREAM_BUSY if too many are under way.
   * For a caller whom authentik has not accepted lately, `isRefused` asks authentik first. Whoever is accepted by it does not
   * share the places of strangers. Whoever is refused takes no place: nothing is sent for its work.
   */
  finish<T>(credential: Credential, work: () => Promise<T>, isRefused?: () => Promise<boolean>): Promise<T> {
    const whole = this.#finish(credential, work, isRefused)
    this.#unfinished.add(whole)
    return whole.finally(() => this.#unfinished.delete(whole))
  }

  /** Resolves when all such work has ended. */
  async drain(): Promise<void> {
    while (this.#unfinished.size > 0) await Promise.allSettled(this.#unfinished)
  }

  /** Resolves when all such work and all requests on their way have ended. */
  async close(): Promise<void> {
    await this.drain()
    await this.#exchange.close()
  }

  async #finish<T>(credential: Credential, work: () => Promise<T>, isRefused?: () => Promise<boolean>): Promise<T> {
    if (isRefused && 'authorization' in credential && this.acceptedCaller(credential) === undefined) {
      const { authorization } = credential
      // If too many ask, this one goes on as a stranger.
      const mayAsk = hasRoom(this.#asks, authorization, limits.revocationsOfStrangers)
      if (mayAsk && (await hold(this.#asks, authorization, isRefused()))) return work()
    }
    const caller = this.acceptedCaller(credential) ?? ''
    if (!hasRoom(this.#works, caller, limits.revocationsAtOnce))
      throw busy({ retryAfter: 1 }, 'Too many revocations are under way.')
    return hold(this.#works, caller, work())
  }

  #start(call: Call, kind: Kind, read: ReadRecord): Flight {
    const key = keyOf(call)
    const slot: Slot = { credential: call.credential }
    const settle = () => this.#settle(key, slot)
    slot.flight = new Flight(async (signal, course) => {
      signal.addEventListener('abort', settle, { once: true })
      try {
        return await this.#tries.get(call, { kind, read, signal, course })
      } finally {
        settle()
      }
    }, this.#clocks)
    this.#slots.set(key, slot)
    return slot.flight
  }

  #forgetReadsOf(credential: string): void {
    this.writes += 1
    for (const [key, slot] of this.#slots) if (slot.credential === credential) this.#settle(key, slot)
  }

  #settle(key: string, slot: Slot): void {
    delete slot.flight
    if (this.#slots.get(key) === slot) this.#slots.delete(key)
  }
}

/** Whether one more may begin for that caller, and at all. */
function hasRoom(begun: ReadonlyMap<unknown, string>, caller: string, most: number): boolean {
  const own = [...begun.values()].filter((other) => other === caller).length
  return own < limits.revocationsOfOne && begun.size < most
}

/** Counts it until it ends. */
function hold<T>(begun: Map<Promise<unknown>, string>, caller: string, started: Promise<T>): Promise<T> {
  begun.set(started, caller)
  return started.finally(() => begun.delete(started))
}

/** Reads that are identical. */
function keyOf({ credential, forwardedFor = '', path }: Call): string {
  return `${credential} ${forwardedFor} ${path}`
}
