import { CallerGone, UpstreamError } from '../../errors.ts'
import type { ReadRecord } from '../../observe/record.ts'
import type { Answer } from './judge.ts'

/** How long somebody waits for an answer, in milliseconds. */
export interface Clocks {
  /** While the request waits for its turn. */
  readonly queue: number
  /** From the moment when the request is sent. */
  readonly upstream: number
}

/** Whoever waits for an answer. */
export interface Sharer {
  /** Aborted when the caller has hung up. */
  readonly signal?: AbortSignal | undefined
  /** When its operation must have ended, by `performance.now()`. */
  readonly deadline?: number | undefined
  /** Aborted when the request is not to be sent any more, with the failure as the reason. */
  readonly refusal?: AbortSignal | undefined
}

/** What becomes of a request on its way. */
export interface Course {
  /** It is its turn. */
  readonly begin: () => void
  /** It waits for another turn, since it must be tried again. */
  readonly pause: () => void
  /** Its first byte is written. */
  readonly dispatch: () => void
}

/** Sends a request as soon as it is its turn. */
export type Send = (signal: AbortSignal, course: Course) => Promise<Answer>

/**
 * One request to authentik, and those who wait for its answer. Each of them keeps clocks of their own. When the last one has
 * left, the request leaves its line, or is aborted if it was sent; once the answer is there, it is not.
 */
export class Flight {
  readonly #answer: Promise<Answer>
  readonly #clocks: Clocks
  readonly #controller = new AbortController()
  readonly #onTurn = new Set<() => void>()
  #begun = false
  #sent: 'no' | 'maybe' = 'no'
  #landed = false
  #sharers = 0
  readonly #waits = new Map<Sharer, Promise<Answer>>()

  constructor(send: Send, clocks: Clocks) {
    this.#clocks = clocks
    const turn = (begun: boolean) => {
      this.#begun = begun
      for (const tell of this.#onTurn) tell()
    }
    this.#answer = send(this.#controller.signal, {
      begin: () => turn(true),
      pause: () => turn(false),
      dispatch: () => {
        this.#sent = 'maybe'
      },
    })
    const land = () => {
      this.#landed = true
    }
    this.#answer.then(land, land)
  }

  /** The answer, for one more who waits, who may ask for it often. `read` is told when its turn comes. Throws UpstreamError. */
  join(sharer: Sharer, read: ReadRecord): Promise<Answer> {
    const tell = () => this.#begun && read.begin()
    tell()
    this.#onTurn.add(tell)
    const answer = this.#waits.get(sharer) ?? this.#share(sharer)
    this.#waits.set(sharer, answer)
    return answer
  }

  async #share(sharer: Sharer): Promise<Answer> {
    this.#sharers += 1
    try {
      return await this.#wait(sharer)
    } finally {
      this.#sharers -= 1
      if (this.#sharers === 0 && !this.#landed) this.#controller.abort()
    }
  }

  #wait({ signal, deadline = Number.POSITIVE_INFINITY, refusal }: Sharer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new CallerGone(this.#sent))
      let timer: NodeJS.Timeout | undefined
      const forget = () => {
        clearTimeout(timer)
        this.#onTurn.delete(wind)
        signal?.removeEventListener('abort', leave)
        refusal?.removeEventListener('abort', refuse)
      }
      const fail = (error: unknown) => {
        forget()
        reject(error)
      }
      const wind = () => {
        clearTimeout(timer)
        const clock = this.#begun ? this.#clocks.upstream : this.#clocks.queue
        const left = deadline - performance.now()
        timer = setTimeout(() => fail(left < clock ? this.#operationLate() : this.#late()), Math.min(clock, left))
      }
      const leave = () => fail(new CallerGone(this.#sent))
      // What has begun is answered for itself: a deletion may have happened.
      const refuse = () => this.#begun || fail(refusal?.reason)
      signal?.addEventListener('abort', leave, { once: true })
      refusal?.addEventListener('abort', refuse, { once: true })
      this.#onTurn.add(wind)
      wind()
      this.#answer.then(resolve, reject).finally(forget)
    })
  }

  #late(): UpstreamError {
    const { queue, upstream } = this.#clocks
    const text = this.#begun
      ? `authentik sent no whole answer within ${upstream} ms (UPSTREAM_TIMEOUT).`
      : `The request waited ${queue} ms for its turn (QUEUE_TIMEOUT).${this.#sent === 'no' ? ' Nothing was sent.' : ''}`
    return new UpstreamError('UPSTREAM_TIMEOUT', text, { sent: this.#sent })
  }

  #operationLate(): UpstreamError {
    const text = `The operation took too long (OPERATION_TIMEOUT).${this.#sent === 'maybe' ? '' : ' This request was not sent.'}`
    return new UpstreamError('UPSTREAM_TIMEOUT', text, { sent: this.#sent })
  }
}
