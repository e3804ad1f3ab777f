/** What a caller asked of a connection, cursors already read as offsets. */
export interface WindowArgs {
  readonly first: number | undefined
  readonly after: number | undefined
  readonly last: number | undefined
  readonly before: number | undefined
}

/** The rows from one offset up to, but without, another. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** One of authentik's pages: its number, from 1, and how many rows it is to have. */
export interface PageRequest {
  readonly page: number
  readonly page_size: number
}

/**
 * Which rows of a list of that length are meant (Relay's pagination algorithm: cursors, then `first`, then `last`).
 * While the length is not known it is Infinity, and so is the window's end where it depends on the length.
 */
export function windowOf({ first, after = -1, last, before = Infinity }: WindowArgs, length: number): Window {
  const start = Math.min(after + 1, length)
  const end = Math.max(start, Math.min(before, length))
  const to = first === undefined ? end : Math.min(end, start + first)
  return { from: last === undefined ? start : Math.max(start, to - last), to }
}

/** The fewest pages, and of those the smallest, that hold the rows; no page is larger than the limit. */
export function pagesOf({ from, to }: Window, limit: number): PageRequest[] {
  if (to <= from) return []
  const length = to - from
  for (let size = length; size <= limit; size += 1) {
    if (pageAt(from, size) === pageAt(to - 1, size)) return [{ page: pageAt(from, size), page_size: size }]
  }
  const size = Math.min(length, limit)
  const [start, end] = [pageAt(from, size), pageAt(to - 1, size)]
  return Array.from({ length: end - start + 1 }, (_, index) => ({ page: start + index, page_size: size }))
}

function pageAt(offset: number, size: number): number {
  return Math.floor(offset / size) + 1
}

/** The parts of the window whose rows are not there yet. */
export function gapsOf({ from, to }: Window, has: (offset: number) => boolean): Window[] {
  const gaps: Window[] = []
  for (let offset = from; offset < to; offset += 1) {
    if (has(offset)) continue
    const start = offset
    while (offset < to && !has(offset)) offset += 1
    gaps.push({ from: start, to: offset })
  }
  return gaps
}
