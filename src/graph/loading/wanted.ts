import { type FieldNode, type GraphQLResolveInfo, getNamedType, isAbstractType, isObjectType } from 'graphql'
import type { Include } from '../../authentik/endpoints.ts'
import { limits } from '../../limits.ts'
import { declarationOf } from '../declaration.ts'
import { fieldsOf } from '../selected.ts'

/** What a selection wants of the objects of one type: a plain value, computed once for a document and its variables. */
export interface Wanted {
  /** The lists that the fields selected read: of the object's own body, and of the objects inside it. */
  readonly includes: ReadonlySet<Include>
  /** The properties that the fields selected read: of the object's own body, and of the objects inside it. */
  readonly reads: ReadonlySet<string>
  /** Of a connection: whether rows are selected, or its length alone. */
  readonly rows: boolean
  /** Of a connection: whether the cursors of its page info are selected. */
  readonly cursors: boolean
  /** Whether the selection stands inside another object, and not at the root. */
  readonly nested: boolean
  /** What one object costs the gateway: itself, and each field selected of it, with its name and the path in its error. */
  readonly weight: number
}

/** By the selections of a field, which each execution and each plan has of its own, and by the type. */
const known = new WeakMap<readonly FieldNode[], Map<string, Wanted>>()

/** What is selected below the field at hand, where its object is of the named type. */
export function wantedOf(info: GraphQLResolveInfo, typename: string): Wanted {
  const byType = known.get(info.fieldNodes) ?? new Map<string, Wanted>()
  known.set(info.fieldNodes, byType)
  const wanted = byType.get(typename) ?? collect(info, typename)
  byType.set(typename, wanted)
  return wanted
}

/** What one object of the field at hand weighs. Where it may be of several types, what the heaviest weighs. */
export function weightOf(info: GraphQLResolveInfo): number {
  const type = getNamedType(info.returnType)
  const types = isAbstractType(type) ? info.schema.getPossibleTypes(type) : [type]
  return Math.max(...types.map(({ name }) => wantedOf(info, name).weight))
}

/** What an item weighs of the list in a field of the object at hand, in all places where that field is selected. */
export function weightOfItems(info: GraphQLResolveInfo, typename: string, field: string, item: string): number {
  const places = new Map<string, FieldNode[]>()
  for (const node of selectedBelow(info, typename, info.fieldNodes).get(field) ?? []) {
    const key = (node.alias ?? node.name).value
    places.set(key, [...(places.get(key) ?? []), node])
  }
  return [...places.values()].reduce((sum, nodes) => sum + weigh(info, selectedBelow(info, item, nodes)), 0)
}

function collect(info: GraphQLResolveInfo, typename: string): Wanted {
  const selected = selectedBelow(info, typename, info.fieldNodes)
  const found = { includes: new Set<Include>(), reads: new Set<string>() }
  collectReadings(info, typename, info.fieldNodes, found)
  const ofPage = selectedBelow(info, 'PageInfo', selected.get('pageInfo') ?? [])
  return {
    ...found,
    rows: selected.has('edges') || selected.has('nodes'),
    cursors: ofPage.has('startCursor') || ofPage.has('endCursor'),
    nested: info.path.prev !== undefined,
    weight: weigh(info, selected),
  }
}

function weigh({ path }: GraphQLResolveInfo, selected: ReadonlyMap<string, readonly FieldNode[]>): number {
  let characters = 0
  for (let at: typeof path | undefined = path; at; at = at.prev)
    if (typeof at.key === 'string') characters += at.key.length
  const keys = new Set([...selected.values()].flat().map(({ name, alias }) => (alias ?? name).value))
  let weight = 1
  for (const key of keys) weight += 1 + Math.floor((characters + key.length) / limits.charactersOfField)
  return weight
}

/** Adds what all fields selected below the nodes read, through fragments, variables, `@skip` and `@include`. */
function collectReadings(
  info: GraphQLResolveInfo,
  typename: string,
  nodes: readonly FieldNode[],
  found: { readonly includes: Set<Include>; readonly reads: Set<string> },
): void {
  const type = info.schema.getType(typename)
  for (const [name, selected] of selectedBelow(info, typename, nodes)) {
    const field = isObjectType(type) ? type.getFields()[name] : undefined
    if (!field) continue
    const { reads = [], include, embedded } = declarationOf(field)
    for (const property of reads) found.reads.add(property)
    if (include) found.includes.add(include)
    if (embedded) collectReadings(info, getNamedType(field.type).name, selected, found)
  }
}

/** The fields selected below the nodes, by name. Equal names are taken together: repeated ones would multiply at each level. */
function selectedBelow(
  info: GraphQLResolveInfo,
  typename: string,
  nodes: readonly FieldNode[],
): Map<string, FieldNode[]> {
  const selected = new Map<string, FieldNode[]>()
  const type = info.schema.getType(typename)
  if (!isObjectType(type)) return selected
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  for (const field of fieldsOf(info, type, sets)) {
    const same = selected.get(field.name.value)
    if (same) same.push(field)
    else selected.set(field.name.value, [field])
  }
  return selected
}
