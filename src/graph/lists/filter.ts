import type { Query } from '../../authentik/address.ts'
import { badInput, inputError, invalidAnswer, UpstreamError } from '../../errors.ts'
import { limits } from '../../limits.ts'

/** For each field of a filter, authentik's parameter and, where the text is not the same, how to read it. */
export type Filters<B = never> = Readonly<Record<string, FilterField<B>>>

interface FilterField<B> {
  readonly parameter: string
  readonly read?: (text: string) => string | number
  /** What a row has of it. authentik ignores filters that it does not know: a row with another value is none that was asked for. */
  readonly in?: (row: B) => unknown
}

/** What a caller filters by. What is null or left out filters nothing. */
export type Criteria = Readonly<Record<string, Given | readonly string[]>>
type Given = string | number | boolean | null | undefined

/**
 * The criteria as query parameters. Throws BAD_USER_INPUT for empty text and empty lists: authentik would take them for no
 * filter at all, and list everything. `argument` is where the caller has them.
 */
export function readCriteria(criteria: Criteria, filters: Filters, argument = 'filter'): Query {
  const query: Record<string, string | number | boolean | (string | number)[]> = {}
  for (const [name, given] of Object.entries(criteria)) {
    const { parameter = name, read = (text: string) => text } = filters[name] ?? {}
    if (given === null || given === undefined) continue
    // authentik strips what it gets.
    const empty = typeof given === 'string' && given.trim() === ''
    if (empty && name === 'search') continue
    if (empty) throw inputError(`"${argument}.${name}" with a value`, given)
    if (Array.isArray(given)) query[parameter] = readList(name, given).map(read)
    else query[parameter] = typeof given === 'string' ? read(given) : (given as number | boolean)
  }
  return query
}

function readList(name: string, given: readonly string[]): readonly string[] {
  if (given.length > 0 && given.length <= limits.ids) return given
  throw inputError(`"filter.${name}" with 1 to ${limits.ids} values`, given.length)
}

/** Throws UPSTREAM_INVALID_RESPONSE where a row is none of those that the query asks for. */
export function checkRows<B>(rows: readonly B[], query: Query, filters: Filters<B>): void {
  for (const { parameter, in: valueIn } of Object.values(filters)) {
    const value = query[parameter]
    if (!valueIn || value === undefined) continue
    if (rows.some((row) => valueIn(row) !== value))
      throw invalidAnswer(`rows with another "${parameter}" than the one asked for`)
  }
}

/** The error, with authentik's parameters called as the caller calls them. */
export function inCallersWords(error: unknown, filters: Filters): unknown {
  if (!(error instanceof UpstreamError) || error.code !== 'BAD_USER_INPUT' || !error.authentik?.fields) return error
  const names = new Map(Object.entries(filters).map(([name, { parameter }]) => [parameter, `filter.${name}`]))
  const fields = Object.entries(error.authentik.fields).map(([field, texts]) => [names.get(field) ?? field, texts])
  return badInput({ ...error.authentik, fields: Object.fromEntries(fields) })
}
