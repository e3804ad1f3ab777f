import type { TokenBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { Node } from '../graph/node.ts'
import { AccessTokenFilter, AccessTokenOrder, Grant, GrantKind, orderingOf, tokenFields } from './grant.ts'
import { RevokePayload, revokeByIds } from './revoke.ts'
import { User } from './user.ts'

export const RefreshToken = builder.objectRef<TokenBody>('RefreshToken')
export const refreshTokens = new GrantKind<TokenBody>('RefreshToken', endpoints.refreshToken, endpoints.refreshTokens)

RefreshToken.implement({
  interfaces: [Node, Grant],
  description:
    "An OAuth2 refresh token that authentik issued, for which a client gets new access tokens. Superusers see everybody's, others only their own.",
  fields: tokenFields,
})

const RefreshTokenConnection = connectionOf(RefreshToken)

builder.queryFields((t) => ({
  refreshToken: t.field({
    type: RefreshToken,
    description: "One refresh token, null when absent or hidden. Superusers see everybody's, others only their own.",
    args: { id: t.arg.id({ required: true, description: "authentik's key or the global id." }) },
    resolve: (_root, { id }, context, info) => refreshTokens.lookup.findById(context, id, info),
  }),
  refreshTokens: t.field({
    type: RefreshTokenConnection,
    description:
      "Refresh tokens, the newest first unless told otherwise. Superusers see everybody's, others their own.",
    args: {
      ...pageArgs,
      filter: t.arg({ type: AccessTokenFilter, description: 'Which to list; all without.' }),
      orderBy: t.arg({ type: [AccessTokenOrder], description: 'By what to order, the first criterion first.' }),
    },
    resolve: (_root, { filter, orderBy, ...page }, context, info) =>
      refreshTokens.list.connect(context, filter ?? {}, page, info, orderingOf(orderBy)),
  }),
  refreshTokensByIds: t.field({
    type: [RefreshToken],
    nullable: { list: false, items: true },
    description: 'Refresh tokens in the order of the ids, each null alone.',
    args: { ids: t.arg.idList({ required: true, description: "authentik's keys or global ids, at most 500." }) },
    resolve: (_root, { ids }, context, info) => refreshTokens.lookup.findByIds(context, ids, info),
  }),
}))

builder.objectField(User, 'refreshTokens', (t) =>
  t.field({
    type: RefreshTokenConnection,
    description: "The user's refresh tokens, the newest first: of others, superusers alone see them.",
    args: pageArgs,
    resolve: ({ pk }, page, context, info) => refreshTokens.list.connect(context, { user: String(pk) }, page, info),
  }),
)

builder.mutationField('revokeRefreshTokens', (t) =>
  t.field({
    type: RevokePayload,
    description:
      'Revokes refresh tokens: deletes them, as authentik does when a client revokes one (RFC 7009). Each has an outcome of its own; a malformed id refuses the whole. Needs the right `delete_refreshtoken`.',
    args: { ids: t.arg.idList({ required: true, description: "authentik's keys or global ids, 1 to 500." }) },
    resolve: (_root, { ids }, context) => revokeByIds(context, refreshTokens, ids),
  }),
)
