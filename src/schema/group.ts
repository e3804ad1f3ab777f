import type { GroupBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { invalidAnswer } from '../errors.ts'
import { isListOfObjects, partial } from '../graph/body.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, List, pageArgs } from '../graph/lists/connection.ts'
import { uuidKeys } from '../graph/loading/keys.ts'
import { Lookup } from '../graph/loading/loader.ts'
import { addNode, Node } from '../graph/node.ts'
import { getMe, User, UserConnection, userByPk, userList } from './user.ts'

export const Group = builder.objectRef<GroupBody>('Group')

export const groupByPk = new Lookup<string, GroupBody>({
  typename: 'Group',
  keys: uuidKeys,
  includes: endpoints.group.includes,
  get: (authentik, pk, query) => authentik.get(endpoints.group, pk, query),
})
addNode(groupByPk)

const groupList = new List<GroupBody>({
  typename: 'Group',
  includes: endpoints.groups.includes,
  // By name: their keys are random. Where a release does not order by "pk", it ignores that.
  ordering: 'name,pk',
  filters: {
    search: { parameter: 'search' },
    name: { parameter: 'name' },
    isSuperuser: { parameter: 'is_superuser' },
    members: { parameter: 'members_by_pk', read: (id) => userByPk.readId(id) },
  },
  getPage: (authentik, query) => authentik.findPage(endpoints.groups, query),
  onRow: (context, group, includes) => groupByPk.prime(context, group.pk, group, includes),
})

const loaded =
  'Where only a shortened group is at hand, loaded from the group itself, which needs the right `view_group`.'

Group.implement({
  interfaces: [Node],
  description:
    'A group of users. By itself it needs the right `view_group`; inside a user it comes along with the user, shortened.',
  own: (group, context, include) => groupByPk.getByKey(context, group.pk, include),
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
      description: `The group that it is part of, null for none. authentik up to 2025.10 had one; of several, this is the first. ${loaded}`,
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
      description: `The groups that it is part of: several since authentik 2025.12, at most one before. ${loaded}`,
      resolve: parentsOf,
    }),
    children: t.field({
      type: [Group],
      reads: ['children_obj'],
      include: 'include_children',
      description: `The groups that are part of it. Null before authentik 2025.8, which does not tell. ${loaded}`,
      resolve: (group) => group.children_obj?.map(partial),
    }),
  }),
})

function parentsOf({ parents_obj: parents, parent, parent_name: name }: GroupBody): GroupBody[] | undefined {
  if (parents) return parents.map(partial)
  if (parent === undefined) return undefined
  return parent === null ? [] : [partial({ pk: parent, ...(name ? { name } : {}) } as GroupBody)]
}

const GroupConnection = connectionOf(Group)

const GroupFilter = builder.inputType('GroupFilter', {
  description: 'Which groups to list. Several criteria: only what fits all.',
  fields: (t) => ({
    search: t.string({ description: 'Text to look for in names.' }),
    name: t.string({ description: 'With this name.' }),
    isSuperuser: t.boolean({ description: 'Which give their members all rights, or do not.' }),
    members: t.idList({
      description: "With one of these users as a direct member: authentik's keys or global ids. All must exist.",
    }),
  }),
})

builder.queryFields((t) => ({
  group: t.field({
    type: Group,
    description: 'One group, null when absent or hidden. Needs the right `view_group`.',
    args: { id: t.arg.id({ required: true, description: "authentik's key, a UUID, or the global id." }) },
    resolve: (_root, { id }, context, info) => groupByPk.findById(context, id, info),
  }),
  groups: t.field({
    type: GroupConnection,
    description: 'Groups, by name. Needs the right `view_group`, on all or on some of them.',
    args: { ...pageArgs, filter: t.arg({ type: GroupFilter, description: 'Which to list; all without.' }) },
    resolve: (_root, { filter, ...page }, context, info) => groupList.connect(context, filter ?? {}, page, info),
  }),
  groupsByIds: t.field({
    type: [Group],
    nullable: { list: false, items: true },
    description: 'Groups in the order of the ids, each null alone. Needs the right `view_group`.',
    args: { ids: t.arg.idList({ required: true, description: "authentik's keys or global ids, at most 500." }) },
    resolve: (_root, { ids }, context, info) => groupByPk.findByIds(context, ids, info),
  }),
}))

builder.objectFields(User, (t) => ({
  groups: t.field({
    type: [Group],
    reads: ['groups_obj'],
    include: 'include_groups',
    description:
      'The groups that the user is a direct member of. Of the caller (`me`) they are loaded from the user itself, which needs the right `view_user`.',
    resolve: (user) => user.groups_obj?.map(partial),
  }),
  effectiveGroups: t.field({
    type: [Group],
    description:
      "The groups that the user is a member of, directly or through others, each once. Shows only the caller's own: null on anybody else, for authentik does not tell.",
    resolve: async (user, _args, context) => {
      const me = await getMe(context)
      if (me.pk !== user.pk) return null
      if (!isListOfObjects(me.groups)) throw invalidAnswer('no usable "groups"')
      return [...new Map(me.groups.map((group) => [group.pk, partial(group)])).values()]
    },
  }),
}))

builder.objectField(Group, 'users', (t) =>
  t.field({
    type: UserConnection,
    description: 'The direct members, the newest user first. Needs the right `view_user`, on all or on some of them.',
    args: pageArgs,
    resolve: ({ pk }, page, context, info) => userList.connect(context, { groups: [pk] }, page, info),
  }),
)
