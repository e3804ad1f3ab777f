import { createHash } from 'node:crypto'
import { inputError } from '../../errors.ts'

/** A row of a list, as it stood when it was read. */
export interface Cursor {
  /** How many rows stood before it. */
  readonly offset: number
  /** How many rows the list had. */
  readonly count: number
  /** The row's key, as text; empty where the row had none. */
  readonly key: string
}

/** The mark of a list in its cursors, made of all that decides which rows it has and in which order. */
export function fingerprintOf(list: unknown): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 8)
}

/** The cursor as an opaque text. */
export function writeCursor(fingerprint: string, { offset, count, key }: Cursor): string {
  return Buffer.from(`${fingerprint}:${offset}:${count}:${key}`).toString('base64url')
}

/** Reads such a text. Throws BAD_USER_INPUT for anything else, and for a cursor of another list. */
export function readCursor(argument: string, fingerprint: string, text: string): Cursor {
  const read = parseCursor(text)
  if (!read) throw inputError(`a cursor for "${argument}"`, text)
  if (read.mark === fingerprint) return read.cursor
  throw inputError(`a cursor of this list, with this filter and order, for "${argument}"`, text)
}

/** Whether the text is a cursor of some list. */
export function isCursor(text: string): boolean {
  return parseCursor(text) !== undefined
}

function parseCursor(text: string): { readonly mark: string; readonly cursor: Cursor } | undefined {
  const parts = /^([^:]*):(0|[1-9]\d{0,8}):(0|[1-9]\d{0,8}):(.*)$/s.exec(Buffer.from(text, 'base64url').toString())
  if (!parts) return undefined
  const [, mark = '', offset, count, key = ''] = parts
  const cursor = { offset: Number(offset), count: Number(count), key }
  return writeCursor(mark, cursor) === text ? { mark, cursor } : undefined
}
