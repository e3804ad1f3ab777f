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

/** What every grant has: an authorization code has no more. */
export interface GrantBody extends Omit<Schemas['ExpiringBaseGrantModel'], 'provider' | 'user'> {
  readonly provider: OAuth2ProviderBody
  readonly user: UserBody
}

/** An access token or a refresh token. */
export type TokenBody = GrantBody & Sure<Omit<Schemas['TokenModel'], keyof GrantBody>, never>

export type RedirectUriBody = Sure<Schemas['RedirectURI'], 'url'>

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
