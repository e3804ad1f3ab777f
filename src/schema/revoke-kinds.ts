import type { Query } from '../authentik/address.ts'
import type { Authentik, BodyOf } from '../authentik/authentik.ts'
import { type Claims, isOfClaims, readClaims } from '../authentik/bearer.ts'
import type {
  ApiTokenBody,
  AuthenticatedSessionBody,
  GrantBody,
  TokenBody,
  UserConsentBody,
} from '../authentik/bodies.ts'
import { type Endpoint, endpoints } from '../authentik/endpoints.ts'
import { invalidAnswer } from '../errors.ts'
import { checkPage, type Page, rowsIn, Walk } from '../graph/lists/walk.ts'
import type { PageRequest } from '../graph/lists/window.ts'
import { limits } from '../limits.ts'
import { accessTokens } from './access-token.ts'
import { apiTokens as apiTokenLookup } from './api-token.ts'
import { sessions as sessionLookup } from './authenticated-session.ts'
import { authorizationCodes } from './authorization-code.ts'
import type { GrantKind } from './grant.ts'
import { refreshTokens } from './refresh-token.ts'
import { type Revocable, unaddressable } from './revoke.ts'
import type { Result } from './revoke-payload.ts'
import { userConsents } from './user-consent.ts'

// How what is to be revoked is found: by whose it is, page by page.

/** The caller, as far as authentik tells. */
export type Me = BodyOf<typeof endpoints.me>['user'] | undefined

/** Whose objects are meant. authentik finds some by the user's key, others by the name. */
export interface Whose {
  readonly user?: number
  readonly username?: string
  readonly provider?: number
}

type Row = Partial<GrantBody & TokenBody & AuthenticatedSessionBody & UserConsentBody & ApiTokenBody>

export interface Kind {
  readonly lookup: Revocable<string | number>
  /** The list. */
  readonly endpoint: Endpoint
  readonly ordering: string
  readonly parametersOf: (whose: Whose) => Query
  /** Whether authentik finds it by the user's name, and not by the key. */
  readonly isByName: boolean
  readonly ownerOf: (row: Row) => number | undefined
  /** Whether authentik lets owners delete their own on every release, without any right. */
  readonly isOwners: boolean
}

/** An object that was found. Of its body no more is held. */
export interface Found {
  readonly kind: Kind
  readonly key: string | number
  /** The global id. */
  readonly target: string
  readonly owner: number | undefined
  /** Whether it is the token with which authentik is asked, by its claims. */
  readonly isInUse: boolean
  /** When it expires, if that is yet to come. */
  readonly expires: string | null | undefined
  /** Of an API token. */
  readonly intent: string | undefined
  /** Of a session. */
  readonly lastUsed: string | undefined
}

export interface Listed {
  readonly found: readonly Found[]
  /** How many rows the page had. */
  readonly rows: number
  /** How many rows the list has. */
  readonly length: number
}

function ofGrants<B extends GrantBody>({ lookup, list: { endpoint } }: GrantKind<B>): Kind {
  return {
    lookup: lookup as unknown as Kind['lookup'],
    endpoint,
    ordering: '-pk',
    parametersOf: ({ user, provider }) => ({ ...(user && { user }), ...(provider && { provider }) }),
    isByName: false,
    ownerOf: ({ user }) => (user as GrantBody['user'] | undefined)?.pk,
    isOwners: false,
  }
}

const byName = ({ username = '' }: Whose): Query => ({ user__username: username })
const keyOfUser = ({ user }: Row) => user as number | undefined

