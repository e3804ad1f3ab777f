import { type GraphQLField, type GraphQLObjectType, isNonNullType } from 'graphql'
import { mayLack } from '../authentik/bodies.ts'
import { type Asks, type Declaration, declarationOf } from './declaration.ts'

// Which fields are null only with an error, in the words of https://specs.apollo.dev/nullability/v0.4

/** The definition of the directive, as the specification has it. */
export const semanticNonNullDirective = `"""
Null only with an error, whose path is that of the field or leads below it. In a list, level 1 says it of the items. Clients that handle errors
may take the type to be non-null.
"""
directive @semanticNonNull(levels: [Int!]! = [0]) on FIELD_DEFINITION`

/** The directive of a field that is null only with an error, or whose items are; nothing for all others. */
export function semanticNonNullOf(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): string {
  const declaration = declarationOf(field)
  const levels = [
    ...(isNonNullType(field.type) || mayBeNull(type, declaration) ? [] : [0]),
    // Each of the objects whose keys authentik sent is there, or has an error.
    ...(declaration.asks === 'referred' ? [1] : []),
  ]
  if (levels.length === 0) return ''
  return levels.join() === '0' ? '@semanticNonNull' : `@semanticNonNull(levels: [${levels}])`
}

/** What a list or a count is asked for: it comes, or fails. */
const ofLists: ReadonlySet<Asks> = new Set(['rows', 'owned', 'whole', 'length', 'members', 'connected'])

function mayBeNull({ name }: GraphQLObjectType, { reads, asks, mayBeNull: declared }: Declaration): boolean {
  if (declared !== undefined) return declared
  if (reads) {
    const { beAbsent, beNull } = mayLack(name, reads)
    return beAbsent || beNull
  }
  return name !== 'Mutation' && !(asks && ofLists.has(asks))
}
