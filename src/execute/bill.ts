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
  /** How many objects of each type are loaded by their keys. */
  readonly #loads = new Map<string, number>()

  add({ requests, rows }: Estimate, times = 1): void {
    this.#requests += times * requests
    this.#rows += times * rows
  }

  /** Who the caller is, is asked for once. */
  addCaller(): void {
    this.#asksForCaller = true
  }

  /** Objects of a type that are loaded by their keys. */
  addLoads(typename: string, count: number): void {
    this.#loads.set(typename, (this.#loads.get(typename) ?? 0) + count)
  }

  /** The sum, which is never more than what a query may spend. */
  total(): Estimate {
    if (this.#asksForCaller) this.add(one)
    for (const [typename, count] of this.#loads) {
      this.add(one, count)
      this.add(pagesFor(typename, count))
    }
    return { requests: Math.min(this.#requests, most.requests), rows: Math.min(this.#rows, most.rows) }
  }
}

/**
 * The pages that are asked for instead of so many objects, and that may have none of them: those which the caller may not see. How
 * many are asked for at the same moment, nobody knows. See `Lookup` and `pagesByOwners`.
 */
function pagesFor(typename: string, count: number): Estimate {
  const pageOfMany = lookups.get(typename)?.pageOfMany
  const pages = pageOfMany ? Math.floor(count / (limits.oneByOne + 1)) : 0
  // A page of all is asked for once, and once more when their number is known.
  const ofAll = Math.min(pages, 2)
  if (!pageOfMany?.by) return { requests: ofAll, rows: ofAll * limits.rowsPerPage }
  const rowsOfOwners = (pages - ofAll) * (limits.oneByOne + 1) * limits.lookupRows
  return { requests: pages, rows: ofAll * limits.rowsPerPage + Math.max(0, rowsOfOwners) }
}
