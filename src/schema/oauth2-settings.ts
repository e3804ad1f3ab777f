import type { OAuth2ProviderBody, RedirectUriBody } from '../authentik/bodies.ts'
import { builder } from '../graph/builder.ts'

// What an OAuth2 provider's settings are made of.

export const ClientType = builder.enumType('ClientType', {
  description: 'Whether a client can keep a secret (RFC 6749, section 2.1).',
  values: {
    CONFIDENTIAL: { value: 'confidential', description: 'It can, and authenticates with its client secret.' },
    PUBLIC: { value: 'public', description: 'It cannot: an app in a browser or on a device.' },
  },
})

export const MatchingMode = builder.enumType('MatchingMode', {
  description: 'How a redirect URI of a request is held against a configured one.',
  values: {
    STRICT: { value: 'strict', description: 'Both must be the same, character by character.' },
    REGEX: { value: 'regex', description: 'The configured one is a regular expression that must match.' },
  },
})

export const RedirectUriType = builder.enumType('RedirectUriType', {
  description: 'What a redirect URI is for.',
  values: {
    AUTHORIZATION: { value: 'authorization', description: 'Where users are sent back to after they signed in.' },
    LOGOUT: { value: 'logout', description: 'Where users may be sent after they signed out.' },
  },
})

export const SubMode = builder.enumType('SubMode', {
  description: 'Which of a user\'s properties becomes the claim "sub".',
  values: {
    HASHED_USER_ID: { value: 'hashed_user_id', description: 'A hash of the key, the same as `User.uid`.' },
    USER_ID: { value: 'user_id', description: 'The key, `User.pk`.' },
    USER_UUID: { value: 'user_uuid', description: 'The UUID.' },
    USER_USERNAME: { value: 'user_username', description: 'The username.' },
    USER_EMAIL: { value: 'user_email', description: 'The e-mail address, which users may be able to change.' },
    USER_UPN: { value: 'user_upn', description: 'The attribute "upn", else a hash as with HASHED_USER_ID.' },
  },
})

export const IssuerMode = builder.enumType('IssuerMode', {
  description: 'What the claim "iss" names.',
  values: {
    GLOBAL: { value: 'global', description: 'One issuer for all providers.' },
    PER_PROVIDER: { value: 'per_provider', description: "An issuer for each provider, by its application's slug." },
  },
})

export const LogoutMethod = builder.enumType('LogoutMethod', {
  description: 'How the client is told that a session ended.',
  values: {
    BACKCHANNEL: {
      value: 'backchannel',
      description: 'authentik calls the client (OpenID Connect Back-Channel Logout).',
    },
    FRONTCHANNEL: {
      value: 'frontchannel',
      description: "The user's browser does (OpenID Connect Front-Channel Logout).",
    },
  },
})

export const RedirectUri = builder.objectRef<RedirectUriBody>('RedirectUri').implement({
  description: 'A URI that the client may name in its requests.',
  fields: (t) => ({
    matchingMode: t.expose('matching_mode', {
      type: MatchingMode,
      description: 'How it is compared. Null where the release does not tell (2024.10.0 to 2024.10.2).',
    }),
    url: t.exposeString('url', { nullable: false, description: 'The URI, or the regular expression.' }),
    redirectUriType: t.expose('redirect_uri_type', {
      type: RedirectUriType,
      description: 'What it is for. Null before authentik 2026.5.',
    }),
  }),
})

/** From 2024.10.0 to 2024.10.2 the URIs were one text, each on a line of its own. */
export function redirectUrisOf({
  redirect_uris: uris,
}: OAuth2ProviderBody): readonly RedirectUriBody[] | null | undefined {
  if (typeof uris !== 'string') return uris
  return uris.split('\n').flatMap((line) => (line.trim() === '' ? [] : [{ url: line.trim() }]))
}
