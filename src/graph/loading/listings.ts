import { limits } from '../../limits.ts'
import type { Key } from './keys.ts'

/** Objects that stand in another one: a list of them can be asked for by its key. */
export interface Listing<K> {
  /** The key of that other object; undefined where it has none. */
  readonly owner: string | number | undefined
  /** The keys of all that stand in it. */
  readonly keys: () => readonly K[]
}

/** A page of what stands in any of several owners, in the order of keys. */
export interface PageByOwners {
  readonly owners: readonly (string | number)[]
  readonly page: number
  readonly page_size: number
}

/** The pages of the lists of owners that have more than a few of the keys, and not many other rows. */
export function pagesByOwners<K extends string | number>(
  keys: readonly K[],
  listings: readonly Listing<K>[],
  { compare = () => 0 }: Key<K>,
  largestPage: number,
): PageByOwners[] {
  const left = new Set(keys)
  const owners: (string | number)[] = []
  const all = new Set<K>()
  for (const { owner, keys: keysOf } of listings) {
    if (left.size === 0 || owners.length === limits.rowsPerPage) break
    const own = owner === undefined ? [] : keysOf()
    if (owner === undefined || !own.some((key) => left.has(key))) continue
    owners.push(owner)
    for (const key of own) {
      all.add(key)
      left.delete(key)
    }
  }
  const rows = [...all].sort(compare)
  const wanted = new Set(keys)
  const size = Math.min(rows.length, largestPage)
  const numbers = Array.from({ length: Math.ceil(rows.length / size) || 0 }, (_, index) => index + 1)
  const isWorthIt = (page: number) => {
    const found = rows.slice((page - 1) * size, page * size).filter((key) => wanted.has(key)).length
    return found > limits.oneByOne && size <= found * limits.lookupRows
  }
  return numbers.filter(isWorthIt).map((page) => ({ owners, page, page_size: size }))
}
