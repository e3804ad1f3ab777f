import {
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
  type InterfaceTypeDefinitionNode,
  isIntrospectionType,
  isObjectType,
  Kind,
  type NameNode,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  printSchema,
} from 'graphql'
import { costDirectives, costOf } from './cost-directives.ts'
import { semanticNonNullDirective, semanticNonNullOf } from './semantic-nulls.ts'

// One schema, printed for three readers: people, schema stitching and federation. The last two spell `@key` differently.

type TypeNode = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode

/** Directives by schema coordinate: `User` or `Query.nodes`. */
type Annotations = Readonly<Record<string, string>>

/**
 * The schema as people and clients read it, with what it costs and what is null only with an error: without what is there for composing
 * machines, whose names begin with "_".
 */
export function printForPeople(schema: GraphQLSchema): string {
  const directives = `${costDirectives}\n\n${semanticNonNullDirective}`
  return `${directives}\n\n${spaced(print(annotate(forPeople(schema), annotationsOf(schema))))}\n`
}

/** What the directives say of each field. */
function annotationsOf(schema: GraphQLSchema): Annotations {
  const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) && !isIntrospectionType(type)
      ? Object.values(type.getFields()).map((field) => [type, field] as const)
      : [],
  )
  return Object.fromEntries(
    fields.map(([type, field]) => {
      const ofQueries = type === schema.getMutationType() ? '' : costOf(field)
      return [`${type.name}.${field.name}`, `${semanticNonNullOf(type, field)} ${ofQueries}`]
    }),
  )
}

/** The text with an empty line before each description that does not come first. */
function spaced(text: string): string {
  let isInside = false
  const lines = text.split('\n')
  const isFirst = (index: number) => /[{(]$|^$/.test(lines[index - 1] ?? '')
  return lines
    .flatMap((line, index) => {
      const begins = !isInside && /^ +"""/.test(line)
      if (line.split('"""').length === 2) isInside = !isInside
      return begins && !isFirst(index) ? ['', line] : [line]
    })
    .join('\n')
}

/** What machines are told of a type whose objects have keys: its name, and the field that shows the key. */
export interface Entity {
  readonly name: string
  readonly keyField: string
  /** That field, and others by which other services may know an object. */
  readonly keyFields: readonly string[]
  /** Whether other services may have copies of its fields. */
  readonly isShareable: boolean
  /** The interface by which other services may name its objects. */
  readonly interfaceName: string | undefined
}

/** The schema with the directives of @graphql-tools/stitching-directives: each entity merges by its key and by global id. */
export function printForStitching(schema: GraphQLSchema, entities: readonly Entity[]): string {
  const merges = mergingQueries(schema).map(([query, typename]) => {
    const entity = entities.find(({ name }) => name === typename)
    return [`Query.${query}`, `@merge(keyField: "${entity?.keyField}")`]
  })
  const types = entities.map(({ name }) => [name, '@canonical'])
  const annotations = Object.fromEntries([...types, ...merges, ['Query.nodes', '@merge(keyField: "id")']])
  return `${stitchingDirectives}\n\n${print(annotate(forComposers(schema), annotations))}\n`
}

/**
 * The schema of a subgraph of Apollo Federation 2: each entity has its global id and its own key, and so has an interface of entities,
 * which others may give without knowing the type. What any subgraph may have by the same name is left out (`Node`, `node`, `nodes`) or
 * shared (`PageInfo`), and so are the queries for stitching alone.
 */
export function printForFederation(schema: GraphQLSchema, entities: readonly Entity[]): string {
  const types = entities.map(({ name, keyFields, isShareable }) => {
    const keys = ['id', ...keyFields].map((field) => `@key(fields: "${field}")`)
    return [name, [...keys, ...(isShareable ? ['@shareable'] : [])].join(' ')]
  })
  const interfaces = entities.flatMap(({ interfaceName }) =>
    interfaceName ? [[interfaceName, '@key(fields: "id")']] : [],
  )
  const annotations = Object.fromEntries([...types, ...interfaces, ['PageInfo', '@shareable']])
  const leftOut = ['node', 'nodes', ...mergingQueries(schema).map(([query]) => query)]
  const document = without(withoutNode(forComposers(schema)), (field) => leftOut.includes(field))
  return `${federationLink}\n\n${print(annotate(document, annotations))}\n`
}

/** The queries that find many objects by their keys, each with the name of the type. */
function mergingQueries(schema: GraphQLSchema): (readonly [query: string, typename: unknown])[] {
  return Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap(({ name, extensions }) =>
    extensions['mergesType'] === undefined ? [] : [[name, extensions['mergesType']] as const],
  )
}

const federationLink =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])'

