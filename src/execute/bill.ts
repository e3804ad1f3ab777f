import { lookups } from '../graph/loading/lookup.ts'
import { limits } from '../limits.ts'

/** What a query asks authentik for at most, further tries not counted. */
export interface Estimate {
  readonly requests: number
  /** The rows of the pages that are asked for, and one for each object. */
  readonly rows: number
}

/** What no query goes beyond: see `Account.payRead`. */
export const most: Estimate = {
  requests: limits.upstreamRequests,
  rows: limits.upstreamRequests * limits.rowsPerPage,
}

const one: Estimate = { requests: 1, rows: 1 }

/** How many objects of one type are loaded by their keys. */
interface Loads {
  /** Each by a request of its own, at worst. */
  alone: number
  /** Those for which a page answers where they are many: authentik lists them, and the operation knows by what. */
  listed: number
  /** Whether more is needed of them than is told elsewhere. */
  isWhole: boolean
  /** Whether the operation learns from a list, or from other objects, how many there are or in what they stand. */
  isKnown: boolean
}

/** Adds up what one query asks authentik for. */
export class Bill {
  #requests = 0
  #rows = 0
  #asksForCaller = false
  readonly #loads = new Map<string, Loads>()

  add({ requests, rows }: Estimate, times = 1): void {
    this.#requests += times * requests
    this.#rows += times * rows
  }

  /** Who the caller is, is asked for once. */
  addCaller(): void {
    this.#asksForCaller = true
  }

  /** Objects of a type that are loaded by their keys. */
  addLoads(typename: string, count: number, isListed = false): void {
    this.#loadsOf(typename)[isListed ? 'listed' : 'alone'] += count
  }

  /** The operation learns something of the objects of a type, by which a page may be asked for that has many of them. */
  addKnowledge(typename: string): void {
    this.#loadsOf(typename).isKnown = true
  }

  /** More is needed of objects of a type than is told elsewhere, where their own endpoint refuses the caller. */
  addWhole(typename: string): void {
    this.#loadsOf(typename).isWhole = true
  }

  /** The sum, which is never more than what a query may spend. */
  total(): Estimate {
    for (const [typename, loads] of this.#loads) this.#addLoaded(typename, loads)
    if (this.#asksForCaller) this.add(one)
    return { requests: Math.min(this.#requests, most.requests), rows: Math.min(this.#rows, most.rows) }
  }

  /** What `Lookup` asks for: up to three objects one by one, and pages where there are more. */
  #addLoaded(typename: string, { alone, listed, isWhole, isKnown }: Loads): void {
    const { pageOfMany, elsewhere } = lookups.get(typename) ?? {}
    const { least = limits.oneByOne + 1 } = pageOfMany ?? {}
    this.add(one, alone + Math.min(listed, least - 1))
    const mayBePage = pageOfMany?.areFew || isKnown || listed > 0
    const isPage = pageOfMany && mayBePage && alone + listed >= least
    // A page of all is what tells elsewhere of few objects, too.
    if (elsewhere && alone + listed > 0 && !(isPage && pageOfMany.areFew)) this.#addElsewhere(elsewhere)
    if (elsewhere && alone > 0 && isWhole) this.add(one)
    if (isPage) this.add({ requests: 1, rows: limits.rowsPerPage }, Math.max(1, Math.ceil(listed / limits.rowsPerPage)))
  }

  #addElsewhere({ cost }: { readonly cost: Estimate | 'caller' }): void {
    if (cost === 'caller') this.addCaller()
    else this.add(cost)
  }

  #loadsOf(typename: string): Loads {
    const loads = this.#loads.get(typename) ?? { alone: 0, listed: 0, isWhole: false, isKnown: false }
    this.#loads.set(typename, loads)
    return loads
  }
}
