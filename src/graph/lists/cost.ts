import { limits } from '../../limits.ts'
import type { Wanted } from '../loading/wanted.ts'
import { isCursor } from './cursor.ts'
import type { PageArgs } from './page-args.ts'

/** What one connection asks of authentik at most, and how many rows it gives at most. */
export interface ListCost {
  readonly requests: number
  /** The rows of all pages that are asked for. */
  readonly rows: number
  /** The rows that are given. */
  readonly size: number
}

type Pages = Omit<ListCost, 'size'>

const length: Pages = { requests: 1, rows: 1 }

const looks = 2 * (Math.ceil(Math.log2(limits.searchedRows)) + 2)

/** What it costs to find both ends of a window of dates: see `DateWindow`. */
export const costOfDates: Pages = { requests: looks, rows: looks }

/** Whether rows are filtered by a window of dates: no other filter has a value that is an object. */
export function hasDates({ filter }: { readonly filter?: unknown }): boolean {
  return Object.values(filter ?? {}).some(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  )
}

/**
 * The cost of what `List.connect` does with these arguments, where authentik gives pages of 100 rows. The list is taken to have
 * changed little since its cursors were written, and to reach to the rows that are meant.
 */
export function costOfList(
  args: PageArgs & { readonly filter?: unknown },
  wanted: Pick<Wanted, 'rows' | 'cursors'>,
): ListCost {
  const { first = null, last = null, after, before } = args
  const counts = [first, last].filter((count) => count !== null)
  if (counts.some((count) => count < 0 || count > limits.rows)) return { requests: 0, rows: 0, size: 0 }
  const cursors = [after, before].filter((cursor) => cursor != null)
  if (!cursors.every(isCursor)) return { requests: 0, rows: 0, size: 0 }
  const most = counts.length === 0 ? limits.rowsByDefault : Math.min(...counts)
  const size = wanted.rows ? most : 0
  const isWindow = hasDates(args)
  const isFromStart = !isWindow && cursors.length === 0 && (last === null || (first !== null && first <= last))
  const parts: Pages[] = []
  if (size > 0) parts.push(isFromStart ? pagesFromStart(size) : pagesAnywhere(size))
  if (isWindow) parts.push(costOfDates)
  // Which rows are the last, the length tells. A first guess may have missed them.
  if (size === 0 || (last !== null && !isFromStart)) parts.push(length)
  if (size > 0 && first !== null && last !== null && !isFromStart) parts.push({ requests: 1, rows: limits.rowsPerPage })
  // The first and the last row have to be read, whose cursors are told.
  if (size === 0 && most > 0 && wanted.cursors && !wanted.rows) parts.push({ requests: 2, rows: 2 })
  // The row of a cursor is searched for, if the list is longer or shorter than it was.
  parts.push({ requests: cursors.length, rows: cursors.length * limits.rowsPerPage })
  const sum = (what: keyof Pages) => parts.reduce((total, part) => total + part[what], 0)
  return { requests: sum('requests'), rows: sum('rows'), size }
}

function pagesFromStart(size: number): Pages {
  const requests = Math.ceil(size / limits.rowsPerPage)
  return { requests, rows: requests === 1 ? size : requests * limits.rowsPerPage }
}

/** Wherever up to 50 rows begin, there is one page that holds them, of little more than twice as many rows. */
function pagesAnywhere(size: number): Pages {
  const most = limits.rowsPerPage
  if (size <= 1) return length
  if (size <= most / 2) return { requests: 1, rows: Math.min(2 * size + 12, most) }
  const requests = Math.floor((size - 2) / most) + 2
  return { requests, rows: requests * Math.min(size, most) }
}
