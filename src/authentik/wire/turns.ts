import { limits } from '../../limits.ts'

/** What a request wants. A list holds a place for seconds, a look-up or a deletion for milliseconds. */
export type Kind = 'deletion' | 'lookup' | 'list'

/** The request must not wait, since too many do already. */
export interface Busy {
  /** Seconds after which it is worth asking again. */
  readonly retryAfter: number
}

interface Waiting {
  readonly credential: string
  readonly kind: Kind
  readonly order: number
  readonly start: (end: () => void) => void
  readonly refuse: (busy: Busy) => void
}

/** The requests that wait for one credential, each kind in its own order. */
type Line = Record<Kind, Waiting[]>

/** The line that all credentials share which authentik has not accepted lately. */
const strangers = ''

/**
 * Shares the places upstream out. Each credential has a line of its own, and the lines take turns. In a line, deletions go
 * first. Credentials that were not accepted lately share one line, in which the newest of them goes first, and at most a quarter of
 * the places; lists have at most three quarters. So neither made-up tokens nor lists keep everybody else from a place.
 */
export class Turns {
  readonly #places: number
  readonly #listPlaces: number
  readonly #strangerPlaces: number
  readonly #patience: number
  readonly #isAccepted: (credential: string) => boolean
  /** In the order of their turns. */
  readonly #lines = new Map<string, Line>()
  readonly #running = { all: 0, lists: 0, strangers: 0 }
  readonly #waiting = { all: 0, lists: 0 }
  /** Milliseconds for which a request of the kind holds a place, as measured of late. */
  readonly #holds: Record<Kind, number> = { deletion: 0, lookup: 0, list: 0 }
  #order = 0

  /** `patience`: milliseconds that a request may wait at most. */
  constructor(places: number, patience: number, isAccepted: (credential: string) => boolean) {
    this.#places = places
    this.#listPlaces = Math.max(1, Math.floor((places * 3) / 4))
    this.#strangerPlaces = Math.max(1, Math.floor(places / 4))
    this.#patience = patience
    this.#isAccepted = isAccepted
  }

  /** How many requests wait, and how many hold a place. */
  get counts(): { readonly waiting: number; readonly running: number } {
    return { waiting: this.#waiting.all, running: this.#running.all }
  }

  /**
   * Waits for a place, and tells when there is one: `end` gives it back. Throws what `refused` makes of it if too many wait
   * already. A request whose signal is aborted leaves its line at once; the promise then stays as it is.
   */
  take(credential: string, kind: Kind, signal: AbortSignal, refused: (busy: Busy) => Error): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const name = this.#isAccepted(credential) ? credential : strangers
      const refuse = (busy: Busy) => reject(refused(busy))
      const busy = this.#busy(name, kind)
      if (busy) return refuse(busy)
      const request = { credential, kind, order: this.#order++, start: resolve, refuse }
      this.#enter(name, request)
      signal.addEventListener('abort', () => this.#leave(request), { once: true })
      this.#serve()
    })
  }

  /** Gives a credential that authentik has just accepted its own line. */
  accept(credential: string): void {
    const shared = this.#lines.get(strangers)
    if (!shared) return
    for (const request of Object.values(shared).flat()) {
      if (request.credential !== credential) continue
      this.#leave(request)
      this.#enter(credential, request)
    }
    this.#serve()
  }

  #enter(name: string, request: Waiting): void {
    const line = this.#lines.get(name) ?? { deletion: [], lookup: [], list: [] }
    this.#lines.set(name, line)
    line[request.kind].push(request)
    this.#waiting.all += 1
    if (request.kind === 'list') this.#waiting.lists += 1
  }

  #leave(request: Waiting): void {
    for (const name of [request.credential, strangers]) {
      const line = this.#lines.get(name)
      const index = line?.[request.kind].indexOf(request) ?? -1
      if (!line || index < 0) continue
      line[request.kind].splice(index, 1)
      if (lengthOf(line) === 0) this.#lines.delete(name)
      this.#waiting.all -= 1
      if (request.kind === 'list') this.#waiting.lists -= 1
    }
  }

  #serve(): void {
    while (this.#running.all < this.#places) {
      const next = this.#next()
      if (!next) return
      const { name, request } = next
      const line = this.#lines.get(name)
      this.#leave(request)
      // Its line takes the next turn after all others.
      if (line && this.#lines.delete(name)) this.#lines.set(name, line)
      this.#start(request, name === strangers)
    }
  }

  #next(): { name: string; request: Waiting } | undefined {
    for (const [name, line] of this.#lines) {
      if (name === strangers && this.#running.strangers >= this.#strangerPlaces) continue
      const request = this.#first(name === strangers ? ofNewest(line) : line)
      if (request) return { name, request }
    }
    return undefined
  }

  #first({ deletion, lookup, list }: Line): Waiting | undefined {
    const [first, one, other] = [deletion[0], lookup[0], this.#running.lists < this.#listPlaces ? list[0] : undefined]
    if (first) return first
    return one && other ? (one.order < other.order ? one : other) : (one ?? other)
  }

  #start(request: Waiting, stranger: boolean): void {
    const { kind } = request
    const began = performance.now()
    this.#count(kind, stranger, 1)
    let ended = false
    request.start(() => {
      if (ended) return
      ended = true
      this.#count(kind, stranger, -1)
      const held = performance.now() - began
      this.#holds[kind] += (held - this.#holds[kind]) * (this.#holds[kind] === 0 ? 1 : limits.holdWeight)
      this.#serve()
    })
  }

  #count(kind: Kind, stranger: boolean, by: 1 | -1): void {
    this.#running.all += by
    if (kind === 'list') this.#running.lists += by
    if (stranger) this.#running.strangers += by
  }

  /** Whether a read must not wait in that line. A deletion always may: who asks for it waits for the outcome of each. */
  #busy(name: string, kind: Kind): Busy | undefined {
    if (kind === 'deletion') return undefined
    const line = this.#lines.get(name)
    const own = line ? lengthOf(line) : 0
    const wait = this.#waitFor(own, kind)
    if (own >= limits.waitingReadsOfOne) {
      // Among strangers the newest goes first, so the oldest has to go.
      const oldest = name === strangers && line && [line.lookup[0], line.list[0]].find((request) => request)
      if (!oldest) return { retryAfter: secondsOf(wait) }
      this.#leave(oldest)
      oldest.refuse({ retryAfter: secondsOf(wait) })
    }
    const late = wait > this.#patience || this.#waiting.all >= limits.waitingReads
    return late ? { retryAfter: secondsOf(wait) } : undefined
  }

  /** How many milliseconds a read will wait that has so many before it in its line, as all lines take turns. */
  #waitFor(own: number, kind: Kind): number {
    const turns = (waiting: number) => Math.min(waiting, (own + 1) * this.#lines.size)
    const { all, lists } = this.#waiting
    if (kind === 'list') return (turns(lists) * this.#holds.list) / this.#listPlaces
    return (turns(all - lists) * this.#holds.lookup) / this.#places
  }
}

/** Of the line that many credentials share: the requests of the one that came last. */
function ofNewest({ deletion, lookup, list }: Line): Line {
  const last = [deletion, lookup, list].flatMap((requests) => requests.at(-1) ?? [])
  const newest = last.reduce((one, other) => (one.order > other.order ? one : other))
  const own = (requests: readonly Waiting[]) => requests.filter(({ credential }) => credential === newest.credential)
  return { deletion: own(deletion), lookup: own(lookup), list: own(list) }
}

function lengthOf({ deletion, lookup, list }: Line): number {
  return deletion.length + lookup.length + list.length
}

function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000))
}
