import { inputError } from '../../errors.ts'

/** How authentik's keys of one kind are written: in one way only, so that equal keys are equal text. */
export interface Keys<Key> {
  /** The key, or undefined where the text is none. */
  readonly read: (text: string) => Key | undefined
  /** What a key looks like, for an error's text. */
  readonly example: string
}

/** 1 to 2147483647, without sign or leading zero. */
export const integerKeys: Keys<number> = {
  read: (text) => (/^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 31 ? Number(text) : undefined),
  example: 'a whole number such as "42"',
}

/** 8-4-4-4-12 hexadecimal digits, read in any case. */
export const uuidKeys: Keys<string> = {
  read: (text) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined),
  example: 'a UUID such as "0cd9c317-cafb-4a8c-99bc-500bbf482e37"',
}

/** The key in "42" or "User:42". Throws BAD_USER_INPUT for anything else. */
export function readId<Key>(typename: string, keys: Keys<Key>, id: string): Key {
  const prefix = `${typename}:`
  const key = keys.read(id.startsWith(prefix) ? id.slice(prefix.length) : id)
  if (key !== undefined) return key
  throw inputError(`the id of one ${typename}, ${keys.example} or "${prefix}..."`, id)
}
