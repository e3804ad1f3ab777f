import type { paths } from './openapi.ts'

/** One thing that authentik can be asked. */
export interface Endpoint {
  readonly path: keyof paths
  /** What it answers with: an object, a page of a list, or the caller's own user. */
  readonly answer: 'object' | 'page' | 'caller'
  /** The right that authentik checks there. It is named to a caller who lacks it. Without it any credentials suffice. */
  readonly right?: string
  /** The right that authentik checks when an object there is deleted. Without it this gateway deletes nothing there. */
  readonly deleteRight?: string
  /** Whether it shows client secrets to callers who must not have them. They are taken out of each answer as it comes. */
  readonly showsClientSecrets?: true
  /** The lists that can be left out of an answer, or must be asked for. Releases that do not know one ignore it. */
  readonly includes?: readonly Include[]
}

/** A query parameter, true or false, that decides whether an answer has the list of that name (`groups_obj` ...). */
export type Include = 'include_groups' | 'include_roles' | 'include_users' | 'include_parents' | 'include_children'

/** The property that holds the list which is included on request: `groups_obj` for `include_groups`. */
export function listOf(include: Include): string {
  return `${include.replace('include_', '')}_obj`
}

const ofUser = ['include_groups', 'include_roles'] as const
const ofGroup = ['include_users', 'include_parents', 'include_children'] as const

const grant = { answer: 'object', includes: ofUser, showsClientSecrets: true } as const
const grants = { answer: 'page', includes: ofUser, showsClientSecrets: true } as const

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
  oauth2Provider: { path: '/providers/oauth2/{id}/', answer: 'object', right: 'view_oauth2provider' },
  oauth2Providers: { path: '/providers/oauth2/', answer: 'page', right: 'view_oauth2provider' },
  user: { path: '/core/users/{id}/', answer: 'object', right: 'view_user', includes: ofUser },
  users: { path: '/core/users/', answer: 'page', right: 'view_user', includes: ofUser },
  me: { path: '/core/users/me/', answer: 'caller' },
  group: { path: '/core/groups/{group_uuid}/', answer: 'object', right: 'view_group', includes: ofGroup },
  groups: { path: '/core/groups/', answer: 'page', right: 'view_group', includes: ofGroup },
  application: { path: '/core/applications/{slug}/', answer: 'object', right: 'view_application' },
  applications: { path: '/core/applications/', answer: 'page' },
  authenticatedSession: {
    path: '/core/authenticated_sessions/{uuid}/',
    answer: 'object',
    right: 'view_authenticatedsession',
    deleteRight: 'delete_authenticatedsession',
  },
  authenticatedSessions: {
    path: '/core/authenticated_sessions/',
    answer: 'page',
    right: 'view_authenticatedsession',
  },
  userConsent: {
    path: '/core/user_consent/{id}/',
    answer: 'object',
    right: 'view_userconsent',
    deleteRight: 'delete_userconsent',
  },
  userConsents: { path: '/core/user_consent/', answer: 'page', right: 'view_userconsent' },
  apiToken: { path: '/core/tokens/{identifier}/', answer: 'object', right: 'view_token', deleteRight: 'delete_token' },
  apiTokens: { path: '/core/tokens/', answer: 'page', right: 'view_token' },
  event: { path: '/events/events/{event_uuid}/', answer: 'object', right: 'view_event' },
  events: { path: '/events/events/', answer: 'page', right: 'view_event' },
} as const satisfies Record<string, Endpoint>