const stitchingDirectives = `directive @canonical on OBJECT | INTERFACE | INPUT_OBJECT | UNION | ENUM | SCALAR | FIELD_DEFINITION | INPUT_FIELD_DEFINITION

directive @merge(keyField: String, keyArg: String, additionalArgs: String, key: [String!], argsExpr: String) on FIELD_DEFINITION`

/** The same for composers: what a graph says of itself is not said of the one that it becomes a part of. */
function forComposers(schema: GraphQLSchema): DocumentNode {
  const document = withoutOneOf(forPeople(schema))
  return { ...document, definitions: document.definitions.filter(({ kind }) => kind !== Kind.SCHEMA_DEFINITION) }
}

function forPeople(schema: GraphQLSchema): DocumentNode {
  const document = parse(printSchema(schema), { noLocation: true })
  const isMachines = (name: string) => name.startsWith('_')
  const definitions = document.definitions.filter(
    (definition) => !('name' in definition && isMachines(definition.name?.value ?? '')),
  )
  return without({ ...document, definitions }, isMachines)
}

/** The document without the interface `Node`. */
function withoutNode(document: DocumentNode): DocumentNode {
  const isNode = (one: object) => 'name' in one && (one.name as NameNode | undefined)?.value === 'Node'
  const definitions = document.definitions.filter((definition) => !isNode(definition))
  return mapTypes({ ...document, definitions }, (type) => ({
    ...type,
    interfaces: (type.interfaces ?? []).filter((one) => !isNode(one)),
  }))
}

/** The document without some fields of its root types. */
function without(document: DocumentNode, leftOut: (field: string) => boolean): DocumentNode {
  return mapTypes(document, (type) => {
    if (!['Query', 'Mutation'].includes(type.name.value)) return type
    return { ...type, fields: (type.fields ?? []).filter(({ name }) => !leftOut(name.value)) }
  })
}

function annotate(document: DocumentNode, annotations: Annotations): DocumentNode {
  const directivesOf = (coordinate: string): readonly ConstDirectiveNode[] => {
    const [definition] = parse(`scalar Any ${annotations[coordinate] ?? ''}`, { noLocation: true }).definitions
    return definition?.kind === Kind.SCALAR_TYPE_DEFINITION ? (definition.directives ?? []) : []
  }
  return mapTypes(document, (type) => ({
    ...type,
    directives: directivesOf(type.name.value),
    fields: (type.fields ?? []).map((field) => ({
      ...field,
      directives: directivesOf(`${type.name.value}.${field.name.value}`),
    })),
  }))
}

/** Composers that are older than `@oneOf` refuse a schema with it. What they then let through, this gateway refuses. */
function withoutOneOf(document: DocumentNode): DocumentNode {
  const definitions = document.definitions.map((definition) =>
    definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? { ...definition, directives: [] } : definition,
  )
  return { ...document, definitions }
}

/** The document with another definition in the place of each object type and each interface. */
function mapTypes(document: DocumentNode, map: (type: TypeNode) => TypeNode): DocumentNode {
  const definitions = document.definitions.map((definition) =>
    definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION
      ? map(definition)
      : definition,
  )
  return { ...document, definitions }
}
