import { LRUCache } from 'lru-cache'
import { Unreachable } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { StaleConnection } from './exchange.ts'
import type { Answer } from './judge.ts'

/** How a try ended that had no answer worth having. */
export type Ending =
  /** The connection had been used before, and broke before the first byte: authentik closes idle ones at any moment. */
  | 'stale'
  /** The connection was refused or broke, a proxy before authentik has no answer, or authentik is starting. */
  | 'passing'
  /** Whatever another try would not change, or make worse. */
  | 'final'

/** What is done next. */
export interface Next {
  /** Milliseconds to wait, without a place. */
  readonly wait: number
  /** The next try needs a new connection. */
  readonly fresh: boolean
}

/**
 * Whether a read is tried again. A deletion never is.
 *
 * | the try ended | next |
 * | --- | --- |
 * | stale, for the first time | again at once, over a new connection |
 * | stale or passing | again after a while, twice at most, if few others are |
 * | final | no more |
 */
export class Retry {
  readonly #all = new Budget()
  readonly #ofOne = new LRUCache<string, Budget>({ max: limits.retryBudgets })

  /** Counts a read: some of many may be tried again. */
  count(caller: string): void {
    this.#all.earn()
    this.#budgetOf(caller).earn()
  }

  /** What to do after so many tries, the newest of which ended so. Undefined: nothing more. */
  next(ending: Ending, tries: number, caller: string): Next | undefined {
    if (ending === 'final' || tries > limits.retries) return undefined
    if (ending === 'stale' && tries === 1) return { wait: 0, fresh: true }
    const own = this.#budgetOf(caller)
    if (!own.has || !this.#all.has) return undefined
    own.pay()
    this.#all.pay()
    const wait = limits.retryMilliseconds * 2 ** (tries - 1) * (0.5 + Math.random())
    return { wait, fresh: ending === 'stale' }
  }

  #budgetOf(caller: string): Budget {
    const known = this.#ofOne.get(caller) ?? new Budget()
    this.#ofOne.set(caller, known)
    return known
  }
}

/** Further tries for a tenth of the requests of late, and one a second at least. */
class Budget {
  #tries = 1
  #time = performance.now()

  /** Whether there is one left. */
  get has(): boolean {
    const now = performance.now()
    // One a second, however few requests there are; of many, no more than a tenth of those of late.
    if (this.#tries < 1) this.#tries = Math.min(1, this.#tries + (now - this.#time) / 1000)
    this.#time = now
    return this.#tries >= 1
  }

  earn(): void {
    this.#tries = Math.min(limits.retriesSaved, this.#tries + limits.retryShare)
  }

  pay(): void {
    this.#tries -= 1
  }
}

/** How an answer counts as the end of a read's try; undefined if it is one to be judged. */
export function endingOf({ status, retryAfter, text }: Answer): Ending | undefined {
  // Whoever says when to come again is believed.
  if ([502, 503, 504].includes(status)) return retryAfter === undefined ? 'passing' : 'final'
  return status === 200 && /^\s*\{\s*"error"/.test(text.slice(0, 100)) ? 'passing' : undefined
}

/** How a failure counts as the end of a read's try. */
export function endingOfFailure(error: unknown): Ending {
  if (error instanceof StaleConnection) return 'stale'
  return error instanceof Unreachable ? 'passing' : 'final'
}
