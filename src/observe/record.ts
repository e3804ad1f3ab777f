import type { AttemptFacts, Failure, OperationFacts, ReadFacts, RequestFacts } from './observer.ts'

/** The time during which at least one of several things goes on, in milliseconds. */
class Stopwatch {
  #going = 0
  #since = 0
  #sum = 0

  start(): void {
    if (this.#going === 0) this.#since = performance.now()
    this.#going += 1
  }

  stop(): void {
    this.#going -= 1
    if (this.#going === 0) this.#sum += performance.now() - this.#since
  }

  /** As much more as another one has gone on. */
  add(milliseconds: number): void {
    this.#sum += milliseconds
  }

  get milliseconds(): number {
    return this.#going > 0 ? this.#sum + performance.now() - this.#since : this.#sum
  }
}

/** What is known of a request when it comes. */
export type Arrival = Pick<RequestFacts, 'id' | 'method' | 'path' | 'client' | 'traceparent'> & {
  /** The keyed hash of its credential. */
  readonly hash: () => string | undefined
}

/** What one HTTP request was and took, gathered while it is served. */
export class RequestRecord implements RequestFacts {
  /** By `performance.now()`. */
  readonly arrived = performance.now()
  readonly id: string
  readonly method: string
  readonly path: string
  readonly client: RequestFacts['client']
  readonly traceparent: string | undefined
  readonly operations: OperationRecord[] = []
  readonly errors = new Map<string, number>()
  status = 0
  bytes = 0
  hungUp = false
  /** Whether authentik has answered anything for it. */
  hasAnswer = false
  readonly waiting = new Stopwatch()
  readonly working = new Stopwatch()
  readonly upstream = { requests: 0, shared: 0, retried: 0, rows: 0 }
  readonly #hash: () => string | undefined

  constructor({ id, method, path, client, traceparent, hash }: Arrival) {
    this.id = id
    this.method = method
    this.path = path
    this.client = client
    this.traceparent = traceparent
    this.#hash = hash
  }

  get credential(): string | undefined {
    return this.#hash()
  }

  get took(): RequestFacts['took'] {
    const { waiting, working } = this
    return { all: performance.now() - this.arrived, waiting: waiting.milliseconds, upstream: working.milliseconds }
  }

  /** Begins to gather what one of its operations is and takes. */
  startOperation(): OperationRecord {
    const operation = new OperationRecord(this)
    this.operations.push(operation)
    return operation
  }

  /** Waits for the answer of an equal request from now on, until what it returns is called: its times are this one's. */
  join({ waiting, working, upstream }: RequestRecord): () => void {
    const before = { waiting: waiting.milliseconds, working: working.milliseconds }
    return () => {
      this.waiting.add(waiting.milliseconds - before.waiting)
      this.working.add(working.milliseconds - before.working)
      this.upstream.shared += upstream.requests + upstream.shared
      this.upstream.rows += upstream.rows
    }
  }

  /** Counts an error of its answer. */
  countError(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
  }
}

/** What one operation was, gathered while it runs. */
export class OperationRecord implements OperationFacts {
  readonly request: RequestRecord
  name: string | undefined
  kind: string | undefined
  estimated: number | undefined
  requests = 0
  codes: readonly string[] = []
  joined = false
  reads: ReadFacts[] | undefined
  /** Whether its end has been told. */
  hasEnded = false

  constructor(request: RequestRecord) {
    this.request = request
  }

  /** From now on it gathers what it asks authentik for, and why. */
  beginToExplain(): void {
    this.reads = []
  }
}

/** What an operation asks authentik for, from the moment when it does. */
export class ReadRecord implements ReadFacts {
  readonly operation: OperationRecord
  readonly method: 'GET' | 'DELETE'
  readonly template: string
  readonly causes: readonly string[]
  status: number | undefined
  requestId: string | undefined
  bytes = 0
  rows = 0
  shared = false
  retried = 0
  failure: Failure | undefined
  readonly #asked = performance.now()
  #begun: number | undefined
  #ended: number | undefined

  constructor(
    operation: OperationRecord,
    { method, template, causes }: Pick<ReadFacts, 'method' | 'template' | 'causes'>,
  ) {
    this.operation = operation
    this.method = method
    this.template = template
    this.causes = causes
    operation.reads?.push(this)
    operation.request.waiting.start()
  }

  get hasBegun(): boolean {
    return this.#begun !== undefined
  }

  get waited(): number {
    return (this.#begun ?? this.#ended ?? performance.now()) - this.#asked
  }

  get took(): number {
    return this.#begun === undefined ? 0 : (this.#ended ?? performance.now()) - this.#begun
  }

  /** It is its turn. */
  begin(): void {
    if (this.#begun !== undefined || this.#ended !== undefined) return
    this.#begun = performance.now()
    const { operation, shared } = this
    const { waiting, working, upstream } = operation.request
    waiting.stop()
    working.start()
    if (shared) upstream.shared += 1
    else {
      upstream.requests += 1
      operation.requests += 1
    }
  }

  /** There is an answer, or none will come. */
  end(): void {
    if (this.#ended !== undefined) return
    this.#ended = performance.now()
    const { request } = this.operation
    request.hasAnswer = true
    const { waiting, working, upstream } = request
    if (this.#begun === undefined) {
      waiting.stop()
      return
    }
    working.stop()
    upstream.rows += this.rows
    if (!this.shared) upstream.retried += this.retried
  }
}

/** A request that is about to go to authentik: with the caller's own `traceparent`, unless somebody traces. */
export function startAttempt({ operation, method, template }: ReadRecord, resend: number): AttemptFacts {
  const { traceparent } = operation.request
  return { operation, method, template, resend, traceparent, status: undefined, error: undefined, took: 0 }
}
