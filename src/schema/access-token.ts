import type { AccessTokenBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { builder } from './builder.ts'
import { enterGrant } from './grant.ts'
import { integerKeys } from './keys.ts'
import { Lookup } from './loader.ts'
import { addNode, Node } from './node.ts'
import { OAuth2Provider } from './oauth2-provider.ts'
import { User } from './user.ts'

export const AccessToken = builder.objectRef<AccessTokenBody>('AccessToken')

export const accessTokenByPk = new Lookup<number, AccessTokenBody>({
  typename: 'AccessToken',
  keys: integerKeys,
  includes: endpoints.accessToken.includes,
  find: async (authentik, pk, query) => enterGrant(await authentik.find(endpoints.accessToken, pk, query)),
})
addNode(accessTokenByPk)

AccessToken.implement({
  interfaces: [Node],
  description:
    "An OAuth2 access token that authentik issued: what it knows of it, never the token's own text. Superusers see everybody's, others only their own.",
  fields: (t) => ({
    pk: t.exposeInt('pk', { nullable: false, description: "authentik's key." }),
    provider: t.expose('provider', {
      type: OAuth2Provider,
      nullable: false,
      description: 'The provider that issued it.',
    }),
    user: t.expose('user', { type: User, nullable: false, description: 'The user in whose name it was issued.' }),
    isExpired: t.exposeBoolean('is_expired', { nullable: false, description: 'Whether its time is over.' }),
    expires: t.expose('expires', {
      type: 'DateTime',
      description: 'When its time is over; null for never. authentik deletes what expired some minutes later.',
    }),
    scope: t.exposeStringList('scope', { nullable: false, description: 'The scopes that were granted; may be none.' }),
    idToken: t.exposeString('id_token', {
      description: 'The claims of the ID token that was issued with it: JSON, as a text, and no signed token.',
    }),
    idTokenClaims: t.field({
      type: 'JSON',
      reads: ['id_token'],
      description: 'The same claims, parsed; null where they are no JSON.',
      resolve: ({ id_token: text }) => readJson(text),
    }),
    revoked: t.exposeBoolean('revoked', {
      description:
        'Whether it was replaced by a newer one. authentik sets it on refresh tokens alone: an access token that is revoked is deleted.',
    }),
  }),
})

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

builder.queryFields((t) => ({
  accessToken: t.field({
    type: AccessToken,
    description: "One access token, null when absent or hidden. Superusers see everybody's, others only their own.",
    args: { id: t.arg.id({ required: true, description: "authentik's key or the global id." }) },
    resolve: (_root, { id }, context, info) => accessTokenByPk.findById(context, id, info),
  }),
  accessTokensByIds: t.field({
    type: [AccessToken],
    nullable: { list: false, items: true },
    description:
      "Access tokens in the order of the ids, each null alone. Superusers see everybody's, others their own.",
    args: { ids: t.arg.idList({ required: true, description: "authentik's keys or global ids, at most 500." }) },
    resolve: (_root, { ids }, context, info) => accessTokenByPk.findByIds(context, ids, info),
  }),
}))
