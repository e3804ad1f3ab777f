// Where the objects of the graph stand in authentik's answers.
import { getNamedType, isNonNullType, isObjectType } from 'graphql'
import { mayLack } from '../../dist/authentik/bodies.js'
import { endpoints } from '../../dist/authentik/endpoints.js'
import { declarationOf } from '../../dist/graph/declaration.js'
import { lookups } from '../../dist/graph/loading/lookup.js'
import { createSchema } from '../../dist/schema/index.js'

const schema = createSchema()

/**
 * Every body that the document says the gateway reads: its type in the graph, where it stands, its properties, whether it
 * is `shortened`, so that its own endpoint has what it lacks, and that endpoint's right.
 */
export function placesOf(api) {
  const places = Object.entries(endpoints).flatMap(([name, endpoint]) => rootOf(api, name, endpoint))
  const seen = new Set()
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

/**
 * Which properties a field `reads` of the body at that place, whether it is `loaded` from the object's own endpoint where
 * there are none, and whether it fails where that has none either. Undefined where it does not read that body.
 */
export function readingOf(place, field) {
  // It asks for the caller itself, whatever body it stands on.
  if (field.name === 'effectiveGroups') return place.where === 'me' ? { reads: ['groups'], needed: true } : undefined
  const key = lookups.get(place.type.name)?.key.property
  if (field.name === 'id' && key) return { reads: [key], loaded: false, needed: true }
  const { reads, fromOwnEndpoint } = declarationOf(field)
  if (!reads || (fromOwnEndpoint && !place.own)) return undefined
  return {
    reads,
    loaded: place.shortened && !reads.includes(key),
    needed: isNonNullType(field.type) || !mayLack(place.type.name, reads).beAbsent,
  }
}

/** The innermost of lists in lists. */
export function elementOf(api, property) {
  const expanded = api.expand(property)
  return expanded.type === 'array' ? elementOf(api, expanded.items ?? {}) : expanded
}

/** Lists, look-ups and `me` are fields of the query named like the endpoints. */
function typeOf(name) {
  const type = getNamedType(schema.getQueryType().getFields()[name].type)
  return getNamedType(type.getFields().nodes?.type ?? type)
}

function rootOf(api, name, { path, answer: kind }) {
  const answer = api.answerOf(path)
  const property = { page: 'results', caller: 'user' }[kind]
  const inside = property ? answer.properties?.[property] : answer
  if (!inside) return []
  const type = typeOf(name)
  const shortened = kind === 'caller'
  return [placeAt(type, name, elementOf(api, inside), shortened, !shortened)]
}

function placeAt(type, where, { properties = {}, required = [] }, shortened, own = false) {
  const [, one] =
    Object.entries(endpoints).find(([name, { answer }]) => answer === 'object' && typeOf(name) === type) ?? []
  return { type, where, properties, required, shortened, own, right: one?.right }
}

function innerPlaces(api, place) {
  return Object.values(place.type.getFields()).flatMap((field) => {
    const type = getNamedType(field.type)
    const { reads } = readingOf(place, field) ?? {}
    if (!reads || !isObjectType(type)) return []
    const found = reads.filter((name) => name in place.properties)
    const objects = found.map((name) => elementOf(api, place.properties[name])).filter(isObject)
    const bodies = objects.length > 0 ? [together(objects)] : keysInstead(api, place, reads, found)
    const where = `${place.type}.${field.name}`
    return bodies.map((body) => placeAt(type, where, body, isShortened(field, body)))
  })
}

/** Of several objects, a field shows what is in any of them. */
function together(objects) {
  return {
    properties: Object.assign({}, ...objects.map(({ properties }) => properties)),
    required: objects.flatMap(({ required = [] }) => required),
  }
}

/** An object of which the document says nothing contradicts nothing. */
function isObject({ type, properties }) {
  return type === 'object' && properties !== undefined
}

/** Where newer releases have an object, older ones have its key, and may have its name. */
function keysInstead(api, { properties }, reads, found) {
  if (!reads.some((name) => name.endsWith('_obj'))) return []
  const keys = found.filter((name) => ['string', 'integer'].includes(elementOf(api, properties[name]).type))
  return keys.map((name) => {
    const known = Object.entries({ pk: properties[name], name: properties[`${name}_name`] }).filter(([, one]) => one)
    const certain = known.map(([key, property]) => [key, { ...elementOf(api, property), nullable: false }])
    return { properties: Object.fromEntries(certain), required: certain.map(([key]) => key) }
  })
}

/** As the resolvers have it. */
function isShortened(field, { properties = {} }) {
  const { shortened = false } = declarationOf(field)
  return typeof shortened === 'function' ? shortened(properties) : shortened
}
