import { isIP } from 'node:net'
import type { Route } from './api.ts'
import { collectionRoutes, visibleToOwner } from './collection.ts'
import { single, text } from './filters.ts'
import { uuidKey } from './keys.ts'
import { sessions as rows, type SessionRow } from './sample/sessions.ts'

/** /core/authenticated_sessions/ */
export function authenticatedSessions(): Route[] {
  return collectionRoutes<SessionRow>({
    path: 'core/authenticated_sessions/',
    model: 'AuthenticatedSession',
    key: { property: 'uuid', kind: uuidKey },
    rows,
    visible: visibleToOwner('view_authenticatedsession'),
    filters: [
      text('user__username', (row) => row.user__username),
      // Before, they were called otherwise.
      { ...address, since: '2025.4' },
      { ...text('session__last_user_agent', (row) => row.session__last_user_agent), since: '2025.4' },
    ],
    search: ['user__username', 'session__last_ip', 'session__last_user_agent'],
    columns: ['uuid', 'user', 'session__expires', 'session__last_used', 'session__last_ip'],
    order: ['user__username'],
    deleteRight: 'delete_authenticatedsession',
    owner: (row) => row.user,
    removed: ({ uuid }, { gone }) => gone.sessions.add(uuid),
    present,
  })
}

/** authentik crashes over what is no address. */
const address = single<SessionRow>('session__last_ip', (value) => {
  if (!isIP(value)) throw new TypeError('invalid input syntax for type inet')
  return (row) => row.session__last_ip === value
})

/** Of its user a session has the key alone. With a token no session is the current one. */
function present(row: SessionRow) {
  return {
    uuid: row.uuid,
    current: false,
    user_agent: row.agent,
    geo_ip: row.geo_ip,
    asn: row.asn,
    user: row.user,
    last_ip: row.session__last_ip,
    last_user_agent: row.session__last_user_agent,
    last_used: row.session__last_used,
    expires: row.session__expires,
  }
}
