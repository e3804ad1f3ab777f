import { limits } from '../limits.ts'
import type { OperationFacts, ReadFacts, RequestFacts } from './observer.ts'

/** What an operation asked authentik for, and what that cost. It holds no key, no filter and no word of authentik's. */
export interface Explanation {
  /** In the order in which they were asked for. */
  readonly requests: readonly ExplainedRequest[]
  /** Without the requests that others made, and without further tries. */
  readonly paid: { readonly requests: number; readonly rows: number }
}

/** One request to authentik, made or shared. */
export interface ExplainedRequest {
  /** The path with names in braces for keys. */
  readonly endpoint: string
  /** Null if there was no answer. */
  readonly status: number | null
  readonly msWaiting: number
  readonly msUpstream: number
  /** Of the answer's body, as they came; they may be zipped. */
  readonly bytes: number
  /** Objects that came. */
  readonly rows: number
  /** Another operation made the request. */
  readonly shared: boolean
  /** Further tries. */
  readonly retried: number
  /** The fields that need it, by their schema coordinates. */
  readonly causes: readonly string[]
}

/** How many requests to authentik the explained operations of an HTTP request have told. */
const toldOf = new WeakMap<RequestFacts, number>()

/**
 * Explains an operation that has ended. The operations of an HTTP request tell of no more requests to authentik than it may make; what
 * was paid counts all.
 */
export function explain({ request, reads = [] }: OperationFacts): Explanation {
  const begun = reads.filter(({ hasBegun }) => hasBegun)
  const own = begun.filter(({ shared }) => !shared)
  const told = toldOf.get(request) ?? 0
  const requests = begun.slice(0, limits.upstreamRequests - told).map(explainRead)
  toldOf.set(request, told + requests.length)
  return { requests, paid: { requests: own.length, rows: own.reduce((sum, { rows }) => sum + rows, 0) } }
}

function explainRead(read: ReadFacts): ExplainedRequest {
  const { template, status = null, waited, took, bytes, rows, shared, retried, causes } = read
  return {
    endpoint: template,
    status,
    msWaiting: toTenths(waited),
    msUpstream: toTenths(took),
    bytes,
    rows,
    shared,
    retried,
    causes,
  }
}

function toTenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
