import { type DocumentNode, type GraphQLSchema, getOperationAST, Kind, type TypeNode } from 'graphql'
import { isCursor } from '../graph/lists/cursor.ts'
import { readEntity } from '../graph/subgraph.ts'
import { limits } from '../limits.ts'
import { namesOf } from './asking.ts'
import type { Estimate } from './bill.ts'
import { estimate } from './estimate.ts'
import type { Variables } from './run.ts'

/** What reads of a variable's value all that decides an estimate. */
interface Reader {
  readonly name: string
  readonly read: (value: unknown) => unknown
}

/** What is remembered of an operation: it goes with its document. */
interface Known {
  readonly readers: readonly Reader[]
  /** By what was read of the variables. */
  readonly estimates: Map<string, Estimate>
}

/** The estimates for one schema, each made once for a document and values of its variables. */
export class Estimates {
  readonly #schema: GraphQLSchema
  readonly #known = new WeakMap<DocumentNode, Map<string, Known>>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  /** What `estimate` gives. */
  find(document: DocumentNode, operationName: string | null | undefined, variables: Variables): Estimate | undefined {
    const known = this.#knownOf(document, operationName ?? '')
    if (!known) return undefined
    const key = keyOf(known.readers, variables)
    const before = known.estimates.get(key)
    if (before) return before
    const made = estimate({ schema: this.#schema, document, operationName, variables })
    // Variables that do not fit may have the key of some that do.
    if (!made) return undefined
    if (known.estimates.size >= limits.estimatesOfDocument) known.estimates.clear()
    known.estimates.set(key, made)
    return made
  }

  #knownOf(document: DocumentNode, name: string): Known | undefined {
    const operations = this.#known.get(document) ?? new Map<string, Known>()
    this.#known.set(document, operations)
    const before = operations.get(name)
    if (before) return before
    const operation = getOperationAST(document, name || null)
    // A made-up name is none of the document's.
    if (operation?.operation !== 'query') return undefined
    const { variableDefinitions = [] } = operation
    const readers = variableDefinitions.map(({ variable, type }) => ({
      name: variable.name.value,
      read: readerFor(type),
    }))
    const known = { readers, estimates: new Map<string, Estimate>() }
    operations.set(name, known)
    return known
  }
}

function keyOf(readers: readonly Reader[], variables: Variables): string {
  if (readers.length === 0) return ''
  return JSON.stringify(
    readers.map(({ name, read }) => (Object.hasOwn(variables, name) ? read(variables[name]) : 'none')),
  )
}

/** Of numbers and truths the value decides, of ids their number and types, and of texts whether they are cursors. */
function readerFor(type: TypeNode): Reader['read'] {
  if (type.kind === Kind.NON_NULL_TYPE) return readerFor(type.type)
  if (type.kind === Kind.LIST_TYPE) return (value) => (value == null ? null : countTypes([value].flat()))
  if (['Int', 'Boolean'].includes(type.name.value)) return (value) => value
  if (type.name.value === 'String') return (value) => (value == null ? null : isCursor(String(value)))
  return (value) => (value == null ? null : kindOf(value))
}

/** What a value names, if it is an id or a representation; of another object, what it says. */
function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return namesOf(value).join()
  const entity = readEntity(value)
  if (entity) return `${entity.typename} ${entity.otherKey ?? ''}`
  return Object.keys(value)
    .filter((name) => Reflect.get(value, name) != null)
    .join()
}

/** How many different values there are of each type. */
function countTypes(values: readonly unknown[]): unknown {
  const counts = new Map<string, number>()
  for (const value of new Set(values)) {
    const name = kindOf(value)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].sort()
}
