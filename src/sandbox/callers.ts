import { type Release, since } from '../releases.ts'
import { isSuperuser } from './directory.ts'
import { refuse } from './errors.ts'
import { accessTokens, apiAccessTokens } from './sample/grants.ts'
import { type UserRow, users } from './sample/people.ts'
import { providerOf } from './sample/providers.ts'

/** A user whose requests carry a known token. */
export interface Caller {
  user: UserRow
  superuser: boolean
  /** Whether the caller holds a right, on every object or on the one with this key. */
  may(right: string, pk?: number | string): boolean
}

/** What has ended in a sandbox, since a row was deleted. */
export interface Gone {
  /** The keys of sessions, with which access tokens and authorization codes go. */
  sessions: Set<string>
  /** Demonstration tokens. */
  tokens: Set<string>
  /** The keys of access tokens. */
  accessTokens: Set<number>
}

interface Demonstration {
  token: string
  username: string
  rights: string
  /** `view_user` is the right on all users, `view_user:5` on one. A superuser needs none. */
  holds?: readonly string[]
  expired?: true
}

const kinds = ['application', 'authenticatedsession', 'userconsent', 'token', 'event']
const views = ['oauth2provider', 'user', 'group', ...kinds].map((kind) => `view_${kind}`)
const deletes = ['accesstoken', 'refreshtoken', 'authorizationcode', ...kinds].map((kind) => `delete_${kind}`)

/** The tokens to try the gateway with, and their users. What each of them sees, the resources decide (`visible`). */
export const demonstrationCallers: readonly Demonstration[] = [
  { token: 'demo-superuser', username: 'mira', rights: 'a superuser: sees and deletes everything' },
  {
    token: 'demo-plain',
    username: 'paul',
    rights: 'an ordinary user: sees own objects, may delete own sessions, consents and API tokens, but no grants',
  },
  {
    token: 'demo-auditor',
    username: 'ada',
    rights: 'sees everything but the grants of others',
    holds: views,
  },
  { token: 'demo-nobody', username: 'nils', rights: 'an ordinary user without grants' },
]

/** More tokens, for tests. */
export const furtherCallers: readonly Demonstration[] = [
  {
    token: 'demo-viewer',
    username: 'vera',
    rights: 'sees one provider, one user, one group, one application and one event',
    holds: [
      'view_oauth2provider:1',
      'view_user:5',
      'view_group:67726f75-7000-4000-8000-000000000007',
      'view_application:61707000-0000-4000-8000-000000000002',
      'view_event:6576656e-7400-4000-8000-000000000077',
      // Of what has an owner authentik does not look at rights on one object, but at rights on all.
      ...['view_accesstoken:5', 'delete_accesstoken:5', 'view_userconsent:3', 'delete_userconsent:3'],
    ],
  },
  {
    token: 'demo-delegate',
    username: 'david',
    rights: 'sees what the auditor sees, and may delete it, own grants too',
    holds: [...views, ...deletes],
  },
  {
    token: 'demo-deleter',
    username: 'lena',
    rights: 'may delete what the auditor sees, but sees nothing of others',
    holds: deletes,
  },
  { token: 'demo-sealed', username: 'break-glass', rights: 'another superuser' },
  { token: 'demo-expired', username: 'paul', rights: 'none: the token has expired', expired: true },
  { token: 'demo-outpost', username: 'ak-outpost-tromso', rights: 'an outpost: empty lists where others are refused' },
]

/**
 * The caller, by the value of the Authorization header; null without credentials, and with an empty token.
 * Throws a `Refusal` for credentials that authentik does not accept, and any other error where authentik crashes.
 */
export function authenticate(authorization: string | undefined, release: Release, gone: Gone): Caller | null {
  const [, scheme = '', token = ''] = /^(\S+) +(.+)$/.exec(authorization ?? '') ?? []
  if (token === '') return null
  if (scheme.toLowerCase() !== 'bearer') {
    // Another scheme counts as no credentials since 2025.12.
    if (since(release, '2025.12')) return null
    throw refuse.schemeUnsupported()
  }
  if (/[^\x20-\x7e]/.test(token)) throw new TypeError('comparing strings with non-ASCII characters is not supported')
  const demonstration = [...demonstrationCallers, ...furtherCallers].find(
    (caller) => caller.token === token && !caller.expired && !gone.tokens.has(token),
  )
  const { username } = demonstration ?? {}
  const user = users.find((candidate) => candidate.username === username || candidate.pk === ownerOfJwt(token, gone))
  if (!user) throw refuse.tokenInvalid()
  const superuser = isSuperuser(user)
  const held = new Set(demonstration?.holds)
  return { user, superuser, may: (right, pk) => superuser || held.has(right) || held.has(`${right}:${pk}`) }
}

/** The signed token of an access token, with which authentik's API can be asked until it or its session is deleted. */
export function demonstrationJwt(pk: number): string {
  const row = accessTokens.find((token) => token.pk === pk && apiAccessTokens.includes(pk))
  if (!row) throw new Error(`No access token ${pk} is for the API`)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const added = { azp: providerOf(row.provider).client_id, uid: `demo-${pk}`, scope: row.scope.join(' ') }
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...row.claims, ...added })}.demo-signature`
}

function ownerOfJwt(token: string, gone: Gone): number | undefined {
  const pk = apiAccessTokens.find((candidate) => token.includes('.') && demonstrationJwt(candidate) === token)
  const row = accessTokens.find((candidate) => candidate.pk === pk)
  if (!row || gone.accessTokens.has(row.pk) || gone.sessions.has(row.session ?? '')) return undefined
  return row.user
}
