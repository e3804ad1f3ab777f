import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { type Declaration, declarationOf } from '../graph/declaration.ts'
import { lookups } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { fieldsByKey, infoOf, type Selecting } from '../graph/selected.ts'
import { limits } from '../limits.ts'
import { ask, type Place } from './asking.ts'
import { Bill, type Estimate, most } from './bill.ts'
import type { Variables } from './run.ts'

/** An operation of a valid document, with its variables as they are sent. */
export interface Estimating {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
  readonly variables?: Variables | null | undefined
}

/** What a query costs at most; undefined for what is no query, and for one that cannot run with these variables. */
export function estimate({ schema, document, operationName, variables }: Estimating): Estimate | undefined {
  const operation = getOperationAST(document, operationName)
  const type = schema.getQueryType()
  if (operation?.operation !== 'query' || !type) return undefined
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}, { maxErrors: 1 })
  if (!coerced) return undefined
  const named = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  const fragments = Object.fromEntries(named.map((fragment) => [fragment.name.value, fragment]))
  const estimator = new Estimator({ schema, fragments, variableValues: coerced }, operation)
  try {
    estimator.visit({ type, count: 1, has: 'all', pageRows: 0 }, [operation.selectionSet])
    return estimator.bill.total()
  } catch (error) {
    if (error instanceof TooMany) return most
    // A condition without a value: graphql-js tells of it, and nothing is asked.
    if (error instanceof GraphQLError) return undefined
    throw error
  }
}

type Path = GraphQLResolveInfo['path']

/** A document has more fields than are looked at. */
class TooMany extends Error {}

/** Goes through the selections of a query as a run of it would, and counts what it would ask for. */
class Estimator {
  readonly bill = new Bill()
  readonly #selecting: Selecting
  readonly #operation: OperationDefinitionNode
  #fieldsLeft: number = limits.estimatedFields

  constructor(selecting: Selecting, operation: OperationDefinitionNode) {
    this.#selecting = selecting
    this.#operation = operation
  }

  /** Throws TooMany, and GraphQLError for a condition without a value. */
  visit(place: Place, sets: readonly SelectionSetNode[], path?: Path): void {
    let isLoaded = false
    for (const [key, nodes] of fieldsByKey(this.#selecting, place.type, sets)) {
      this.#fieldsLeft -= 1
      if (this.#fieldsLeft < 0) throw new TooMany()
      const field = place.type.getFields()[nodes[0]?.name.value ?? '']
      // What stands beside no rows may ask all the same.
      if (!field || (place.count === 0 && isCompositeType(getNamedType(field.type)))) continue
      isLoaded ||= needsOwn(place, declarationOf(field))
      if (needsWhole(place, declarationOf(field))) this.bill.addWhole(place.type.name)
      this.#visitField(place, field, nodes, { prev: path, key, typename: place.type.name })
    }
    if (!isLoaded) return
    const { pageOfMany } = lookups.get(place.type.name) ?? {}
    this.bill.addLoads(place.type.name, place.count, place.isListed || pageOfMany?.areFew)
  }

  #visitField(place: Place, field: GraphQLField<unknown, unknown>, nodes: readonly FieldNode[], path: Path): void {
    const type = getNamedType(field.type)
    const declaration = declarationOf(field)
    const args = (isCompositeType(type) || declaration.asks) && this.#argsOf(field, nodes)
    if (!args) return
    const each = isListType(getNullableType(field.type)) ? limits.assumedObjects : 1
    const wanted = () => wantedOf(infoOf(this.#selecting, this.#operation, place.type, field, nodes, path), type.name)
    const selected = { place, declaration, typename: type.name, each, args, wanted }
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    for (const { typename, ...given } of ask[declaration.asks ?? 'nothing'](this.bill, selected)) {
      const one = this.#selecting.schema.getType(typename)
      if (isObjectType(one)) this.visit({ ...given, type: one }, sets, path)
    }
  }

  /** Undefined if they are wrong: then nothing is asked. */
  #argsOf(field: GraphQLField<unknown, unknown>, [node]: readonly FieldNode[]): Variables | undefined {
    try {
      return node && getArgumentValues(field, node, this.#selecting.variableValues)
    } catch {
      return undefined
    }
  }
}

/** Whether the field may need more of a loaded object than is told elsewhere. */
function needsWhole({ type, has, pageRows }: Place, { reads, fromOwnEndpoint = false }: Declaration): boolean {
  const tells = pageRows === 0 && reads ? lookups.get(type.name)?.elsewhere?.tells : undefined
  if (!tells || has === 'whole') return false
  return fromOwnEndpoint || !reads?.some((property) => tells.includes(property))
}

/** Whether the field may need the body that the object's own endpoint sends. */
function needsOwn({ type, has }: Place, { reads, fromOwnEndpoint = false }: Declaration): boolean {
  if (has === 'all' || !reads || !lookups.has(type.name)) return false
  return fromOwnEndpoint || (has !== 'whole' && !reads.some((property) => has.has(property)))
}
