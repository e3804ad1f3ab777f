import { inputError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type Cursor, readCursor } from './cursor.ts'

/** The arguments by which a caller moves through a connection. */
export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** What a caller asked of a connection. */
export interface AskedFor {
  readonly first: number | undefined
  readonly after: Cursor | undefined
  readonly last: number | undefined
  readonly before: Cursor | undefined
}

/** Reads the arguments, for the list with that fingerprint. Throws BAD_USER_INPUT. */
export function readArgs({ first, after, last, before }: PageArgs, fingerprint: string): AskedFor {
  const counts = { first: first ?? undefined, last: last ?? undefined }
  for (const [name, count] of Object.entries(counts)) {
    if (count === undefined || (count >= 0 && count <= limits.rows)) continue
    throw inputError(`"${name}" from 0 to ${limits.rows}`, count)
  }
  if (counts.last === undefined) counts.first ??= limits.rowsByDefault
  return {
    ...counts,
    after: after == null ? undefined : readCursor('after', fingerprint, after),
    before: before == null ? undefined : readCursor('before', fingerprint, before),
  }
}
