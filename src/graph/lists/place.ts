import { limits } from '../../limits.ts'
import { findKey, type Key } from '../loading/keys.ts'
import type { Cursor } from './cursor.ts'
import type { Walk } from './walk.ts'
import type { Window } from './window.ts'

/** How the rows of a list are told apart and ordered. */
export interface RowOrder<K extends string | number> {
  readonly key: Key<K>
  /** Whether the list is ordered by the key: 1 from the smallest, -1 from the largest, 0 where by something else. */
  readonly byKey: 1 | -1 | 0
}

/** A place in a list: the last row that does not follow it, and the first that does not precede it. */
export interface Place {
  readonly after: number
  readonly before: number
}

/**
 * Where the row of a cursor stands in a list that has more or fewer rows than it had. At most two requests look for its key,
 * as far from its old place as the list has grown or shrunk. Where the row is gone from a list that is ordered by key, the
 * place is the one that it had in that order. Where nothing is found, the place is such that no row is passed over, if rows
 * came or went but not both: then some are given again.
 */
export async function findPlace<K extends string | number>(
  walk: Walk<object>,
  { offset, count, key: text }: Cursor,
  { key, byKey }: RowOrder<K>,
): Promise<Place> {
  const growth = walk.length - count
  const range = rangeOf(offset, growth, walk.length)
  await walk.look(range, limits.cursorRequests, growth < 0 ? 'last' : 'first')
  const wanted = key.read(text)
  const keyAt = (at: number) => findKey(key, walk.rowAt(at) ?? {})
  if (wanted !== undefined) {
    for (let at = range.from; at < range.to; at += 1) if (keyAt(at) === wanted) return { after: at, before: at }
    const next = byKey === 0 ? undefined : nextInOrder(range, walk, (at) => compare(key, keyAt(at), wanted) * byKey > 0)
    if (next !== undefined) return { after: next - 1, before: next }
  }
  return { after: Math.max(-1, offset + Math.min(growth, 0)), before: offset + Math.max(growth, 0) }
}

/** The offsets at which the row can stand now, those nearest to its old one. */
function rangeOf(offset: number, growth: number, length: number): Window {
  const reach = Math.max(-limits.rowsPerPage, Math.min(growth, limits.rowsPerPage))
  const from = Math.max(0, offset + Math.min(reach, 0))
  return { from, to: Math.max(from, Math.min(length, offset + Math.max(reach, 0) + 1)) }
}

/** The first row that follows in the order of keys, where the row before it is known as well. */
function nextInOrder({ from, to }: Window, walk: Walk<object>, follows: (at: number) => boolean): number | undefined {
  for (let at = from; at < to; at += 1) {
    if (!walk.rowAt(at)) return undefined
    if (follows(at)) return at > from || at === 0 ? at : undefined
  }
  return to === walk.length ? to : undefined
}

function compare<K extends string | number>({ compare: order }: Key<K>, one: K | undefined, other: K): number {
  return one === undefined || !order ? 0 : order(one, other)
}
