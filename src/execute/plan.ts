import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import type { Context } from '../context.ts'
import type { Selecting } from '../graph/selected.ts'
import { limits } from '../limits.ts'
import { Compiler, type Project } from './compiler.ts'
import { Unusual } from './completion.ts'
import { Run, type Variables } from './run.ts'

/** An operation that is compiled, with its variables as resolvers see them. */
export interface Plan {
  /** The answer's data. Fails where graphql-js would tell of an error; then it is as if nothing had been paid. */
  readonly run: (context: Context) => Promise<Record<string, unknown>>
}

/** What is compiled of one document: it goes with the document. */
interface Planned {
  /** How many fields more may be compiled. */
  fieldsLeft: number
  readonly operations: Map<string | undefined, Operation>
}

/** A query of a document. */
interface Operation {
  readonly node: OperationDefinitionNode
  readonly fragments: Selecting['fragments']
  /** The variables that `@skip` and `@include` look at. */
  readonly conditions: readonly string[]
  /** By the values of those; undefined where it is too unusual. */
  readonly projects: Map<string, Project | undefined>
}

/**
 * The plans for one schema. An operation is compiled when it is run for the first time, once for each set of values that decide
 * its `@skip` and `@include`.
 */
export class Plans {
  readonly #schema: GraphQLSchema
  readonly #planned = new WeakMap<DocumentNode, Planned>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  /** The plan of a valid document's operation; undefined where graphql-js has to run it. */
  find(document: DocumentNode, operationName: string | null | undefined, sent: Variables): Plan | undefined {
    const planned = this.#planned.get(document) ?? { fieldsLeft: fieldsFor(document), operations: new Map() }
    this.#planned.set(document, planned)
    const name = operationName ?? undefined
    const operation = planned.operations.get(name) ?? operationOf(document, name)
    // A made-up name is none of the document's.
    if (!operation) return undefined
    planned.operations.set(name, operation)
    const variables = this.#coerce(operation.node, sent)
    const project = variables && this.#projectOf(planned, operation, variables)
    return project && { run: (context) => run(project, new Run(context, variables)) }
  }

  #coerce({ variableDefinitions = [] }: OperationDefinitionNode, sent: Variables): Variables | undefined {
    if (variableDefinitions.length === 0) return {}
    return getVariableValues(this.#schema, variableDefinitions, sent, { maxErrors: 1 }).coerced
  }

  #projectOf(
    planned: Planned,
    { node, fragments, conditions, projects }: Operation,
    variables: Variables,
  ): Project | undefined {
    const values = conditions.map((name) => variables[name])
    const key = JSON.stringify(values)
    if (projects.has(key)) return projects.get(key)
    if (planned.fieldsLeft < 0) return undefined
    // What is remembered of it, even if it has no field.
    planned.fieldsLeft -= limits.plannedFieldsOfEach
    const variableValues = Object.fromEntries(conditions.map((name) => [name, variables[name]]))
    const project = this.#compile(planned, node, { schema: this.#schema, fragments, variableValues })
    projects.set(key, project)
    return project
  }

  #compile(planned: Planned, node: OperationDefinitionNode, selecting: Selecting): Project | undefined {
    const type = this.#schema.getQueryType()
    if (!type) return undefined
    const compiler = new Compiler(selecting, node, planned.fieldsLeft)
    try {
      return compiler.project(type, [node.selectionSet])
    } catch (error) {
      // A condition without a value, say: graphql-js tells of it.
      if (error instanceof Unusual || error instanceof GraphQLError) return undefined
      throw error
    } finally {
      planned.fieldsLeft = compiler.fieldsLeft
    }
  }
}

function run(project: Project, one: Run): Promise<Record<string, unknown>> {
  // Values of fields that nobody is to get any more never come.
  const forget = one.context.account.whenGivenUp((error) => one.fail(error))
  let data: Record<string, unknown> = {}
  try {
    data = project({}, one, 1)
    one.finish()
  } catch (error) {
    one.fail(error)
  }
  return one.ended.then(() => data).finally(forget)
}

/** As many as the document has room for: what is compiled is not to take more than what was parsed. */
function fieldsFor({ loc }: DocumentNode): number {
  return Math.min(
    limits.plannedFields,
    50 + Math.floor((loc?.source.body.length ?? 0) / limits.charactersOfPlannedField),
  )
}

/** The query of that name; undefined if there is none. */
function operationOf(document: DocumentNode, name: string | undefined): Operation | undefined {
  const node = getOperationAST(document, name)
  if (node?.operation !== 'query') return undefined
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  const conditions = new Set<string>()
  visit(document, {
    Directive({ arguments: args = [] }) {
      for (const { value } of args) if (value.kind === Kind.VARIABLE) conditions.add(value.name.value)
    },
  })
  return {
    node,
    fragments: Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment])),
    conditions: [...conditions],
    projects: new Map(),
  }
}
