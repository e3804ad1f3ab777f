import type { GroupBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { invalidAnswer } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { getMe } from '../graph/caller.ts'
import { isListOfObjects } from '../graph/checks.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { List } from '../graph/lists/list.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { uuidKey } from '../graph/loading/keys.ts'
import { Lookup } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import { User, users } from './user.ts'

export const Group = builder.objectRef<GroupBody>('Group')

export const groups = new Lookup<string, GroupBody>({ type: Group, key: uuidKey('pk'), endpoint: endpoints.group })

groups.forComposers = { isShareable: true }

const groupList = new List<string, GroupBody>({
  lookup: groups,
  endpoint: endpoints.groups,
  // By name: their keys are random. Where a release does not order by "pk", it ignores that.
  ordering: 'name,pk',
  hidden: 'Groups may be hidden on which you do not have the right `view_group`.',
  filters: {
    search: { parameter: 'search' },
    name: { parameter: 'name' },
    isSuperuser: { parameter: 'is_superuser' },
    members: { parameter: 'members_by_pk', read: (id) => users.readId(id) },
  },
  forMany: { by: 'members_by_pk', unpaged: 'include_users' },
})

const loaded =
  'Where a group comes shortened (inside a user or another group), this field is loaded by a request of its own. That needs the right `view_group`.'

Group.implement({
  interfaces: [Node],
  description:
    'A group of users. A look-up or a list needs the right `view_group`. Inside a user, a shortened group comes with the user.',
  fields: (t) => ({
    pk: t.expose('pk', { type: 'UUID', nullable: false, description: "authentik's key." }),
    name: t.exposeString('name', { nullable: false, description: 'The name; two groups may share one.' }),
    numPk: t.exposeInt('num_pk', { description: `A number for LDAP and the like, made of the key. ${loaded}` }),
    isSuperuser: t.exposeBoolean('is_superuser', { description: `Whether it gives its members all rights. ${loaded}` }),
    attributes: t.expose('attributes', {
      type: 'JSON',
      description: `What administrators keep with the group, in any shape; it may hold secrets. ${loaded}`,
    }),
    parent: t.field({
      type: Group,
      reads: ['parent', 'parents_obj'],
      include: 'include_parents',
      shortened: true,
      tells: ['pk', 'name'],
      description: `The group that it is part of; null if there is none. Since authentik 2025.12 there may be several: then this is the first. ${loaded}`,
      resolve: (group) => parentsOf(group)?.[0],
    }),
    parentName: t.string({
      reads: ['parent_name', 'parents_obj'],
      include: 'include_parents',
      description: `The name of that group. ${loaded}`,
      resolve: (group) => (group.parent_name === undefined ? parentsOf(group)?.[0]?.name : group.parent_name),
    }),
    parents: t.field({
      type: [Group],
      reads: ['parents_obj', 'parent'],
      include: 'include_parents',
      shortened: true,
      tells: ['pk', 'name'],
      description: `The groups that it is part of: several since authentik 2025.12, at most one before. ${loaded}`,
      resolve: parentsOf,
    }),
    children: t.field({
      type: [Group],
      reads: ['children_obj'],
      include: 'include_children',
      shortened: true,
      tells: ['pk', 'name', 'is_superuser', 'attributes'],
      description: `The groups that are part of it. Null before authentik 2025.8, which does not tell. ${loaded}`,
      resolve: (group) => group.children_obj,
    }),
  }),
})

function parentsOf({ parents_obj: parents, parent, parent_name: name }: GroupBody): readonly GroupBody[] | undefined {
  if (parents) return parents
  if (parent === undefined) return undefined
  return parent === null ? [] : [{ pk: parent, ...(name ? { name } : {}) } as GroupBody]
}

const GroupConnection = connectionOf(Group)

const GroupFilter = builder.inputType('GroupFilter', {
  description: 'Filters the list. If several fields are set, a group must match all of them.',
  fields: (t) => ({
    search: t.string({ description: 'Text to look for in names.' }),
    name: t.string({ description: 'With this name.' }),
    isSuperuser: t.boolean({
      description: 'True: groups that give their members all rights. False: groups that do not.',
    }),
    members: t.idList({
      description: "With one of these users as a direct member: authentik's keys or global ids. All must exist.",
    }),
  }),
})

builder.queryFields((t) => ({
  group: oneField(t, groups, 'One group, null when absent or hidden. Needs the right `view_group`.'),
  groups: t.field({
    type: GroupConnection,
    asks: 'rows',
    description: 'Groups, by name. Needs the right `view_group`, on all or on some of them.',
    args: { ...pageArgs, filter: t.arg({ type: GroupFilter, description: 'Which of them to list. Without it: all.' }) },
    resolve: (_root, { filter, ...page }, context, info) =>
      groupList.connect(context, filter ?? {}, page, wantedOf(info, 'GroupConnection')),
  }),
  groupsByIds: byIdsField(t, groups, 'Groups in the order of the ids, each null alone. Needs the right `view_group`.'),
}))

builder.objectFields(User, (t) => ({
  groups: t.field({
    type: [Group],
    reads: ['groups_obj'],
    include: 'include_groups',
    shortened: true,
    tells: ['pk', 'name', 'num_pk', 'is_superuser', 'attributes'],
    asks: 'listed',
    description:
      'The groups that the user is a direct member of. For the caller (`me`) and a member of a group they are loaded from the user itself. That needs the right `view_user`.',
    resolve: (user, _args, context) => {
      const { groups_obj: own } = user
      groups.learnListing(context, users.findKey(user), () =>
        own && isListOfObjects(own) ? own.map(({ pk }) => pk) : [],
      )
      return own
    },
  }),
  effectiveGroups: t.field({
    type: [Group],
    shortened: true,
    tells: ['pk', 'name'],
    asks: 'caller',
    description:
      'The groups that the user is a member of, directly or through other groups, each once. authentik tells this about the caller only: on any other user it is null. `pk` and `name` come with them. All else is loaded from the group, and FORBIDDEN without the right `view_group`, even where `User.groups` shows it.',
    resolve: async (user, _args, context) => {
      const me = await getMe(context)
      if (me.pk !== user.pk) return null
      if (!isListOfObjects(me.groups)) throw invalidAnswer('no usable "groups"')
      return [...new Map(me.groups.map((group) => [group.pk, group])).values()]
    },
  }),
}))