export const kinds = {
  sessions: {
    lookup: sessionLookup as unknown as Kind['lookup'],
    endpoint: endpoints.authenticatedSessions,
    ordering: 'uuid',
    parametersOf: byName,
    isByName: true,
    ownerOf: keyOfUser,
    isOwners: true,
  },
  codes: ofGrants(authorizationCodes),
  refreshTokens: ofGrants(refreshTokens),
  accessTokens: ofGrants(accessTokens),
  consents: {
    lookup: userConsents as unknown as Kind['lookup'],
    endpoint: endpoints.userConsents,
    ordering: '-pk',
    parametersOf: ({ user = 0 }) => ({ user }),
    isByName: false,
    ownerOf: ({ user }) => (user as UserConsentBody['user'] | undefined)?.pk,
    isOwners: true,
  },
  apiTokens: {
    lookup: apiTokenLookup as unknown as Kind['lookup'],
    endpoint: endpoints.apiTokens,
    ordering: 'pk',
    parametersOf: byName,
    isByName: true,
    ownerOf: keyOfUser,
    isOwners: true,
  },
} satisfies Record<string, Kind>

/** One page of what is theirs, from an offset on. Throws UpstreamError. */
export async function find(authentik: Authentik, kind: Kind, whose: Whose, offset: number): Promise<Listed> {
  const walk = walkOf(authentik, kind, whose)
  const window = await walk.collect({
    first: limits.rowsPerPage,
    after: offset - 1,
    last: undefined,
    before: undefined,
  })
  const rows = rowsIn(walk, window)
  // A filter that went unheeded must not cost other people what is theirs.
  const isOthers = (row: Row) =>
    (whose.user !== undefined && kind.ownerOf(row) !== whose.user) ||
    (whose.provider !== undefined && row.provider?.pk !== whose.provider)
  if (rows.some(isOthers)) throw invalidAnswer(`objects of type ${kind.lookup.typename} that are not those asked for`)
  const { claims } = authentik
  return { found: rows.map((row) => foundOf(claims, kind, row)), rows: window.to - window.from, length: walk.length }
}

/** How many of them there are. Throws UpstreamError. */
export async function count(authentik: Authentik, kind: Kind, whose: Whose): Promise<number> {
  const walk = walkOf(authentik, kind, whose)
  await walk.askLength()
  return walk.length
}

function walkOf(authentik: Authentik, { endpoint, ordering, parametersOf }: Kind, whose: Whose): Walk<Row> {
  const left = (endpoint.includes ?? []).map((include) => [include, false])
  const query = { ...parametersOf(whose), ordering, ...Object.fromEntries(left) }
  const ask = async (page: PageRequest) => {
    const came = (await authentik.findPage(endpoint, { ...query, ...page })) as unknown as Page<Row> | null
    return came && checkPage(came)
  }
  return new Walk(ask, authentik.pageLimit, 1)
}

function foundOf(claims: Claims | undefined, kind: Kind, row: Row): Found {
  const key = kind.lookup.keyOf(row)
  return {
    kind,
    key,
    target: kind.lookup.globalId(key),
    owner: kind.ownerOf(row),
    isInUse: kind === kinds.accessTokens && !!claims && isOfClaims(claims, readClaims(row.id_token)),
    expires: row.is_expired ? undefined : row.expires,
    intent: row.intent,
    lastUsed: row.last_used,
  }
}

/** What a dry run tells of it: what is certain, and else the right that authentik checks. */
export function predict({ kind, key, owner, target }: Found, me: Me, mayLoseCredential: boolean): Result {
  if (kind.lookup.key.isAddress?.(key) === false) return unaddressable(target)
  const right = kind.lookup.endpoint.deleteRight
  const isCertain = me?.is_superuser === true || (kind.isOwners && me !== undefined && owner === me.pk)
  if (!isCertain) return { target, outcome: 'MAY_REVOKE', right, message: `Needs the right ${right}.` }
  if (!mayLoseCredential) return { target, outcome: 'WOULD_REVOKE' }
  return { target, outcome: 'MAY_REVOKE', message: 'The token with which you ask may be gone by then.' }
}

/** What is told of grants that the caller may not be shown. Before authentik 2025.12, when `me` got its roles, they are for superusers. */
export function hiddenGrants(target: string, me: Me, whose: string): Result {
  const why = me && me.roles === undefined ? ': this release shows them to superusers only' : ''
  const hidden = me ? 'are' : 'may be'
  return { target, outcome: 'STAYS', message: `${whose}, if any, ${hidden} hidden from you${why}.` }
}
