import type { ServerResponse } from 'node:http'
import type { Context } from '../context.ts'
import type { RequestRecord } from '../observe/record.ts'

/** An answer without errors, which others may be given as well. */
export interface Joined {
  readonly body: Buffer
  /** What has paid for it. */
  readonly account: Context['account']
}

/** Is given the answer; undefined if it has errors, which are only for the request that began. */
type Use = (answer: Joined | undefined) => void

/** Identical queries of one credential that are on their way at once: one of them is run, and all are given its answer. */
export class Joining {
  readonly #flights = new Map<string, Flight>()

  /** The query on its way that others may join. */
  find(key: string): Flight | undefined {
    const flight = this.#flights.get(key)
    return flight?.isOpen ? flight : undefined
  }

  /** Lets others join a query from now on, until authentik has answered something for it. */
  add(key: string, flight: Flight): void {
    this.#flights.set(key, flight)
    flight.onLanding(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    })
  }
}

/** A query on its way, and those who wait for its answer. It goes on as long as one of them is there. */
export class Flight {
  /** Of the request that began. */
  readonly record: RequestRecord
  readonly #leader: ServerResponse
  readonly #abandon = new AbortController()
  readonly #waiting = new Set<ServerResponse>()
  #joiners: { readonly response: ServerResponse; readonly use: Use }[] = []
  #isOver = false
  #land = () => {}
  #end = () => {}

  constructor(record: RequestRecord, leader: ServerResponse) {
    this.record = record
    this.#leader = leader
    this.#wait(leader)
  }

  /** Aborted when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#abandon.signal
  }

  get isOpen(): boolean {
    return !this.record.hasAnswer && this.#waiting.size > 0 && !this.#isOver
  }

  onLanding(land: () => void): void {
    this.#land = land
  }

  /** Calls back when the request that began has ended, and nobody waits for what it pays for. */
  readonly onEnd = (end: () => void): void => {
    this.#end = end
  }

  /** One more waits for the answer. */
  join(response: ServerResponse, use: Use): void {
    this.#wait(response)
    this.#joiners.push({ response, use })
  }

  /** Gives the answer to those who have joined and are still there. */
  land(answer: { readonly text: string; readonly account: Context['account'] } | undefined): void {
    const joiners = this.#joiners.filter(({ response }) => this.#waiting.delete(response))
    // What has landed holds nothing: the table of a Map may go on to hold what is deleted from it.
    this.#joiners = []
    this.#isOver = true
    this.#land()
    // All of them are sent the same bytes, which are held once.
    const joined =
      answer && joiners.length > 0 ? { account: answer.account, body: Buffer.from(answer.text) } : undefined
    for (const { use } of joiners) use(joined)
    this.#endIfDone()
  }

  #wait(response: ServerResponse): void {
    this.#waiting.add(response)
    response.once('close', () => this.#leave(response))
  }

  #leave(response: ServerResponse): void {
    if (this.#waiting.delete(response) && this.#waiting.size === 0 && !response.writableFinished) this.#abandon.abort()
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (this.#waiting.has(this.#leader) || (this.#waiting.size > 0 && !this.#isOver)) return
    this.#end()
    this.#end = () => {}
  }
}
