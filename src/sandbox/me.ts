import { since } from '../releases.ts'
import type { ApiRequest, Route } from './api.ts'
import { effectiveGroupsOf } from './directory.ts'
import { refuse } from './errors.ts'

/** /core/users/me/: the caller's own user. It needs no right. */
export const me: Route = {
  path: 'core/users/me/',
  name: 'Me',
  description: 'User Viewset',
  anonymous: false,
  get: presentMe,
}

const systemPermissions = ['access_admin_interface', 'view_system_info', 'view_system_settings', 'edit_system_settings']

function presentMe(request: ApiRequest) {
  const user = presentSelf(request)
  return since(request.release, '2026.8') ? { user, users: [user] } : { user }
}

/**
 * Has fewer properties than a user elsewhere, and inherited groups too. Before 2025.12 a group that is reached by two paths
 * occurs twice.
 */
function presentSelf({ caller, release }: ApiRequest) {
  if (!caller) throw refuse.credentialsMissing()
  const { user, superuser } = caller
  const all = effectiveGroupsOf(user, release).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const effective = since(release, '2025.12') ? [...new Set(all)] : all
  const settings = [...all, user].map((owner) => owner.attributes.settings)
  return {
    pk: user.pk,
    username: user.username,
    name: user.name,
    is_active: user.is_active,
    is_superuser: superuser,
    groups: effective.map(({ name, pk }) => ({ name, pk })),
    ...(since(release, '2025.12') && { roles: user.roles.map(({ name, pk }) => ({ name, pk })) }),
    email: user.email,
    avatar: user.avatar,
    uid: user.uid,
    settings: Object.assign({}, ...settings),
    type: user.type,
    system_permissions: superuser ? systemPermissions : [],
    ...(since(release, '2026.8') && { is_current: true }),
  }
}
