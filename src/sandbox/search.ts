import { since } from '../releases.ts'
import type { ApiRequest } from './api.ts'
import { badRequest, complaint } from './errors.ts'

/** The rows in which every word of `search` occurs, in whichever of the columns. */
export function searched<Row>(
  rows: readonly Row[],
  columns: readonly (keyof Row & string)[],
  { query, release }: ApiRequest,
): readonly Row[] {
  const wanted = (query.last('search') ?? '').toLowerCase()
  if (wanted.includes('\0') && since(release, '2025.6')) throw badRequest(complaint.nullCharacters())
  const words = wanted.split(/[\s,]+/).filter((word) => word !== '')
  if (words.length === 0 || columns.length === 0) return rows
  const texts = (row: Row) => columns.map((column) => String(row[column]).toLowerCase())
  return rows.filter((row) => words.every((word) => texts(row).some((text) => text.includes(word))))
}
