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
    "What a user granted a client, as far as authentik knows of it: never the text of a token or code. Superusers see everybody's, others only their own.",
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
    isExpired: t.exposeBoolean('is_expired', { nullable: false, description: 'Whether its time is over.' }),
    expires: t.expose('expires', {
      type: 'DateTime',
      description: 'When its time is over; null for never. authentik deletes what expired some minutes later.',
    }),
    scope: t.exposeStringList('scope', { nullable: false, description: 'The scopes that were granted; may be none.' }),
  }),
})

/** What access tokens and refresh tokens have beside. */
export function tokenFields(t: PothosSchemaTypes.ObjectFieldBuilder<Types, TokenBody>) {
  return {
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
        'Whether a newer one replaced it. authentik sets this on refresh tokens alone: what is revoked otherwise is deleted.',
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
