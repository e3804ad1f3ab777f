import { hash, randomBytes } from 'node:crypto'
import { limits } from '../../limits.ts'

/** Which credentials authentik has accepted lately. Of these only keyed hashes are kept, for this process alone. */
export class Accepted {
  readonly #secret = randomBytes(32).toString('base64')
  /** When each was accepted last, by `performance.now()`: the oldest first. */
  readonly #times = new Map<string, number>()
  /** Of the credentials that were hashed within the last second, after which they are forgotten. */
  readonly #hashes = new Map<string, string>()

  /** A keyed hash, which tells credentials apart. Each request needs it several times: HMAC would take five times as long. */
  hash(credential: string): string {
    const known = this.#hashes.get(credential)
    if (known !== undefined) return known
    const hashed = hash('sha256', this.#secret + credential, 'base64url')
    if (this.#hashes.size === 0) setTimeout(() => this.#hashes.clear(), limits.hashedMilliseconds).unref()
    if (this.#hashes.size < limits.hashedCredentials) this.#hashes.set(credential, hashed)
    return hashed
  }

  has(credential: string): boolean {
    const time = this.#times.get(this.hash(credential))
    return time !== undefined && this.#isFresh(time)
  }

  /** How many there are, as far as `most`. */
  count(most: number): number {
    let count = 0
    for (const time of this.#times.values()) {
      if (this.#isFresh(time)) count += 1
      if (count === most) break
    }
    return count
  }

  add(credential: string): void {
    const hash = this.hash(credential)
    this.#times.delete(hash)
    this.#times.set(hash, performance.now())
    for (const [oldest, time] of this.#times) {
      if (this.#times.size <= limits.acceptedCredentials && this.#isFresh(time)) break
      this.#times.delete(oldest)
    }
  }

  delete(credential: string): void {
    this.#times.delete(this.hash(credential))
  }

  #isFresh(time: number): boolean {
    return performance.now() - time < limits.acceptedMilliseconds
  }
}
