import type { Route } from './api.ts'
import { grantRoutes, presentToken } from './grant.ts'
import { accessTokens as rows } from './sample/grants.ts'

/** /oauth2/access_tokens/ */
export function accessTokens(): Route[] {
  return grantRoutes({
    path: 'oauth2/access_tokens/',
    model: 'AccessToken',
    rows,
    columns: ['revoked'],
    deleteRight: 'delete_accesstoken',
    goWithSession: true,
    removed: ({ pk }, { gone }) => gone.accessTokens.add(pk),
    present: presentToken,
  })
}
