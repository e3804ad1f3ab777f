import { Account } from './authentik/account.ts'
import { Authentik } from './authentik/authentik.ts'
import { Tab } from './authentik/tab.ts'
import type { Credential, Upstream } from './authentik/wire/upstream.ts'
import type { Observer } from './observe/observer.ts'
import type { OperationRecord, RequestRecord } from './observe/record.ts'
import type { Shares } from './shares.ts'

/** What resolvers are given. There is one for each operation. */
export interface Context {
  /** authentik, asked in the caller's name. */
  readonly authentik: Authentik
  /** What the HTTP request has spent, of which the operation is one. */
  readonly account: Account
  /** What of that this run of the operation has spent. */
  readonly tab: Tab
  /** What it was and took, gathered while it runs. */
  readonly operation: OperationRecord
  /** What is kept for this operation, by whoever keeps it: see `keep`. */
  readonly kept: Map<unknown, unknown>
}

/**
 * Where a request has its account, which several of its operations share. A WeakMap would hold it, and the bodies to which it leads,
 * through many rounds of garbage collection.
 */
const ofRequest = Symbol('account')

/** One HTTP request of a caller. */
export interface Caller {
  /** The same for all operations of the request. */
  readonly request: object
  /** Its Authorization header. */
  readonly authorization: string | undefined
  /** Aborted when the caller has hung up. */
  readonly signal: AbortSignal
  readonly record: RequestRecord
  /** Its address, if authentik is told. */
  readonly address: string | undefined
  /** Calls back when the answer is sent, or nobody waits for it. */
  readonly onEnd: (end: () => void) => void
}

export interface ContextOptions {
  readonly upstream: Upstream
  readonly observer: Observer
  /** Milliseconds within which an operation must end, from its arrival. */
  readonly timeout: number
  /** The fields that all requests under way are to answer. */
  readonly fields: Shares
}

/** The context of one operation. Of the request it keeps the bearer token, and the signal that the caller has hung up. */
export function createContext(
  { request, authorization, signal, record, address, onEnd }: Caller,
  { upstream, observer, timeout, fields }: ContextOptions,
): Context {
  const credential = readCredential(authorization)
  const holder = request as { [ofRequest]?: Account }
  let account = holder[ofRequest]
  if (!account) {
    const opened = new Account({ signal, timeout, caller: upstream.acceptedCaller(credential) ?? '', fields })
    account = opened
    holder[ofRequest] = account
    onEnd(() => opened.end())
  }
  const operation = record.startOperation()
  const authentik = new Authentik({
    upstream,
    credential,
    account,
    operation,
    observer,
    forwardedFor: address,
    reader: account.reader,
  })
  return { authentik, account, tab: new Tab(account), operation, kept: new Map() }
}

/** The context of one run of the operation, which pays on a tab of its own. `giveUp` is called if it cannot pay. */
export function forkContext(context: Context, giveUp: () => void): Context {
  return { ...context, tab: new Tab(context.account, giveUp) }
}

/**
 * The context for what is done because of fields of the schema, by their coordinates. It is the same one unless the operation is to be
 * explained.
 */
export function because(context: Context, causes: () => readonly string[]): Context {
  return context.operation.reads ? { ...context, authentik: context.authentik.because(causes()) } : context
}

/**
 * The value that the owner keeps for this operation, created at the first use. It hangs on the context and goes with it: a
 * process-wide Map or WeakMap would keep bodies through many rounds of garbage collection.
 */
export function keep<T>({ kept }: Context, owner: object, create: () => T): T {
  if (!kept.has(owner)) kept.set(owner, create())
  return kept.get(owner) as T
}

/** A bearer token of RFC 6750. Others are not forwarded: authentik answers 500 to a token that is not visible ASCII. */
export function readCredential(header: string | null | undefined): Credential {
  if (header == null) return { missing: 'Send "Authorization: Bearer ..." with a token of authentik.' }
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1]
  if (token === undefined) {
    const expected = 'Authorization must be "Bearer", a space and a token of visible ASCII.'
    return { missing: `${expected} On GraphiQL's page it stands under "Headers".` }
  }
  return { authorization: `Bearer ${token}` }
}
