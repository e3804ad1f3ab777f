import { mayLack } from '../authentik/bodies.ts'
import { type Include, listOf } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { invalidAnswer, type UpstreamError } from '../errors.ts'
import type { Check } from './checks.ts'
import type { Declaration, Shortened } from './declaration.ts'
import { type Lookup, lookups } from './loading/lookup.ts'

type Body = Readonly<Record<string, unknown>>

/** How a field is answered that reads a body. Its resolver and plans have this from one declaration, so that they cannot disagree. */
export class Reading {
  readonly #reads: readonly string[]
  readonly #include: Include | undefined
  readonly #fromOwnEndpoint: boolean
  /** The property of the list that is included on request. */
  readonly #list: string | undefined
  readonly #may: { readonly beAbsent: boolean; readonly beNull: boolean }
  /** One for all: it may be told of each row. */
  readonly #lacking: UpstreamError
  /** What loads an object that stands shortened; undefined for types without a look-up. */
  readonly lookup: Lookup<string | number, object> | undefined

  constructor(typename: string, { include, fromOwnEndpoint = false }: Declaration, reads: readonly string[]) {
    this.#reads = reads
    this.#include = include
    this.#fromOwnEndpoint = fromOwnEndpoint
    this.#list = include && listOf(include)
    this.#may = mayLack(typename, reads)
    this.#lacking = this.#unusable()
    this.lookup = lookups.get(typename)
  }

  /** Whether the object's own endpoint has to answer, since the body at hand cannot. */
  needsOwn(body: object, shortened: Shortened | undefined): boolean {
    if (!this.lookup) return false
    if (this.#fromOwnEndpoint) return true
    return (isShortened(body, shortened) || this.lookup.isShort(body)) && !this.#hasAny(body as Body)
  }

  /** The object's own body, with what the field includes. Throws UpstreamError. */
  loadOwn(context: Context, lookup: Lookup<string | number, object>, body: object): Promise<object> {
    return lookup.loadWhole(context, body, new Set(this.#include ? [this.#include] : []))
  }

  /** What `resolve` gives, if the body can answer and the value fits. Throws UPSTREAM_INVALID_RESPONSE. */
  check(body: object, fits: Check, resolve: () => unknown): unknown {
    if (!this.#fits(body as Body)) throw this.#lacking
    let value: unknown
    try {
      value = resolve()
    } catch (error) {
      // A list that is no list, or has a null in it.
      throw error instanceof TypeError ? this.#unusable(error) : error
    }
    if (fits(value)) return value
    throw this.#lacking
  }

  #unusable(cause?: unknown): UpstreamError {
    return invalidAnswer(`no usable "${this.#reads.join('" or "')}"`, undefined, cause)
  }

  /**
   * Whether the body can answer the field: it has one of the properties, or may be without them (see `lacks` in bodies.ts). A
   * list that was asked for and came as null cannot answer it.
   */
  #fits(body: Body): boolean {
    if (!this.#hasAny(body)) {
      return this.#may.beAbsent && !(this.#include && this.#reads.some((property) => property in body))
    }
    return this.#may.beNull || this.#reads.some((property) => body[property] != null)
  }

  /** `null` is a value, except for the list that is included on request: authentik sends `null` there when it was not requested. */
  #hasAny(body: Body): boolean {
    const list = this.#list
    return this.#reads.some((property) => (property === list ? body[property] != null : body[property] !== undefined))
  }
}

/** Whether an object stands shortened in a field that declares so. */
export function isShortened(body: object, shortened: Shortened | undefined): boolean {
  return shortened === true || shortened?.(body) === true
}
