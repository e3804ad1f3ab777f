/** How keys of one kind are written in a path or a filter. */
export interface KeyKind {
  /** The key in its one canonical spelling, or null where the text is no key of this kind. */
  read(text: string): string | null
}

/** What names a row in its address: a property, and how its values are written. */
export interface Key<Row> {
  property: keyof Row & string
  kind: KeyKind
}

/** Integers, as most of authentik's keys are. */
export const integerKey: KeyKind = {
  read: (text) => (/^[+-]?\d+$/.test(text) ? String(Number(text)) : null),
}

/** UUIDs in any case, with or without dashes. */
export const uuidKey: KeyKind = {
  read(text) {
    const parts = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i.exec(text)
    return parts === null ? null : parts.slice(1).join('-').toLowerCase()
  },
}

/** Names and slugs: any text. */
export const nameKey: KeyKind = { read: (text) => text }

/** A fixed UUID that shows what it names: the word's letters in hexadecimal, then a number. */
export function uuid(word: string, number: number): string {
  const letters = Buffer.from(word).toString('hex').padEnd(12, '0')
  return `${letters.slice(0, 8)}-${letters.slice(8, 12)}-4000-8000-${String(number).padStart(12, '0')}`
}
