import { createHmac, randomBytes } from 'node:crypto'
import { limits } from '../../limits.ts'

/** Which credentials authentik has accepted lately. Only a keyed hash of each is kept, for this process alone. */
export class Accepted {
  readonly #key = randomBytes(32)
  /** When each was accepted last, by `performance.now()`: the oldest first. */
  readonly #times = new Map<string, number>()

  has(credential: string): boolean {
    const time = this.#times.get(this.hash(credential))
    return time !== undefined && performance.now() - time < limits.acceptedMilliseconds
  }

  /** How many there are, as far as `most`. */
  count(most: number): number {
    let count = 0
    for (const time of this.#times.values()) {
      if (performance.now() - time < limits.acceptedMilliseconds) count += 1
      if (count === most) break
    }
    return count
  }

  add(credential: string): void {
    const hash = this.hash(credential)
    this.#times.delete(hash)
    this.#times.set(hash, performance.now())
    const [oldest] = this.#times.keys()
    if (this.#times.size > limits.acceptedCredentials && oldest !== undefined) this.#times.delete(oldest)
  }

  delete(credential: string): void {
    this.#times.delete(this.hash(credential))
  }

  /** A keyed hash, which tells credentials apart. */
  hash(credential: string): string {
    return createHmac('sha256', this.#key).update(credential).digest('base64url')
  }
}
