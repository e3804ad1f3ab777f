import { type Release, since } from '../releases.ts'
import type { ApiRequest, Route } from './api.ts'
import { attributes } from './attributes-filter.ts'
import { collectionRoutes, visibleByRight } from './collection.ts'
import { groupOf, isSuperuser } from './directory.ts'
import { choices, flag, prefix, references, text, times, uuidText } from './filters.ts'
import { presentParent } from './group.ts'
import { integerKey, nameKey, uuidKey } from './keys.ts'
import { me } from './me.ts'
import { type GroupRow, groups, type UserRow, users } from './sample/people.ts'

/** A user, as in /core/users/ and inside a grant. */
export function presentUser(row: UserRow, { release, query }: ApiRequest) {
  const groupsOf = () => row.groups.map((pk) => presentGroupOfUser(groupOf(pk), release))
  return {
    pk: row.pk,
    username: row.username,
    name: row.name,
    is_active: row.is_active,
    last_login: row.last_login,
    ...(since(release, '2025.4') && { date_joined: row.date_joined }),
    is_superuser: isSuperuser(row),
    groups: row.groups,
    groups_obj: query.includes('include_groups', true) ? groupsOf() : null,
    ...(since(release, '2025.12') && {
      roles: row.roles.map((role) => role.pk),
      roles_obj: query.includes('include_roles', true) ? row.roles : null,
    }),
    email: row.email,
    avatar: row.avatar,
    attributes: row.attributes,
    uid: row.uid,
    path: row.path,
    type: row.type,
    uuid: row.uuid,
    ...(since(release, '2025.2') && { password_change_date: row.password_change_date }),
    ...(since(release, '2025.8') && { last_updated: row.last_updated }),
  }
}

/** A group, as inside a user. */
function presentGroupOfUser(group: GroupRow, release: Release) {
  return {
    pk: group.pk,
    num_pk: group.num_pk,
    name: group.name,
    is_superuser: group.is_superuser,
    ...presentParent(group, release),
    attributes: group.attributes,
  }
}

const types = ['internal', 'external', 'service_account', 'internal_service_account']
const groupKeys = groups.map((group) => group.pk)
const groupNames = groups.map((group) => group.name)

/** /core/users/ and /core/users/me/ */
export function coreUsers(): Route[] {
  return [
    me,
    ...collectionRoutes<UserRow>({
      path: 'core/users/',
      model: 'User',
      key: { property: 'pk', kind: integerKey },
      rows: users,
      visible: visibleByRight('view_user'),
      filters: [
        text('username', (row) => row.username),
        text('email', (row) => row.email),
        text('name', (row) => row.name),
        flag('is_active', (row) => row.is_active),
        // The filter looks at direct groups only. The property counts inherited ones too.
        flag('is_superuser', (row) => row.groups.some((pk) => groupOf(pk).is_superuser)),
        uuidText('uuid', (row) => row.uuid),
        text('path', (row) => row.path),
        prefix('path_startswith', (row) => row.path),
        choices('type', types, (row) => row.type),
        references('groups_by_name', nameKey, groupNames, (row) => row.groups.map((pk) => groupOf(pk).name)),
        references('groups_by_pk', uuidKey, groupKeys, (row) => row.groups),
        ...times<UserRow>('date_joined', '2025.8', (row) => row.date_joined),
        ...times<UserRow>('last_updated', '2025.8', (row) => row.last_updated),
        attributes((row) => row.attributes),
      ],
      search: ['username', 'name', 'email', 'uuid'],
      columns: ['pk', 'username', 'name', 'is_active', 'last_login', 'date_joined', 'email', 'path', 'type', 'uuid'],
      order: ['username'],
      present: presentUser,
    }),
  ]
}
