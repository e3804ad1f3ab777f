import { type Release, since } from '../releases.ts'
import type { ApiRequest, Route } from './api.ts'
import { collectionRoutes, visibleByRight } from './collection.ts'
import { choice, flag, reference, references, text } from './filters.ts'
import { integerKey, uuidKey } from './keys.ts'
import { type ProviderRow, providers } from './sample/providers.ts'

/** What every kind of provider has. The grants of newer releases send no more of their provider. */
export function presentSlimProvider(row: ProviderRow, { release }: ApiRequest) {
  return {
    pk: row.pk,
    name: row.name,
    authentication_flow: row.authentication_flow,
    authorization_flow: row.authorization_flow,
    invalidation_flow: row.invalidation_flow,
    property_mappings: row.property_mappings,
    component: 'ak-provider-oauth2-form',
    assigned_application_slug: row.application?.slug ?? null,
    assigned_application_name: row.application?.name ?? null,
    ...presentBackchannel(row, release),
    verbose_name: 'OAuth2/OpenID Provider',
    verbose_name_plural: 'OAuth2/OpenID Providers',
    meta_model_name: 'authentik_providers_oauth2.oauth2provider',
  }
}

/** Without such an application the names are null since 2025.10. Before they are absent, against the specification. */
function presentBackchannel({ backchannel_application: application }: ProviderRow, release: Release) {
  if (!application && !since(release, '2025.10')) return {}
  return {
    assigned_backchannel_application_slug: application?.slug ?? null,
    assigned_backchannel_application_name: application?.name ?? null,
  }
}

/** The whole provider. */
export function presentProvider(row: ProviderRow, request: ApiRequest) {
  const { release } = request
  // Not `{ ...slim, more }`: V8 takes many times as long for it, and a page of tokens has a hundred.
  return Object.assign(presentSlimProvider(row, request), {
    client_type: row.client_type,
    client_id: row.client_id,
    client_secret: row.client_secret,
    access_code_validity: row.access_code_validity,
    access_token_validity: row.access_token_validity,
    refresh_token_validity: row.refresh_token_validity,
    ...(since(release, '2025.10') && { refresh_token_threshold: row.refresh_token_threshold }),
    include_claims_in_id_token: row.include_claims_in_id_token,
    signing_key: row.signing_key,
    encryption_key: row.encryption_key,
    redirect_uris: presentRedirectUris(row.redirect_uris, release),
    ...presentLogout(row, release),
    sub_mode: row.sub_mode,
    issuer_mode: row.issuer_mode,
    ...presentFederation(row, release),
    ...(since(release, '2026.5') && { grant_types: row.grant_types }),
  })
}

/** One text up to 2024.10.2, objects since. Their type came with the first candidate of 2026.5. */
function presentRedirectUris(uris: ProviderRow['redirect_uris'], release: Release) {
  if (!since(release, '2024.10.3')) return uris.map((uri) => uri.url).join('\n')
  return since(release, '2026.5.0-rc1') ? uris : uris.map(({ matching_mode, url }) => ({ matching_mode, url }))
}

function presentLogout({ logout_uri, logout_method }: ProviderRow, release: Release) {
  if (since(release, '2025.10')) return { logout_uri, logout_method }
  return since(release, '2025.8') && { backchannel_logout_uri: logout_uri }
}

function presentFederation({ jwt_federation_sources, jwt_federation_providers }: ProviderRow, release: Release) {
  if (since(release, '2024.12')) return { jwt_federation_sources, jwt_federation_providers }
  return { jwks_sources: jwt_federation_sources }
}

const subModes = ['hashed_user_id', 'user_id', 'user_uuid', 'user_username', 'user_email', 'user_upn']
const flows = providers.map((row) => row.authorization_flow)
const mappings = providers.flatMap((row) => row.property_mappings)
const applications = providers.flatMap((row) => row.application?.pk ?? [])
const signingKeys = providers.flatMap((row) => row.signing_key ?? [])

/** /providers/oauth2/ */
export function oauth2Providers(): Route[] {
  return collectionRoutes<ProviderRow>({
    path: 'providers/oauth2/',
    model: 'OAuth2Provider',
    key: { property: 'pk', kind: integerKey },
    rows: providers,
    visible: visibleByRight('view_oauth2provider'),
    filters: [
      text('name', (row) => row.name),
      reference('authorization_flow', uuidKey, flows, (row) => row.authorization_flow),
      references('property_mappings', uuidKey, mappings, (row) => row.property_mappings),
      reference('application', uuidKey, applications, (row) => row.application?.pk ?? null),
      choice('client_type', ['confidential', 'public'], (row) => row.client_type),
      text('client_id', (row) => row.client_id),
      text('access_code_validity', (row) => row.access_code_validity),
      text('access_token_validity', (row) => row.access_token_validity),
      text('refresh_token_validity', (row) => row.refresh_token_validity),
      flag('include_claims_in_id_token', (row) => row.include_claims_in_id_token),
      reference('signing_key', uuidKey, signingKeys, (row) => row.signing_key),
      choice('sub_mode', subModes, (row) => row.sub_mode),
      choice('issuer_mode', ['global', 'per_provider'], (row) => row.issuer_mode),
    ],
    search: ['name'],
    columns: ['pk', 'name', 'client_type', 'client_id', 'sub_mode', 'issuer_mode'],
    order: ['name'],
    present: presentProvider,
  })
}
