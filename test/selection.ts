import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { declarationOf, type Shortened } from '../src/graph/declaration.ts'
import { lookups } from '../src/graph/loading/lookup.ts'
import { createSchema } from '../src/schema/index.ts'

const schema = createSchema()

/** The fields asked of an object, with what is asked of the objects in them; null where a field has a bare value. */
export interface Selection {
  readonly [field: string]: Selection | null
}

/**
 * Every field of the type that has no arguments, down to bare values. Of an object inside another of its type, only what
 * each form of it has is asked: there is no end otherwise.
 */
export function everythingOf(
  type: GraphQLObjectType,
  except: readonly string[] = [],
  within: readonly GraphQLObjectType[] = [],
): Selection {
  const selection: Record<string, Selection | null> = {}
  for (const field of Object.values(type.getFields())) {
    const inner = objectOf(field.type)
    const coordinate = `${type.name}.${field.name}`
    // Made of three lists, and no part of a body: see connected-application.test.ts.
    if (field.args.length > 0 || coordinate === 'User.connectedApplications' || except.includes(coordinate)) continue
    if (within.includes(type) && (inner || !isNonNullType(field.type))) continue
    selection[field.name] = inner ? everythingOf(inner, except, [...within, type]) : null
  }
  return selection
}

/** The selection in GraphQL's words. */
export function printed(selection: Selection): string {
  const fields = Object.entries(selection).map(([name, inner]) => (inner ? `${name} ${printed(inner)}` : name))
  return `{ ${fields.join(' ')} }`
}

/** A page of a list: that selection of each row, and all that a connection tells beside. */
export function pageOf(rows: Selection): Selection {
  const pageInfo = { hasNextPage: null, hasPreviousPage: null, startCursor: null, endCursor: null }
  return { totalCount: null, pageInfo, edges: { cursor: null, node: { id: null } }, nodes: rows }
}

/** The type of that name, which must be an object's. */
export function typeOf(name: string): GraphQLObjectType {
  const type = schema.getType(name)
  if (!isObjectType(type)) throw new Error(`The schema has no object type ${name}`)
  return type
}

/** The type of the objects in a field, null for a field of bare values. */
export function objectOf(type: GraphQLOutputType): GraphQLObjectType | null {
  const named = getNamedType(type)
  return isObjectType(named) ? named : null
}

/** What a field that declares nothing reads. */
const undeclared: Readonly<Record<string, readonly string[]>> = { 'User.effectiveGroups': ['groups'] }

/** The property that holds the key of the type's objects. */
export function keyOf({ name }: GraphQLObjectType): string {
  return lookups.get(name)?.key.property ?? ''
}

/** The properties of a body that the field reads, any of which will do. */
export function readsOf(type: GraphQLObjectType, name: string): readonly string[] {
  if (name === 'id') return [keyOf(type)]
  return undeclared[`${type.name}.${name}`] ?? declarationOf(fieldOf(type, name)).reads ?? []
}

/** Whether the object's own endpoint alone answers the field. */
export function isFromOwnEndpoint(type: GraphQLObjectType, name: string): boolean {
  return declarationOf(fieldOf(type, name)).fromOwnEndpoint ?? false
}

/** Whether the objects in the field stand shortened. */
export function shortenedIn(type: GraphQLObjectType, name: string): Shortened | undefined {
  return declarationOf(fieldOf(type, name)).shortened
}

export function fieldOf(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> {
  const field = type.getFields()[name]
  if (!field) throw new Error(`${type.name} has no field ${name}`)
  return field
}
