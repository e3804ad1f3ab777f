import { uuid } from '../keys.ts'
import { users } from './people.ts'

/** A token that authentik keeps by itself. Of its value the body has nothing. */
export interface ApiTokenRow {
  pk: string
  identifier: string
  intent: 'verification' | 'api' | 'recovery' | 'app_password'
  user: number
  user__username: string
  description: string
  expires: string | null
  expiring: boolean
  managed: string | null
  /** The demonstration token that it is. It is good no longer when the row is deleted. */
  token?: string
}

const intents = ['api', 'app_password', 'recovery', 'verification'] as const
const lasting = { expires: null, expiring: false }

/** Two of everybody's, and some that are special. */
export const apiTokens: readonly ApiTokenRow[] = [
  ...users.map(({ username, type }) =>
    row(username, `${username}-first`, type === 'internal_service_account' ? { managed: `first/${username}` } : {}),
  ),
  ...users.map(({ username }, index) =>
    row(username, `${username}-second`, { intent: intents[index % 4] ?? 'api', description: 'Made by hand' }),
  ),
  row('mira', 'gateway-mira', { ...lasting, token: 'demo-superuser' }),
  row('paul', 'gateway-paul', { ...lasting, token: 'demo-plain' }),
  row('ada', 'gateway-ada', { ...lasting, token: 'demo-auditor' }),
  row('nils', 'gateway-nils', { ...lasting, token: 'demo-nobody' }),
  row('vera', 'gateway-vera', { ...lasting, token: 'demo-viewer' }),
  row('david', 'gateway-david', { ...lasting, token: 'demo-delegate' }),
  row('ak-outpost-tromso', 'ak-outpost-tromso-api', {
    ...lasting,
    managed: 'goauthentik.io/outpost/tromso',
    token: 'demo-outpost',
  }),
  row('paul', 'paul-app-password', { intent: 'app_password', description: 'Mail on the phone' }),
  row('paul', 'paul-recovery', { intent: 'recovery' }),
  row('paul', 'paul-verification', { intent: 'verification' }),
  row('paul', 'paul-managed', { ...lasting, managed: 'goauthentik.io/nordlicht/reports' }),
  row('paul', 'paul-expired', { intent: 'app_password', expires: '2024-11-23T07:28:38.888671Z' }),
  row('paul', 'paul-past', { expires: '2024-11-23T07:28:38.888671Z', expiring: false }),
  // authentik has these, and cannot be asked for any of them.
  row('paul', 'paul.laptop/old x', lasting),
  row('zoe', 'zoe/..', lasting),
  row('bao', 'line\nbreak', lasting),
  row('tomek', 'tomek.v2', lasting),
  row('haruka', '遥のトークン', lasting),
  row('signe', 's'.repeat(255), lasting),
].map((token, index) => ({ ...token, pk: uuid('token', index + 1) }))

function row(username: string, identifier: string, different: Partial<ApiTokenRow>): Omit<ApiTokenRow, 'pk'> {
  const user = users.find((candidate) => candidate.username === username)
  if (!user) throw new Error(`The sandbox has no user ${username}`)
  return {
    identifier,
    intent: 'api',
    user: user.pk,
    user__username: username,
    description: '',
    expires: '2036-11-26T07:28:38.846486Z',
    expiring: true,
    managed: null,
    ...different,
  }
}
