import { UpstreamError } from '../../errors.ts'
import { limits } from '../../limits.ts'

/**
 * How authentik was seen to be. Well: it answered. Crashed: it answered 500, which one request may do to itself. Late: nothing
 * came in time. Ill: the connection failed, or a proxy before it had no answer. Unseen: nobody waited for it.
 */
export type Sight = 'well' | 'crashed' | 'late' | 'ill' | 'unseen'

/** Where the circuit stands. `probing`: one request at a time finds out whether authentik is well again. */
export type CircuitState = 'closed' | 'open' | 'probing'

interface Seen {
  readonly time: number
  /** The keyed hash of the credential. */
  readonly caller: string
  readonly sight: Sight
}

/**
 * Spares callers the wait for an authentik that is down, and an authentik that is down its callers.
 *
 * | state | requests | leaves for |
 * | --- | --- | --- |
 * | closed | are sent | open, when half of at least 20 requests in 10 s saw it ill or late, or the last 8 were all late: those of three callers, or of all there are |
 * | open | fail at once | probing, after 5 s |
 * | probing | fail at once, but for one read at a time, and one more for each second that it has no answer | closed, when that had an answer |
 */
export class Circuit {
  readonly #callersLately: (most: number) => number
  readonly #seen: Seen[] = []
  /** The newest ones, as long as nothing but lateness was seen. */
  #late: Seen[] = []
  /** When it opened, by `performance.now()`, and since when authentik was seen to fail, for callers. */
  #opened: { readonly time: number; readonly since: string } | undefined
  /** When the newest probe was sent; undefined if it has ended. */
  #probe: number | undefined

  /** `callersLately` tells how many callers authentik has accepted lately, as far as `most`. */
  constructor(callersLately: (most: number) => number) {
    this.#callersLately = callersLately
  }

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
      if (!this.#opened) this.#learn({ time: performance.now(), caller, sight })
      else if (sight === 'well' || sight === 'crashed') this.#close()
    }
  }

  /** A deletion that goes wrong cannot be tried again. */
  #mayProbe(method: 'GET' | 'DELETE'): boolean {
    const isFree = this.#probe === undefined || performance.now() - this.#probe > limits.circuitProbeMilliseconds
    return method === 'GET' && this.state === 'probing' && isFree
  }

  #learn(seen: Seen): void {
    const { sight, time } = seen
    if (sight === 'unseen') return
    this.#late = sight === 'late' ? [...this.#late, seen].slice(-limits.circuitLate) : []
    if (sight !== 'crashed') this.#seen.push(seen)
    const from = time - limits.circuitMilliseconds
    while (this.#seen.length > limits.circuitSights || (this.#seen[0]?.time ?? time) < from) this.#seen.shift()
    if (sight === 'well' || sight === 'crashed') return
    const bad = this.#seen.filter((one) => one.sight !== 'well')
    const isIll = this.#seen.length >= limits.circuitRequests && bad.length * 2 >= this.#seen.length
    if (isIll) this.#open(bad)
    else if (this.#late.length === limits.circuitLate) this.#open(this.#late)
  }

  #open(bad: readonly Seen[]): void {
    const [first] = bad
    const callers = new Set(bad.map(({ caller }) => caller)).size
    const others = new Set(this.#seen.map(({ caller }) => caller)).size
    const known = Math.max(others, this.#callersLately(limits.circuitCredentials))
    if (!first || callers < Math.min(limits.circuitCredentials, known)) return
    const now = performance.now()
    this.#opened = { time: now, since: new Date(Date.now() - (now - first.time)).toISOString() }
  }

  #close(): void {
    this.#opened = undefined
    this.#seen.length = 0
    this.#late = []
  }
}
