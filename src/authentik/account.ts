import { setMaxListeners } from 'node:events'
import { UpstreamError } from '../errors.ts'
import { limits } from '../limits.ts'

/** What one HTTP request has spent, however many operations it has. */
export class Account {
  /** When the request came, by `performance.now()`. */
  readonly arrived = performance.now()
  readonly #refusal = new AbortController()
  /** Why the request's queries are given up, as soon as they are. */
  readonly givenUp: Promise<UpstreamError>
  /** For a field that is not answered any more. Nobody waits for it: it goes with the request. */
  readonly never = new Promise<never>(() => {})
  readonly #giveUp: (error: UpstreamError) => void
  #reads = 0
  #objects = 0
  #tooManyObjects: UpstreamError | undefined
  #fields = 0
  #characters = 0

  constructor() {
    let giveUp: (error: UpstreamError) => void = () => {}
    this.givenUp = new Promise((resolve) => {
      giveUp = resolve
    })
    this.#giveUp = giveUp
    // Each read listens.
    setMaxListeners(0, this.#refusal.signal)
  }

  /** Aborted when authentik has refused the credential, with that failure as the reason. */
  get refusal(): AbortSignal {
    return this.#refusal.signal
  }

  /** Remembers that authentik does not accept the credential: nothing more is sent for this request. */
  refuse(failure: UpstreamError): void {
    this.#refusal.abort(failure)
  }

  /** Pays for one request to authentik. Throws QUERY_TOO_COMPLEX when there are too many. */
  payRead(): void {
    this.#reads += 1
    if (this.#reads <= limits.upstreamRequests) return
    throw tooComplex(`needs more than ${limits.upstreamRequests} requests to authentik`)
  }

  /**
   * Pays for objects that are to be given. Repeated objects are counted every time: they cost authentik no request, but they
   * cost the gateway time and memory. Throws QUERY_TOO_COMPLEX when there are too many.
   */
  payObjects(objects: number): void {
    this.#objects += objects
    if (this.#objects <= limits.objects) return
    // One for all: each has a stack of its own.
    this.#tooManyObjects ??= tooComplex(`gives more than ${limits.objects} objects`)
    throw this.#tooManyObjects
  }

  /** Pays for the text of an answer that is to be held. Throws QUERY_TOO_COMPLEX when all have too much. */
  payText({ length }: string): void {
    this.#characters += length
    if (this.#characters > limits.heldCharacters) throw tooComplex('needs more of authentik than can be held')
  }

  /** Pays for fields that are to be answered. False when there are too many: the request's queries are given up. */
  payFields(fields: number): boolean {
    this.#fields += fields
    if (this.isOverdrawn) this.#giveUp(tooComplex(`answers more than ${limits.fields} fields`))
    return !this.isOverdrawn
  }

  /** Whether the request's queries are given up. */
  get isOverdrawn(): boolean {
    return this.#fields > limits.fields
  }
}

function tooComplex(what: string): UpstreamError {
  return new UpstreamError('QUERY_TOO_COMPLEX', `The operation ${what}.`, { sent: 'no' })
}
