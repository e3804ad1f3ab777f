import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql'
import { limits } from '../limits.ts'

/**
 * Whether graphql would compare too many fields: each with each that stands in the same place under the same name. Costs less than
 * comparing them.
 */
export function comparesTooMuch({ definitions }: DocumentNode): boolean {
  const fragments = new Map<string, SelectionSetNode>()
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet)
  const counted = new Set<SelectionSetNode>()
  let steps = 0

  const collect = (set: SelectionSetNode, fields: Map<string, FieldNode[]>, seen: Set<SelectionSetNode>) => {
    if (seen.has(set)) return
    seen.add(set)
    for (const selection of set.selections) {
      steps += 1
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value
        const group = fields.get(name) ?? []
        fields.set(name, group)
        steps += (group.push(selection) - 1) * (1 + (selection.arguments?.length ?? 0))
      } else {
        const below =
          selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : fragments.get(selection.name.value)
        if (below) collect(below, fields, seen)
      }
    }
  }
  const count = (sets: readonly SelectionSetNode[], depth: number) => {
    const [only] = sets.length === 1 ? sets : []
    if (depth > limits.documentDepth || (only && counted.has(only))) return
    if (only) counted.add(only)
    const fields = new Map<string, FieldNode[]>()
    const seen = new Set<SelectionSetNode>()
    for (const set of sets) collect(set, fields, seen)
    for (const group of fields.values()) {
      if (steps > limits.documentComparisons) return
      const below = group.flatMap(({ selectionSet }) => selectionSet ?? [])
      if (below.length > 0) count(below, depth + 1)
    }
  }
  for (const definition of definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) count([definition.selectionSet], 1)
  return steps > limits.documentComparisons
}
