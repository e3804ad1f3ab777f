import DataLoader from 'dataloader'
import type { Authentik } from '../../authentik/authentik.ts'
import type { Include } from '../../authentik/endpoints.ts'

/** For each list that the endpoint can leave out, whether it is to come. */
export type Included = Readonly<Record<string, boolean>>

export interface LoaderOptions<K, B> {
  /** The lists that the endpoint can leave out. */
  readonly includes?: readonly Include[]
  /** One body. Throws UpstreamError, NOT_FOUND when it is absent or hidden from the caller. */
  readonly get: (authentik: Authentik, key: K, included: Included) => Promise<B>
  /** Several at once, where authentik has a cheaper way than asking for each. */
  readonly getMany?: GetMany<K, B>
}

/** A body or an error for each key, in their order; `get` asks for a single one. */
export type GetMany<K, B> = (
  authentik: Authentik,
  keys: readonly K[],
  get: (key: K) => Promise<B>,
) => Promise<(B | Error)[]>

/**
 * A DataLoader that knows what each body includes: one request for each key and tick, with the union of all includes that
 * are needed. If a loaded body lacks an include that is needed later, it is requested again.
 */
export class Loader<K extends string | number, B> {
  readonly #wanted = new Map<K, Set<Include>>()
  readonly #asked = new Map<K, ReadonlySet<Include>>()
  readonly #loader: DataLoader<K, B>

  constructor(authentik: Authentik, { includes = [], get, getMany = oneByOne }: LoaderOptions<K, B>) {
    const getOne = (key: K) => {
      const wanted = this.#wanted.get(key)
      return get(authentik, key, Object.fromEntries(includes.map((name) => [name, wanted?.has(name) ?? false])))
    }
    this.#loader = new DataLoader((keys) => {
      for (const key of keys) this.#asked.set(key, new Set(this.#wanted.get(key)))
      return getMany(authentik, keys, getOne)
    })
  }

  /** Takes a body that came in another answer, with what it includes. */
  prime(key: K, body: B, includes: ReadonlySet<Include>): void {
    if (this.#wanted.has(key)) return
    this.#wanted.set(key, new Set(includes))
    this.#asked.set(key, includes)
    this.#loader.prime(key, body)
  }

  load(key: K, includes: ReadonlySet<Include>): Promise<B> {
    const wanted = this.#wanted.get(key) ?? new Set()
    for (const include of includes) wanted.add(include)
    this.#wanted.set(key, wanted)
    const asked = this.#asked.get(key)
    if (asked && [...includes].some((include) => !asked.has(include))) this.clear(key)
    return this.#loader.load(key)
  }

  clear(key: K): void {
    this.#asked.delete(key)
    this.#loader.clear(key)
  }
}

/** Side by side: authentik has no way to ask for several by key. */
export function oneByOne<K, B>(
  _authentik: Authentik,
  keys: readonly K[],
  get: (key: K) => Promise<B>,
): Promise<(B | Error)[]> {
  return Promise.all(keys.map((key) => get(key).catch((error: Error) => error)))
}
