import { limits } from '../../limits.ts'
import type { Wanted } from '../loading/wanted.ts'
import type { PageArgs } from './list.ts'

/** What one connection asks of authentik at most, and how many rows it gives at most. */
export interface ListCost {
  readonly requests: number
  /** The rows of all pages that are asked for. */
  readonly rows: number
  /** The rows that are given. */
  readonly size: number
}

const nothing: ListCost = { requests: 0, rows: 0, size: 0 }

/** The cost of what `List.connect` does with these arguments, where authentik gives pages of 100 rows. */
export function costOfList(args: PageArgs, wanted: Pick<Wanted, 'rows' | 'cursors'>): ListCost {
  const { first = null, last = null, after, before } = args
  const counts = [first, last].filter((count) => count !== null)
  if (counts.some((count) => count < 0 || count > limits.rows)) return nothing
  const size = counts.length === 0 ? limits.rowsByDefault : Math.min(...counts)
  const cursors = [after, before].filter((cursor) => cursor != null).length
  const reading = wanted.rows && size > 0
  const isFromStart = cursors === 0 && (last === null || (first !== null && first <= last))
  if (reading && isFromStart) return { ...pagesFromStart(size), size }
  // The length is asked for first, or last if nothing stands where the rows were looked for.
  const length = { requests: 1, rows: 1 }
  // Where the length decides which rows are meant, the first page may not have them.
  const guess = reading && first !== null && last !== null ? { requests: 1, rows: limits.rowsPerPage } : nothing
  const window = reading ? pagesAnywhere(size) : wanted.cursors && size > 0 ? { requests: 2, rows: 2 } : nothing
  // If the list has another length than the cursors say, their rows are searched for, and the window is read anew.
  const search = { requests: 2 * cursors, rows: 2 * cursors * limits.rowsPerPage }
  const parts = [length, guess, window, search, cursors > 0 ? window : nothing]
  return {
    requests: parts.reduce((sum, part) => sum + part.requests, 0),
    rows: parts.reduce((sum, part) => sum + part.rows, 0),
    size: wanted.rows ? size : 0,
  }
}

function pagesFromStart(size: number) {
  const requests = Math.ceil(size / limits.rowsPerPage)
  return { requests, rows: requests === 1 ? size : requests * limits.rowsPerPage }
}

/** Wherever up to 50 rows begin, there is one page that holds them, of little more than twice as many rows. */
function pagesAnywhere(size: number) {
  const most = limits.rowsPerPage
  if (size <= 1) return { requests: 1, rows: 1 }
  if (size <= most / 2) return { requests: 1, rows: Math.min(2 * size + 12, most) }
  const requests = Math.floor((size - 2) / most) + 2
  return { requests, rows: requests * Math.min(size, most) }
}
