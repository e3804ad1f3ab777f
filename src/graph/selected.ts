import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql'

/** What decides what is selected, beside the selections: of the variables, those that `@skip` and `@include` look at. */
export type Selecting = Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'variableValues'>

/** What tells a resolver, or whoever reads selections like one, of a field at a place. */
export function infoOf(
  selecting: Selecting,
  operation: OperationDefinitionNode,
  parentType: GraphQLObjectType,
  { name, type }: GraphQLField<unknown, unknown>,
  fieldNodes: readonly FieldNode[],
  path: GraphQLResolveInfo['path'],
): GraphQLResolveInfo {
  const of = { fieldName: name, fieldNodes, returnType: type, parentType, path }
  return { ...of, ...selecting, rootValue: undefined, operation }
}

/**
 * The fields selected of an object of that type, in their order, through fragments, variables, `@skip` and `@include`. Each fragment is
 * entered once.
 */
export function* fieldsOf(
  selecting: Selecting,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  entered = new Set<FragmentDefinitionNode>(),
): Generator<FieldNode> {
  for (const selection of sets.flatMap(({ selections }) => selections)) {
    if (!isIncluded(selection, selecting)) continue
    if (selection.kind === Kind.FIELD) {
      yield selection
      continue
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : selecting.fragments[selection.name.value]
    if (!fragment || !appliesTo(fragment, type, selecting)) continue
    if (fragment.kind === Kind.FRAGMENT_DEFINITION && entered.has(fragment)) continue
    if (fragment.kind === Kind.FRAGMENT_DEFINITION) entered.add(fragment)
    yield* fieldsOf(selecting, type, [fragment.selectionSet], entered)
  }
}

/** The same, by their names in the answer. */
export function fieldsByKey(
  selecting: Selecting,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): Map<string, FieldNode[]> {
  const found = new Map<string, FieldNode[]>()
  for (const node of fieldsOf(selecting, type, sets)) {
    const key = (node.alias ?? node.name).value
    const same = found.get(key)
    if (same) same.push(node)
    else found.set(key, [node])
  }
  return found
}

function isIncluded(selection: SelectionNode, { variableValues }: Selecting): boolean {
  if (!selection.directives?.length) return true
  if (getDirectiveValues(GraphQLSkipDirective, selection, variableValues)?.['if'] === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, selection, variableValues)?.['if'] !== false
}

function appliesTo(
  { typeCondition }: FragmentDefinitionNode | InlineFragmentNode,
  type: GraphQLObjectType,
  { schema }: Selecting,
): boolean {
  if (!typeCondition) return true
  const condition = typeFromAST(schema, typeCondition)
  return condition === type || (isAbstractType(condition) && schema.isSubType(condition, type))
}
