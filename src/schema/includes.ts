import {
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  type InlineFragmentNode,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql'
import type { Include } from '../authentik/endpoints.ts'
import { declarationOf } from './body.ts'

/**
 * Which lists the fields selected below this one read, where this field's object is of the named type: of the object's
 * own body and of the objects inside it, through fragments, variables, `@skip` and `@include`.
 */
export function includesOf(info: GraphQLResolveInfo, typename: string): Set<Include> {
  const includes = new Set<Include>()
  for (const { selectionSet } of info.fieldNodes) collect(info, typename, selectionSet, includes)
  return includes
}

/** Whether one of the fields is selected below this one, where this field's object is of the named type. */
export function selects(info: GraphQLResolveInfo, typename: string, names: readonly string[]): boolean {
  const type = info.schema.getType(typename)
  if (!isObjectType(type)) return false
  const selections = info.fieldNodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  return selections.some((selected) =>
    [...fieldsOf(info, type, selected, new Set())].some(({ name }) => names.includes(name.value)),
  )
}

function collect(
  info: GraphQLResolveInfo,
  typename: string,
  selected: SelectionSetNode | undefined,
  includes: Set<Include>,
): void {
  const type = info.schema.getType(typename)
  if (!selected || !isObjectType(type)) return
  for (const { name, selectionSet } of fieldsOf(info, type, selected, new Set())) {
    const field = type.getFields()[name.value]
    if (!field) continue
    const { include, embedded } = declarationOf(field)
    if (include) includes.add(include)
    if (embedded) collect(info, getNamedType(field.type).name, selectionSet, includes)
  }
}

function* fieldsOf(
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  { selections }: SelectionSetNode,
  seen: Set<FragmentDefinitionNode>,
): Generator<SelectionNode & { kind: Kind.FIELD }> {
  for (const selection of selections) {
    if (!isIncluded(selection, info)) continue
    if (selection.kind === Kind.FIELD) {
      yield selection
      continue
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value]
    if (!fragment || !appliesTo(fragment, type, info)) continue
    if (fragment.kind === Kind.FRAGMENT_DEFINITION && seen.has(fragment)) continue
    if (fragment.kind === Kind.FRAGMENT_DEFINITION) seen.add(fragment)
    yield* fieldsOf(info, type, fragment.selectionSet, seen)
  }
}

function isIncluded(selection: SelectionNode, { variableValues }: GraphQLResolveInfo): boolean {
  if (getDirectiveValues(GraphQLSkipDirective, selection, variableValues)?.['if'] === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, selection, variableValues)?.['if'] !== false
}

function appliesTo(
  fragment: FragmentDefinitionNode | InlineFragmentNode,
  type: GraphQLObjectType,
  { schema }: GraphQLResolveInfo,
): boolean {
  if (!fragment.typeCondition) return true
  const condition = typeFromAST(schema, fragment.typeCondition)
  return condition === type || (isAbstractType(condition) && schema.isSubType(condition, type))
}
