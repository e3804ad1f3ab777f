import { type GraphQLField, getNamedType, getNullableType, isCompositeType, isListType } from 'graphql'
import { limits } from '../limits.ts'
import { type Asks, type Declaration, declarationOf } from './declaration.ts'

// What fields cost, in the words of IBM's GraphQL Cost Directives: https://ibm.github.io/graphql-specs/cost-spec.html

/** The definitions of both directives, as the specification has them. */
export const costDirectives = `"""
How many requests to authentik the field may cause: for each object that has it, each id that it names, each 100 rows. Estimates are finer.
"""
directive @cost(weight: String!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR

"""How many objects estimates take the list to have."""
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION`

/** The directives of a field that a query can select. A field of objects weighs 1 where nothing is said: so 0 is said. */
export function costOf(field: GraphQLField<unknown, unknown>): string {
  const declaration = declarationOf(field)
  const { asks, tells, fromOwnEndpoint } = declaration
  const mayAsk = asks !== undefined || tells !== undefined || fromOwnEndpoint === true
  if (!mayAsk) return isCompositeType(getNamedType(field.type)) ? '@cost(weight: "0")' : ''
  return `@cost(weight: "1") ${listSizeOf(field, declaration)}`
}

/** What gives pages of a list. */
const paged: ReadonlySet<Asks> = new Set(['rows', 'owned', 'whole', 'members'])

function listSizeOf({ type }: GraphQLField<unknown, unknown>, { asks }: Declaration): string {
  const sized = (size: number, more = '') => `@listSize(assumedSize: ${size}, ${more}requireOneSlicingArgument: false)`
  if (asks && paged.has(asks)) {
    return sized(limits.rowsByDefault, 'slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"], ')
  }
  if (!isListType(getNullableType(type))) return ''
  return sized(asks === 'objects' ? limits.ids : limits.assumedObjects)
}
