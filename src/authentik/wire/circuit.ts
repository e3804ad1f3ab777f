import { UpstreamError } from '../../errors.ts'
import { limits } from '../../limits.ts'

/** How authentik was seen to be: by an answer it is well, by none or by that of a proxy before it, ill; by its own 500, neither. */
export type Sight = 'well' | 'ill' | 'neither'

/** Where the circuit stands. `probing`: one request at a time finds out whether authentik is well again. */
export type CircuitState = 'closed' | 'open' | 'probing'

interface Seen {
  readonly time: number
  /** The keyed hash of the credential. */
  readonly caller: string
  readonly ill: boolean
}

/**
 * Spares callers the wait for an authentik that is down, and an authentik that is down its callers.
 *
 * | state | requests | leaves for |
 * | --- | --- | --- |
 * | closed | are sent | open, when at least half of 20 requests in 10 s saw it ill, of three credentials (or of all that came) |
 * | open | fail at once | probing, after 5 s |
 * | probing | fail at once, but one read at a time | closed, when that saw it well |
 */
export class Circuit {
  #seen: Seen[] = []
  /** When it opened: by `performance.now()`, and for callers. */
  #opened: { readonly time: number; readonly since: string } | undefined
  /** When the newest probe was sent; undefined if it has ended. */
  #probe: number | undefined

  get state(): CircuitState {
    if (!this.#opened) return 'closed'
    return performance.now() - this.#opened.time < limits.circuitOpenMilliseconds ? 'open' : 'probing'
  }

  /** Throws UPSTREAM_UNAVAILABLE if a request would fail at once. */
  check(method: 'GET' | 'DELETE'): void {
    const opened = this.#opened
    if (!opened || this.#mayProbe(method)) return
    const message = `authentik has been failing since ${opened.since}.`
    throw new UpstreamError('UPSTREAM_UNAVAILABLE', message, { sent: 'no', since: opened.since })
  }

  /** Lets a request through, and returns how to tell what it saw. Throws what `check` throws. */
  enter(method: 'GET' | 'DELETE', caller: string): (sight: Sight) => void {
    this.check(method)
    const probe = this.#opened ? performance.now() : undefined
    if (probe !== undefined) this.#probe = probe
    return (sight) => {
      if (probe !== undefined && this.#probe === probe) this.#probe = undefined
      if (sight === 'well' && this.#opened) this.#close()
      if (sight !== 'neither' && !this.#opened) this.#learn({ time: performance.now(), caller, ill: sight === 'ill' })
    }
  }

  /** A deletion that goes wrong cannot be tried again. */
  #mayProbe(method: 'GET' | 'DELETE'): boolean {
    const isFree = this.#probe === undefined || performance.now() - this.#probe > limits.circuitProbeMilliseconds
    return method === 'GET' && this.state === 'probing' && isFree
  }

  #learn(seen: Seen): void {
    this.#seen.push(seen)
    const from = seen.time - limits.circuitMilliseconds
    if (this.#seen.length > limits.circuitSights || (this.#seen[0]?.time ?? 0) < from)
      this.#seen = this.#seen.filter(({ time }) => time >= from).slice(-limits.circuitSights)
    if (!seen.ill || this.#seen.length < limits.circuitRequests) return
    const ill = this.#seen.filter((one) => one.ill)
    const callers = (sights: readonly Seen[]) => new Set(sights.map(({ caller }) => caller)).size
    const needed = Math.min(limits.circuitCredentials, callers(this.#seen))
    if (ill.length * 2 >= this.#seen.length && callers(ill) >= needed)
      this.#opened = { time: performance.now(), since: new Date().toISOString() }
  }

  #close(): void {
    this.#opened = undefined
    this.#seen = []
  }
}
