import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
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
import { type Asks, type Declaration, declarationOf } from '../graph/declaration.ts'
import { costOfList } from '../graph/lists/cost.ts'
import { lookups } from '../graph/loading/lookup.ts'
import { type Wanted, wantedOf } from '../graph/loading/wanted.ts'
import { fieldsByKey, type Selecting } from '../graph/selected.ts'
import { limits } from '../limits.ts'
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

/** Objects in one place of the answer. */
interface Place {
  readonly type: GraphQLObjectType
  /** How many they are, at most. */
  readonly count: number
  /** Their bodies are whole and their own; or whole, but inside others; or have these properties. */
  readonly has: 'all' | 'whole' | ReadonlySet<string>
  readonly isListed?: boolean
  /** The rows of the pages on which they came, if they came on pages. */
  readonly pageRows: number
}

/** A field selected of the objects in a place. */
interface Selected {
  readonly place: Place
  readonly declaration: Declaration
  /** The name of the type of the objects that it gives. */
  readonly typename: string
  /** How many it gives of each object in the place, where nothing tells. */
  readonly each: number
  readonly args: Readonly<Record<string, unknown>>
  readonly wanted: () => Wanted
}

/** Objects that a field gives, by the name of their type. */
type Given = Omit<Place, 'type'> & { readonly typename: string }

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
    if (place.count === 0) return
    let isLoaded = false
    for (const [key, nodes] of fieldsByKey(this.#selecting, place.type, sets)) {
      this.#fieldsLeft -= 1
      if (this.#fieldsLeft < 0) throw new TooMany()
      const field = place.type.getFields()[nodes[0]?.name.value ?? '']
      if (!field) continue
      isLoaded ||= needsOwn(place, declarationOf(field))
      this.#visitField(place, field, nodes, { prev: path, key, typename: place.type.name })
    }
    if (!isLoaded) return
    if (place.isListed || lookups.get(place.type.name)?.pageOfMany?.areFew) this.bill.addListed(place.type.name, place.count)
    else this.bill.addLoads(place.type.name, place.count)
  }

  #visitField(place: Place, field: GraphQLField<unknown, unknown>, nodes: readonly FieldNode[], path: Path): void {
    const type = getNamedType(field.type)
    const args = isCompositeType(type) && this.#argsOf(field, nodes)
    if (!args) return
    const declaration = declarationOf(field)
    const each = isListType(getNullableType(field.type)) ? limits.assumedObjects : 1
    const wanted = () => wantedOf(this.#info(place.type, field, nodes, path), type.name)
    const give = ask[declaration.asks ?? 'nothing']
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    for (const { typename, ...given } of give(this.bill, {
      place,
      declaration,
      typename: type.name,
      each,
      args,
      wanted,
    })) {
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

  #info(
    parentType: GraphQLObjectType,
    { name, type }: GraphQLField<unknown, unknown>,
    fieldNodes: readonly FieldNode[],
    path: Path,
  ): GraphQLResolveInfo {
    const of = { fieldName: name, fieldNodes, returnType: type, parentType, path }
    return { ...of, ...this.#selecting, rootValue: undefined, operation: this.#operation }
  }
}

/** Whether the field may need the body that the object's own endpoint sends. */
function needsOwn({ type, has }: Place, { reads, fromOwnEndpoint = false }: Declaration): boolean {
  if (has === 'all' || !reads || !lookups.has(type.name)) return false
  return fromOwnEndpoint || (has !== 'whole' && !reads.some((property) => has.has(property)))
}

/** By what a field asks for: adds it to the bill, and tells which objects the field gives. */
const ask: Readonly<Record<Asks | 'nothing', (bill: Bill, selected: Selected) => Given[]>> = {
  object: askForObjects,
  objects: askForObjects,
  rows(bill, { place, typename, args, wanted }) {
    const { size, ...cost } = costOfList(args, wanted())
    bill.add(cost, place.count)
    return [{ typename, has: 'all', count: place.count * size, pageRows: place.count * cost.rows }]
  },
  members(bill, { place, declaration, typename, args, wanted }) {
    const { size, requests, rows } = costOfList(args, wanted())
    // Few members come with their group, which is asked for again, on its page if it came on one; of many, a page is asked for.
    const rowsOfAll = Math.max(place.count * rows, place.pageRows)
    const isAsked = wanted().rows && size > 0 && !isKeyAlone(typename.replace(/Connection$/, ''), wanted())
    if (isAsked) bill.add({ requests: place.count * requests, rows: rowsOfAll })
    return [{ typename, ...told(declaration), count: place.count * size }]
  },
  referred(bill, { place, typename, each, wanted }) {
    const count = Math.max(place.count, each)
    if (isKeyAlone(typename, wanted())) {
      return [{ typename, has: new Set([lookups.get(typename)?.key.property ?? '']), count, pageRows: 0 }]
    }
    bill.addListed(typename, count)
    return [{ typename, has: 'all', count, pageRows: 0 }]
  },
  caller(bill, { declaration, typename, each }) {
    bill.addCaller()
    // Of all users, the caller alone has them.
    return [{ typename, ...told(declaration), count: each }]
  },
  nothing(_bill, { place, declaration, typename, each }) {
    const { embedded, reads } = declaration
    // The parts of a connection are as many as its rows.
    if (embedded && !reads) return [{ ...place, typename }]
    return [{ typename, ...told(declaration), count: Math.max(place.count, each), isListed: declaration.include === 'include_groups' }]
  },
}

/** The objects of each type that the field's argument names, by an id or a list of them. */
function askForObjects(bill: Bill, { typename, args }: Selected): Given[] {
  const ids = Object.values(args).flat()
  if (ids.length > limits.ids) return []
  const counts = new Map<string, number>()
  for (const id of ids) {
    const named = lookups.has(typename) ? typename : typenameIn(id)
    if (named !== undefined) counts.set(named, (counts.get(named) ?? 0) + 1)
  }
  return [...counts].map(([named, count]) => {
    bill.addLoads(named, count)
    return { typename: named, has: 'all', count, pageRows: 0 }
  })
}

/** The type in a global id or in a representation; undefined if there is none. */
export function typenameIn(value: unknown): string | undefined {
  const name = typeof value === 'string' ? value.split(':', 1)[0] : String(Object(value).__typename)
  return name !== undefined && lookups.has(name) ? name : undefined
}

function told({ tells }: Declaration): Pick<Place, 'has' | 'pageRows'> {
  return { has: tells ? new Set(tells) : 'whole', pageRows: 0 }
}

function isKeyAlone(typename: string, wanted: Wanted): boolean {
  return lookups.get(typename)?.isKeyAlone(wanted) === true
}
