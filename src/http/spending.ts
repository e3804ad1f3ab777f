import { LRUCache } from 'lru-cache'
import { limits } from '../limits.ts'

/** What a credential has spent in its minute. */
export interface Spent {
  /** Requests to authentik and rows, added up. */
  readonly sum: number
  /** Milliseconds until its minute ends. */
  readonly rest: number
}

/** Counts what credentials spend, by their keyed hashes. The minute of each begins with the first that it spends. */
export interface Spending {
  /** Whether all replicas are counted together at the moment; undefined where each counts for itself. */
  readonly isShared?: boolean
  add(credential: string, amount: number): void
  /** Undefined if nothing is spent. */
  find(credential: string): Spent | undefined | Promise<Spent | undefined>
  close(): void
}

/** What credentials spend in this process. Of too many, the one that was looked at longest ago is forgotten. */
export class OwnSpending implements Spending {
  readonly #minutes = new LRUCache<string, { sum: number; readonly end: number }>({ max: limits.countedCredentials })

  add(credential: string, amount: number): void {
    const now = performance.now()
    const minute = this.#minutes.get(credential)
    if (minute && minute.end > now) minute.sum += amount
    else this.#minutes.set(credential, { sum: amount, end: now + limits.rateMilliseconds })
  }

  find(credential: string): Spent | undefined {
    const minute = this.#minutes.get(credential)
    const rest = (minute?.end ?? 0) - performance.now()
    return minute && rest > 0 ? { sum: minute.sum, rest } : undefined
  }

  close(): void {}
}
