import type { GraphQLResolveInfo, GraphQLSchema } from 'graphql'
import type { Context } from '../context.ts'
import { inputError, UpstreamError } from '../errors.ts'
import { limits } from '../limits.ts'
import { builder } from './builder.ts'
import { eachNamed } from './charges.ts'
import { lookups } from './loading/lookup.ts'
import { wantedOf } from './loading/wanted.ts'
import { foundAs, getNode, typenameOf } from './node.ts'
import { type Entity, printForFederation, printForStitching } from './sdl.ts'

// What machines ask that compose this graph with others. Written by hand: it is less than the plugin for it, which needs
// @apollo/subgraph in one exact version.

builder.scalarType('_Any', {
  description:
    'A representation of an entity (Apollo Federation): its __typename and one of its keys: the global `id`, or the key that authentik has for it.',
})

const EntityUnion = builder.unionType('_Entity', {
  description: 'What other subgraphs may refer to (Apollo Federation).',
  types: () => [...lookups.values()].map(({ type }) => type),
  resolveType: typenameOf,
})

const Service = builder.objectRef<{ readonly sdl: string }>('_Service').implement({
  description: 'This graph as a subgraph (Apollo Federation).',
  fields: (t) => ({
    sdl: t.exposeString('sdl', { nullable: false, description: 'The schema, with the directives of Federation 2.' }),
  }),
})

/** The type of a representation's object, and the field that names it, with its value: of the type's own key, the global id that it makes. */
interface Named {
  readonly typename: string
  readonly field: string
  readonly value: string
}

/**
 * Reads a representation. An `id` begins with the type: a bare one may be another service's number. Throws BAD_USER_INPUT for anything
 * that names no object.
 */
function readRepresentation(representation: unknown): Named {
  const { __typename, ...given } = Object(representation) as Readonly<Record<string, unknown>>
  const types = typesOf(String(__typename))
  const typename = types.find((name) => String(given['id']).startsWith(`${name}:`)) ?? String(__typename)
  const fields = ['id', ...keyFieldsOf(typename)]
  const field = fields.find((name) => given[name] != null)
  const value = field && given[field]
  const isGlobal = field !== 'id' || String(value).startsWith(`${typename}:`)
  if (field && isGlobal && (typeof value === 'string' || typeof value === 'number')) {
    // Only an "id" is a global one: a key may be a text that looks like it.
    return { typename, field, value: field === keyFieldOf(typename) ? `${typename}:${value}` : String(value) }
  }
  const others = lookups.has(typename) ? fields.slice(1).map((name) => `"${name}", or`) : []
  const ids = types.map((name) => `"${name}:"`).join(' or ')
  const expected = `a representation with "__typename" and ${others.join(' ')} an "id" that begins with ${ids}`
  throw inputError(expected, representation)
}

/** The types that a name stands for: an interface for those that have it. */
function typesOf(name: string): readonly string[] {
  const types = [...lookups.values()].filter(({ forComposers }) => forComposers.interface === name)
  return types.length > 0 ? types.map(({ typename }) => typename) : [name]
}

/**
 * The type of the object that a representation may name, and the field that does, if it is not of the key; undefined where it names none,
 * and nothing is asked.
 */
export function readEntity(representation: unknown): { typename: string; otherKey: string | undefined } | undefined {
  try {
    const { typename, field, value } = readRepresentation(representation)
    const lookup = lookups.get(typename)
    const otherKey = lookup?.forComposers.otherKeys?.fields.find((name) => name === field)
    if (otherKey === undefined) lookup?.readId(value)
    return lookup && { typename, otherKey }
  } catch {
    return undefined
  }
}

/** A text that is the same for all representations of one object by one key. */
function nameOf(representation: unknown): string {
  const { typename, field, value } = readRepresentation(representation)
  return lookups.get(typename)?.forComposers.otherKeys?.fields.includes(field) ? `${typename} ${field} ${value}` : value
}

/** The entity that a representation names. Throws UpstreamError, NOT_FOUND when it is absent or hidden. */
function findEntity(context: Context, info: GraphQLResolveInfo, representation: unknown): Promise<object> {
  const { typename, field, value } = readRepresentation(representation)
  const { otherKeys } = lookups.get(typename)?.forComposers ?? {}
  if (!otherKeys?.fields.includes(field)) return getNode(context, info, typename, value)
  const found = otherKeys.find(context, { [field]: value }, wantedOf(info, typename)).then((body) => {
    if (body) return body
    throw new UpstreamError('NOT_FOUND', `No ${typename} has this ${field}, or you may not see it.`, { sent: 'yes' })
  })
  return foundAs(context, typename, found)
}

/** The fields by which other services may name an object of a type, beside its global id. */
function keyFieldsOf(typename: string): readonly string[] {
  return [keyFieldOf(typename), ...(lookups.get(typename)?.forComposers.otherKeys?.fields ?? [])]
}

/** The field that shows the key of a type. */
function keyFieldOf(typename: string): string {
  return camelCase(lookups.get(typename)?.key.property ?? 'pk')
}

function camelCase(property: string): string {
  return property.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())
}

/** The types whose objects other services may refer to, as far as the schema has them. */
function entitiesOf(schema: GraphQLSchema): Entity[] {
  const names = [...lookups.keys()].filter((name) => schema.getType(name))
  return names.map((name) => {
    const { isShareable = false, interface: interfaceName } = lookups.get(name)?.forComposers ?? {}
    return { name, keyField: keyFieldOf(name), keyFields: keyFieldsOf(name), isShareable, interfaceName }
  })
}

/** What prints a schema, once for each: printing takes some 10 ms, and callers without a token may ask for it. */
function onceForEach(print: typeof printForStitching): (schema: GraphQLSchema) => string {
  const printed = new WeakMap<GraphQLSchema, string>()
  return (schema) => {
    const sdl = printed.get(schema) ?? print(schema, entitiesOf(schema))
    printed.set(schema, sdl)
    return sdl
  }
}

/** The schema as a subgraph of Apollo Federation. */
export const federationSdl = onceForEach(printForFederation)

/** The schema for schema stitching. */
export const stitchingSdl = onceForEach(printForStitching)

builder.queryFields((t) => ({
  _entities: t.field({
    type: [EntityUnion],
    nullable: { list: false, items: true },
    asks: 'objects',
    description:
      'The entities with those keys, in their order (Apollo Federation). One that is unknown, malformed, absent or hidden is null with an error of its own.',
    args: {
      representations: t.arg({
        type: ['_Any'],
        required: true,
        description: `Representations, at most ${limits.ids} distinct ones.`,
      }),
    },
    resolve: (_root, { representations }, context, info) => {
      const find = (representation: unknown) => findEntity(context, info, representation) as Promise<never>
      return eachNamed(context, representations, nameOf, find)
    },
  }),
  _service: t.field({
    type: Service,
    nullable: false,
    description: 'This graph as a subgraph (Apollo Federation).',
    resolve: (_root, _args, _context, { schema }) => ({ sdl: federationSdl(schema) }),
  }),
  _sdl: t.string({
    nullable: false,
    description:
      'This graph for schema stitching: the schema, with the directives of @graphql-tools/stitching-directives.',
    resolve: (_root, _args, _context, { schema }) => stitchingSdl(schema),
  }),
}))
