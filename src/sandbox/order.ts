import type { ApiRequest } from './api.ts'

interface Orderable<Row> {
  columns: readonly (keyof Row & string)[]
  order: readonly (keyof Row & string)[]
}

/** The rows as `ordering` asks: "pk", "-expires" or a list of such. Names that are no column are ignored. */
export function ordered<Row>(rows: readonly Row[], { columns, order }: Orderable<Row>, { query }: ApiRequest): Row[] {
  const asked = (query.last('ordering') ?? '').split(',').flatMap((text) => {
    const [, minus, name] = /^\s*(-?)(.*?)\s*$/.exec(text) ?? []
    const column = columns.find((candidate) => candidate === name)
    return column ? [{ column, sign: minus ? -1 : 1 }] : []
  })
  const terms = asked.length > 0 ? asked : order.map((column) => ({ column, sign: 1 }))
  return rows.toSorted((one, other) => {
    for (const { column, sign } of terms) {
      const difference = compare(one[column], other[column])
      if (difference !== 0) return sign * difference
    }
    return 0
  })
}

const collator = new Intl.Collator('en')

/** Compares like PostgreSQL: null comes last. */
function compare(one: unknown, other: unknown): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  if (typeof one === 'string') return collator.compare(one, String(other))
  return Number(one) - Number(other)
}
