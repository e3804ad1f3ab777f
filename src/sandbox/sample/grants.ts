import { groupOf, userOf } from '../directory.ts'
import { providerOf } from './providers.ts'
import { sessions } from './sessions.ts'

/** What access tokens, refresh tokens and authorization codes have in common. */
export interface GrantRow {
  pk: number
  /** Keys. The body has the whole objects instead. */
  provider: number
  user: number
  /** The key of the session in which it was issued. Not in the body. */
  session: string | null
  expires: string | null
  /** Not in the body. A row with `false` is never expired, whatever `expires` says. */
  expiring: boolean
  scope: readonly string[]
}

/** What access tokens and refresh tokens have in common. */
export interface TokenRow extends GrantRow {
  claims: object
  revoked: boolean
}

const signe = 15
const paul = 5
/** Mira to Outpost Tromsø. Nils, Sam and Break glass own nothing. */
const owners = [4, 6, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 27]

/** The access tokens with which authentik's API can be asked: Paul's newest two, of which the first goes with a session. */
export const apiAccessTokens = [255, 280]

/** 300 access tokens. The remainder of a key decides what is special about the row, so that each kind of row occurs often. */
export const accessTokens: readonly TokenRow[] = keysTo(300).map((pk) => (pk === 42 ? exampleToken() : token(pk)))

/** 40 refresh tokens, of which 7 was rotated. */
export const refreshTokens: readonly TokenRow[] = keysTo(40).map(token)

/** 12 authorization codes. */
export const authorizationCodes: readonly GrantRow[] = keysTo(12).map((pk) => grant(pk, ownerOf(pk), providerFor(pk)))

/** Number 42, the one to show: Zoë signed in to Grafana. */
function exampleToken(): TokenRow {
  const example = grant(42, 8, 1)
  const station = { id: 'TOS', sensors: [1, 2.5, null, true] }
  return { ...example, claims: { ...claimsOf(example), nonce: 'demo-nonce-42', station }, revoked: false }
}

function token(pk: number): TokenRow {
  const { scope, ...rest } = grant(pk, ownerOf(pk), providerFor(pk))
  const row = { ...rest, scope: apiAccessTokens.includes(pk) ? [...scope, 'goauthentik.io/api'] : scope }
  return { ...row, claims: claimsOf(row), revoked: pk % 40 === 7 }
}

function grant(pk: number, user: number, provider: number): GrantRow {
  return {
    pk,
    provider,
    user,
    session: sessionFor(user, pk),
    ...expiryOf(pk),
    scope: pk % 15 === 4 ? [] : ['openid', 'email', 'profile', 'offline_access'].slice(0, 1 + (pk % 4)),
  }
}

function ownerOf(pk: number): number {
  if (pk % 25 === 5) return paul
  if (pk % 3 === 0) return signe
  return owners[(pk + 3 * Math.floor(pk / 20)) % owners.length] ?? signe
}

function providerFor(pk: number): number {
  return 1 + ((pk * 7 + Math.floor(pk / 7)) % 10)
}

/** One of the user's sessions, or none: some were deleted, and machines have none. */
function sessionFor(user: number, pk: number): string | null {
  const own = sessions.filter((session) => session.user === user)
  return own[Math.floor(pk / 20) % (own.length + 1)]?.uuid ?? null
}

function expiryOf(pk: number): Pick<GrantRow, 'expires' | 'expiring'> {
  if (pk % 50 === 1) return { expires: null, expiring: false }
  if (pk % 50 === 26) return { expires: time(2024, pk), expiring: false }
  return { expires: time(pk % 13 === 12 ? 2024 : 2036, pk), expiring: true }
}

/** A time as Python writes it: with microseconds, unless they are zero. */
function time(year: number, pk: number): string {
  const seconds = new Date(Date.UTC(year, 10, 1) + pk * 9_871_000).toISOString().slice(0, 19)
  const microseconds = String((pk * 37_003) % 1_000_000).padStart(6, '0')
  return pk % 10 === 0 ? `${seconds}Z` : `${seconds}.${microseconds}Z`
}

function claimsOf({ pk, user, provider, expires, scope }: GrantRow): object {
  const acr = 'goauthentik.io/providers/oauth2/default'
  if (scope.length === 0) return { acr }
  const { uid, email, name, groups } = userOf(user)
  const { client_id, application } = providerOf(provider)
  const issued = Date.UTC(2026, 7, 20) / 1000 + pk
  return {
    iss: `https://authentik.nordlicht.example/application/o/${application?.slug ?? client_id}/`,
    sub: uid,
    aud: pk % 8 === 0 ? [client_id, 'demo-client-sensors'] : client_id,
    ...(expires !== null && { exp: Math.floor(Date.parse(expires) / 1000) }),
    iat: issued,
    auth_time: issued,
    acr,
    amr: ['pwd', 'mfa'],
    ...(scope.includes('email') && { email, email_verified: true }),
    ...(scope.includes('profile') && { name, groups: groups.map((key) => groupOf(key).name) }),
  }
}

function keysTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}
