import type { Route } from './api.ts'
import { grantRoutes, presentToken } from './grant.ts'
import { refreshTokens as rows } from './sample/grants.ts'

/** /oauth2/refresh_tokens/ */
export function refreshTokens(): Route[] {
  return grantRoutes({
    path: 'oauth2/refresh_tokens/',
    model: 'RefreshToken',
    rows,
    columns: ['revoked'],
    deleteRight: 'delete_refreshtoken',
    goWithSession: false,
    present: presentToken,
  })
}
