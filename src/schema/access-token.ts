import type { TokenBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { Node } from '../graph/node.ts'
import { AccessTokenFilter, AccessTokenOrder, Grant, GrantKind, orderingOf, tokenFields } from './grant.ts'
import { OAuth2Provider } from './oauth2-provider.ts'
import { RevokePayload, revokeByIds } from './revoke.ts'
import { User } from './user.ts'

export const AccessToken = builder.objectRef<TokenBody>('AccessToken')
export const accessTokens = new GrantKind<TokenBody>('AccessToken', endpoints.accessToken, endpoints.accessTokens)

AccessToken.implement({
  interfaces: [Node, Grant],
  description: "An OAuth2 access token that authentik issued. Superusers see everybody's, others only their own.",
  fields: tokenFields,
})

const AccessTokenConnection = connectionOf(AccessToken)

builder.queryFields((t) => ({
  accessToken: t.field({
    type: AccessToken,
    description: "One access token, null when absent or hidden. Superusers see everybody's, others only their own.",
    args: { id: t.arg.id({ required: true, description: "authentik's key or the global id." }) },
    resolve: (_root, { id }, context, info) => accessTokens.lookup.findById(context, id, info),
  }),
  accessTokens: t.field({
    type: AccessTokenConnection,
    description: "Access tokens, the newest first unless told otherwise. Superusers see everybody's, others their own.",
    args: {
      ...pageArgs,
      filter: t.arg({ type: AccessTokenFilter, description: 'Which to list; all without.' }),
      orderBy: t.arg({ type: [AccessTokenOrder], description: 'By what to order, the first criterion first.' }),
    },
    resolve: (_root, { filter, orderBy, ...page }, context, info) =>
      accessTokens.list.connect(context, filter ?? {}, page, info, orderingOf(orderBy)),
  }),
  accessTokensByIds: t.field({
    type: [AccessToken],
    nullable: { list: false, items: true },
    description: 'Access tokens in the order of the ids, each null alone.',
    args: { ids: t.arg.idList({ required: true, description: "authentik's keys or global ids, at most 500." }) },
    resolve: (_root, { ids }, context, info) => accessTokens.lookup.findByIds(context, ids, info),
  }),
}))

builder.objectField(User, 'accessTokens', (t) =>
  t.field({
    type: AccessTokenConnection,
    description:
      "The user's access tokens, the newest first unless told otherwise: of others, superusers alone see them.",
    args: {
      ...pageArgs,
      orderBy: t.arg({ type: [AccessTokenOrder], description: 'By what to order, the first criterion first.' }),
    },
    resolve: ({ pk }, { orderBy, ...page }, context, info) =>
      accessTokens.list.connect(context, { user: String(pk) }, page, info, orderingOf(orderBy)),
  }),
)

builder.objectField(OAuth2Provider, 'accessTokens', (t) =>
  t.field({
    type: AccessTokenConnection,
    description:
      'The access tokens that it issued, the newest first unless told otherwise: those that the caller may see.',
    args: {
      ...pageArgs,
      orderBy: t.arg({ type: [AccessTokenOrder], description: 'By what to order, the first criterion first.' }),
    },
    resolve: ({ pk }, { orderBy, ...page }, context, info) =>
      accessTokens.list.connect(context, { provider: String(pk) }, page, info, orderingOf(orderBy)),
  }),
)

builder.mutationField('revokeAccessTokens', (t) =>
  t.field({
    type: RevokePayload,
    description:
      'Revokes access tokens: deletes them, as authentik does when a client revokes one (RFC 7009). Each has an outcome of its own; a malformed id refuses the whole. Needs the right `delete_accesstoken`.',
    args: { ids: t.arg.idList({ required: true, description: "authentik's keys or global ids, 1 to 500." }) },
    resolve: (_root, { ids }, context) => revokeByIds(context, accessTokens, ids),
  }),
)
