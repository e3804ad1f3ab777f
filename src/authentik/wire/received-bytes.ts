import { getHeapStatistics } from 'node:v8'
import { invalidAnswer, UpstreamError } from '../../errors.ts'
import { limits } from '../../limits.ts'

/** Bytes of one answer, unzipped: in a small heap there is room for less. */
export const answerBytes = Math.floor(
  Math.min(limits.answerBytes, getHeapStatistics().heap_size_limit * limits.answerShare),
)

/** One body that is being received. */
export interface Parcel {
  /** Takes its next bytes, or gives up the largest body where there are too many. */
  readonly take: (chunk: Buffer) => void
  /** It has come, or will not come. */
  readonly end: () => void
}

interface Receiving {
  bytes: number
  readonly abort: (error: UpstreamError) => void
}

/** The bodies that are being received, of all requests to authentik: each has so many bytes at most, and so have all in sum. */
export class ReceivedBytes {
  readonly #receiving = new Set<Receiving>()

  /** Begins to receive a body. `keep` is given its bytes; `abort` ends the request. */
  open(keep: (chunk: Buffer) => void, abort: (error: UpstreamError) => void): Parcel {
    const one: Receiving = { bytes: 0, abort }
    this.#receiving.add(one)
    return {
      take: (chunk) => {
        if (!this.#receiving.has(one)) return
        one.bytes += chunk.length
        keep(chunk)
        if (one.bytes > answerBytes) this.#giveUp(one, invalidAnswer(`more than ${answerBytes} bytes`))
        else if (this.#sum() > limits.receivedAnswerBytes) this.#giveUp(this.#largest(one), tooMany())
      },
      end: () => this.#receiving.delete(one),
    }
  }

  #giveUp(one: Receiving, error: UpstreamError): void {
    this.#receiving.delete(one)
    one.abort(error)
  }

  /** A handful: as many as run at once. */
  #sum(): number {
    let bytes = 0
    for (const one of this.#receiving) bytes += one.bytes
    return bytes
  }

  #largest(some: Receiving): Receiving {
    let largest = some
    for (const one of this.#receiving) if (one.bytes > largest.bytes) largest = one
    return largest
  }
}

function tooMany(): UpstreamError {
  return new UpstreamError('UPSTREAM_UNAVAILABLE', 'Too many large answers of authentik came at once.', {
    sent: 'maybe',
  })
}
