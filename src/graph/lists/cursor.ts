import { createHash } from 'node:crypto'
import { inputError } from '../../errors.ts'

/** A list's mark in its cursors, by all that decides which rows it has and in which order. */
export function fingerprintOf(list: unknown): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 8)
}

/** An opaque cursor for the row at that offset of the list. */
export function writeCursor(fingerprint: string, offset: number): string {
  return Buffer.from(`${fingerprint}:${offset}`).toString('base64url')
}

/** The offset in a cursor. Throws BAD_USER_INPUT for what is none, or one of another list. */
export function readCursor(argument: string, fingerprint: string, cursor: string): number {
  const [mark, offset = ''] = Buffer.from(cursor, 'base64url').toString().split(':')
  const wellFormed = /^(0|[1-9]\d{0,8})$/.test(offset) && writeCursor(mark ?? '', Number(offset)) === cursor
  if (!wellFormed) throw inputError(`a cursor for "${argument}"`, cursor)
  if (mark !== fingerprint)
    throw inputError(`a cursor of this list, with this filter and order, for "${argument}"`, cursor)
  return Number(offset)
}
