import type { paths } from './openapi.ts'

/** One thing that authentik can be asked. */
export interface Endpoint {
  readonly path: keyof paths
  /** A property that every answer has: what lacks it did not come from there. */
  readonly holds: 'pk' | 'user' | 'results' | 'nothing'
  /** The right that authentik checks there, named to a caller who lacks it; none where any credentials do. */
  readonly right?: string
  /** The right that authentik checks when an object there is deleted; none where this gateway deletes nothing. */
  readonly deleteRight?: string
  /** What can be left out of an answer or must be asked for; releases that do not know one ignore it. */
  readonly includes?: readonly Include[]
}

/** A query parameter, true or false, that decides whether an answer has the list of that name (`groups_obj` ...). */
export type Include = 'include_groups' | 'include_roles' | 'include_users' | 'include_parents' | 'include_children'

const ofUser = ['include_groups', 'include_roles'] as const
const ofGroup = ['include_users', 'include_parents', 'include_children'] as const

const grant = { holds: 'pk', includes: ofUser } as const
const grants = { holds: 'results', includes: ofUser } as const

/** Every upstream path that this gateway may ask: there are no others. */
export const endpoints = {
  accessToken: {
    path: '/oauth2/access_tokens/{id}/',
    right: 'view_accesstoken',
    deleteRight: 'delete_accesstoken',
    ...grant,
  },
  accessTokens: { path: '/oauth2/access_tokens/', right: 'view_accesstoken', ...grants },
  refreshToken: {
    path: '/oauth2/refresh_tokens/{id}/',
    right: 'view_refreshtoken',
    deleteRight: 'delete_refreshtoken',
    ...grant,
  },
  refreshTokens: { path: '/oauth2/refresh_tokens/', right: 'view_refreshtoken', ...grants },
  authorizationCode: {
    path: '/oauth2/authorization_codes/{id}/',
    right: 'view_authorizationcode',
    deleteRight: 'delete_authorizationcode',
    ...grant,
  },
  authorizationCodes: { path: '/oauth2/authorization_codes/', right: 'view_authorizationcode', ...grants },
  oauth2Provider: { path: '/providers/oauth2/{id}/', holds: 'pk', right: 'view_oauth2provider' },
  oauth2Providers: { path: '/providers/oauth2/', holds: 'results', right: 'view_oauth2provider' },
  user: { path: '/core/users/{id}/', holds: 'pk', right: 'view_user', includes: ofUser },
  users: { path: '/core/users/', holds: 'results', right: 'view_user', includes: ofUser },
  me: { path: '/core/users/me/', holds: 'user' },
  group: { path: '/core/groups/{group_uuid}/', holds: 'pk', right: 'view_group', includes: ofGroup },
  groups: { path: '/core/groups/', holds: 'results', right: 'view_group', includes: ofGroup },
} as const satisfies Record<string, Endpoint>
