import type { GrantBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { Node } from '../graph/node.ts'
import { Grant, GrantKind, grantFilter } from './grant.ts'
import { revokeField } from './revoke.ts'

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

builder.mutationField('revokeAuthorizationCodes', (t) =>
  revokeField(t, authorizationCodes.lookup, { noun: 'authorization codes' }),
)
