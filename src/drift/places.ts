// Where the objects of the graph stand in authentik's answers.
import { type GraphQLField, type GraphQLObjectType, getNamedType, isNonNullType, isObjectType } from 'graphql'
import { mayLack } from '../authentik/bodies.ts'
import { type Endpoint, endpoints } from '../authentik/endpoints.ts'
import { declarationOf } from '../graph/declaration.ts'
import { lookups } from '../graph/loading/lookup.ts'
import { createSchema } from '../schema/index.ts'
import type { Expanded, OpenApi, Schema } from './openapi.ts'

const schema = createSchema()

/** A body that the gateway reads. */
export interface Place {
  /** Its type in the graph. */
  readonly type: GraphQLObjectType
  /** Where it stands: an endpoint, or a field. */
  readonly where: string
  readonly properties: Readonly<Record<string, Schema>>
  readonly required: readonly string[]
  /** Whether its own endpoint has what it lacks. */
  readonly shortened: boolean
  /** Whether it came from there. */
  readonly own: boolean
  /** That endpoint's right. */
  readonly right: string | undefined
}

/** What a field reads of a body. */
export interface Reading {
  readonly reads: readonly string[]
  /** Whether it is loaded from the object's own endpoint where there are none of these. */
  readonly loaded?: boolean
  /** Whether it fails where that has none either. */
  readonly needed: boolean
}

/** A field of the graph. */
export type Field = GraphQLField<unknown, unknown>

/** Every body that the document says the gateway reads. */
export function placesOf(api: OpenApi): Place[] {
  const places = Object.entries(endpoints).flatMap(([name, endpoint]) => rootOf(api, name, endpoint))
  const seen = new Set<string>()
  // Grows while it is walked: objects stand inside others.
  for (const place of places) {
    for (const inner of innerPlaces(api, place)) {
      const key = `${inner.type} ${inner.where} ${JSON.stringify(inner.properties)}`
      if (!seen.has(key)) places.push(inner)
      seen.add(key)
    }
  }
  return places
}

/** What a field reads of the body at that place. Undefined where it does not read that body. */
export function readingOf(place: Omit<Place, 'right'>, field: Field): Reading | undefined {
  // It asks for the caller itself, whatever body it stands on.
  if (field.name === 'effectiveGroups') return place.where === 'me' ? { reads: ['groups'], needed: true } : undefined
  const key: string | undefined = lookups.get(place.type.name)?.key.property
  if (field.name === 'id' && key) return { reads: [key], loaded: false, needed: true }
  const { reads, fromOwnEndpoint } = declarationOf(field)
  if (!reads || (fromOwnEndpoint && !place.own)) return undefined
  return {
    reads,
    loaded: place.shortened && !(key && reads.includes(key)),
    needed: isNonNullType(field.type) || !mayLack(place.type.name, reads).beAbsent,
  }
}

/** The innermost of lists in lists. */
export function elementOf(api: OpenApi, property: Schema): Expanded {
  const expanded = api.expand(property)
  return expanded.type === 'array' ? elementOf(api, expanded.items ?? {}) : expanded
}

/** Lists, look-ups and `me` are fields of the query named like the endpoints. */
function typeOf(name: string): GraphQLObjectType {
  const type = objectOf(schema.getQueryType()?.getFields()[name])
  const { nodes } = type.getFields()
  return nodes ? objectOf(nodes) : type
}

function objectOf(field: Field | undefined): GraphQLObjectType {
  const type = field && getNamedType(field.type)
  if (!isObjectType(type)) throw new Error(`${field?.name} leads to no object`)
  return type
}

function rootOf(api: OpenApi, name: string, { path, answer: kind }: Endpoint): Place[] {
  const answer = api.answerOf(path)
  const property = { page: 'results', caller: 'user', object: undefined }[kind]
  const inside = property ? answer.properties?.[property] : answer
  if (!inside) return []
  const type = typeOf(name)
  const shortened = kind === 'caller'
  return [placeAt(type, name, elementOf(api, inside), shortened, !shortened)]
}

function placeAt(
  type: GraphQLObjectType,
  where: string,
  { properties = {}, required = [] }: Pick<Schema, 'properties' | 'required'>,
  shortened: boolean,
  own = false,
): Place {
  const [, one] =
    Object.entries<Endpoint>(endpoints).find(([name, { answer }]) => answer === 'object' && typeOf(name) === type) ?? []
  return { type, where, properties, required, shortened, own, right: one?.right }
}

function innerPlaces(api: OpenApi, place: Place): Place[] {
  return Object.values(place.type.getFields()).flatMap((field) => {
    const type = getNamedType(field.type)
    const { reads } = readingOf(place, field) ?? {}
    if (!reads || !isObjectType(type)) return []
    const found = reads.filter((name) => name in place.properties)
    const objects = found.map((name) => elementOf(api, place.properties[name] ?? {})).filter(isObject)
    const bodies = objects.length > 0 ? [together(objects)] : keysInstead(api, place, reads, found)
    const where = `${place.type}.${field.name}`
    return bodies.map((body) => placeAt(type, where, body, isShortened(field, body)))
  })
}

/** Of several objects, a field shows what is in any of them. */
function together(objects: readonly Expanded[]): Schema {
  return {
    properties: Object.assign({}, ...objects.map(({ properties }) => properties)),
    required: objects.flatMap(({ required = [] }) => required),
  }
}

/** An object of which the document says nothing contradicts nothing. */
function isObject({ type, properties }: Expanded): boolean {
  return type === 'object' && properties !== undefined
}

/** Where newer releases have an object, older ones have its key, and may have its name. */
function keysInstead(
  api: OpenApi,
  { properties }: Place,
  reads: readonly string[],
  found: readonly string[],
): Schema[] {
  if (!reads.some((name) => name.endsWith('_obj'))) return []
  const keys = found.filter((name) => ['string', 'integer'].includes(elementOf(api, properties[name] ?? {}).type ?? ''))
  return keys.map((name) => {
    const known = Object.entries({ pk: properties[name], name: properties[`${name}_name`] })
    const certain = known.flatMap(([key, property]) =>
      property ? [[key, { ...elementOf(api, property), nullable: false }] as const] : [],
    )
    return { properties: Object.fromEntries(certain), required: certain.map(([key]) => key) }
  })
}

/** As the resolvers have it. */
function isShortened(field: Field, { properties = {} }: Schema): boolean {
  const { shortened = false } = declarationOf(field)
  return typeof shortened === 'function' ? shortened(properties) : shortened
}
