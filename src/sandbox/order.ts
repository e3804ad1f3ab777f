import { since } from '../releases.ts'
import type { ApiRequest } from './api.ts'

interface Orderable<Row> {
  columns: readonly (keyof Row & string)[]
  order: readonly (keyof Row & string)[]
}

/** The rows as `ordering` asks: "pk", "-expires" or a list of such. Names that are no column are ignored. */
export function ordered<Row>(
  rows: readonly Row[],
  { columns, order }: Orderable<Row>,
  { query, release }: ApiRequest,
): Row[] {
  const nulls = since(release, '2026.8') ? -1 : 1
  const asked = (query.last('ordering') ?? '').split(',').flatMap((text) => {
    const [, minus, name] = /^\s*(-?)(.*?)\s*$/.exec(text) ?? []
    const column = columns.find((candidate) => candidate === name)
    return column ? [{ column, sign: minus ? -1 : 1 }] : []
  })
  const terms = asked.length > 0 ? asked : order.map((column) => ({ column, sign: 1 }))
  return rows.toSorted((one, other) => {
    for (const { column, sign } of terms) {
      const difference = compare(one[column], other[column], nulls)
      if (difference !== 0) return sign * difference
    }
    return 0
  })
}

const collator = new Intl.Collator('en')

/** Compares like PostgreSQL, to which null is the largest; since 2026.8 authentik says that it is the smallest. */
function compare(one: unknown, other: unknown, nulls: 1 | -1): number {
  if (one === null || other === null) return nulls * (Number(one === null) - Number(other === null))
  if (typeof one === 'string') return collator.compare(one, String(other))
  return Number(one) - Number(other)
}
