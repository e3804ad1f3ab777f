import type { Account, Payer } from './account.ts'

/** What one run of an operation has paid, of what its HTTP request may spend. */
export class Tab {
  readonly #account: Account
  readonly #giveUp: (() => void) | undefined
  #fields = 0
  readonly #objects: Record<Payer, number> = { queries: 0, revocations: 0 }
  #isOpen = true

  /** `giveUp` is called if the run cannot pay, and only the run is given up; without it, the request's queries are. */
  constructor(account: Account, giveUp?: () => void) {
    this.#account = account
    this.#giveUp = giveUp
  }

  /** Pays for fields that queries are to answer. False when there are too many, or when the run is given up. */
  payFields(fields: number): boolean {
    if (!this.#isOpen) return false
    if (this.#giveUp && !this.#account.affordsFields(fields)) {
      this.#giveUp()
      return false
    }
    if (!this.#account.payFields(fields)) return false
    this.#fields += fields
    return true
  }

  /** Pays for objects that are to be given. Throws what `Account.payObjects` throws. */
  payObjects(objects: number, payer: Payer): void {
    if (!this.#isOpen) return
    this.#objects[payer] += objects
    this.#account.payObjects(objects, payer)
  }

  /** Gives back what was paid, since the operation runs again in another way. This run pays nothing any more. */
  giveBack(): void {
    this.#isOpen = false
    this.#account.giveBack(this.#fields, this.#objects)
  }
}
