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
  readonly #keys: readonly unknown[]
  #sorted: readonly K[] | undefined
  readonly #bodies = new Map<K, B>()

  /** `keys` came from upstream, in any order. */
  constructor(lookup: Lookup<K, B>, order: RowOrder<K>, keys: readonly unknown[]) {
    this.length = keys.length
    this.#lookup = lookup
    this.#order = order
    this.#keys = keys
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
    this.#sorted ??= this.#keys
      .map((value) => this.#lookup.checkKey(value))
      .sort((one, other) => this.#compare(one, other))
    return this.#sorted
  }

  #compare(one: K, other: K): number {
    return (this.#order.key.compare?.(one, other) ?? 0) * this.#order.byKey
  }
}
