import {
  type FieldNode,
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
import type { Include } from '../../authentik/endpoints.ts'
import { declarationOf } from '../body.ts'

/** By the selection, which is read once: the same for each object that stands there in one execution. */
const known = new WeakMap<readonly FieldNode[], Map<string, ReadonlySet<Include>>>()

/**
 * Which lists the fields selected below this one read, where this field's object is of the named type: of the object's
 * own body and of the objects inside it, through fragments, variables, `@skip` and `@include`.
 */
export function includesOf(info: GraphQLResolveInfo, typename: string): ReadonlySet<Include> {
  const byType = known.get(info.fieldNodes) ?? new Map<string, ReadonlySet<Include>>()
  known.set(info.fieldNodes, byType)
  const includes = byType.get(typename) ?? collect(info, typename, info.fieldNodes, new Set())
  byType.set(typename, includes)
  return includes
}

/** Whether one of the fields is selected below this one, where this field's object is of the named type. */
export function selects(info: GraphQLResolveInfo, typename: string, names: readonly string[]): boolean {
  const selected = selectedBelow(info, typename, info.fieldNodes)
  return names.some((name) => selected.has(name))
}

function collect(
  info: GraphQLResolveInfo,
  typename: string,
  nodes: readonly FieldNode[],
  includes: Set<Include>,
): Set<Include> {
  const type = info.schema.getType(typename)
  for (const [name, selected] of selectedBelow(info, typename, nodes)) {
    const field = isObjectType(type) ? type.getFields()[name] : undefined
    if (!field) continue
    const { include, embedded } = declarationOf(field)
    if (include) includes.add(include)
    if (embedded) collect(info, getNamedType(field.type).name, selected, includes)
  }
  return includes
}

/** The fields selected below some nodes, by name. All are taken together: what repeats at each level would multiply. */
function selectedBelow(
  info: GraphQLResolveInfo,
  typename: string,
  nodes: readonly FieldNode[],
): Map<string, FieldNode[]> {
  const selected = new Map<string, FieldNode[]>()
  const type = info.schema.getType(typename)
  if (!isObjectType(type)) return selected
  const seen = new Set<FragmentDefinitionNode>()
  for (const { selectionSet } of nodes) {
    if (!selectionSet) continue
    for (const field of fieldsOf(info, type, selectionSet, seen)) {
      const same = selected.get(field.name.value)
      if (same) same.push(field)
      else selected.set(field.name.value, [field])
    }
  }
  return selected
}

function* fieldsOf(
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  { selections }: SelectionSetNode,
  seen: Set<FragmentDefinitionNode>,
): Generator<FieldNode> {
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
