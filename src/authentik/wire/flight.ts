import { CallerGone, UpstreamError } from '../../errors.ts'
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
}

/** Sends a request as soon as it is its turn. It calls `sent` at that moment. */
export type Send = (signal: AbortSignal, sent: () => void) => Promise<Answer>

/**
 * One request to authentik, and those who wait for its answer. Each of them keeps clocks of their own. When the last one has
 * left, the request leaves its line, or is aborted if it was sent; once the answer is there, it is not.
 */
export class Flight {
  readonly #answer: Promise<Answer>
  readonly #clocks: Clocks
  readonly #controller = new AbortController()
  readonly #onSent = new Set<() => void>()
  #sent = false
  #landed = false
  #sharers = 0

  constructor(send: Send, clocks: Clocks) {
    this.#clocks = clocks
    this.#answer = send(this.#controller.signal, () => {
      this.#sent = true
      for (const tell of this.#onSent) tell()
    })
    const land = () => {
      this.#landed = true
    }
    this.#answer.then(land, land)
  }

  /** The answer, for one more who waits. Throws UpstreamError. */
  async join(sharer: Sharer): Promise<Answer> {
    this.#sharers += 1
    try {
      return await this.#wait(sharer)
    } finally {
      this.#sharers -= 1
      if (this.#sharers === 0 && !this.#landed) this.#controller.abort()
    }
  }

  #wait({ signal, deadline }: Sharer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new CallerGone())
      let timer: NodeJS.Timeout | undefined
      const wind = () => {
        clearTimeout(timer)
        const clock = this.#sent ? this.#clocks.upstream : this.#clocks.queue
        const left = deadline === undefined ? Number.POSITIVE_INFINITY : deadline - performance.now()
        timer = setTimeout(() => reject(left < clock ? this.#operationLate() : this.#late()), Math.min(clock, left))
      }
      const leave = () => reject(new CallerGone())
      signal?.addEventListener('abort', leave, { once: true })
      if (!this.#sent) this.#onSent.add(wind)
      wind()
      const forget = () => {
        clearTimeout(timer)
        this.#onSent.delete(wind)
        signal?.removeEventListener('abort', leave)
      }
      this.#answer.then(resolve, reject).finally(forget)
    })
  }

  #late(): UpstreamError {
    const { queue, upstream } = this.#clocks
    const text = this.#sent
      ? `authentik sent no whole answer within ${upstream} ms (UPSTREAM_TIMEOUT).`
      : `The request waited ${queue} ms for its turn (QUEUE_TIMEOUT). Nothing was sent.`
    return new UpstreamError('UPSTREAM_TIMEOUT', text, { sent: this.#sent ? 'maybe' : 'no' })
  }

  #operationLate(): UpstreamError {
    const text = `The operation took too long (OPERATION_TIMEOUT).${this.#sent ? '' : ' This request was not sent.'}`
    return new UpstreamError('UPSTREAM_TIMEOUT', text, { sent: this.#sent ? 'maybe' : 'no' })
  }
}
