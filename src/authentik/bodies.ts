import { type Release, since, supportedReleases } from '../releases.ts'
import type { components } from './openapi.ts'

// The bodies that flow through the graph, in authentik's own spelling. A body's properties are those of the newest
// release; as an object stands inside others in shorter forms, only what every form has is certain to be there.

type Schemas = components['schemas']
type Sure<Whole, Always extends keyof Whole> = Pick<Whole, Always> & {
  readonly [P in keyof Omit<Whole, Always>]?: Whole[P] | undefined
}

/** A user: of /core/users/, inside a grant, of /core/users/me/. */
export type UserBody = Sure<Schemas['User'], 'pk' | 'username' | 'name' | 'uid'>

/** A group: of /core/groups/, inside a user, as parent or child of another. */
export type GroupBody = Sure<Schemas['Group'], 'pk' | 'name'> & OlderGroup

/** An OAuth2 provider: of /providers/oauth2/, or inside a grant. */
export type OAuth2ProviderBody = Sure<Omit<Schemas['OAuth2Provider'], 'redirect_uris'>, 'pk' | 'name'> &
  OlderOAuth2Provider

/** What every grant has: an authorization code has no more. The graph drops the client secret inside (client-secret.ts). */
export interface GrantBody extends Omit<Schemas['ExpiringBaseGrantModel'], 'provider' | 'user'> {
  readonly provider: OAuth2ProviderBody
  readonly user: UserBody
}

/** An access token or a refresh token. */
export type TokenBody = GrantBody & Sure<Omit<Schemas['TokenModel'], keyof GrantBody>, never>

export type RedirectUriBody = Sure<Schemas['RedirectURI'], 'url'>

/** An application: of /core/applications/, or inside a consent. Inside a provider it is known by its slug and its name alone. */
export type ApplicationBody = Sure<Omit<Schemas['Application'], 'provider_obj'>, 'slug' | 'name'> & {
  /** As far as providers of all protocols go. */
  readonly provider_obj?: OAuth2ProviderBody | null
}

/** A session: of a browser that signed in. Of its user authentik sends the key alone. */
export type AuthenticatedSessionBody = Sure<Schemas['AuthenticatedSession'], 'user'> & {
  readonly uuid: string
  /** The user, which the gateway puts there if it knows them already. */
  readonly user_obj?: UserBody
}

/** What a user agreed to. */
export type UserConsentBody = Sure<Omit<Schemas['UserConsent'], 'user' | 'application'>, 'pk'> & {
  readonly user: UserBody
  readonly application: ApplicationBody
}

/** A token for authentik's own API, or one of an app password, a recovery or a verification. authentik never sends its value. */
export type ApiTokenBody = Sure<Schemas['Token'], 'identifier' | 'user_obj'>

/** An entry of authentik's audit log. */
export type EventBody = Sure<Schemas['Event'], 'pk'>

/** Up to 2025.10 a group had one parent. */
interface OlderGroup {
  readonly parent?: string | null
  readonly parent_name?: string | null
}

/** What only releases older than the newest send. */
interface OlderOAuth2Provider {
  /** Up to 2024.10; then jwt_federation_sources. */
  readonly jwks_sources?: readonly string[]
  /** 2025.8 only; then logout_uri. */
  readonly backchannel_logout_uri?: string
  /** One text, a URI a line, from 2024.10.0 to 2024.10.2. */
  readonly redirect_uris?: readonly RedirectUriBody[] | string | undefined
}

/** Why a whole body may be without a property, or have null in it. */
export interface Lack {
  /** The first version that sends it. */
  readonly since?: string
  /** The first version that sends it no longer. */
  readonly before?: string
  /** Some objects have null there. */
  readonly null?: true
  /** Some objects do not have the property. */
  readonly optional?: true
}

const grant = { expires: { null: true } } as const

/**
 * What whole bodies may lack, by the type of the graph and the property. A whole body is one that an object's own endpoint
 * or list sends, or one that has as much. Every supported release sends all other properties that the newest sends, and never
 * null: a field whose property is missing all the same is an error (graph/hydration.ts). The table was taken from the OpenAPI
 * documents and corrected by what real servers answered.
 */
export const lacks: Readonly<Record<string, Readonly<Record<string, Lack>>>> = {
  AccessToken: grant,
  RefreshToken: grant,
  AuthorizationCode: grant,
  OAuth2Provider: {
    authentication_flow: { null: true },
    authorization_flow: { null: true },
    invalidation_flow: { null: true },
    assigned_application_slug: { null: true },
    assigned_application_name: { null: true },
    assigned_backchannel_application_slug: { null: true, optional: true },
    assigned_backchannel_application_name: { null: true, optional: true },
    refresh_token_threshold: { since: '2025.10' },
    signing_key: { null: true },
    encryption_key: { null: true },
    backchannel_logout_uri: { since: '2025.8', before: '2025.10' },
    logout_uri: { since: '2025.10' },
    logout_method: { since: '2025.10' },
    grant_types: { since: '2026.5' },
    jwks_sources: { before: '2024.12' },
    jwt_federation_sources: { since: '2024.12' },
    jwt_federation_providers: { since: '2024.12' },
  },
  RedirectUri: {
    matching_mode: { since: '2024.10.3' },
    redirect_uri_type: { since: '2026.5' },
  },
  User: {
    last_login: { null: true },
    password_change_date: { since: '2025.2' },
    date_joined: { since: '2025.4' },
    last_updated: { since: '2025.8' },
  },
  Application: {
    launch_url: { null: true },
    meta_icon: { null: true },
    meta_icon_url: { since: '2025.12', null: true },
    provider: { null: true },
    provider_obj: { null: true },
  },
  AuthenticatedSession: { geo_ip: { null: true }, asn: { null: true } },
  UserConsent: { expires: { null: true } },
  ApiToken: { expires: { null: true }, managed: { null: true } },
  Event: { client_ip: { null: true } },
  Group: {
    parent: { before: '2025.12', null: true },
    parent_name: { before: '2025.12', null: true },
    parents_obj: { since: '2025.12' },
    children_obj: { since: '2025.8' },
  },
}

/**
 * Whether a whole body of the type may be without all of the properties, and whether the ones that it has may be null. Of
 * types that are not in the table nothing is known.
 */
export function mayLack(
  typename: string,
  properties: readonly string[],
): { readonly beAbsent: boolean; readonly beNull: boolean } {
  const table = lacks[typename]
  if (!table) return { beAbsent: true, beNull: true }
  const rows = properties.map((property) => table[property] ?? {})
  const sends = (release: Release, { since: first = '0', before, optional }: Lack) =>
    since(release, first) && !(before && since(release, before)) && !optional
  return {
    beAbsent: supportedReleases.some((release) => !rows.some((row) => sends(release, row))),
    beNull: rows.some((row) => row.null),
  }
}
