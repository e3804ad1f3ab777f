import type { GraphQLResolveInfo } from 'graphql'
import { type Context, keep } from '../context.ts'
import { inputError, nullIfNotFound } from '../errors.ts'
import { limits } from '../limits.ts'
import { builder } from './builder.ts'
import { charge, eachNamed } from './charges.ts'
import { lookups } from './loading/lookup.ts'
import { wantedOf } from './loading/wanted.ts'

/** What has a global id: every type that has a look-up. */
export const Node = builder.interfaceRef<object>('Node').implement({
  description: "An object with an id of its own, the same in every answer (Relay's Global Object Identification).",
  resolveType: typenameOf,
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'The global id: the type\'s name, a colon and the key, as in "AccessToken:42".',
      // Every body has the key, however short it is.
      resolve: (body, _args, _context, { parentType: { name } }) => {
        const lookup = lookups.get(name)
        if (!lookup) throw new Error(`${name} is a Node without a look-up`)
        return lookup.globalId(lookup.keyOf(body))
      },
    }),
  }),
})

/** The types of the bodies that this operation found by global ids. */
function typenames(context: Context): Map<object, string> {
  return keep(context, typenames, () => new Map())
}

/** The type that a body was found as. */
export function typenameOf(body: object, context: Context): string | undefined {
  return typenames(context).get(body)
}

/**
 * Gets an object of the named type by its key or global id, for the selection at hand. Throws UpstreamError, and
 * BAD_USER_INPUT where there is no such type.
 */
export function getNode(context: Context, info: GraphQLResolveInfo, typename: string, id: string): Promise<object> {
  const lookup = lookups.get(typename)
  if (!lookup) throw inputError(`a type with global ids (${[...lookups.keys()].join(', ')})`, typename)
  return foundAs(context, typename, lookup.load(context, lookup.readId(id), wantedOf(info, typename).includes))
}

/** The body, of which is remembered that it was found as one of that type. */
export async function foundAs<B extends object>(context: Context, typename: string, found: Promise<B>): Promise<B> {
  const body = await found
  typenames(context).set(body, typename)
  return body
}

/** The type that a global id names. Throws BAD_USER_INPUT for anything else. */
function readTypename(id: string): string {
  const [typename = ''] = id.split(':')
  if (lookups.has(typename) && id.includes(':')) return typename
  throw inputError(`a global id such as "${[...lookups.keys()][0]}:42"`, id)
}

builder.queryType({
  description:
    "What can be asked. Every look-up is made at authentik in the caller's name and shows what authentik would show.",
  fields: (t) => ({
    node: t.field({
      type: Node,
      asks: 'object',
      description: 'The object with this global id. Null if it is absent or hidden from the caller.',
      args: { id: t.arg.id({ required: true, description: 'A global id; a bare key has no type.' }) },
      resolve: async (_root, { id }, context, info) => {
        charge(context, 1)
        return getNode(context, info, readTypename(id), id).catch(nullIfNotFound)
      },
    }),
    nodes: t.field({
      type: [Node],
      nullable: { list: false, items: true },
      asks: 'objects',
      description:
        'The objects with these global ids, in their order. An absent or hidden object is null. A malformed id, a forbidden object and a failed one are null with an error each.',
      args: { ids: t.arg.idList({ required: true, description: `Global ids, at most ${limits.ids} distinct ones.` }) },
      resolve: (_root, { ids }, context, info) => {
        return eachNamed(context, ids, String, (id) =>
          getNode(context, info, readTypename(id), id).catch(nullIfNotFound),
        )
      },
    }),
  }),
})
