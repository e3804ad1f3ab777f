import type { IncomingMessage } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import { codedError } from '../errors.ts'
import { limits } from '../limits.ts'
import { inThisContext } from './async-context.ts'
import type { Served } from './observing.ts'

/** Turns of which strangers have one, where accepted callers wait as well. */
const turnsForOneStranger = 4

/**
 * Begins operations, those of one HTTP request together. To parse, to validate and to begin to execute them is one piece of
 * work, and that of many requests at one moment would keep everybody else waiting for seconds. So one of them begins in each turn of
 * the event loop, but what is short begins with others, and callers whom authentik has accepted lately begin at once, for some
 * milliseconds of a turn. Callers take turns; of all others the newest goes first, and every fourth turn is theirs.
 */
export class Beginnings {
  readonly #callerOf: (authorization: string | undefined) => string | undefined
  readonly #turns = new Turns()
  readonly #turnOf = new WeakMap<IncomingMessage, Promise<void> | undefined>()

  /** `callerOf` tells an accepted caller by the Authorization header. */
  constructor(callerOf: (authorization: string | undefined) => string | undefined) {
    this.#callerOf = callerOf
  }

  /** Begins a piece of work, at once or in its turn. It tells whether it is so short that others may begin in the same turn. */
  begin(request: IncomingMessage, work: () => boolean): void {
    const caller = this.#callerOf(request.headers.authorization)
    if (!this.#turns.isFreeFor(caller)) this.#turns.wait(caller, inThisContext(work))
    else if (!work()) this.#turns.fill()
  }

  /** What has begun for an accepted caller goes on in the same turn: many that wait for another one would hold much. */
  goOn(request: IncomingMessage): void {
    if (this.#callerOf(request.headers.authorization) !== undefined) this.#turnOf.set(request, undefined)
  }

  /** Resolves when it is the request's turn, which ends with that of the event loop. Undefined if it may begin at once. */
  take(request: IncomingMessage): Promise<void> | undefined {
    if (this.#turnOf.has(request)) return this.#turnOf.get(request)
    return this.takeAgain(request)
  }

  /** A further turn, for a request that had one: undefined as above. Others may begin in the same turn if it is short. */
  takeAgain(request: IncomingMessage, isShort = false): Promise<void> | undefined {
    const caller = this.#callerOf(request.headers.authorization)
    const isFree = this.#turns.isFreeFor(caller)
    if (isFree && !isShort) this.#turns.fill()
    const turn = isFree ? undefined : this.#turns.take(caller, isShort)
    this.#turnOf.set(request, turn)
    return turn
  }

  /** The turns of what yoga answers. */
  plugin(): Plugin<Served> {
    return {
      onParams: async ({ context }) => {
        const { req, res } = context as unknown as Served
        await this.take(req)
        if (res.closed) throw codedError('UPSTREAM_UNAVAILABLE', 'The caller has hung up.')
      },
    }
  }
}

/** What waits for its turn. It tells whether others may begin in the same one. */
type Waiting = () => boolean

class Turns {
  /** In the order of their turns. */
  readonly #lines = new Map<string, Waiting[]>()
  readonly #strangers: Waiting[] = []
  #count = 0
  #isSet = false
  /** Whether a turn has begun in this round of the loop, and whether the one before was long. */
  #isCounted = false
  #wasLong = false
  /** When the newest turn began, and until when the loop may look for others after it, by `performance.now()`. */
  #begun = 0
  #lookUntil = 0
  /** Whether something has begun in this turn that may be long: it puts most of its work off, which no clock has seen yet. */
  #isFull = false
  /** Turns of the loop in which nobody came. */
  #quiet = 0

  /** Whether the caller need not wait. Without `caller` it is a stranger. */
  isFreeFor(caller: string | undefined): boolean {
    return caller !== undefined && this.#isFree()
  }

  /** Nobody else begins at once in this turn: something has begun that may be long. */
  fill(): void {
    this.#isFull = true
  }

  /** Resolves when it is the caller's turn. */
  take(caller: string | undefined, isShort: boolean): Promise<void> {
    return new Promise((resolve) => {
      this.wait(caller, () => {
        resolve()
        return isShort
      })
    })
  }

  /** Begins when it is the caller's turn. */
  wait(caller: string | undefined, work: Waiting): void {
    const line = caller === undefined ? this.#strangers : (this.#lines.get(caller) ?? [])
    if (caller !== undefined) this.#lines.set(caller, line)
    line.push(work)
    this.#quiet = 0
    this.#schedule()
  }

  /**
   * Whether nobody waits, and what has begun in this turn of the loop took little time, and so did the turn before: after a long one
   * others are looked for first.
   */
  #isFree(): boolean {
    if (this.#isSet || this.#wasLong) return false
    if (!this.#isCounted) this.#beginTurn()
    return !this.#isFull && performance.now() - this.#begun < limits.longTurnMilliseconds
  }

  /** A turn begins: tells, when it has ended, whether it was a long one. */
  #beginTurn(): void {
    this.#begun = performance.now()
    this.#isCounted = true
    this.#isFull = false
    setImmediate(() => {
      this.#isCounted = false
      this.#wasLong = performance.now() - this.#begun > limits.longTurnMilliseconds
    })
  }

  #schedule(): void {
    if (this.#isSet || this.#lines.size + this.#strangers.length === 0) return
    this.#isSet = true
    setImmediate(() => {
      this.#isSet = false
      if (!this.#looksForOthers()) {
        this.#beginTurn()
        this.#quiet = 0
        this.#begin()
      }
      this.#schedule()
    })
  }

  /**
   * Whether the loop goes round once more before the next turn. It takes one new connection in a round, so after long turns many wait
   * that nobody has looked at: among them may be one that goes first.
   */
  #looksForOthers(): boolean {
    const now = performance.now()
    if (now - this.#begun > limits.longTurnMilliseconds && this.#lookUntil < this.#begun) {
      this.#lookUntil = now + limits.lookMilliseconds
    }
    this.#quiet += 1
    return now < this.#lookUntil && this.#quiet < limits.quietRounds
  }

  /** One begins after the other, while the turn has time, until one that is not short. */
  #begin(): void {
    const next = this.#next()
    if (!next) return
    const goOn = (isShort: boolean) => {
      if (isShort && performance.now() - this.#begun < limits.longTurnMilliseconds) this.#begin()
    }
    // What it puts off has run before the next one begins: it is most of the work.
    void Promise.resolve()
      .then(next)
      .then((isShort) => process.nextTick(goOn, isShort))
  }

  #next(): Waiting | undefined {
    this.#count += 1
    const next = this.#count % turnsForOneStranger === 0 ? this.#strangers.pop() : undefined
    return next ?? this.#ofAccepted() ?? this.#strangers.pop()
  }

  #ofAccepted(): Waiting | undefined {
    const [first] = this.#lines
    if (!first) return undefined
    const [caller, line] = first
    const next = line.shift()
    this.#lines.delete(caller)
    if (line.length > 0) this.#lines.set(caller, line)
    return next
  }
}
