import { uuid } from '../keys.ts'

interface Application {
  pk: string
  slug: string
  name: string
}

export interface RedirectUri {
  matching_mode: 'strict' | 'regex'
  url: string
  redirect_uri_type: 'authorization' | 'logout'
}

/** A relying party: some service of the sample company that signs its users in through authentik. */
export interface ProviderRow {
  pk: number
  name: string
  authentication_flow: string | null
  authorization_flow: string
  invalidation_flow: string
  property_mappings: readonly string[]
  application: Application | null
  backchannel_application: Application | null
  client_type: 'confidential' | 'public'
  client_id: string
  client_secret: string
  access_code_validity: string
  access_token_validity: string
  refresh_token_validity: string
  refresh_token_threshold: string
  include_claims_in_id_token: boolean
  signing_key: string | null
  encryption_key: string | null
  redirect_uris: readonly RedirectUri[]
  logout_uri: string
  logout_method: 'backchannel' | 'frontchannel'
  sub_mode: 'hashed_user_id' | 'user_id' | 'user_uuid' | 'user_username' | 'user_email' | 'user_upn'
  issuer_mode: 'global' | 'per_provider'
  grant_types: readonly string[]
  jwt_federation_sources: readonly string[]
  jwt_federation_providers: readonly number[]
}

const flows = { authentication: uuid('flow', 1), authorization: uuid('flow', 2), invalidation: uuid('flow', 3) }
const mappings = {
  openid: uuid('scope', 1),
  email: uuid('scope', 2),
  profile: uuid('scope', 3),
  station: uuid('scope', 4),
}
const signingKey = uuid('key', 1)
const encryptionKey = uuid('key', 2)

/** The providers, of which 5, 9 and 10 belong to no application. */
export const providers: readonly ProviderRow[] = [
  provider(1, 'Grafana', 'grafana', {
    redirect_uris: [strict('https://grafana.nordlicht.example/login/generic_oauth')],
  }),
  provider(2, 'Wiki', 'wiki', {
    encryption_key: encryptionKey,
    include_claims_in_id_token: false,
    redirect_uris: [
      strict('https://wiki.nordlicht.example/callback'),
      regex('https://wiki-[a-z]+\\.nordlicht\\.example/.*'),
    ],
    jwt_federation_sources: [uuid('source', 1)],
  }),
  provider(3, 'Weather map', 'weather-map', {
    client_type: 'public',
    signing_key: null,
    redirect_uris: [regex('https://.*\\.map\\.nordlicht\\.example/signed-in')],
    sub_mode: 'user_email',
    issuer_mode: 'global',
    grant_types: ['authorization_code', 'refresh_token'],
  }),
  provider(4, 'Météo ünï ✓ 天気', 'meteo', {
    property_mappings: Object.values(mappings),
    redirect_uris: [strict('https://例え.nordlicht.example/retour?lang=fr&ok=1')],
    sub_mode: 'user_username',
  }),
  provider(5, 'Command line', null, {
    authentication_flow: null,
    client_type: 'public',
    signing_key: null,
    access_code_validity: 'minutes=5',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  }),
  provider(6, 'Forge', 'forge', {
    backchannel_application: application(12, 'forge-provisioning', 'Forge provisioning'),
    redirect_uris: [
      strict('https://forge.nordlicht.example/oauth/callback'),
      { ...strict('https://forge.nordlicht.example/signed-out'), redirect_uri_type: 'logout' },
    ],
    logout_uri: 'https://forge.nordlicht.example/oauth/logout',
  }),
  provider(7, 'Rollouts', 'rollouts', {
    jwt_federation_sources: [uuid('source', 1), uuid('source', 2)],
    jwt_federation_providers: [1, 2],
    redirect_uris: [strict('https://rollouts.nordlicht.example/auth/callback')],
    sub_mode: 'user_uuid',
  }),
  provider(8, 'Timesheets', 'timesheets', {
    issuer_mode: 'global',
    refresh_token_threshold: 'hours=1',
    logout_uri: 'https://timesheets.nordlicht.example/logout',
    logout_method: 'frontchannel',
    sub_mode: 'user_id',
  }),
  provider(9, 'Old intranet', null, { sub_mode: 'user_upn', access_token_validity: 'hours=8' }),
  provider(10, 'Sensor gateway', null, {
    authentication_flow: null,
    property_mappings: [],
    grant_types: ['client_credentials'],
  }),
]

/** A provider, as most are; `slug` names its application. */
export function provider(
  pk: number,
  name: string,
  slug: string | null,
  different: Partial<ProviderRow> = {},
): ProviderRow {
  const clientId = slug ?? name.toLowerCase().replaceAll(' ', '-')
  return {
    pk,
    name,
    authentication_flow: flows.authentication,
    authorization_flow: flows.authorization,
    invalidation_flow: flows.invalidation,
    property_mappings: [mappings.openid, mappings.email, mappings.profile],
    application: slug === null ? null : application(pk, slug, name),
    backchannel_application: null,
    client_type: 'confidential',
    client_id: `demo-client-${clientId}`,
    client_secret: `demo-secret-of-${clientId}-not-a-real-one`,
    access_code_validity: 'minutes=1',
    access_token_validity: 'hours=1',
    refresh_token_validity: 'days=30',
    refresh_token_threshold: 'seconds=0',
    include_claims_in_id_token: true,
    signing_key: signingKey,
    encryption_key: null,
    redirect_uris: [],
    logout_uri: '',
    logout_method: 'backchannel',
    sub_mode: 'hashed_user_id',
    issuer_mode: 'per_provider',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    jwt_federation_sources: [],
    jwt_federation_providers: [],
    ...different,
  }
}

function application(number: number, slug: string, name: string): Application {
  return { pk: uuid('app', number), slug, name }
}

function strict(url: string): RedirectUri {
  return { matching_mode: 'strict', url, redirect_uri_type: 'authorization' }
}

function regex(url: string): RedirectUri {
  return { ...strict(url), matching_mode: 'regex' }
}

/** The provider with this key, which must exist. */
export function providerOf(pk: number): ProviderRow {
  const row = providers.find((candidate) => candidate.pk === pk)
  if (!row) throw new Error(`The sandbox has no provider ${pk}`)
  return row
}
