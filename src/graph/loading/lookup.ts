import type { ObjectRef } from '@pothos/core'
import type { Payer } from '../../authentik/account.ts'
import type { Authentik } from '../../authentik/authentik.ts'
import type { Endpoint, Include } from '../../authentik/endpoints.ts'
import { type Context, keep } from '../../context.ts'
import { inputError, invalidAnswer, nullIfNotFound } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { charge, eachAlone } from '../charges.ts'
import type { Types } from '../types.ts'
import { findKey, type Key } from './keys.ts'
import { type GetMany, type Included, Loader } from './loader.ts'
import type { Wanted } from './wanted.ts'

export interface LookupOptions<K extends string | number, B, E extends Endpoint> {
  readonly type: ObjectRef<Types, B>
  /** What tells its objects apart. */
  readonly key: Key<K>
  /** The object's own endpoint. */
  readonly endpoint: E
  readonly getMany?: GetMany<K, B>
}

/** Every type whose objects have keys, by its name: what `node` finds, and what other services may refer to. */
export const lookups = new Map<string, Lookup<string | number, object>>()

/** A type's look-up by key. Within one operation each distinct key is asked for once. */
export class Lookup<K extends string | number, B extends object, E extends Endpoint = Endpoint> {
  readonly type: LookupOptions<K, B, E>['type']
  readonly key: Key<K>
  readonly endpoint: E
  readonly #getMany: GetMany<K, B> | undefined

  constructor({ type, key, endpoint, getMany }: LookupOptions<K, B, E>) {
    this.type = type
    this.key = key
    this.endpoint = endpoint
    this.#getMany = getMany
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

  /**
   * The same for many, each in its place. Throws BAD_USER_INPUT when they are too many, and UNAUTHENTICATED without
   * credentials.
   */
  findByIds(context: Context, ids: readonly string[], wanted: Wanted): Promise<B | null>[] {
    chargeIds(context, ids)
    return eachAlone(context, ids, (id) => this.load(context, this.readId(id), wanted.includes).catch(nullIfNotFound))
  }

  /** The object's own body. Throws UpstreamError, NOT_FOUND when it is absent or hidden from the caller. */
  load(context: Context, key: K, includes: ReadonlySet<Include>): Promise<B> {
    return this.#loaderOf(context).load(key, includes)
  }

  /** Takes an object's own body that came in a list, with what it includes: it is not asked for again. */
  prime(context: Context, body: B, includes: ReadonlySet<Include>): void {
    const key = findKey(this.key, body)
    if (key !== undefined) this.#loaderOf(context).prime(key, body, includes)
  }

  /** Forgets an object that was changed: it is asked for anew. */
  clear(context: Context, key: K): void {
    this.#loaderOf(context).clear(key)
  }

  /** The key of an object whose body came from upstream. Throws UPSTREAM_INVALID_RESPONSE where it has none. */
  keyOf(body: object): K {
    const key = findKey(this.key, body)
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
    if (key !== undefined) return key
    throw inputError(`the id of one ${this.typename}, ${this.key.example} or "${prefix}..."`, id)
  }

  /** "User:42" of the key 42. */
  globalId(key: K): string {
    return `${this.typename}:${key}`
  }

  #loaderOf(context: Context): Loader<K, B> {
    const { includes = [] } = this.endpoint
    const get = async (authentik: Authentik, key: K, included: Included) => {
      const isRight = (body: object) => findKey(this.key, body) === key
      return (await authentik.get(this.endpoint, key, included, isRight)) as B
    }
    const getMany = this.#getMany && { getMany: this.#getMany }
    return keep(context, this, () => new Loader(context, { includes, get, ...getMany }))
  }
}

/** The key in an id of a type that is defined in a later file. Throws BAD_USER_INPUT for anything else. */
export function readIdOf(typename: string, id: string): string | number {
  const lookup = lookups.get(typename)
  if (!lookup) throw new Error(`There is no look-up of ${typename}`)
  return lookup.readId(id)
}

/** Throws BAD_USER_INPUT for more ids than one argument may hold, and what `charge` throws. */
export function chargeIds(context: Context, ids: readonly unknown[], what = 'ids', payer?: Payer): void {
  if (ids.length > limits.ids) throw inputError(`at most ${limits.ids} ${what}`, ids.length)
  charge(context, ids.length, payer)
}
