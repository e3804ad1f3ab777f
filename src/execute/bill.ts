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

/** Adds up what one query asks authentik for. */
export class Bill {
  #requests = 0
  #rows = 0
  #asksForCaller = false
  /** How many objects of each type are loaded by keys that the caller names, or that come with other objects. */
  readonly #loads = new Map<string, number>()
  /** The same for keys that stand in lists by which authentik tells the objects as well. */
  readonly #listed = new Map<string, number>()

  add({ requests, rows }: Estimate, times = 1): void {
    this.#requests += times * requests
    this.#rows += times * rows
  }

  /** Who the caller is, is asked for once. */
  addCaller(): void {
    this.#asksForCaller = true
  }

  addLoads(typename: string, count: number): void {
    raise(this.#loads, typename, count)
  }

  addListed(typename: string, count: number): void {
    raise(this.#listed, typename, count)
  }

  /** The sum, which is never more than what a query may spend. */
  total(): Estimate {
    if (this.#asksForCaller) this.add(one)
    for (const typename of new Set([...this.#loads.keys(), ...this.#listed.keys()])) {
      const listed = this.#listed.get(typename) ?? 0
      const count = (this.#loads.get(typename) ?? 0) + Math.min(listed, limits.assumedObjects)
      this.add(one, count)
      if (lookups.get(typename)?.pageOfMany && count > limits.oneByOne) {
        this.add({ requests: 1, rows: limits.rowsPerPage }, Math.ceil((listed || 1) / limits.rowsPerPage))
      }
    }
    return { requests: Math.min(this.#requests, most.requests), rows: Math.min(this.#rows, most.rows) }
  }
}

function raise(counts: Map<string, number>, typename: string, count: number): void {
  counts.set(typename, (counts.get(typename) ?? 0) + count)
}
