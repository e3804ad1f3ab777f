import type { GrantBody, TokenBody } from '../authentik/bodies.ts'
import { parseJson } from '../authentik/wire/json.ts'
import { builder } from '../graph/builder.ts'
import { Node } from '../graph/node.ts'
import type { Types } from '../graph/types.ts'
import { OAuth2Provider } from './oauth2-provider.ts'
import { User } from './user.ts'

// What access tokens, refresh tokens and authorization codes share.

export const Grant = builder.interfaceRef<GrantBody>('Grant').implement({
  interfaces: [Node],
  description:
    "What a user granted to a client. The text of a token or code is never shown. Superusers see everybody's grants, others only their own.",
  fields: (t) => ({
    pk: t.exposeInt('pk', { nullable: false, description: "authentik's key." }),
    provider: t.expose('provider', {
      type: OAuth2Provider,
      nullable: false,
      // Since CVE-2026-40166 was fixed, a grant tells of its provider what every provider has, and no client id.
      shortened: (provider) => !('client_id' in provider),
      description: 'The provider that issued it.',
    }),
    user: t.expose('user', { type: User, nullable: false, description: 'The user in whose name it was issued.' }),
    isExpired: t.exposeBoolean('is_expired', { nullable: false, description: 'Whether it has expired.' }),
    expires: t.expose('expires', {
      type: 'DateTime',
      description: 'When it expires; null for never. authentik deletes it some minutes later.',
    }),
    scope: t.exposeStringList('scope', {
      nullable: false,
      description: 'The scopes that were granted. The list may be empty.',
    }),
  }),
})

/** What access tokens and refresh tokens have beside. */
export function tokenFields(t: PothosSchemaTypes.ObjectFieldBuilder<Types, TokenBody>) {
  return {
    idToken: t.exposeString('id_token', {
      description: 'The claims of the ID token that was issued with it, as a text of JSON. It is not a signed token.',
    }),
    idTokenClaims: t.field({
      type: 'JSON',
      reads: ['id_token'],
      description: 'The same claims, parsed; null if they are not JSON.',
      resolve: ({ id_token: text }) => readJson(text),
    }),
    revoked: t.exposeBoolean('revoked', {
      description:
        'Whether a newer token replaced it. authentik sets this on refresh tokens only: a token that is revoked in any other way is deleted.',
    }),
  }
}

function readJson(text: string | undefined): unknown {
  try {
    return parseJson(text ?? '')
  } catch {
    return null
  }
}
