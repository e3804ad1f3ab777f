import { newestRelease, type Release, since } from '../releases.ts'
import { type GroupRow, groups, type UserRow, users } from './sample/people.ts'

/** The user with this key, which must exist. */
export function userOf(pk: number): UserRow {
  return found(
    users.find((user) => user.pk === pk),
    `user ${pk}`,
  )
}

/** The group with this key, which must exist. */
export function groupOf(pk: string): GroupRow {
  return found(
    groups.find((group) => group.pk === pk),
    `group ${pk}`,
  )
}

function found<Row>(row: Row | undefined, name: string): Row {
  if (row === undefined) throw new Error(`The sandbox has no ${name}`)
  return row
}

/** The users who are in a group directly. */
export function membersOf(group: GroupRow): UserRow[] {
  return users.filter((user) => user.groups.includes(group.pk))
}

/** The parents of a group. Before 2025.12 a group has at most one. */
export function parentsOf(group: GroupRow, release: Release): GroupRow[] {
  return group.parents.slice(0, since(release, '2025.12') ? undefined : 1).map(groupOf)
}

/** The groups that have a group for a parent. */
export function childrenOf(group: GroupRow, release: Release): GroupRow[] {
  return groups.filter((child) => parentsOf(child, release).includes(group))
}

/** All groups above a group, the nearest first. A group that is reached by two paths occurs twice. */
export function ancestorsOf(group: GroupRow, release: Release): GroupRow[] {
  return parentsOf(group, release).flatMap((parent) => [parent, ...ancestorsOf(parent, release)])
}

/** All groups of a user, direct and inherited. A group that is reached by two paths occurs twice. */
export function effectiveGroupsOf(user: UserRow, release: Release): GroupRow[] {
  return user.groups.map(groupOf).flatMap((group) => [group, ...ancestorsOf(group, release)])
}

let superusers: ReadonlySet<UserRow> | undefined

function findSuperusers(): ReadonlySet<UserRow> {
  return new Set(users.filter((user) => effectiveGroupsOf(user, newestRelease).some((group) => group.is_superuser)))
}

/** Whether one of the user's groups, direct or inherited, makes superusers of its members. */
export function isSuperuser(user: UserRow): boolean {
  superusers ??= findSuperusers()
  return superusers.has(user)
}
