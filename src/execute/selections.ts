import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql'
import type { Variables } from './run.ts'

export type Fragments = Readonly<Record<string, FragmentDefinitionNode>>

/** What is selected in a document, for one set of the variables that `@skip` and `@include` look at. */
export class Selections {
  readonly schema: GraphQLSchema
  readonly fragments: Fragments
  readonly conditions: Variables

  constructor(schema: GraphQLSchema, fragments: Fragments, conditions: Variables) {
    this.schema = schema
    this.fragments = fragments
    this.conditions = conditions
  }

  /** The fields selected of an object of that type, by their names in the answer, in its order. Each fragment is entered once. */
  of(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const found = new Map<string, FieldNode[]>()
    const entered = new Set<FragmentDefinitionNode>()
    for (const set of sets) this.#collect(type, set, found, entered)
    return found
  }

  #collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    found: Map<string, FieldNode[]>,
    entered: Set<FragmentDefinitionNode>,
  ): void {
    for (const node of selections) {
      if (!this.#isIncluded(node)) continue
      if (node.kind === Kind.FIELD) {
        const key = (node.alias ?? node.name).value
        const same = found.get(key)
        if (same) same.push(node)
        else found.set(key, [node])
        continue
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.fragments[node.name.value]
      if (!fragment || (fragment.kind === Kind.FRAGMENT_DEFINITION && entered.has(fragment))) continue
      if (fragment.kind === Kind.FRAGMENT_DEFINITION) entered.add(fragment)
      if (this.#appliesTo(fragment, type)) this.#collect(type, fragment.selectionSet, found, entered)
    }
  }

  #isIncluded(node: SelectionNode): boolean {
    if (!node.directives?.length) return true
    if (getDirectiveValues(GraphQLSkipDirective, node, this.conditions)?.['if'] === true) return false
    return getDirectiveValues(GraphQLIncludeDirective, node, this.conditions)?.['if'] !== false
  }

  #appliesTo({ typeCondition }: FragmentDefinitionNode | InlineFragmentNode, type: GraphQLObjectType): boolean {
    const condition = typeCondition && typeFromAST(this.schema, typeCondition)
    return !condition || condition === type || (isAbstractType(condition) && this.schema.isSubType(condition, type))
  }
}
