import DataLoader from 'dataloader'
import type { Include } from '../../authentik/endpoints.ts'
import { because, type Context } from '../../context.ts'
import { loadInTurn } from '../pace.ts'
import type { Listing } from './listings.ts'

/** For each list that the endpoint can leave out, whether it is to come. */
export type Included = Readonly<Record<string, boolean>>

/** Bodies that came on one page, and how to ask for that page again with more in them. */
export interface Together<K, B> {
  readonly bodies: ReadonlyMap<K, B>
  readonly askAgain: (context: Context, includes: ReadonlySet<Include>) => Promise<ReadonlyMap<K, B>>
}

export interface LoaderOptions<K, B> {
  /** The lists that the endpoint can leave out. */
  readonly includes?: readonly Include[]
  /** One body. Throws UpstreamError, NOT_FOUND when it is absent or hidden from the caller. */
  readonly get: (context: Context, key: K, included: Included) => Promise<B>
  /** What pages have of these; undefined where it is cheaper to get each. Throws UpstreamError, which then holds for all. */
  readonly findMany?: (
    context: Context,
    keys: readonly K[],
    includes: ReadonlySet<Include>,
  ) => Promise<ReadonlyMap<K, B> | undefined>
}

/** One request for a body, or a body that came on a page. */
interface Load<B> {
  /** What the body is to include: more may be added until it is asked for. */
  includes: ReadonlySet<Include>
  /** The fields that need it, by their coordinates: more may be added as well. */
  causes: readonly string[]
  isAsked: boolean
  /** One promise for all who load the key: DataLoader's own cache would make a promise for each of them. */
  readonly body: B | Promise<B>
}

/** What is known of one key. */
interface Entry<K, B> {
  /** The newest last: each includes what those before it do. */
  loads: Load<B>[]
  /** The page on which it came, if it came on one. */
  together?: Together<K, B> | undefined
}

const nothing: ReadonlySet<Include> = new Set()

/**
 * A DataLoader that knows what each body includes: one request for each key and tick, with the union of all includes that
 * are needed. If a loaded body lacks an include that is needed later, it is requested again; what it has, it still answers.
 */
export class Loader<K extends string | number, B> {
  /** How many keys there are, if this operation has learned it. */
  count: number | undefined
  /** In which other objects keys stand, as far as this operation has learned it. */
  readonly listings: Listing<K>[] = []
  readonly #entries = new Map<K, Entry<K, B>>()
  readonly #loader: DataLoader<K, B>

  constructor(context: Context, { includes = [], get, findMany }: LoaderOptions<K, B>) {
    const getAll = async (keys: readonly K[]) => {
      for (const key of keys) for (const load of this.#entryOf(key).loads) load.isAsked = true
      const wanted = keys.map((key) => this.#wantedOf(key))
      const forAll = because(context, () => this.#causesOf(keys))
      const found = await findMany?.(forAll, keys, new Set(wanted.flatMap((some) => [...some])))
      const getOne = (key: K, index: number) => {
        const forOne = because(context, () => this.#causesOf([key]))
        return get(forOne, key, includedOf(includes, wanted[index] ?? nothing))
      }
      return Promise.all(keys.map((key, index) => found?.get(key) ?? getOne(key, index).catch((error: Error) => error)))
    }
    this.#loader = new DataLoader(getAll, { cache: false, batchScheduleFn: (begin) => loadInTurn(context, begin) })
  }

  /** Takes a body that came on a page, with what it includes. */
  prime(key: K, body: B, includes: ReadonlySet<Include>, together: Together<K, B>): void {
    const entry = this.#entries.get(key)
    if (entry) entry.together ??= together
    else this.#entries.set(key, { loads: [{ includes, causes: [], isAsked: true, body }], together })
  }

  load({ authentik: { causes } }: Context, key: K, includes: ReadonlySet<Include>): Promise<B> {
    const { loads } = this.#entryOf(key)
    const load = loads.find((one) => !one.isAsked || isWithin(includes, one.includes))
    if (load) {
      if (!load.isAsked) {
        load.includes = new Set([...load.includes, ...includes])
        load.causes = union(load.causes, causes)
      }
      return Promise.resolve(load.body)
    }
    const body = this.#loader.load(key)
    loads.push({ includes: new Set([...this.#wantedOf(key), ...includes]), causes, isAsked: false, body })
    return body
  }

  clear(key: K): void {
    this.#entryOf(key).loads = []
  }

  /** The page on which that body came, if it came on one. */
  togetherWith(key: K): Together<K, B> | undefined {
    return this.#entries.get(key)?.together
  }

  /** What the newest body of the key includes, or is to include. */
  #wantedOf(key: K): ReadonlySet<Include> {
    return this.#entryOf(key).loads.at(-1)?.includes ?? nothing
  }

  /** The fields that need the newest bodies of the keys. */
  #causesOf(keys: readonly K[]): readonly string[] {
    return union(...keys.map((key) => this.#entryOf(key).loads.at(-1)?.causes ?? []))
  }

  #entryOf(key: K): Entry<K, B> {
    const entry = this.#entries.get(key) ?? { loads: [] }
    this.#entries.set(key, entry)
    return entry
  }
}

/** For each list that can be left out, whether it is among the includes. */
export function includedOf(all: readonly Include[], includes: ReadonlySet<Include>): Included {
  return Object.fromEntries(all.map((name) => [name, includes.has(name)]))
}

/** What stands in any of the lists, each once. */
function union(...lists: readonly (readonly string[])[]): readonly string[] {
  return lists.every((list) => list.length === 0) ? [] : [...new Set(lists.flat())]
}

function isWithin(some: ReadonlySet<Include>, all: ReadonlySet<Include>): boolean {
  for (const include of some) if (!all.has(include)) return false
  return true
}
