import type { Key } from '../loading/keys.ts'
import type { Wanted } from '../loading/wanted.ts'
import { findRow, type RowOrder } from './find-row.ts'
import type { AskedFor } from './page-args.ts'
import type { Readable } from './walk.ts'
import { type Window, type WindowArgs, windowOf } from './window.ts'

/**
 * Tells which rows are meant, and reads them if rows are selected; else it asks for the length, and for the rows at both ends
 * if their cursors are selected. The rows of the caller's cursors are first taken to be where they were. If the list has
 * another length now, they are searched for.
 */
export async function readWindow<K extends string | number>(
  walk: Readable,
  asked: AskedFor,
  order: RowOrder<K>,
  wanted: Pick<Wanted, 'rows' | 'cursors'>,
): Promise<Window> {
  const read = async (args: WindowArgs) => {
    if (wanted.rows) return walk.collect(args)
    if (walk.length === Number.POSITIVE_INFINITY) await walk.askLength()
    const window = windowOf(args, walk.length)
    // A cursor holds the key of its row.
    if (wanted.cursors && window.from < window.to) {
      for (const at of [window.from, window.to - 1]) await walk.readEnds({ from: at, to: at + 1 })
    }
    return window
  }
  const { after, before } = asked
  const window = await read({ ...asked, after: after?.offset, before: before?.offset })
  const moved = [after, before].filter((cursor) => cursor !== undefined && cursor.count !== walk.length)
  if (moved.length === 0) return window
  const [start, end] = await Promise.all([after, before].map((cursor) => cursor && findRow(walk, cursor, order)))
  return read({ ...asked, after: start?.after, before: end?.before })
}

/** Whether the list is ordered by the key of its rows, and can so be searched where a row has gone. */
export function orderOf<K extends string | number>(key: Key<K>, ordering: string): RowOrder<K> {
  const [first] = ordering.split(',')
  if (!key.compare) return { key, byKey: 0 }
  return { key, byKey: first === key.property ? 1 : first === `-${key.property}` ? -1 : 0 }
}
