import type { TokenBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { Node } from '../graph/node.ts'
import { Grant, GrantKind, tokenFields } from './grant.ts'
import { grantFilter, tokenOrder } from './grant-arguments.ts'
import { OAuth2Provider, providers } from './oauth2-provider.ts'
import { revokeField } from './revoke.ts'
import { User, users } from './user.ts'

export const RefreshToken = builder.objectRef<TokenBody>('RefreshToken')
export const refreshTokens = new GrantKind(RefreshToken, endpoints.refreshToken, endpoints.refreshTokens)

RefreshToken.implement({
  interfaces: [Node, Grant],
  description:
    "An OAuth2 refresh token that authentik issued, for which a client gets new access tokens. Superusers see everybody's, others only their own.",
  fields: tokenFields,
})

const RefreshTokenConnection = connectionOf(RefreshToken)

builder.queryFields((t) => ({
  refreshToken: oneField(
    t,
    refreshTokens.lookup,
    "One refresh token, null when absent or hidden. Superusers see everybody's, others only their own.",
  ),
  refreshTokens: t.field({
    type: RefreshTokenConnection,
    asks: 'rows',
    description: "Refresh tokens, by default the newest first. Superusers see everybody's, others their own.",
    args: { ...pageArgs, ...grantFilter, ...tokenOrder },
    resolve: (_root, args, context, info) => refreshTokens.connect(context, args, info),
  }),
  refreshTokensByIds: byIdsField(t, refreshTokens.lookup, 'Refresh tokens in the order of the ids, each null alone.'),
}))

builder.objectField(User, 'refreshTokens', (t) =>
  t.field({
    type: RefreshTokenConnection,
    asks: 'rows',
    description: "The user's refresh tokens, the newest first. Only superusers see those of other users.",
    args: pageArgs,
    resolve: async (user, args, context, info) =>
      refreshTokens.connect(context, { ...args, filter: { user: `${users.keyOf(user)}` } }, info),
  }),
)

builder.objectField(OAuth2Provider, 'refreshTokens', (t) =>
  t.field({
    type: RefreshTokenConnection,
    asks: 'rows',
    description: 'The refresh tokens that it issued, by default the newest first: those that the caller may see.',
    args: { ...pageArgs, ...tokenOrder },
    resolve: async (provider, args, context, info) =>
      refreshTokens.connect(context, { ...args, filter: { provider: `${providers.keyOf(provider)}` } }, info),
  }),
)

builder.mutationField('revokeRefreshTokens', (t) => revokeField(t, refreshTokens.lookup, { noun: 'refresh tokens' }))
