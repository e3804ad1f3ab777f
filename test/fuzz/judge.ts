import {
  buildSchema,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { codes } from '../../src/errors.ts'
import { checkOf } from '../../src/graph/checks.ts'
import { printForPeople } from '../../src/graph/sdl.ts'
import { createSchema } from '../../src/schema/index.ts'

type Path = readonly (string | number)[]

/** An answer as it came. */
export interface Answer {
  readonly data?: unknown
  readonly errors?: readonly {
    readonly message: string
    readonly path?: Path
    readonly extensions?: { readonly code?: unknown }
  }[]
}

/** The schema as clients have it, which says what is null only with an error. */
const printed = buildSchema(printForPeople(createSchema()))

/** Where a value stands, and whether a null there, or of an item of the list there, must have its error. */
interface Place {
  readonly coordinate: string
  readonly due: boolean
  readonly itemsDue: boolean
}

/** What is wrong with the answer to the document, each in one sentence. */
export function faultsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  answer: Answer,
): string[] {
  const faults = (answer.errors ?? []).flatMap(({ message, extensions }) => {
    const code = String(extensions?.code)
    return Object.hasOwn(codes, code) && code !== 'INTERNAL_SERVER_ERROR' ? [] : [`${code}: ${message}`]
  })
  if (!answer.data) return answer.errors?.length ? faults : [...faults, 'neither data nor errors']
  const judge = new Judge(schema, document, variables, answer)
  return [...faults, ...judge.faults()]
}

class Judge {
  readonly #schema: GraphQLSchema
  readonly #document: DocumentNode
  readonly #variables: Readonly<Record<string, unknown>>
  readonly #data: unknown
  /** The paths of the errors, and each place above. */
  readonly #explained: ReadonlySet<string>
  readonly #errors: readonly Path[]

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
    answer: Answer,
  ) {
    this.#schema = schema
    this.#document = document
    this.#variables = variables
    this.#data = answer.data
    this.#errors = (answer.errors ?? []).map(({ path = [] }) => path)
    this.#explained = new Set(
      this.#errors.flatMap((path) => path.map((_step, index) => textOf(path.slice(0, index + 1)))),
    )
  }

  faults(): string[] {
    const ofData = this.#document.definitions.flatMap((definition) => {
      const root = definition.kind === Kind.OPERATION_DEFINITION && this.#schema.getRootType(definition.operation)
      return root ? this.#object(root, this.#data, [definition.selectionSet], []) : []
    })
    const valueAt = (path: Path) =>
      path.reduce<unknown>((value, step) => (value == null ? value : Reflect.get(Object(value), step)), this.#data)
    const contradicted = this.#errors.filter((path) => valueAt(path) != null)
    return [...ofData, ...contradicted.flatMap((path) => fault(path, 'an error, and a value'))]
  }

  #object(type: GraphQLOutputType, value: unknown, selections: readonly SelectionSetNode[], path: Path): string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return fault(path, 'no object')
    const typename: unknown = Reflect.get(value, '__typename')
    const actual = this.#schema.getType(String(typename))
    const fits = isAbstractType(type) ? isObjectType(actual) && this.#schema.isSubType(type, actual) : actual === type
    if (!fits || !isObjectType(actual)) return fault(path, `__typename ${typename} for ${type}`)
    const fields = this.#fields(actual, selections)
    const inOrder = Object.keys(value).join() === [...fields.keys()].join()
    const inner = [...fields].flatMap(([key, nodes]) => {
      const name = nodes[0]?.name.value ?? ''
      const field = actual.getFields()[name]
      if (!field) return []
      const selected = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
      const levels = levelsOf(actual.name, name)
      const place = { coordinate: `${actual.name}.${name}`, due: levels.includes(0), itemsDue: levels.includes(1) }
      return this.#value(field.type, Reflect.get(value, key), selected, [...path, key], place)
    })
    return inOrder ? inner : [...inner, ...fault(path, `the fields ${Object.keys(value)}`)]
  }

  #value(
    type: GraphQLOutputType,
    value: unknown,
    selected: readonly SelectionSetNode[],
    path: Path,
    place: Place,
  ): string[] {
    if (isNonNullType(type)) {
      return value == null ? fault(path, `null for ${type}`) : this.#value(type.ofType, value, selected, path, place)
    }
    if (value === null) {
      const silent = place.due && !this.#explained.has(textOf(path))
      return silent ? fault(path, `null without an error in ${place.coordinate}`) : []
    }
    if (isListType(type)) {
      if (!Array.isArray(value)) return fault(path, `no list for ${type}`)
      const item = { ...place, due: place.itemsDue }
      return value.flatMap((one, index) => this.#value(type.ofType, one, selected, [...path, index], item))
    }
    if (selected.length > 0) return this.#object(type, value, selected, path)
    const fits = isEnumType(type) ? type.getValue(String(value)) : checkOf(type)(value)
    return fits ? [] : fault(path, `${value} for ${type}`)
  }

  /** The fields selected of an object of that type, in their order. */
  #fields(type: GraphQLObjectType, selections: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const fields = new Map<string, FieldNode[]>()
    const seen = new Set<FragmentDefinitionNode>()
    const collect = ({ selections: nodes }: SelectionSetNode) => {
      for (const node of nodes) {
        if (getDirectiveValues(GraphQLSkipDirective, node, this.#variables)?.['if'] === true) continue
        if (getDirectiveValues(GraphQLIncludeDirective, node, this.#variables)?.['if'] === false) continue
        if (node.kind === Kind.FIELD) {
          const key = node.alias?.value ?? node.name.value
          fields.set(key, [...(fields.get(key) ?? []), node])
          continue
        }
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragment(node.name.value)
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION && seen.has(fragment)) continue
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION) seen.add(fragment)
        const condition = this.#schema.getType(fragment?.typeCondition?.name.value ?? type.name)
        const applies = condition === type || (isAbstractType(condition) && this.#schema.isSubType(condition, type))
        if (fragment && applies) collect(fragment.selectionSet)
      }
    }
    for (const selection of selections) collect(selection)
    return fields
  }

  #fragment(name: string): FragmentDefinitionNode | undefined {
    return this.#document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .find((definition) => definition.name.value === name)
  }
}

/** At which levels a null in the field must have its error: as the schema says, and in a list for machines, which it does not have. */
function levelsOf(typename: string, name: string): readonly number[] {
  if (typename === 'Query' && name === '_entities') return [1]
  const type = printed.getType(typename)
  const { astNode } = (isObjectType(type) && type.getFields()[name]) || {}
  const directive = printed.getDirective('semanticNonNull')
  const said = astNode && directive && getDirectiveValues(directive, astNode)
  return said ? (said['levels'] as readonly number[]) : []
}

function fault(path: Path, what: string): string[] {
  return [`${textOf(path)}: ${what}`]
}

function textOf(path: Path): string {
  return path.join('.')
}
