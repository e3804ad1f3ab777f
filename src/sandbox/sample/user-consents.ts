import { applicationOf } from './applications.ts'
import { users } from './people.ts'

/** What a user agreed to let an application have. */
export interface UserConsentRow {
  pk: number
  user: number
  /** The user's name once more. */
  username: string
  /** The application's key. */
  application: string
  expires: string | null
  /** Without it the consent never ends, whatever `expires` says. */
  expiring: boolean
  permissions: string
}

const ended = { expires: '2024-11-23T07:28:38.786980Z', expiring: true }
const lasting = { expires: '2036-11-23T07:28:38.786980Z', expiring: true }
const endless = { expires: null, expiring: false }
const endlessWithDate = { expires: '2024-11-25T07:28:38.787398Z', expiring: false }

type Told = readonly [
  username: string,
  slug: string,
  permissions: string,
  end: Pick<UserConsentRow, 'expires' | 'expiring'>,
]

const told: readonly Told[] = [
  ['mira', 'grafana', 'openid email profile', lasting],
  ['mira', 'wiki', 'openid', endless],
  ['paul', 'grafana', 'openid email profile', ended],
  // A second set of permissions.
  ['paul', 'grafana', 'openid', lasting],
  ['paul', 'wiki', '', endlessWithDate],
  ['paul', 'handbook', 'goauthentik.io/api offline_access', lasting],
  // Policies forbid it by now.
  ['paul', 'vault', 'openid', endless],
  ['ada', 'grafana', 'openid email', lasting],
  ['ada', 'payroll', '', ended],
  ['vera', 'wiki', 'openid', lasting],
  ['david', 'wiki', 'openid', lasting],
  ['nils', 'wiki', 'openid', lasting],
  ...users.slice(10, 21).flatMap(({ username }): Told[] => [
    [username, 'grafana', 'openid email profile', lasting],
    [username, 'wiki', '', endlessWithDate],
  ]),
  ['ada', 'handbook', 'openid', endless],
]

/** The consents, of which 3 has ended. */
export const userConsents: readonly UserConsentRow[] = told.map(([username, slug, permissions, end], index) => ({
  pk: index + 1,
  user: users.find((user) => user.username === username)?.pk ?? 0,
  username,
  application: applicationOf(slug).pk,
  ...end,
  permissions,
}))
