import type { GrantBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { Node } from '../graph/node.ts'
import { Grant, GrantKind } from './grant.ts'
import { grantFilter } from './grant-arguments.ts'
import { OAuth2Provider, providers } from './oauth2-provider.ts'
import { revokeField } from './revoke.ts'
import { User, users } from './user.ts'

export const AuthorizationCode = builder.objectRef<GrantBody>('AuthorizationCode')
export const authorizationCodes = new GrantKind(
  AuthorizationCode,
  endpoints.authorizationCode,
  endpoints.authorizationCodes,
)

AuthorizationCode.implement({
  interfaces: [Node, Grant],
  description:
    "An OAuth2 authorization code that a client has not exchanged for tokens yet. Superusers see everybody's, others only their own.",
})

const AuthorizationCodeConnection = connectionOf(AuthorizationCode)

builder.queryFields((t) => ({
  authorizationCode: oneField(
    t,
    authorizationCodes.lookup,
    "One authorization code, null when absent or hidden. Superusers see everybody's, others only their own.",
  ),
  authorizationCodes: t.field({
    type: AuthorizationCodeConnection,
    asks: 'rows',
    description: "Authorization codes, the newest first. Superusers see everybody's, others their own.",
    args: { ...pageArgs, ...grantFilter },
    resolve: (_root, args, context, info) => authorizationCodes.connect(context, args, info),
  }),
  authorizationCodesByIds: byIdsField(
    t,
    authorizationCodes.lookup,
    'Authorization codes in the order of the ids, each null alone.',
  ),
}))

builder.objectField(User, 'authorizationCodes', (t) =>
  t.field({
    type: AuthorizationCodeConnection,
    asks: 'rows',
    description: "The user's authorization codes, the newest first. Only superusers see those of other users.",
    args: pageArgs,
    resolve: async (user, args, context, info) =>
      authorizationCodes.connect(context, { ...args, filter: { user: `${users.keyOf(user)}` } }, info),
  }),
)

builder.objectField(OAuth2Provider, 'authorizationCodes', (t) =>
  t.field({
    type: AuthorizationCodeConnection,
    asks: 'rows',
    description: 'The authorization codes that it issued, the newest first: those that the caller may see.',
    args: pageArgs,
    resolve: async (provider, args, context, info) =>
      authorizationCodes.connect(context, { ...args, filter: { provider: `${providers.keyOf(provider)}` } }, info),
  }),
)

builder.mutationField('revokeAuthorizationCodes', (t) =>
  revokeField(t, authorizationCodes.lookup, { noun: 'authorization codes' }),
)
