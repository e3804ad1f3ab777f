import { limits } from '../../limits.ts'
import { findKey, type Key } from '../loading/keys.ts'
import type { Cursor } from './cursor.ts'
import type { Readable } from './walk.ts'
import type { Window } from './window.ts'

/** How the rows of a list are told apart and ordered. */
export interface RowOrder<K extends string | number> {
  readonly key: Key<K>
  /** Whether the list is ordered by the key: 1 from the smallest, -1 from the largest, 0 where by something else. */
  readonly byKey: 1 | -1 | 0
}

/** Where a cursor stands now: the offset that counts for `after`, and the one that counts for `before`. */
export interface Place {
  readonly after: number
  readonly before: number
}

/**
 * Finds the row of a cursor in a list that has grown or shrunk. The row cannot have moved by more rows than came or went, so
 * at most two requests look for its key there, up to a page away. If authentik gives fewer rows on a page, they look near the
 * old place and near the farthest one. If the row is gone, and the list is ordered by key, the
 * place is the one that the key has in that order. If nothing is found, some rows are given again rather than passed over:
 * this holds if rows came or went, but not both.
 */
export async function findRow<K extends string | number>(
  walk: Readable,
  { offset, count, key: text }: Cursor,
  { key, byKey }: RowOrder<K>,
): Promise<Place> {
  const growth = walk.length - count
  const range = rangeOf(offset, growth, walk.length)
  const wanted = key.read(text)
  const keyAt = (at: number) => findKey(key, walk.rowAt(at) ?? {})
  if (wanted !== undefined) {
    const isWanted = (at: number) => keyAt(at) === wanted
    // It may be among the rows that have come already.
    let found = firstIn(range, isWanted)
    if (found === undefined) await walk.readEnds(range)
    found ??= firstIn(range, isWanted)
    if (found !== undefined) return { after: found, before: found }
    const next = byKey === 0 ? undefined : nextInOrder(range, walk, (at) => compare(key, keyAt(at), wanted) * byKey > 0)
    if (next !== undefined) return { after: next - 1, before: next }
  }
  return { after: Math.max(-1, offset + Math.min(growth, 0)), before: offset + Math.max(growth, 0) }
}

function firstIn({ from, to }: Window, fits: (at: number) => boolean): number | undefined {
  for (let at = from; at < to; at += 1) if (fits(at)) return at
  return undefined
}

/** The offsets at which the row can stand now, those nearest to its old one. */
function rangeOf(offset: number, growth: number, length: number): Window {
  const reach = Math.max(-limits.rowsPerPage, Math.min(growth, limits.rowsPerPage))
  const from = Math.max(0, offset + Math.min(reach, 0))
  return { from, to: Math.max(from, Math.min(length, offset + Math.max(reach, 0) + 1)) }
}

/** The first row that follows in the order of keys, where the row before it is known as well. */
function nextInOrder({ from, to }: Window, walk: Readable, follows: (at: number) => boolean): number | undefined {
  for (let at = from; at < to; at += 1) {
    if (!walk.rowAt(at)) return undefined
    if (follows(at)) return at > from || at === 0 ? at : undefined
  }
  return to === walk.length ? to : undefined
}

function compare<K extends string | number>({ compare: order }: Key<K>, one: K | undefined, other: K): number {
  return one === undefined || !order ? 0 : order(one, other)
}
