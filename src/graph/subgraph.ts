import { inputError } from '../errors.ts'
import { AccessToken } from '../schema/access-token.ts'
import { AuthorizationCode } from '../schema/authorization-code.ts'
import { Group } from '../schema/group.ts'
import { OAuth2Provider } from '../schema/oauth2-provider.ts'
import { RefreshToken } from '../schema/refresh-token.ts'
import { User } from '../schema/user.ts'
import { builder } from './builder.ts'
import { checkIds } from './loading/loader.ts'
import { nodeGetter, nodeTypenames, typenameOf } from './node.ts'
import { printForFederation, printForStitching } from './sdl.ts'

// What machines ask that compose this graph with others. Written by hand: it is less than the plugin for it, which needs
// @apollo/subgraph in one exact version.

builder.scalarType('_Any', {
  description: 'A representation of an entity (Apollo Federation): its __typename and one of its keys, `id` or `pk`.',
})

const Entity = builder.unionType('_Entity', {
  description: 'What other subgraphs may refer to (Apollo Federation).',
  types: [AccessToken, RefreshToken, AuthorizationCode, OAuth2Provider, User, Group],
  resolveType: (body) => typenameOf(body),
})

const Service = builder.objectRef<{ readonly sdl: string }>('_Service').implement({
  description: 'This graph as a subgraph (Apollo Federation).',
  fields: (t) => ({
    sdl: t.exposeString('sdl', { nullable: false, description: 'The schema, with the directives of Federation 2.' }),
  }),
})

/** A representation's type and key. Throws BAD_USER_INPUT for what is none. */
function readRepresentation(representation: unknown): { typename: string; id: string } {
  const { __typename: typename, id, pk } = Object(representation) as Readonly<Record<string, unknown>>
  const key = id ?? pk
  const keyed = typeof key === 'string' || typeof key === 'number'
  if (typeof typename === 'string' && keyed) return { typename, id: String(key) }
  throw inputError('a representation with "__typename" and "id" or "pk"', representation)
}

builder.queryFields((t) => ({
  _entities: t.field({
    type: [Entity],
    nullable: { list: false, items: true },
    description:
      'The entities with those keys, in their order (Apollo Federation). One that is unknown, malformed, absent or hidden is null with an error of its own.',
    args: {
      representations: t.arg({ type: ['_Any'], required: true, description: 'Representations, at most 500.' }),
    },
    resolve: (_root, { representations }, context, info) => {
      checkIds(context, representations, 'representations')
      const get = nodeGetter(context, info)
      return representations.map(async (representation) => {
        const { typename, id } = readRepresentation(representation)
        return (await get(typename, id)) as never
      })
    },
  }),
  _service: t.field({
    type: Service,
    nullable: false,
    description: 'This graph as a subgraph (Apollo Federation).',
    resolve: (_root, _args, _context, { schema }) => ({ sdl: printForFederation(schema, nodeTypenames()) }),
  }),
  _sdl: t.string({
    nullable: false,
    description:
      'This graph for schema stitching: the schema, with the directives of @graphql-tools/stitching-directives.',
    resolve: (_root, _args, _context, { schema }) => printForStitching(schema, nodeTypenames()),
  }),
}))
