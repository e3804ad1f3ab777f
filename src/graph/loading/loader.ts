import DataLoader from 'dataloader'
import type { Authentik } from '../../authentik/authentik.ts'
import type { Include } from '../../authentik/endpoints.ts'
import type { Context } from '../../context.ts'
import { loadInTurn } from '../pace.ts'

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

/** What is known of one key. */
interface Entry<B> {
  /** What the body is to include. */
  wanted: ReadonlySet<Include>
  /** What the body includes, or what was asked to come with it. */
  asked?: ReadonlySet<Include> | undefined
  /** One promise for all who load the key: DataLoader's own cache would make a promise for each of them. */
  body?: B | Promise<B> | undefined
}

const nothing: ReadonlySet<Include> = new Set()

/**
 * A DataLoader that knows what each body includes: one request for each key and tick, with the union of all includes that
 * are needed. If a loaded body lacks an include that is needed later, it is requested again.
 */
export class Loader<K extends string | number, B> {
  readonly #entries = new Map<K, Entry<B>>()
  readonly #loader: DataLoader<K, B>

  constructor(context: Context, { includes = [], get, getMany = oneByOne }: LoaderOptions<K, B>) {
    const { authentik } = context
    const getOne = (key: K) => {
      const { wanted } = this.#entryOf(key)
      return get(authentik, key, Object.fromEntries(includes.map((name) => [name, wanted.has(name)])))
    }
    const getAll = (keys: readonly K[]) => {
      for (const key of keys) {
        const entry = this.#entryOf(key)
        entry.asked = entry.wanted
      }
      return getMany(authentik, keys, getOne)
    }
    this.#loader = new DataLoader(getAll, { cache: false, batchScheduleFn: (begin) => loadInTurn(context, begin) })
  }

  /** Takes a body that came in another answer, with what it includes. */
  prime(key: K, body: B, includes: ReadonlySet<Include>): void {
    if (!this.#entries.has(key)) this.#entries.set(key, { wanted: includes, asked: includes, body })
  }

  load(key: K, includes: ReadonlySet<Include>): Promise<B> {
    const entry = this.#entryOf(key)
    if (!isWithin(includes, entry.wanted)) entry.wanted = new Set([...entry.wanted, ...includes])
    if (entry.asked && !isWithin(includes, entry.asked)) this.clear(key)
    entry.body ??= this.#loader.load(key)
    return Promise.resolve(entry.body)
  }

  clear(key: K): void {
    const entry = this.#entryOf(key)
    entry.asked = undefined
    entry.body = undefined
  }

  #entryOf(key: K): Entry<B> {
    const entry = this.#entries.get(key) ?? { wanted: nothing }
    this.#entries.set(key, entry)
    return entry
  }
}

function isWithin(some: ReadonlySet<Include>, all: ReadonlySet<Include>): boolean {
  for (const include of some) if (!all.has(include)) return false
  return true
}

/** Side by side: authentik has no way to ask for several by key. */
export function oneByOne<K, B>(
  _authentik: Authentik,
  keys: readonly K[],
  get: (key: K) => Promise<B>,
): Promise<(B | Error)[]> {
  return Promise.all(keys.map((key) => get(key).catch((error: Error) => error)))
}
