/**
 * Something that there is only so much of, shared by callers. Each may have half of what the others leave, and one alone of its
 * requests all that they leave: however much some take, there is something left for the next.
 */
export class Shares {
  readonly #most: number
  readonly #taken = new Map<string, number>()
  #sum = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Takes so much for a caller, one of whose requests has taken `before`. False if that is too much; nothing is taken then. */
  take(caller: string, amount: number, before = 0): boolean {
    if (!this.has(caller, amount, before)) return false
    this.#set(caller, (this.#taken.get(caller) ?? 0) + amount)
    this.#sum += amount
    return true
  }

  /** Whether so much could be taken now. */
  has(caller: string, amount: number, before: number): boolean {
    const own = this.#taken.get(caller) ?? 0
    const left = this.#most - (this.#sum - own)
    return own + amount <= (own === before ? left : left / 2)
  }

  /** Gives back what was taken. */
  give(caller: string, amount: number): void {
    this.#set(caller, (this.#taken.get(caller) ?? 0) - amount)
    this.#sum -= amount
  }

  #set(caller: string, amount: number): void {
    if (amount > 0) this.#taken.set(caller, amount)
    else this.#taken.delete(caller)
  }
}
