import type { Account, Payer } from './account.ts'

/** What one run of an operation has paid, of what its HTTP request may spend. */
export class Tab {
  readonly #account: Account
  #fields = 0
  readonly #objects: Record<Payer, number> = { queries: 0, revocations: 0 }
  #isOpen = true

  constructor(account: Account) {
    this.#account = account
  }

  /** Pays for fields that queries are to answer. False when there are too many, or when the run is given up. */
  payFields(fields: number): boolean {
    if (!this.#isOpen || !this.#account.payFields(fields)) return false
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
