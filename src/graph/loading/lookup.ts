import type { ObjectRef } from '@pothos/core'
import type { Query } from '../../authentik/address.ts'
import type { Endpoint, Include } from '../../authentik/endpoints.ts'
import { type Context, keep } from '../../context.ts'
import { inputError, invalidAnswer, nullIfNotFound, UpstreamError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { charge, eachNamed } from '../charges.ts'
import type { Types } from '../types.ts'
import { completed, type Elsewhere, findElsewhere } from './elsewhere.ts'
import { type ForComposers, findKey, type Key } from './keys.ts'
import { pagesByOwners } from './listings.ts'
import { type Included, Loader, type LoaderOptions, type Together } from './loader.ts'
import type { Wanted } from './wanted.ts'

export interface LookupOptions<K extends string | number, B, E extends Endpoint> {
  readonly type: ObjectRef<Types, B>
  /** What tells its objects apart. */
  readonly key: Key<K>
  /** The object's own endpoint. */
  readonly endpoint: E
  /** What else tells of objects. */
  readonly elsewhere?: Elsewhere<K, B>
}

/** How one page answers for many objects that are wanted by their keys. */
export interface PageOfMany<B> {
  /** The parameter by which those are listed that stand in any of several other objects. */
  readonly by?: string
  /** Whether they are so few that a page of all is worth a try while it is not known how many there are. */
  readonly areFew?: boolean
  /** From how many of them on a page costs less than one request for each. */
  readonly least?: number
  /** A list in the objects that has no pages, and may be long: it is never asked for of many. */
  readonly unpaged?: Include
  /** What that page has, or several that cost less than one request for each of so many objects. */
  readonly load: (context: Context, query: Query, includes: ReadonlySet<Include>, many: number) => Promise<readonly B[]>
}

/** Every type whose objects have keys, by its name: what `node` finds, and what other services may refer to. */
export const lookups = new Map<string, Lookup<string | number, object>>()

/** A type's look-up by key. Within one operation each distinct key is asked for once. */
export class Lookup<K extends string | number, B extends object, E extends Endpoint = Endpoint> {
  readonly type: LookupOptions<K, B, E>['type']
  readonly key: Key<K>
  readonly endpoint: E
  readonly elsewhere: Elsewhere<K, B> | undefined
  /** Set by the list of the objects. */
  pageOfMany: PageOfMany<B> | undefined
  /** Set by the type. */
  forComposers: ForComposers<B> = {}

  constructor({ type, key, endpoint, elsewhere }: LookupOptions<K, B, E>) {
    this.elsewhere = elsewhere
    this.type = type
    this.key = key
    this.endpoint = endpoint
    lookups.set(type.name, this as unknown as Lookup<string | number, object>)
  }

  get typename(): string {
    return this.type.name
  }

  /** By the key or the global id, for a selection. Null when absent or hidden from the caller. Throws UpstreamError. */
  async findById(context: Context, id: string, wanted: Wanted): Promise<B | null> {
    charge(context, 1)
    return this.load(context, this.readId(id), wanted.includes).catch(nullIfNotFound)
  }

  /** The same for many, each in its place. Throws UNAUTHENTICATED without credentials. */
  findByIds(context: Context, ids: readonly string[], wanted: Wanted): Promise<B | null>[] {
    const nameOf = (id: string) => `${this.readId(id)}`
    const find = (id: string) => this.load(context, this.readId(id), wanted.includes).catch(nullIfNotFound)
    return eachNamed(context, ids, nameOf, find)
  }

  /** The object's own body. Throws UpstreamError, NOT_FOUND when it is absent or hidden from the caller. */
  load(context: Context, key: K, includes: ReadonlySet<Include>): Promise<B> {
    return this.#loaderOf(context).load(context, key, includes)
  }

  /** Whether its objects may be short, wherever they stand. */
  get mayBeShort(): boolean {
    return this.elsewhere?.isShort !== undefined
  }

  /** Whether a body has less than the object's own. */
  isShort(body: object): boolean {
    return this.elsewhere?.isShort?.(body) ?? false
  }

  /** A whole body in the place of a short one. Throws UpstreamError. */
  async loadWhole(context: Context, body: object, includes: ReadonlySet<Include>): Promise<B> {
    const key = this.keyOf(body)
    const own = await this.load(context, key, includes)
    return this.elsewhere ? completed(context, this.elsewhere, key, own) : own
  }

  /** The same with all that came on one page with it: the page is asked for again, once for all of them. */
  async loadTogether(context: Context, key: K, includes: ReadonlySet<Include>): Promise<B> {
    const bodies = await this.#loaderOf(context).togetherWith(key)?.askAgain(context, includes)
    return bodies?.get(key) ?? this.load(context, key, includes)
  }

  /** The object with a key that came from upstream. Where the key alone answers the selection, nothing is asked. */
  async loadReferred(context: Context, value: unknown, wanted: Wanted): Promise<B> {
    const key = this.checkKey(value)
    return this.isKeyAlone(wanted) ? this.withKeyAlone(key) : this.load(context, key, wanted.includes)
  }

  /** Whether the key of an object alone answers the selection. */
  isKeyAlone({ reads }: Wanted): boolean {
    return [...reads].every((property) => property === this.key.property)
  }

  /** A body that has its key, and nothing else. */
  withKeyAlone(key: K): B {
    return { [this.key.property]: key } as B
  }

  /**
   * Takes objects' own bodies that came on a page, with what they include: they are not asked for again. `askAgain` asks for
   * that page with more in it.
   */
  prime(
    context: Context,
    rows: readonly B[],
    includes: ReadonlySet<Include>,
    askAgain: (context: Context, includes: ReadonlySet<Include>) => Promise<readonly B[]>,
  ): void {
    const loader = this.#loaderOf(context)
    const bodies = this.#byKey(rows)
    const together: Together<K, B> = {
      bodies,
      askAgain: async (asking, more) => this.#byKey(await askAgain(asking, more)),
    }
    for (const [key, body] of bodies) loader.prime(key, body, includes, together)
  }

  /** The bodies that came on one page with the object's own body, or that one alone. */
  cameWith(context: Context, body: B): readonly B[] {
    const together = this.#loaderOf(context).togetherWith(this.keyOf(body))
    return together ? [...together.bodies.values()] : [body]
  }

  /** Learns which objects stand in another one, of a key that came from upstream as theirs did. */
  learnListing(context: Context, owner: string | number | undefined, keys: () => readonly unknown[]): void {
    const usable = () => keys().flatMap((value) => this.findKey({ [this.key.property]: value }) ?? [])
    this.#loaderOf(context).listings.push({ owner, keys: usable })
  }

  /** Learns how many objects the caller may see. */
  learnCount(context: Context, count: number): void {
    this.#loaderOf(context).count = count
  }

  /** Forgets an object that was changed: it is asked for anew. */
  clear(context: Context, key: K): void {
    this.#loaderOf(context).clear(key)
  }

  /** The key of an object whose body came from upstream; undefined where it has none. */
  findKey(body: object): K | undefined {
    return findKey(this.key, body)
  }

  /** The same. Throws UPSTREAM_INVALID_RESPONSE where it has none. */
  keyOf(body: object): K {
    const key = this.findKey(body)
    if (key !== undefined) return key
    throw invalidAnswer(`an object of type ${this.typename} without a usable "${this.key.property}"`)
  }

  /** A key that came from upstream. Throws UPSTREAM_INVALID_RESPONSE where it is none. */
  checkKey(key: unknown): K {
    return this.keyOf({ [this.key.property]: key })
  }

  /** The key in "42" or "User:42". Throws BAD_USER_INPUT for anything else. */
  readId(id: string): K {
    const prefix = `${this.typename}:`
    const key = this.key.read(id.startsWith(prefix) ? id.slice(prefix.length) : id)
    if (key !== undefined && (this.key.isAddress?.(key) ?? true)) return key
    throw inputError(`the id of one ${this.typename}, ${this.key.example} or "${prefix}..."`, id)
  }

  /** "User:42" of the key 42. */
  globalId(key: K): string {
    return `${this.typename}:${key}`
  }

  #loaderOf(context: Context): Loader<K, B> {
    const { includes = [] } = this.endpoint
    const get = async ({ authentik }: Context, key: K, included: Included) => {
      const isRight = (body: object) => this.findKey(body) === key
      const own = () => authentik.get(this.endpoint, key, included, isRight)
      return (await (this.elsewhere ? findElsewhere(context, this.elsewhere, key, own) : own())) as B
    }
    const findMany: LoaderOptions<K, B>['findMany'] = (...args) => this.#findMany(...args)
    return keep(context, this, () => new Loader(context, { includes, get, findMany }))
  }

  /** What pages answer of many keys: those of the objects in which they stand, or one of all, if it is known to hold them. */
  async #findMany(
    context: Context,
    keys: readonly K[],
    includes: ReadonlySet<Include>,
  ): Promise<ReadonlyMap<K, B> | undefined> {
    const { pageOfMany } = this
    if (!pageOfMany || keys.length < (pageOfMany.least ?? limits.oneByOne + 1)) return undefined
    if (pageOfMany.unpaged && includes.has(pageOfMany.unpaged)) return undefined
    const { listings, count } = this.#loaderOf(context)
    const { largestPage } = context.authentik.pageLimit
    const { by = '', areFew = false, load } = pageOfMany
    const ask = (query: Query) => load(context, query, includes, keys.length).catch(nothingIfUnusable)
    const byOwners = pagesByOwners(keys, listings, this.key, largestPage)
    if (byOwners.length > 0) {
      const pages = byOwners.map(({ owners, ...page }) => ask({ [by]: owners, ...page }))
      return this.#byKey((await Promise.all(pages)).flat())
    }
    const isOfAll = count === undefined ? areFew : count > 0 && count <= largestPage
    return isOfAll ? this.#byKey(await ask({ page_size: count ?? limits.rowsPerPage })) : undefined
  }

  #byKey(rows: readonly B[]): ReadonlyMap<K, B> {
    const entries = rows.flatMap((row): [K, B][] => {
      const key = this.findKey(row)
      return key === undefined ? [] : [[key, row]]
    })
    return new Map(entries)
  }
}

/** authentik refuses a list by several objects if one of them is gone, and one wrong row makes a page unusable. */
function nothingIfUnusable(error: unknown): readonly never[] {
  const codes: readonly string[] = ['BAD_USER_INPUT', 'UPSTREAM_INVALID_RESPONSE']
  if (error instanceof UpstreamError && codes.includes(error.code)) return []
  throw error
}

/** The key in an id of a type that is defined in a later file. Throws BAD_USER_INPUT for anything else. */
export function readIdOf(typename: string, id: string): string | number {
  const lookup = lookups.get(typename)
  if (!lookup) throw new Error(`There is no look-up of ${typename}`)
  return lookup.readId(id)
}
