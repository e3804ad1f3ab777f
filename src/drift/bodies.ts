// Holds each body of a document against the fields that read it.
import { type GraphQLOutputType, getNamedType, isEnumType, isListType, isNonNullType, isObjectType } from 'graphql'
import { mayLack } from '../authentik/bodies.ts'
import { listOf } from '../authentik/endpoints.ts'
import { declarationOf } from '../graph/declaration.ts'
import type { Difference, Gravity } from './differences.ts'
import type { Expanded, OpenApi } from './openapi.ts'
import { elementOf, type Field, type Place, placesOf, type Reading, readingOf } from './places.ts'

/** What differs at a place, and what that means; without a meaning, the field fails. */
type Finding = readonly [gravity: Gravity, what: string, means?: string]

/** A finding, and the field of which it is told, if of any. */
interface Found {
  readonly gravity: Gravity
  readonly what: string
  readonly means: string
  readonly place: Place
  readonly name?: string
}

/** What every release sends, though no document requires it. */
const sentAnyway = new Set(['AuthenticatedSession.uuid'])

const invalid = 'UPSTREAM_INVALID_RESPONSE'

/** What differs, as lines with their gravity. */
export function compareBodies(api: OpenApi): Difference[] {
  const places = placesOf(api)
  const differences = places.flatMap((place) =>
    fieldsOf(place)
      .flatMap((field) => compareField(api, place, field))
      .concat(unreadOf(api, place)),
  )
  return [...linesOf(differences, places), ...costsOf(places)]
}

function fieldsOf({ type }: Place): Field[] {
  return Object.values(type.getFields())
}

function compareField(api: OpenApi, place: Place, field: Field): Found[] {
  const reading = readingOf(place, field)
  if (!reading) return []
  const found = reading.reads.filter((name) => name in place.properties)
  const differences =
    found.length > 0 ? found.flatMap((name) => compareProperty(api, place, field, name)) : lackOf(reading)
  return differences.map(([gravity, what, means = lossOf(place, field)]) => {
    return { gravity, what, means, place, name: field.name }
  })
}

function lackOf({ reads, loaded, needed }: Reading): Finding[] {
  if (loaded) return []
  const what = `there is no ${reads.map((name) => `"${name}"`).join(' and no ')}`
  return [needed ? ['breaks', what] : ['null', what, 'null on this release']]
}

function lossOf({ type }: Place, field: Field): string {
  return `fails with ${invalid}${isNonNullType(field.type) ? `, and the whole ${type} is lost` : ''}`
}

function compareProperty(api: OpenApi, place: Place, field: Field, name: string): Finding[] {
  const property = api.expand(place.properties[name] ?? {})
  if (!isRead(api, field, property))
    return [['breaks', `"${name}" is ${describe(api, property)}, read as ${field.type}`]]
  const gravity: Gravity = isNonNullType(field.type) ? 'breaks' : 'null'
  const { loaded = false } = readingOf(place, field) ?? {}
  return [
    ...nullsOf(api, field.type, property).map((how): Finding => [gravity, `"${name}" may ${how} null`]),
    // A list of objects is null where it was not asked for.
    ...(isNonNullType(field.type) ||
    !property.nullable ||
    isIncluded(field, name) ||
    mayLack(place.type.name, [name]).beNull
      ? []
      : [['null', `"${name}" may be null`, `fails with ${invalid} there`] as const]),
    ...(isNonNullType(field.type) && !loaded && !isSent(place, name)
      ? [['breaks', `"${name}" may be left out`] as const]
      : []),
    ...compareValues(getNamedType(field.type), name, elementOf(api, property).enum),
  ]
}

function isSent({ type, required }: Place, name: string): boolean {
  return required.includes(name) || sentAnyway.has(`${type}.${name}`)
}

/** Whether the property is a list that the field includes on request. */
function isIncluded(field: Field, name: string): boolean {
  const { include } = declarationOf(field)
  return include !== undefined && name === listOf(include)
}

function compareValues(type: ReturnType<typeof getNamedType>, name: string, values: Expanded['enum']): Finding[] {
  if (!isEnumType(type)) return []
  const known = type.getValues().map(({ value }) => value)
  if (!values) return [['null', `"${name}" may be any text`, `null with ${invalid} where the graph does not know it`]]
  const unknown = values.filter((value) => !known.includes(value)).map((value) => `"${value}"`)
  const missing = type.getValues().filter(({ value }) => !values.includes(value))
  return [
    ...(unknown.length > 0
      ? [
          [
            'null',
            `"${name}" may be ${unknown.join(', ')}`,
            `null with ${invalid} there: the graph does not know it`,
          ] as const,
        ]
      : []),
    ...missing.map((one): Finding => ['null', `"${name}" is never "${one.value}"`, `${one.name} never occurs`]),
  ]
}

