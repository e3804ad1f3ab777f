import type { ApiRequest, Route } from './api.ts'
import { presentApplication } from './application.ts'
import { collectionRoutes, visibleToOwner } from './collection.ts'
import { userOf } from './directory.ts'
import { reference } from './filters.ts'
import { integerKey, uuidKey } from './keys.ts'
import { applications } from './sample/applications.ts'
import { users } from './sample/people.ts'
import { userConsents as rows, type UserConsentRow } from './sample/user-consents.ts'
import { presentUser } from './user.ts'

function presentConsent(row: UserConsentRow, request: ApiRequest) {
  const application = applications.find(({ pk }) => pk === row.application)
  return {
    pk: row.pk,
    expires: row.expires,
    expiring: row.expiring,
    user: presentUser(userOf(row.user), request),
    application: application && presentApplication(application, request),
    permissions: row.permissions,
  }
}

const userKeys = users.map((user) => user.pk)
const applicationKeys = applications.map((application) => application.pk)

/** /core/user_consent/ */
export function userConsents(): Route[] {
  return collectionRoutes<UserConsentRow>({
    path: 'core/user_consent/',
    model: 'UserConsent',
    key: { property: 'pk', kind: integerKey },
    rows,
    visible: visibleToOwner('view_userconsent'),
    owner: (row) => row.user,
    filters: [
      reference('user', integerKey, userKeys, (row) => row.user),
      reference('application', uuidKey, applicationKeys, (row) => row.application),
    ],
    search: ['username'],
    columns: ['pk', 'expires', 'expiring', 'user', 'application', 'permissions'],
    order: ['application', 'expires'],
    deleteRight: 'delete_userconsent',
    present: presentConsent,
  })
}
