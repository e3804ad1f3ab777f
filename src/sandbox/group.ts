import { type Release, since } from '../releases.ts'
import type { ApiRequest, Route } from './api.ts'
import { attributes } from './attributes-filter.ts'
import { collectionRoutes, visibleByRight } from './collection.ts'
import { ancestorsOf, childrenOf, membersOf, parentsOf } from './directory.ts'
import { flag, references, text } from './filters.ts'
import { integerKey, nameKey, uuidKey } from './keys.ts'
import { type GroupRow, groups, type UserRow, users } from './sample/people.ts'

function presentGroup(row: GroupRow, request: ApiRequest) {
  const { release, query } = request
  const members = membersOf(row)
  return {
    pk: row.pk,
    num_pk: row.num_pk,
    name: row.name,
    is_superuser: row.is_superuser,
    ...presentParent(row, release),
    ...presentParents(row, request),
    users: members.map((user) => user.pk),
    users_obj: query.includes('include_users', true) ? members.map(presentMember) : null,
    attributes: row.attributes,
    roles: row.roles.map((role) => role.pk),
    roles_obj: row.roles,
    ...presentInheritedRoles(row, request),
    ...presentChildren(row, request),
  }
}

/** The one parent that a group had before 2025.12. */
export function presentParent(group: GroupRow, release: Release) {
  if (since(release, '2025.12')) return {}
  const [parent] = parentsOf(group, release)
  return { parent: parent?.pk ?? null, parent_name: parent?.name ?? null }
}

/** A user, as inside a group. */
function presentMember(user: UserRow) {
  const { pk, username, name, is_active, last_login, email, attributes, uid } = user
  return { pk, username, name, is_active, last_login, email, attributes, uid }
}

/** A group, as inside its parents and its children. */
function presentRelated({ pk, name, is_superuser, attributes }: GroupRow) {
  return { pk, name, is_superuser, attributes, group_uuid: pk }
}

function presentParents(row: GroupRow, { release, query }: ApiRequest) {
  if (!since(release, '2025.12')) return {}
  const parents = parentsOf(row, release)
  return {
    parents: parents.map((parent) => parent.pk),
    parents_obj: query.includes('include_parents', false) ? parents.map(presentRelated) : null,
  }
}

function presentInheritedRoles(row: GroupRow, { release, query }: ApiRequest) {
  if (!since(release, '2025.12')) return {}
  const roles = ancestorsOf(row, release).flatMap((ancestor) => ancestor.roles)
  const inherited = new Set(roles.filter((role) => !row.roles.includes(role)))
  return { inherited_roles_obj: query.includes('include_inherited_roles', false) ? [...inherited] : null }
}

function presentChildren(row: GroupRow, { release, query }: ApiRequest) {
  if (!since(release, '2025.8')) return {}
  const children = childrenOf(row, release)
  return {
    children: children.map((child) => child.pk),
    children_obj: query.includes('include_children', false) ? children.map(presentRelated) : null,
  }
}

const userKeys = users.map((user) => user.pk)
const usernames = users.map((user) => user.username)

/** /core/groups/ */
export function coreGroups(): Route[] {
  return collectionRoutes<GroupRow>({
    path: 'core/groups/',
    model: 'Group',
    key: { property: 'pk', kind: uuidKey },
    rows: groups,
    visible: visibleByRight('view_group'),
    filters: [
      text('name', (row) => row.name),
      flag('is_superuser', (row) => row.is_superuser),
      references('members_by_pk', integerKey, userKeys, (row) => membersOf(row).map((user) => user.pk)),
      references('members_by_username', nameKey, usernames, (row) => membersOf(row).map((user) => user.username)),
      attributes((row) => row.attributes),
    ],
    search: ['name'],
    columns: ['pk', 'name', 'is_superuser'],
    order: ['name'],
    present: presentGroup,
  })
}
