import { CallerGone, codes, nullIfNotFound, shorten, UpstreamError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { DeletionFacts, Observer } from '../observe/observer.ts'
import { type OperationRecord, ReadRecord } from '../observe/record.ts'
import type { Account } from './account.ts'
import { pathOf, type Query, searchOf } from './address.ts'
import { type Claims, claimsOf } from './bearer.ts'
import { type Endpoint, endpoints } from './endpoints.ts'
import type { paths } from './openapi.ts'
import type { Call } from './wire/exchange.ts'
import type { Sharer } from './wire/flight.ts'
import { type Answer, type Expected, judge } from './wire/judge.ts'
import type { Kind } from './wire/turns.ts'
import type { Credential, Upstream } from './wire/upstream.ts'

/** What an endpoint answers with, as the newest release's OpenAPI document has it. */
export type BodyOf<E extends Endpoint> = paths[E['path']]['get']['responses'][200]['content']['application/json']

export interface AuthentikOptions {
  readonly upstream: Upstream
  readonly credential: Credential
  readonly account: Account
  readonly operation: OperationRecord
  readonly observer: Observer
  /** The schema coordinates of the fields for which it is asked, if the operation is to be explained. */
  readonly causes?: readonly string[]
  /** The caller's address, if authentik is told. */
  readonly forwardedFor?: string | undefined
  /** Who waits for what is read. Without it the work goes on to its end, and holds one page at a time. */
  readonly reader?: Sharer
}

/** authentik, asked in one caller's name, for one operation. */
export class Authentik {
  readonly #options: AuthentikOptions

  constructor(options: AuthentikOptions) {
    this.#options = options
  }

  /** For which fields it is asked, if the operation is to be explained. */
  get causes(): readonly string[] {
    return this.#options.causes ?? unexplained
  }

  /** The same, asked for those fields. */
  because(causes: readonly string[]): Authentik {
    return new Authentik({ ...this.#options, causes })
  }

  /** How many rows authentik was seen to give on a page, by anybody. */
  get pageLimit(): { largestPage: number } {
    return this.#options.upstream.pageLimit
  }

  /** The address by which browsers reach it: what it sends may be relative to that. */
  get publicUrl(): URL {
    return this.#options.upstream.publicUrl
  }

  /** What the caller's credential says, if it is a signed token of some OAuth2 client, by its look. */
  get claims(): Claims | undefined {
    const { credential } = this.#options
    return 'authorization' in credential ? claimsOf(credential.authorization) : undefined
  }

  /** How many requests may run at once. */
  get concurrency(): number {
    return this.#options.upstream.concurrency
  }

  /** Throws UNAUTHENTICATED without credentials. */
  requireCredential(): void {
    const { credential } = this.#options
    if ('missing' in credential) throw new UpstreamError('UNAUTHENTICATED', credential.missing, { sent: 'no' })
  }

  /**
   * Does a piece of work to its end, even if the caller hangs up or the process is told to end. It has no deadline. Throws
   * UPSTREAM_BUSY if too much of it is under way. `whoAsks` is asked first for a caller whom authentik has not accepted lately.
   */
  finish<T>(work: (authentik: Authentik) => Promise<T>, whoAsks?: () => Promise<unknown>): Promise<T> {
    const { reader: _reader, ...rest } = this.#options
    const isRefused = whoAsks && (() => whoAsks().then(() => rest.account.refusal.aborted))
    return rest.upstream.finish(rest.credential, () => work(new Authentik(rest)), isRefused)
  }

  /** The endpoint's answer, for the key where its path has one, if `isRight` says so of an object. Throws UpstreamError. */
  async get<E extends Endpoint>(
    endpoint: E,
    key?: string | number,
    query: Query = {},
    isRight?: (body: object) => boolean,
  ): Promise<BodyOf<E>> {
    const { upstream, account, reader } = this.#options
    const call = this.#call('GET', pathOf(endpoint, key) + searchOf(query))
    // Nobody looks at what comes for queries that are given up.
    if (reader && account.isOverdrawn) return account.never
    if (!upstream.isOnItsWay(call)) account.payRead(reader ? 'queries' : 'revocations')
    const ask = async (read: ReadRecord) => {
      const waiting = reader ?? { refusal: account.refusal }
      const answer = await upstream.get(call, kindOf(endpoint, query), waiting, read)
      if (reader) account.payAnswer(answer)
      return answer
    }
    const body = this.#judged('GET', { ...endpoint, isRight }, ask) as Promise<BodyOf<E>>
    return reader ? body.finally(() => (account.isOverdrawn ? account.never : undefined)) : body
  }

  /** One page, or null if the page number is past the end. A 404 for page 1 is a real error and is thrown. */
  findPage<E extends Endpoint>(endpoint: E, query: Query): Promise<BodyOf<E> | null> {
    const page = this.get(endpoint, undefined, query)
    return query['page'] === 1 ? page : page.catch(nullIfNotFound)
  }

  /** Deletes the object with that key, and returns authentik's request id. Never tries twice; tells if it was tried. Throws UpstreamError. */
  async delete(
    endpoint: Endpoint & { readonly deleteRight: string },
    key: string | number,
    onTried: () => void,
  ): Promise<string | undefined> {
    const { upstream, account } = this.#options
    const call = this.#call('DELETE', pathOf(endpoint, key))
    let requestId: string | undefined
    const expected = { path: endpoint.path, right: endpoint.deleteRight, answer: 'nothing' } as const
    await this.#judged('DELETE', expected, async (read) => {
      try {
        const answer = await upstream.delete(call, { refusal: account.refusal }, read)
        requestId = answer.requestId
        return answer
      } finally {
        if (read.hasBegun) onTried()
      }
    })
    return requestId
  }

  /** The caller's own user, if authentik tells it soon. Nothing is held up for it for long, and nothing fails by it. */
  async findMe(): Promise<BodyOf<typeof endpoints.me>['user'] | undefined> {
    const { upstream, account } = this.#options
    const signal = AbortSignal.timeout(limits.whoAsksMilliseconds)
    try {
      const call = this.#call('GET', endpoints.me.path)
      const body = await this.#judged('GET', endpoints.me, (read) =>
        upstream.get(call, 'deletion', { signal, refusal: account.refusal }, read),
      )
      return (body as BodyOf<typeof endpoints.me>).user
    } catch {
      return undefined
    }
  }

  /** Who the caller is, for auditors. A log never holds a token, even where upstream sends it back as a name. */
  nameOf(me: { readonly pk: unknown; readonly username: unknown } | undefined): DeletionFacts['caller'] {
    const { credential } = this.#options
    const username = String(me?.username)
    if (!me || 'missing' in credential) return 'unknown'
    if (username.includes(credential.authorization.replace('Bearer ', ''))) return 'unknown'
    return { pk: Number(me.pk), username: shorten(username, limits.nameCharacters) }
  }

  /** Tells auditors that these are to be deleted, by their global ids. Each is told again by `endDeletion`. */
  startDeletions(targets: readonly string[]): DeletionFacts[] {
    const { operation, observer } = this.#options
    return targets.map((target) => {
      const deletion: DeletionFacts = {
        operation,
        caller: 'unknown',
        target,
        outcome: 'UNKNOWN',
        sent: true,
        code: undefined,
        requestId: undefined,
      }
      observer.deletionStarted(deletion)
      return deletion
    })
  }

  /** Tells auditors what became of it. */
  endDeletion(deletion: DeletionFacts, end: Pick<DeletionFacts, 'outcome' | 'sent' | 'code' | 'requestId'>): void {
    this.#options.observer.deletionEnded(Object.assign(deletion, end))
  }

  #call<Method extends Call['method']>(method: Method, path: string) {
    return { method, path, credential: this.#authorization(), forwardedFor: this.#options.forwardedFor }
  }

  /** Throws UNAUTHENTICATED where there is none, or where authentik has refused it in this request. */
  #authorization(): string {
    const { credential, account } = this.#options
    account.refusal.throwIfAborted()
    this.requireCredential()
    return 'missing' in credential ? '' : credential.authorization
  }

  async #judged(
    method: 'GET' | 'DELETE',
    expected: Expected & Pick<Endpoint, 'path'>,
    ask: (read: ReadRecord) => Promise<Answer>,
  ): Promise<object> {
    const { operation, observer } = this.#options
    const read = new ReadRecord(operation, { method, template: expected.path, causes: this.causes })
    try {
      const answer = await ask(read)
      read.status = answer.status
      read.requestId = answer.requestId
      read.bytes = answer.bytes
      const body = judge(answer, expected)
      if (method === 'GET') read.rows = rowsIn(body)
      this.#learn()
      return body
    } catch (error) {
      if (error instanceof UpstreamError && !(error instanceof CallerGone)) {
        this.#learn(error)
        const { code, message, cause } = error
        read.failure = { code, message, cause, level: codes[code].log }
      }
      throw error
    } finally {
      read.end()
      observer.readEnded(read)
    }
  }

  /** Learns from an answer whether authentik accepts the credential. A refusal for want of a right shows that it does. */
  #learn(error?: UpstreamError): void {
    const { upstream, credential, account } = this.#options
    if ('missing' in credential) return
    if (error?.code === 'UNAUTHENTICATED') {
      account.refuse(error)
      upstream.refuse(credential.authorization)
    } else if (!error || ['FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT'].includes(error.code)) {
      upstream.accept(credential.authorization)
    }
  }
}

const unexplained: readonly string[] = []

/** The rows of a page; any other body is one. */
function rowsIn(body: { readonly results?: unknown }): number {
  return Array.isArray(body.results) ? body.results.length : 1
}

/** A page of a few rows costs authentik no more than a look-up. */
function kindOf({ answer }: Endpoint, { page_size: size }: Query): Kind {
  return answer === 'page' && Number(size) > limits.lookupRows ? 'list' : 'lookup'
}
