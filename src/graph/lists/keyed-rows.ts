import { findKey } from '../loading/keys.ts'
import type { Lookup } from '../loading/lookup.ts'
import type { Cursor } from './cursor.ts'
import type { Place, RowOrder } from './find-row.ts'
import type { Rows } from './walk.ts'

/** The rows of a list that is ordered by key, and whose keys are all at hand. A row that has not been taken has its key alone. */
export class KeyedRows<K extends string | number, B extends object> implements Rows<B> {
  readonly length: number
  readonly #lookup: Lookup<K, B>
  readonly #order: RowOrder<K>
  readonly #sort: () => readonly K[]
  #sorted: readonly K[] | undefined
  readonly #bodies = new Map<K, B>()

  /** `sort` gives the keys in that order, and is called once they are needed. */
  constructor(lookup: Lookup<K, B>, order: RowOrder<K>, length: number, sort: () => readonly K[]) {
    this.length = length
    this.#lookup = lookup
    this.#order = order
    this.#sort = sort
  }

  /** Takes the bodies of rows that came. */
  take(bodies: readonly B[]): void {
    for (const body of bodies) {
      const key = findKey(this.#lookup.key, body)
      if (key !== undefined) this.#bodies.set(key, body)
    }
  }

  rowAt(offset: number): B | undefined {
    const key = this.#inOrder[offset]
    return key === undefined ? undefined : (this.#bodies.get(key) ?? this.#lookup.withKeyAlone(key))
  }

  /** Where the row of a cursor stands. If it is gone: between the rows around it. */
  find({ offset, key: text }: Cursor): Place {
    const key = this.#lookup.key.read(text)
    if (key === undefined) return { after: offset, before: offset }
    const next = this.#inOrder.findIndex((other) => this.#compare(other, key) >= 0)
    const at = next === -1 ? this.length : next
    return { after: this.#inOrder[at] === key ? at : at - 1, before: at }
  }

  /** Sorted when it is needed: a group may have tens of thousands of members, of whom the number is asked. */
  get #inOrder(): readonly K[] {
    this.#sorted ??= this.#sort()
    return this.#sorted
  }

  #compare(one: K, other: K): number {
    return comparing(this.#order)(one, other)
  }
}

/** Compares keys as they stand in a list of that order. */
export function comparing<K extends string | number>({ key, byKey }: RowOrder<K>): (one: K, other: K) => number {
  return (one, other) => (key.compare?.(one, other) ?? 0) * byKey
}
