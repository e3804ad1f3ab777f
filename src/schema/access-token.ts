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

export const AccessToken = builder.objectRef<TokenBody>('AccessToken')
export const accessTokens = new GrantKind(AccessToken, endpoints.accessToken, endpoints.accessTokens)

AccessToken.implement({
  interfaces: [Node, Grant],
  description: "An OAuth2 access token that authentik issued. Superusers see everybody's, others only their own.",
  fields: tokenFields,
})

const AccessTokenConnection = connectionOf(AccessToken)

builder.queryFields((t) => ({
  accessToken: oneField(
    t,
    accessTokens.lookup,
    "One access token, null when absent or hidden. Superusers see everybody's, others only their own.",
  ),
  accessTokens: t.field({
    type: AccessTokenConnection,
    asks: 'rows',
    description: "Access tokens, by default the newest first. Superusers see everybody's, others their own.",
    args: { ...pageArgs, ...grantFilter, ...tokenOrder },
    resolve: (_root, args, context, info) => accessTokens.connect(context, args, info),
  }),
  accessTokensByIds: byIdsField(t, accessTokens.lookup, 'Access tokens in the order of the ids, each null alone.'),
}))

builder.objectField(User, 'accessTokens', (t) =>
  t.field({
    type: AccessTokenConnection,
    asks: 'rows',
    description: "The user's access tokens, by default the newest first. Only superusers see those of other users.",
    args: { ...pageArgs, ...tokenOrder },
    resolve: async (user, args, context, info) =>
      accessTokens.connect(context, { ...args, filter: { user: `${users.keyOf(user)}` } }, info),
  }),
)

builder.objectField(OAuth2Provider, 'accessTokens', (t) =>
  t.field({
    type: AccessTokenConnection,
    asks: 'rows',
    description: 'The access tokens that it issued, by default the newest first: those that the caller may see.',
    args: { ...pageArgs, ...tokenOrder },
    resolve: async (provider, args, context, info) =>
      accessTokens.connect(context, { ...args, filter: { provider: `${providers.keyOf(provider)}` } }, info),
  }),
)

builder.mutationField('revokeAccessTokens', (t) => revokeField(t, accessTokens.lookup, { noun: 'access tokens' }))
