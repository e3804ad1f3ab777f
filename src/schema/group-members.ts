import type { GroupBody, UserBody } from '../authentik/bodies.ts'
import type { Include } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { invalidAnswer } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { isListOfObjects } from '../graph/checks.ts'
import { pageArgs } from '../graph/lists/connection.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { limits } from '../limits.ts'
import { Group, groups } from './group.ts'
import { UserConnection, userList, users } from './user.ts'

// authentik shows the members of a group to whoever may see the group, and not only to those who may list users. Their keys come
// with every group. What it tells of them has no pages: so the group is asked for first without, and with them if they are few.

/** What a group tells of its members beside their keys. */
const toldOfMembers: readonly (keyof UserBody)[] = [
  'username',
  'name',
  'is_active',
  'last_login',
  'email',
  'attributes',
  'uid',
]

builder.objectField(Group, 'users', (t) =>
  t.field({
    type: UserConnection,
    reads: ['users'],
    asks: 'members',
    tells: ['pk', ...toldOfMembers],
    args: pageArgs,
    description: `The direct members, the newest user first: all of them, for whoever may see the group. A group that comes shortened (inside a user or another group) is loaded itself, which needs the right \`view_group\`. \`totalCount\`, \`pk\` and \`id\` come with the group. \`username\`, \`name\`, \`uid\`, \`isActive\`, \`email\`, \`lastLogin\` and \`attributes\` cost one request more for all groups that came on one page, if these have at most ${limits.membersAtOnce} members in sum. If they have more, a page of users is asked for each group, since authentik sends the members of a group all at once. That, and any other field of a member, needs the right \`view_user\`.`,
    resolve: async (group, page, context, info) => {
      const wanted = wantedOf(info, UserConnection.name)
      const criteria = { groups: [groups.keyOf(group)] }
      const keys = keysOfMembers(group)
      const isMany = sum(groups.cameWith(context, group).map(({ users }) => users?.length ?? 0)) > limits.membersAtOnce
      if (isMany && keys.length > 0 && wanted.rows && !users.isKeyAlone(wanted)) {
        const connection = await userList.connect(context, criteria, page, wanted)
        connection.totalCount = keys.length
        return connection
      }
      const isTold = toldOfMembers.some((property) => wanted.reads.has(property))
      users.learnListing(context, groups.findKey(group), () => keys)
      const read = async () => (isTold ? loadMembers(context, group) : [])
      return userList.connectKeys(context, criteria, page, wanted, keys, read)
    },
  }),
)

function keysOfMembers({ users }: GroupBody): readonly number[] {
  if (Array.isArray(users)) return users
  throw invalidAnswer('no usable "users"')
}

const withUsers: ReadonlySet<Include> = new Set(['include_users'])

async function loadMembers(context: Context, group: GroupBody): Promise<readonly UserBody[]> {
  const { users_obj: members } = await groups.loadTogether(context, groups.keyOf(group), withUsers)
  if (isListOfObjects(members)) return members as readonly UserBody[]
  throw invalidAnswer('no usable "users_obj"')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
