import { createHash } from 'node:crypto'
import { CallerGone, codes, nullIfNotFound, UpstreamError } from '../errors.ts'
import { limits } from '../limits.ts'
import { causeOf, type Log } from '../observe/log.ts'
import type { Account } from './account.ts'
import type { Endpoint } from './endpoints.ts'
import type { paths } from './openapi.ts'
import type { Sharer } from './wire/flight.ts'
import { type Answer, type Expected, judge } from './wire/judge.ts'
import type { Kind } from './wire/turns.ts'
import type { Credential, Upstream } from './wire/upstream.ts'

/** What an endpoint answers with, as the newest release's OpenAPI document has it. */
export type BodyOf<E extends Endpoint> = paths[E['path']]['get']['responses'][200]['content']['application/json']

/** Query parameters; one with several values is repeated. */
export type Query = Readonly<Record<string, Value | readonly Value[]>>
type Value = string | number | boolean

export interface AuthentikOptions {
  readonly upstream: Upstream
  readonly credential: Credential
  readonly account: Account
  readonly log: Log
  /** Who waits for what is read. Without it the work goes on to its end, and holds one page at a time. */
  readonly reader?: Sharer
}

/** authentik, asked in one caller's name, for one operation. */
export class Authentik {
  readonly #options: AuthentikOptions

  constructor(options: AuthentikOptions) {
    this.#options = options
  }

  /** How many rows authentik was seen to give on a page, by anybody. */
  get pageLimit(): { largestPage: number } {
    return this.#options.upstream.pageLimit
  }

  /** How many requests may run at once. */
  get concurrency(): number {
    return this.#options.upstream.concurrency
  }

  /** Pays for objects that are to be given. Throws UNAUTHENTICATED without credentials, and what `Account.payObjects` throws. */
  charge(objects: number): void {
    this.#authorization()
    this.#options.account.payObjects(objects)
  }

  /** Does a piece of work to its end, even if the caller hangs up or the process is told to end. It has no deadline. */
  finish<T>(work: (authentik: Authentik) => Promise<T>): Promise<T> {
    const { upstream, credential, account, log } = this.#options
    return upstream.track(work(new Authentik({ upstream, credential, account, log })))
  }

  /** The endpoint's answer, for the key where its path has one, if `isRight` says so of an object. Throws UpstreamError. */
  async get<E extends Endpoint>(
    endpoint: E,
    key?: string | number,
    query: Query = {},
    isRight?: (body: object) => boolean,
  ): Promise<BodyOf<E>> {
    const authorization = this.#authorization()
    const { upstream, account, reader } = this.#options
    // Nobody looks at what comes for queries that are given up.
    if (reader && account.isOverdrawn) return account.never
    const path = pathOf(endpoint, key) + searchOf(query)
    if (!upstream.isOnItsWay(path, authorization)) account.payRead()
    const ask = async () => {
      const waiting = reader ?? { refusal: account.refusal }
      const answer = await upstream.get(path, kindOf(endpoint, query), authorization, waiting)
      if (reader) account.payAnswer(answer)
      return answer
    }
    const body = this.#judged({ ...endpoint, isRight }, ask) as Promise<BodyOf<E>>
    return reader ? body.finally(() => (account.isOverdrawn ? account.never : undefined)) : body
  }

  /** One page, or null if the page number is past the end. A 404 for page 1 is a real error and is thrown. */
  findPage<E extends Endpoint>(endpoint: E, query: Query): Promise<BodyOf<E> | null> {
    const page = this.get(endpoint, undefined, query)
    return query['page'] === 1 ? page : page.catch(nullIfNotFound)
  }

  /** Deletes the object with that key, and returns authentik's request id. Never tries twice. Throws UpstreamError. */
  async delete(
    endpoint: Endpoint & { readonly deleteRight: string },
    key: string | number,
  ): Promise<string | undefined> {
    const authorization = this.#authorization()
    const { upstream, account } = this.#options
    let requestId: string | undefined
    await this.#judged({ path: endpoint.path, right: endpoint.deleteRight, answer: 'nothing' }, async () => {
      const answer = await upstream.delete(pathOf(endpoint, key), authorization, { refusal: account.refusal })
      requestId = answer.requestId
      return answer
    })
    return requestId
  }

  /** One line of the log for auditors, with a hash that tells callers apart. */
  audit(event: string, facts: Readonly<Record<string, unknown>>): void {
    const { credential, log } = this.#options
    const text = 'missing' in credential ? '' : credential.authorization
    log.info({ credential: createHash('sha256').update(text).digest('hex').slice(0, 16), ...facts }, event)
  }

  /** Throws UNAUTHENTICATED where there is none, or where authentik has refused it in this request. */
  #authorization(): string {
    const { credential, account } = this.#options
    account.refusal.throwIfAborted()
    if ('missing' in credential) throw new UpstreamError('UNAUTHENTICATED', credential.missing, { sent: 'no' })
    return credential.authorization
  }

  async #judged(expected: Expected & Pick<Endpoint, 'path'>, ask: () => Promise<Answer>): Promise<object> {
    const { log } = this.#options
    const started = performance.now()
    try {
      const answer = await ask()
      const { status, requestId } = answer
      log.debug({ path: expected.path, status, requestId, ms: Math.round(performance.now() - started) }, 'asked')
      const body = judge(answer, expected)
      this.#learn()
      return body
    } catch (error) {
      if (error instanceof UpstreamError && !(error instanceof CallerGone)) {
        this.#learn(error)
        this.#tell(error, expected.path)
      }
      throw error
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

  #tell({ code, message, cause, authentik }: UpstreamError, path: string): void {
    const { log: level } = codes[code]
    if (level === 'silent' || !this.#options.account.isNews(`${code} ${path} ${message}`)) return
    this.#options.log[level]({ path, code, authentik, cause: causeOf(cause) }, message)
  }
}

/** A page of a few rows costs authentik no more than a look-up. */
function kindOf({ answer }: Endpoint, { page_size: size }: Query): Kind {
  return answer === 'page' && Number(size) > limits.lookupRows ? 'list' : 'lookup'
}

function pathOf({ path }: Endpoint, key: string | number = ''): string {
  return path.replace(/\{\w+\}/, encodeURIComponent(key))
}

/** `?a=1&b=2`, sorted: equal queries have equal text. */
function searchOf(query: Query): string {
  const search = new URLSearchParams()
  for (const name of Object.keys(query).sort()) {
    for (const value of [query[name] ?? []].flat()) search.append(name, String(value))
  }
  return search.size === 0 ? '' : `?${search}`
}
