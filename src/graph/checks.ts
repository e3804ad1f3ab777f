import { type GraphQLOutputType, isEnumType, isListType, isNonNullType } from 'graphql'
import { limits } from '../limits.ts'

/** Whether a value may stand in a field. */
export type Check = (value: unknown) => boolean

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const scalarChecks: Readonly<Record<string, Check>> = {
  ID: (value) => typeof value === 'string',
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  Float: (value) => Number.isFinite(value),
  Int: (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  UUID: (value) => typeof value === 'string' && uuid.test(value),
  DateTime: (value) => typeof value === 'string' && dateTime.test(value),
  JSON: (value) => isJson(value, limits.jsonDepth),
}

/** The check for values of a field of that type. What it lets through, graphql can serialize. */
export function checkOf(type: GraphQLOutputType): Check {
  if (isNonNullType(type)) {
    const fits = checkOf(type.ofType)
    return (value) => value != null && fits(value)
  }
  const fits = isListType(type) ? checkOfList(checkOf(type.ofType)) : checkOfNamed(type)
  return (value) => value == null || fits(value)
}

/** Whether a list that came from upstream is one, of objects. */
export function isListOfObjects(list: unknown): boolean {
  return Array.isArray(list) && list.every((item) => typeof item === 'object' && item !== null)
}

function checkOfList(fits: Check): Check {
  return (value) => Array.isArray(value) && value.every(fits)
}

function checkOfNamed(type: GraphQLOutputType): Check {
  if (!isEnumType(type)) return scalarChecks[String(type)] ?? ((value) => typeof value === 'object')
  const known = new Set(type.getValues().map(({ value }) => value))
  return (value) => known.has(value)
}

/** Whether the value can be written as JSON again. graphql and JSON.stringify recurse, so its depth is bounded. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((inner) => isJson(inner, depth - 1))
}
