// What Mercurius and Apollo Server are told of `schema.graphql`: the fields that do not read the property of their own name.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'

export const schema = readFileSync(join(import.meta.dirname, 'schema.graphql'), 'utf8')

/** The requests to authentik, by what they fetch. */
export const paths = {
  accessToken: (id) => `/api/v3/oauth2/access_tokens/${encodeURIComponent(id)}/?include_roles=false`,
  accessTokens: (first) => `/api/v3/oauth2/access_tokens/?ordering=-pk&page=1&page_size=${first}&include_roles=false`,
  group: (pk) => `/api/v3/core/groups/${encodeURIComponent(pk)}/?include_users=false&include_parents=true`,
}

/** The body of authentik's answer, in the caller's name: for peers that have no client for REST of their own. */
export async function ask(path, authorization) {
  const { statusCode, body } = await request(process.env.AUTHENTIK_URL + path, { headers: { authorization } })
  if (statusCode !== 200) throw new Error(`authentik answers ${statusCode}`)
  return body.json()
}

/** The resolvers of all types but `Query`, and but for the parents of a group. */
export const resolvers = {
  AccessTokenConnection: { nodes: ({ results }) => results },
  AccessToken: {
    id: ({ pk }) => `AccessToken:${pk}`,
    isExpired: ({ is_expired }) => is_expired,
    idToken: ({ id_token }) => id_token,
    idTokenClaims: ({ id_token }) => JSON.parse(id_token),
  },
  OAuth2Provider: {
    id: ({ pk }) => `OAuth2Provider:${pk}`,
    verboseName: ({ verbose_name }) => verbose_name,
    verboseNamePlural: ({ verbose_name_plural }) => verbose_name_plural,
    metaModelName: ({ meta_model_name }) => meta_model_name,
    authenticationFlow: ({ authentication_flow }) => authentication_flow,
    authorizationFlow: ({ authorization_flow }) => authorization_flow,
    invalidationFlow: ({ invalidation_flow }) => invalidation_flow,
    propertyMappings: ({ property_mappings }) => property_mappings,
    assignedApplicationSlug: ({ assigned_application_slug }) => assigned_application_slug,
    assignedApplicationName: ({ assigned_application_name }) => assigned_application_name,
    assignedBackchannelApplicationSlug: (body) => body.assigned_backchannel_application_slug,
    assignedBackchannelApplicationName: (body) => body.assigned_backchannel_application_name,
    clientType: ({ client_type }) => client_type.toUpperCase(),
    clientId: ({ client_id }) => client_id,
    accessCodeValidity: ({ access_code_validity }) => access_code_validity,
    accessTokenValidity: ({ access_token_validity }) => access_token_validity,
    refreshTokenValidity: ({ refresh_token_validity }) => refresh_token_validity,
    refreshTokenThreshold: ({ refresh_token_threshold }) => refresh_token_threshold,
    includeClaimsInIdToken: ({ include_claims_in_id_token }) => include_claims_in_id_token,
    signingKey: ({ signing_key }) => signing_key,
    encryptionKey: ({ encryption_key }) => encryption_key,
    redirectUris: ({ redirect_uris }) => redirect_uris,
    subMode: ({ sub_mode }) => sub_mode.toUpperCase(),
    issuerMode: ({ issuer_mode }) => issuer_mode.toUpperCase(),
    logoutUri: ({ logout_uri }) => logout_uri,
    logoutMethod: ({ logout_method }) => logout_method.toUpperCase(),
    grantTypes: ({ grant_types }) => grant_types,
    jwksSources: ({ jwt_federation_sources }) => jwt_federation_sources,
    jwtFederationSources: ({ jwt_federation_sources }) => jwt_federation_sources,
  },
  RedirectUri: {
    matchingMode: ({ matching_mode }) => matching_mode.toUpperCase(),
    redirectUriType: ({ redirect_uri_type }) => redirect_uri_type,
  },
  User: {
    id: ({ pk }) => `User:${pk}`,
    isActive: ({ is_active }) => is_active,
    lastLogin: ({ last_login }) => last_login,
    isSuperuser: ({ is_superuser }) => is_superuser,
    type: ({ type }) => type.toUpperCase(),
    dateJoined: ({ date_joined }) => date_joined,
    lastUpdated: ({ last_updated }) => last_updated,
    passwordChangeDate: ({ password_change_date }) => password_change_date,
    groups: ({ groups_obj }) => groups_obj,
  },
  Group: {
    id: ({ pk }) => `Group:${pk}`,
    numPk: ({ num_pk }) => num_pk,
    isSuperuser: ({ is_superuser }) => is_superuser,
  },
}
