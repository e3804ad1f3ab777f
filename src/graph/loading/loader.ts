import { createContextCache } from '@pothos/core'
import DataLoader from 'dataloader'
import type { GraphQLResolveInfo } from 'graphql'
import type { Authentik, Query } from '../../authentik/authentik.ts'
import type { Include } from '../../authentik/endpoints.ts'
import type { Context } from '../../context.ts'
import { inputError, invalidAnswer, nullIfNotFound } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type Keys, readId } from './keys.ts'
import { includesOf } from './wanted.ts'

export interface LookupOptions<Key, Body> extends LoaderOptions<Key, Body> {
  readonly typename: string
  readonly keys: Keys<Key>
}

export interface LoaderOptions<Key, Body> {
  /** What the endpoint can leave out. */
  readonly includes?: readonly Include[]
  /** One body. Throws UpstreamError, NOT_FOUND when it is absent or hidden from the caller. */
  readonly get: (authentik: Authentik, key: Key, included: Query) => Promise<Body>
  /** Several at once, where authentik has a cheaper way than asking for each. */
  readonly getMany?: (authentik: Authentik, keys: readonly Key[], get: Get<Key, Body>) => Promise<Outcome<Body>[]>
}

export type Get<Key, Body> = (key: Key) => Promise<Body>
export type Outcome<Body> = Body | Error

/**
 * A resource's look-up by key. Within one operation each distinct key is asked for once, with all that any of the
 * selections which load it in the same tick needs; a body that came with less is asked for again, never stretched.
 */
export class Lookup<Key extends string | number, Body extends object> {
  readonly typename: string
  readonly #keys: Keys<Key>
  readonly #loaderOf: (context: Context) => Loader<Key, Body>

  constructor(options: LookupOptions<Key, Body>) {
    this.typename = options.typename
    this.#keys = options.keys
    const get: LookupOptions<Key, Body>['get'] = async (authentik, key, included) => {
      const body = await options.get(authentik, key, included)
      if (this.checkKey(Reflect.get(body, 'pk')) === key) return body
      throw invalidAnswer('another object than was asked for')
    }
    this.#loaderOf = createContextCache((context: Context) => new Loader(context.authentik, { ...options, get }))
  }

  /** By authentik's key or the global id, for the selection at hand. Null when absent or hidden from the caller. */
  async findById(context: Context, id: string, info: GraphQLResolveInfo): Promise<Body | null> {
    context.authentik.count(1)
    return this.get(context, id, includesOf(info, this.typename)).catch(nullIfNotFound)
  }

  /**
   * The same for many, an outcome for each in their order. Throws BAD_USER_INPUT when they are too many, UNAUTHENTICATED
   * without credentials.
   */
  findByIds(context: Context, ids: readonly string[], info: GraphQLResolveInfo): Promise<Body | null>[] {
    checkIds(context, ids)
    const includes = includesOf(info, this.typename)
    return ids.map((id) => this.get(context, id, includes).catch(nullIfNotFound))
  }

  /** By authentik's key or the global id. Throws UpstreamError, NOT_FOUND when it is absent or hidden from the caller. */
  async get(context: Context, id: string, includes: ReadonlySet<Include>): Promise<Body> {
    return this.#loaderOf(context).load(this.readId(id), includes)
  }

  /** The own body of an object whose key came from upstream. Throws UpstreamError. */
  async getByKey(context: Context, pk: unknown, include?: Include): Promise<Body> {
    return this.#loaderOf(context).load(this.checkKey(pk), new Set(include ? [include] : []))
  }

  /** A key that came from upstream. Throws UPSTREAM_INVALID_RESPONSE where it is none. */
  checkKey(pk: unknown): Key {
    const key = this.#keys.read(String(pk))
    if (key !== undefined) return key
    throw invalidAnswer(`an object of type ${this.typename} without a usable "pk"`)
  }

  /** Takes an object's own body that came in a list, with what it includes: it is not asked for again. */
  prime(context: Context, key: Key, body: Body, includes: ReadonlySet<Include>): void {
    this.#loaderOf(context).prime(key, body, includes)
  }

  /** Forgets an object that was changed: it is asked for anew. */
  clear(context: Context, key: Key): void {
    this.#loaderOf(context).clear(key)
  }

  /** The key in "42" or "User:42". Throws BAD_USER_INPUT for anything else. */
  readId(id: string): Key {
    return readId(this.typename, this.#keys, id)
  }
}

/** Throws BAD_USER_INPUT for more ids than one argument may hold, and what `Authentik.count` throws. */
export function checkIds(context: Context, ids: readonly unknown[], what = 'ids'): void {
  if (ids.length > limits.ids) throw inputError(`at most ${limits.ids} ${what}`, ids.length)
  context.authentik.count(ids.length)
}

/** A DataLoader that lives as long as its operation, and knows what each body includes. */
export class Loader<Key extends string | number, Body> {
  readonly #wanted = new Map<Key, Set<Include>>()
  readonly #asked = new Map<Key, Set<Include>>()
  readonly #loader: DataLoader<Key, Body>

  constructor(authentik: Authentik, { includes = [], get, getMany }: LoaderOptions<Key, Body>) {
    const getOne: Get<Key, Body> = (key) => {
      const wanted = this.#wanted.get(key)
      return get(
        authentik,
        key,
        Object.fromEntries(includes.map((include) => [include, wanted?.has(include) ?? false])),
      )
    }
    this.#loader = new DataLoader((keys) => {
      for (const key of keys) this.#asked.set(key, new Set(this.#wanted.get(key)))
      return getMany ? getMany(authentik, keys, getOne) : oneByOne(keys, getOne)
    })
  }

  /** Takes a body that came otherwise, with what it includes. */
  prime(key: Key, body: Body, includes: ReadonlySet<Include>): void {
    if (this.#wanted.has(key)) return
    this.#wanted.set(key, new Set(includes))
    this.#asked.set(key, new Set(includes))
    this.#loader.prime(key, body)
  }

  load(key: Key, includes: ReadonlySet<Include>): Promise<Body> {
    const wanted = this.#wanted.get(key) ?? new Set()
    for (const include of includes) wanted.add(include)
    this.#wanted.set(key, wanted)
    const asked = this.#asked.get(key)
    if (asked && [...includes].some((include) => !asked.has(include))) this.clear(key)
    return this.#loader.load(key)
  }

  clear(key: Key): void {
    this.#asked.delete(key)
    this.#loader.clear(key)
  }
}

/** Side by side: authentik has no way to ask for several by key. */
export function oneByOne<Key, Body>(keys: readonly Key[], get: Get<Key, Body>): Promise<Outcome<Body>[]> {
  return Promise.all(keys.map((key) => get(key).catch((error: Error) => error)))
}