function nullsOf(api: OpenApi, type: GraphQLOutputType, property: Expanded, how = 'be'): string[] {
  if (isNonNullType(type)) return [...(property.nullable ? [how] : []), ...nullsOf(api, type.ofType, property, how)]
  if (!isListType(type) || property.type !== 'array') return []
  return nullsOf(api, type.ofType, api.expand(property.items ?? {}), 'hold')
}

/** Whether the field can make something of the property: by itself where it exposes it, else by its resolver. */
function isRead(api: OpenApi, field: Field, property: Expanded): boolean {
  if (typeof field.extensions['pothosExposedField'] === 'string') return fits(api, field.type, property)
  const type = getNamedType(field.type)
  const element = elementOf(api, property)
  if (isObjectType(type)) return [undefined, 'object', 'integer', 'string'].includes(element.type)
  // A resolver may split a text.
  const isSplit = isListType(field.type) && type.name === 'String' && property.type === 'string'
  return isSplit || element.type === 'object' || fits(api, field.type, property)
}

const kinds: Readonly<Record<string, readonly string[]>> = {
  ID: ['string', 'integer'],
  String: ['string'],
  Boolean: ['boolean'],
  Int: ['integer'],
  Float: ['number', 'integer'],
  UUID: ['string'],
  DateTime: ['string'],
}
const formats: Readonly<Record<string, string>> = { UUID: 'uuid', DateTime: 'date-time' }

/** What says nothing of its type or format contradicts none. */
function fits(api: OpenApi, type: GraphQLOutputType, property: Expanded): boolean {
  const { type: kind, format, items } = property
  if (isNonNullType(type)) return fits(api, type.ofType, property)
  if (kind === undefined || type.name === 'JSON') return true
  if (isListType(type)) return kind === 'array' && fits(api, type.ofType, api.expand(items ?? {}))
  if (isObjectType(type)) return kind === 'object'
  const expected = formats[type.name]
  return (kinds[type.name] ?? ['string']).includes(kind) && (!expected || !format || format === expected)
}

function describe(api: OpenApi, { type = 'anything', format, items }: Expanded): string {
  if (type === 'array') return `a list of ${describe(api, api.expand(items ?? {}))}`
  return format ? `${type} (${format})` : type
}

/** The keys of objects that a field reads whole are not worth a line, and so are objects whose keys a field reads. */
function unreadOf(api: OpenApi, place: Place): Found[] {
  const read = new Set(fieldsOf(place).flatMap((field) => readingOf({ ...place, own: true }, field)?.reads ?? []))
  const unread = Object.entries(place.properties).filter(
    ([name]) => !read.has(name) && !read.has(`${name}_obj`) && !read.has(name.replace(/_obj$/, '')),
  )
  return unread.map(([name, property]) => {
    const what = `"${name}", ${describe(api, api.expand(property))}`
    return { gravity: 'unread' as const, what, means: 'no field reads it', place }
  })
}

/** One line for what is the same of several fields or at several places. */
/** What is told once, of several fields or at several places. */
interface Told extends Omit<Found, 'place' | 'name'> {
  readonly type: Place['type']
  readonly names: Set<string>
  readonly where: Set<string>
}

function linesOf(differences: readonly Found[], places: readonly Place[]): Difference[] {
  const same = new Map<string, Told>()
  for (const { gravity, what, means, place, name } of differences) {
    const key = [gravity, place.type, what, means].join()
    const line = same.get(key) ?? { gravity, type: place.type, what, means, names: new Set(), where: new Set() }
    same.set(key, line)
    line.names.add(name ? `${place.type}.${name}` : place.type.name)
    line.where.add(place.where)
  }
  return [...same.values()].map(({ gravity, type, what, means, names, where }) => {
    const everywhere = places.every((place) => place.type !== type || place.shortened || where.has(place.where))
    const subject = [...names].join(', ')
    return { gravity, line: `${subject}${everywhere ? '' : ` in ${[...where].join(', ')}`}: ${what}; ${means}` }
  })
}

/** For what an object's own endpoint is asked, one line for each way in which its bodies are shortened. */
function costsOf(places: readonly Place[]): Difference[] {
  const same = new Map<string, Set<string>>()
  for (const place of places) {
    const names = fieldsOf(place)
      .filter((field) => isLoaded(places, place, field))
      .map(({ name }) => name)
    if (names.length === 0) continue
    const means = `loaded by one more request for each distinct ${place.type}, which needs the right ${place.right}`
    const what = `without ${names.join(', ')}; ${means}`
    same.set(what, (same.get(what) ?? new Set()).add(place.where))
  }
  return [...same].map(([what, where]) => ({ gravity: 'costs', line: `${[...where].join(', ')}: ${what}` }))
}

function isLoaded(places: readonly Place[], place: Place, field: Field): boolean {
  const { reads = [], loaded } = readingOf(place, field) ?? {}
  if (!loaded || reads.some((name) => name in place.properties)) return false
  const whole = places.filter(({ type, own }) => type === place.type && own)
  return whole.some(({ properties }) => reads.some((name) => name in properties))
}
