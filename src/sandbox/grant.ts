import { type Release, since } from '../releases.ts'
import type { ApiRequest, Route } from './api.ts'
import { collectionRoutes } from './collection.ts'
import { userOf } from './directory.ts'
import { reference } from './filters.ts'
import { integerKey } from './keys.ts'
import { presentProvider, presentSlimProvider } from './oauth2-provider.ts'
import type { GrantRow, TokenRow } from './sample/grants.ts'
import { users } from './sample/people.ts'
import { providerOf, providers } from './sample/providers.ts'
import { presentUser } from './user.ts'

interface Grants<Row extends GrantRow> {
  path: string
  model: string
  rows: readonly Row[]
  columns?: readonly (keyof Row & string)[]
  deleteRight: string
  /** Whether they go when their session is deleted. */
  goWithSession: boolean
  removed?(row: Row, request: ApiRequest): void
  present(row: Row, request: ApiRequest): object
}

const userKeys = users.map((user) => user.pk)
const providerKeys = providers.map((provider) => provider.pk)

/** The routes of one kind of grant. Only superusers see the grants of others, whatever rights anybody holds. */
export function grantRoutes<Row extends GrantRow>({ columns = [], goWithSession, ...grants }: Grants<Row>): Route[] {
  return collectionRoutes<Row>({
    ...grants,
    key: { property: 'pk', kind: integerKey },
    visible: (rows, { caller, gone }) =>
      rows.filter(({ user, session }) => {
        const isGone = goWithSession && session !== null && gone.sessions.has(session)
        return !isGone && (caller?.superuser || user === caller?.user.pk)
      }),
    filters: [
      reference('user', integerKey, userKeys, (row) => row.user),
      reference('provider', integerKey, providerKeys, (row) => row.provider),
    ],
    search: [],
    columns: ['pk', 'provider', 'user', 'expires', ...columns],
    order: ['provider', 'expires'],
  })
}

/** The body of any grant. */
export function presentGrant(row: GrantRow, request: ApiRequest) {
  const provider = providerOf(row.provider)
  return {
    pk: row.pk,
    provider: hasSlimProvider(request.release)
      ? presentSlimProvider(provider, request)
      : presentProvider(provider, request),
    user: presentUser(userOf(row.user), request),
    is_expired: row.expiring && row.expires !== null && Date.now() > Date.parse(row.expires),
    expires: row.expires,
    scope: row.scope,
  }
}

/** The body of a token. */
export function presentToken(row: TokenRow, request: ApiRequest) {
  const id_token = JSON.stringify(row.claims, null, 4)
  return Object.assign(presentGrant(row, request), { id_token, revoked: row.revoked })
}

/** Since CVE-2026-40166 was fixed, a grant sends of its provider only what every kind has. Three lines of releases got the fix. */
function hasSlimProvider(release: Release): boolean {
  const is = (first: string, beyond: string) => since(release, first) && !since(release, beyond)
  return is('2025.12.5', '2026.2') || is('2026.2.3', '2026.5.0-rc1') || since(release, '2026.5')
}
