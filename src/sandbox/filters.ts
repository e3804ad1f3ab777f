import { since } from '../releases.ts'
import type { ApiRequest } from './api.ts'
import { badParameters, complaint, Sentence } from './errors.ts'
import { integerKey, type KeyKind, uuidKey } from './keys.ts'

type Test<Row> = (row: Row) => boolean

/** A query parameter that filters a list. */
export interface Filter<Row> {
  parameter: string
  /** The first release that knows the parameter, where not all do. Older ones ignore it. */
  since?: string
  /** The test that a row must pass, null where the values set no filter, or the text of an error. */
  read(values: readonly string[]): Test<Row> | Sentence | null
}

type Column<Row, Value> = (row: Row) => Value

/** The rows that pass every filter. Throws one `Refusal` for all that is wrong with the parameters. */
export function filtered<Row>(
  rows: readonly Row[],
  filters: readonly Filter<Row>[],
  { query, release }: ApiRequest,
): readonly Row[] {
  const complaints = new Map<string, Sentence>()
  let remaining = rows
  for (const { parameter, since: first = '0', read } of filters) {
    if (!since(release, first)) continue
    const test = read(query.all(parameter))
    if (test instanceof Sentence) complaints.set(parameter, test)
    else if (test) remaining = remaining.filter(test)
  }
  if (complaints.size > 0) throw badParameters(complaints)
  return remaining
}

/** Text that equals the value. */
export function text<Row>(parameter: string, column: Column<Row, string>): Filter<Row> {
  return single(parameter, (value) => (row) => value.trim() === '' || column(row) === value.trim())
}

/** Text that begins with the value. */
export function prefix<Row>(parameter: string, column: Column<Row, string>): Filter<Row> {
  return single(parameter, (value) => (row) => column(row).startsWith(value))
}

/** true, false, 1 or 0. Any other value sets no filter. */
export function flag<Row>(parameter: string, column: Column<Row, boolean>): Filter<Row> {
  return single(parameter, (value) => {
    const wanted = flagWords.get(value.toLowerCase())
    return wanted === undefined ? null : (row) => column(row) === wanted
  })
}

const flagWords = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

/** Three parameters for a time: equal, `__gt` for later and `__lt` for earlier. */
export function times<Row>(parameter: string, first: string, column: Column<Row, string>): Filter<Row>[] {
  const compare = (suffix: string, holds: (difference: number) => boolean) => ({
    ...single<Row>(parameter + suffix, (value) => {
      const wanted = Date.parse(value)
      return Number.isNaN(wanted) ? complaint.notTime() : (row) => holds(Date.parse(column(row)) - wanted)
    }),
    since: first,
  })
  return [
    compare('', (difference) => difference === 0),
    compare('__gt', (difference) => difference > 0),
    compare('__lt', (difference) => difference < 0),
  ]
}

/** One of a few words. */
export function choice<Row>(parameter: string, words: readonly string[], column: Column<Row, string>): Filter<Row> {
  return single(parameter, (value) =>
    words.includes(value) ? (row) => column(row) === value : complaint.noSuchChoice(value),
  )
}

/** Any of the words given. */
export function choices<Row>(parameter: string, words: readonly string[], column: Column<Row, string>): Filter<Row> {
  return several(parameter, (value) => (words.includes(value) ? value : complaint.noSuchChoice(value)), column)
}

/** A UUID that need not exist. */
export function uuidText<Row>(parameter: string, column: Column<Row, string>): Filter<Row> {
  return single(parameter, (value) => {
    const wanted = uuidKey.read(value)
    return wanted === null ? complaint.uuidExpected() : (row) => column(row) === wanted
  })
}

/** The key of an object that must exist. */
export function reference<Row>(
  parameter: string,
  kind: KeyKind,
  known: readonly (number | string)[],
  column: Column<Row, number | string | null>,
): Filter<Row> {
  return single(parameter, (value) => {
    const key = kind.read(value)
    if (key === null && kind === uuidKey) return complaint.notUuid(value)
    return known.map(String).includes(key ?? '') ? (row) => String(column(row)) === key : complaint.notOneOfThem()
  })
}

/** Any of several objects, which must all exist. */
export function references<Row>(
  parameter: string,
  kind: KeyKind,
  known: readonly (number | string)[],
  column: Column<Row, readonly (number | string)[]>,
): Filter<Row> {
  return several(
    parameter,
    (value) => {
      const key = kind.read(value)
      if (key === null) return kind === integerKey ? complaint.notValid(value) : complaint.notUuid(value)
      return known.map(String).includes(key) ? key : complaint.noSuchChoice(value)
    },
    column,
  )
}

/** A filter by one value. Where the parameter is repeated, the last counts. */
export function single<Row>(parameter: string, read: (value: string) => Test<Row> | Sentence | null): Filter<Row> {
  return {
    parameter,
    read(values) {
      const value = values.at(-1) ?? ''
      if (value.includes('\0')) return complaint.nullCharacters()
      return value === '' ? null : read(value)
    },
  }
}

function several<Row>(
  parameter: string,
  readOne: (value: string) => string | Sentence,
  column: Column<Row, string | readonly (number | string)[]>,
): Filter<Row> {
  return {
    parameter,
    read(values) {
      const wanted = new Set<string>()
      for (const value of values) {
        const one = readOne(value)
        if (one instanceof Sentence) return one
        wanted.add(one)
      }
      return wanted.size === 0 ? null : (row) => [column(row)].flat().some((one) => wanted.has(String(one)))
    },
  }
}
