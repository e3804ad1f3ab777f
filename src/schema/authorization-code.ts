import type { GrantBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { Node } from '../graph/node.ts'
import { AccessTokenFilter, Grant, GrantKind } from './grant.ts'
import { RevokePayload, revokeByIds } from './revoke.ts'

export const AuthorizationCode = builder.objectRef<GrantBody>('AuthorizationCode')
export const authorizationCodes = new GrantKind<GrantBody>(
  'AuthorizationCode',
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
  authorizationCode: t.field({
    type: AuthorizationCode,
    description:
      "One authorization code, null when absent or hidden. Superusers see everybody's, others only their own.",
    args: { id: t.arg.id({ required: true, description: "authentik's key or the global id." }) },
    resolve: (_root, { id }, context, info) => authorizationCodes.lookup.findById(context, id, info),
  }),
  authorizationCodes: t.field({
    type: AuthorizationCodeConnection,
    description: "Authorization codes, the newest first. Superusers see everybody's, others their own.",
    args: { ...pageArgs, filter: t.arg({ type: AccessTokenFilter, description: 'Which to list; all without.' }) },
    resolve: (_root, { filter, ...page }, context, info) =>
      authorizationCodes.list.connect(context, filter ?? {}, page, info),
  }),
  authorizationCodesByIds: t.field({
    type: [AuthorizationCode],
    nullable: { list: false, items: true },
    description: 'Authorization codes in the order of the ids, each null alone.',
    args: { ids: t.arg.idList({ required: true, description: "authentik's keys or global ids, at most 500." }) },
    resolve: (_root, { ids }, context, info) => authorizationCodes.lookup.findByIds(context, ids, info),
  }),
}))

builder.mutationField('revokeAuthorizationCodes', (t) =>
  t.field({
    type: RevokePayload,
    description:
      'Revokes authorization codes: deletes them, as authentik does when a client revokes one (RFC 7009). Each has an outcome of its own; a malformed id refuses the whole. Needs the right `delete_authorizationcode`.',
    args: { ids: t.arg.idList({ required: true, description: "authentik's keys or global ids, 1 to 500." }) },
    resolve: (_root, { ids }, context) => revokeByIds(context, authorizationCodes, ids),
  }),
)
