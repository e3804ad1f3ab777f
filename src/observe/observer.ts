/**
 * What happens to requests, told once, and heard by all who care: log, metrics, traces. Nothing that is told holds a secret: a
 * credential is a keyed hash, a path upstream is its template, and a caller's own words are shortened.
 */
export interface Observer {
  /** An HTTP request has its answer, or its caller has gone. */
  requestEnded(request: RequestFacts): void
  operationStarted(operation: OperationFacts): void
  operationEnded(operation: OperationFacts): void
  /** An operation has what it asked authentik for, or why not. */
  readEnded(read: ReadFacts): void
  /** A request goes to authentik now. Whoever traces gives it a `traceparent`. */
  attemptStarted(attempt: AttemptFacts): void
  attemptEnded(attempt: AttemptFacts): void
  /** Something is to be deleted. It may wait for its turn. */
  deletionStarted(deletion: DeletionFacts): void
  /** authentik was asked to delete it, or cannot be asked. */
  deletionEnded(deletion: DeletionFacts): void
}

/** One HTTP request of a caller. */
export interface RequestFacts {
  /** The caller's `x-request-id`, or one made here. */
  readonly id: string
  readonly method: string
  /** One of the gateway's own paths, or "other". */
  readonly path: string
  readonly client: { readonly name: string | undefined; readonly version: string | undefined }
  /** Tells credentials apart; undefined if there is none. */
  readonly credential: string | undefined
  /** As it came, if it is valid. */
  readonly traceparent: string | undefined
  readonly operations: readonly OperationFacts[]
  /** How many errors the answer has, by code. */
  readonly errors: ReadonlyMap<string, number>
  readonly status: number
  /** Bytes of the answer's body. */
  readonly bytes: number
  /** The caller hung up before the answer was there. */
  readonly hungUp: boolean
  /** Milliseconds: in all, while something waited for its turn, and while authentik worked on something. */
  readonly took: { readonly all: number; readonly waiting: number; readonly upstream: number }
  /** What was asked of authentik: requests made, answers shared with others, and further tries; and the rows that came. */
  readonly upstream: {
    readonly requests: number
    readonly shared: number
    readonly retried: number
    readonly rows: number
  }
}

/** One operation of a request: a batch has several. */
export interface OperationFacts {
  readonly request: RequestFacts
  readonly name: string | undefined
  readonly kind: string | undefined
  /** How many requests to authentik it was expected to make at most; undefined for what is no query. */
  readonly estimated: number | undefined
  /** How many it made, shared answers and further tries not counted. */
  readonly requests: number
  /** Codes of the errors in its answer. */
  readonly codes: readonly string[]
  /** It was given the answer of an identical query that was on its way. */
  readonly joined: boolean
  /** What it has asked authentik for, in this order, if it is to be explained. */
  readonly reads: readonly ReadFacts[] | undefined
}

/** What one operation asks authentik for. */
export interface ReadFacts {
  readonly operation: OperationFacts
  readonly method: 'GET' | 'DELETE'
  /** The path with names in braces for keys. */
  readonly template: string
  /** The schema coordinates of the fields that need it, if the operation is to be explained. */
  readonly causes: readonly string[]
  readonly status: number | undefined
  /** authentik's own request id. */
  readonly requestId: string | undefined
  /** Of the answer's body, as they came; they may be zipped. */
  readonly bytes: number
  /** Objects that came: the rows of a page, or one. */
  readonly rows: number
  /** Whether its turn has come. */
  readonly hasBegun: boolean
  /** Milliseconds for a turn, and for the answer. */
  readonly waited: number
  readonly took: number
  /** Another read made the request. */
  readonly shared: boolean
  readonly retried: number
  readonly failure: Failure | undefined
}

/** Why a read failed. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly level: 'silent' | 'warn' | 'error'
  readonly cause: unknown
}

/** One request on the wire: a read that is tried again makes several. */
export interface AttemptFacts {
  readonly operation: OperationFacts
  readonly method: 'GET' | 'DELETE'
  readonly template: string
  /** How many tries were before this one. */
  readonly resend: number
  /** What authentik is sent as `traceparent`. */
  traceparent: string | undefined
  status: number | undefined
  /** From a closed set: why there is no answer. */
  error: string | undefined
  /** Milliseconds. */
  took: number
}

/** Something that authentik is asked to delete. */
export interface DeletionFacts {
  readonly operation: OperationFacts
  /** Who asks, as authentik knows them, once that is known. */
  caller: { readonly pk: number; readonly username: string } | 'unknown'
  /** The global id of what is to be deleted. */
  readonly target: string
  /** UNKNOWN until it has ended. */
  outcome: string
  /** Whether authentik may have been asked. */
  sent: boolean
  code: string | undefined
  /** authentik's own request id. */
  requestId: string | undefined
}

/** One observer that tells several. */
export function observeAll(observers: readonly Partial<Observer>[]): Observer {
  const telling =
    <Event extends keyof Observer>(event: Event) =>
    (facts: Parameters<Observer[Event]>[0]) => {
      for (const observer of observers) observer[event]?.(facts as never)
    }
  return {
    requestEnded: telling('requestEnded'),
    operationStarted: telling('operationStarted'),
    operationEnded: telling('operationEnded'),
    readEnded: telling('readEnded'),
    attemptStarted: telling('attemptStarted'),
    attemptEnded: telling('attemptEnded'),
    deletionStarted: telling('deletionStarted'),
    deletionEnded: telling('deletionEnded'),
  }
}
