import type { GraphQLResolveInfo } from 'graphql'
import type { Include } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { inputError, nullIfNotFound } from '../errors.ts'
import { builder } from './builder.ts'
import { checkIds, type Lookup } from './loading/loader.ts'
import { includesOf } from './loading/wanted.ts'

export interface Keyed {
  readonly pk: string | number | undefined
}

/** What has a global id. */
export const Node = builder.interfaceRef<Keyed>('Node').implement({
  description: "An object with an id of its own, the same in every answer (Relay's Global Object Identification).",
  resolveType: typenameOf,
  fields: (t) => ({
    id: t.id({
      nullable: false,
      reads: ['pk'],
      description: 'The global id: the type\'s name, a colon and authentik\'s key, as in "AccessToken:42".',
      resolve: ({ pk }, _args, _context, { parentType: { name } }) => `${name}:${lookups.get(name)?.checkKey(pk)}`,
    }),
  }),
})

type NodeLookup = Pick<Lookup<string, Keyed>, 'typename' | 'get'> & { checkKey(pk: unknown): string | number }

const typenames = new WeakMap<Keyed, string>()
const lookups = new Map<string, NodeLookup>()

/** Makes `node` and `nodes` find what a resource looks up, and its objects have global ids. */
export function addNode(lookup: NodeLookup): void {
  lookups.set(lookup.typename, lookup)
}

/** The type that a body was found as. */
export function typenameOf(body: Keyed): string | undefined {
  return typenames.get(body)
}

/** The names of the types whose objects have global ids. */
export function nodeTypenames(): string[] {
  return [...lookups.keys()]
}

/**
 * Gets objects by type and id for the selection at hand, which is read once for each type. Throws UpstreamError, and
 * BAD_USER_INPUT for an id of no such type.
 */
export function nodeGetter(context: Context, info: GraphQLResolveInfo) {
  const includes = new Map<string, ReadonlySet<Include>>()
  return async (typename: string, id: string): Promise<Keyed> => {
    const lookup = lookups.get(typename)
    if (!lookup) throw inputError(`a type with global ids (${nodeTypenames().join(', ')})`, typename)
    const wanted = includes.get(typename) ?? includesOf(info, typename)
    includes.set(typename, wanted)
    const body = await lookup.get(context, id, wanted)
    typenames.set(body, typename)
    return body
  }
}

/** The type that a global id names. Throws BAD_USER_INPUT for what is none. */
function readTypename(id: string): string {
  const [typename = ''] = id.split(':')
  if (lookups.has(typename) && id.includes(':')) return typename
  throw inputError(`a global id such as "${nodeTypenames()[0]}:42"`, id)
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    description: 'The object with that global id. Null when it is absent or hidden from the caller.',
    args: { id: t.arg.id({ required: true, description: 'A global id; a bare key has no type.' }) },
    resolve: (_root, { id }, context, info) => {
      context.authentik.count(1)
      return nodeGetter(context, info)(readTypename(id), id).catch(nullIfNotFound)
    },
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description:
      'The objects with those global ids, in their order. A malformed id, a forbidden and a failed object are each null with an error of their own; an absent or hidden one is null.',
    args: { ids: t.arg.idList({ required: true, description: 'Global ids, at most 500.' }) },
    resolve: (_root, { ids }, context, info) => {
      checkIds(context, ids)
      const get = nodeGetter(context, info)
      return ids.map(async (id) => get(readTypename(id), id).catch(nullIfNotFound))
    },
  }),
}))
