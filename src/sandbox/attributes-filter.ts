import { badRequest, complaint } from './errors.ts'
import { type Filter, single } from './filters.ts'

/** A JSON mapping of attributes: `{"a":1}`, of nested ones `{"a__b":1}`, or of several values `{"a__in":[1,2]}`. */
export function attributes<Row>(column: (row: Row) => unknown): Filter<Row> {
  return single('attributes', (value) => {
    const lookups = Object.entries(readMapping(value))
    return (row) => lookups.every(([lookup, wanted]) => matches(column(row), lookup.split('__'), wanted))
  })
}

function readMapping(text: string): object {
  const mapping = readJson(text)
  if (typeof mapping === 'object' && mapping !== null && !Array.isArray(mapping)) return mapping
  throw badRequest(complaint.notMapping())
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest(complaint.notJson())
  }
}

function matches(value: unknown, [step, ...further]: string[], wanted: unknown): boolean {
  if (step === undefined) return JSON.stringify(value) === JSON.stringify(wanted)
  if (step === 'in' && Array.isArray(wanted)) return wanted.some((one) => matches(value, further, one))
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
  return matches(new Map(Object.entries(value)).get(step), further, wanted)
}
