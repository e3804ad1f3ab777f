import type { Route } from './api.ts'
import { grantRoutes, presentGrant } from './grant.ts'
import { authorizationCodes as rows } from './sample/grants.ts'

/** /oauth2/authorization_codes/ */
export function authorizationCodes(): Route[] {
  return grantRoutes({
    path: 'oauth2/authorization_codes/',
    model: 'AuthorizationCode',
    rows,
    deleteRight: 'delete_authorizationcode',
    goWithSession: true,
    present: presentGrant,
  })
}
