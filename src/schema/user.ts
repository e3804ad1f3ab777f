import type { UserBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { inputError, invalidAnswer, UpstreamError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { getMe } from '../graph/caller.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { List } from '../graph/lists/list.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { integerKey, uuidKey } from '../graph/loading/keys.ts'
import { Lookup, readIdOf } from '../graph/loading/lookup.ts'
import { type Wanted, wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import { findOneself, ofOneself, shortened, toldOfCallers, type UserIdentity } from './me.ts'

export const User = builder.objectRef<UserBody>('User')

export const users = new Lookup<number, UserBody>({
  type: User,
  key: integerKey('pk'),
  endpoint: endpoints.user,
  elsewhere: ofOneself,
})

export const userList = new List<number, UserBody>({
  lookup: users,
  endpoint: endpoints.users,
  ordering: '-pk',
  hidden: 'Users may be hidden on whom you do not have the right `view_user`.',
  filters: {
    search: { parameter: 'search' },
    username: { parameter: 'username' },
    email: { parameter: 'email' },
    name: { parameter: 'name' },
    uuid: { parameter: 'uuid' },
    path: { parameter: 'path' },
    isActive: { parameter: 'is_active' },
    isSuperuser: { parameter: 'is_superuser' },
    type: { parameter: 'type' },
    groups: { parameter: 'groups_by_pk', read: (id) => readIdOf('Group', id) },
  },
  forMany: { by: 'groups_by_pk' },
})

const secondKey = uuidKey('uuid')

/**
 * The user with that id, for a list that authentik filters by username alone: nobody needs a right to know their own name, and everybody
 * the right `view_user` for any other. Throws UpstreamError.
 */
export async function getOwner(context: Context, id: string): Promise<UserBody> {
  const key = users.readId(id)
  const self = shortened(await getMe(context))
  return self.pk === key ? self : users.load(context, key, new Set())
}

/** The name by which authentik finds what a user has. It strips blanks, and would find what somebody else has. */
export function nameToFindBy({ username }: UserBody): string {
  if (typeof username === 'string' && username !== '' && username === username.trim()) return username
  throw invalidAnswer('a username that it cannot be asked by')
}

const UserType = builder.enumType('UserType', {
  description: 'What a user is to authentik.',
  values: {
    INTERNAL: { value: 'internal', description: 'A person of the organisation, who may see the user interface.' },
    EXTERNAL: { value: 'external', description: 'A person from outside, sent on to one application.' },
    SERVICE_ACCOUNT: { value: 'service_account', description: 'A machine, made by an administrator.' },
    INTERNAL_SERVICE_ACCOUNT: {
      value: 'internal_service_account',
      description: 'A machine of authentik itself, for an outpost say.',
    },
  },
})

const ofCallers =
  'That needs the right `view_user`; callers without it are told of themselves if they have an API token or an access token.'

const loadedForMe = `For the caller (\`me\`) it is loaded by a request of its own. ${ofCallers}`

const loaded = `Where a user comes shortened (\`me\`, and a member of a group), this field is loaded by a request of its own. ${ofCallers}`

User.implement({
  interfaces: [Node],
  description:
    'A user: a person or a machine. A look-up or a list needs the right `view_user`, but nobody needs it for themselves. The user of a grant comes inside the grant, and needs no right.',
  fields: (t) => ({
    pk: t.exposeInt('pk', { nullable: false, description: "authentik's key." }),
    username: t.exposeString('username', { nullable: false, description: 'The name to sign in with, unique.' }),
    name: t.exposeString('name', { nullable: false, description: 'The name to show; may be empty.' }),
    uid: t.exposeString('uid', {
      nullable: false,
      description: 'A hash that names the user to OAuth2 clients whose sub mode is HASHED_USER_ID.',
    }),
    isActive: t.exposeBoolean('is_active', { description: 'Whether the user may sign in.' }),
    email: t.exposeString('email', { description: 'The e-mail address; may be empty.' }),
    lastLogin: t.expose('last_login', {
      type: 'DateTime',
      description: `When the user last signed in; null for never. ${loadedForMe}`,
    }),
    attributes: t.expose('attributes', {
      type: 'JSON',
      description: `What administrators and sources keep with the user, in any shape; it may hold secrets. ${loadedForMe}`,
    }),
    isSuperuser: t.exposeBoolean('is_superuser', {
      description: `Whether a group of the user, direct or inherited, gives all rights. ${loaded}`,
    }),
    avatar: t.exposeString('avatar', { description: `The picture, as a URL or as a data: URI. ${loaded}` }),
    path: t.exposeString('path', {
      description: `The folder that the user is filed under, as in "users/sales". ${loaded}`,
    }),
    type: t.expose('type', { type: UserType, description: `What the user is to authentik. ${loaded}` }),
    uuid: t.expose('uuid', { type: 'UUID', description: `A second key, which no other authentik has. ${loaded}` }),
    dateJoined: t.expose('date_joined', {
      type: 'DateTime',
      description: `When the user was made. Null before authentik 2025.4. ${loaded}`,
    }),
    lastUpdated: t.expose('last_updated', {
      type: 'DateTime',
      description: `When the user was last changed. Null before authentik 2025.8. ${loaded}`,
    }),
    passwordChangeDate: t.expose('password_change_date', {
      type: 'DateTime',
      description: `When the password was last set. Null before authentik 2025.2. ${loaded}`,
    }),
  }),
})

// Inside a group, a user has neither of these: see group-members.ts.
export const UserConnection = connectionOf(User, (user) => !('uuid' in user || 'path' in user))

const UserFilter = builder.inputType('UserFilter', {
  description: 'Filters the list. If several fields are set, a user must match all of them.',
  fields: (t) => ({
    search: t.string({ description: 'Text to look for in usernames, names, e-mail addresses and UUIDs.' }),
    username: t.string({ description: 'With this username.' }),
    email: t.string({ description: 'With this e-mail address.' }),
    name: t.string({ description: 'With this name.' }),
    uuid: t.field({ type: 'UUID', description: 'With this UUID.' }),
    path: t.string({ description: 'Filed under this path itself.' }),
    isActive: t.boolean({ description: 'True: users who may sign in. False: users who may not.' }),
    isSuperuser: t.boolean({
      description:
        'True: direct members of a group that gives all rights. False: everybody else. Unlike `User.isSuperuser`, this does not count inherited membership.',
    }),
    type: t.field({ type: [UserType], description: 'Of one of these types.' }),
    groups: t.idList({
      description: "Direct members of one of these groups: authentik's keys or global ids. All must exist.",
    }),
  }),
})

const UserBy = builder.inputType('UserBy', {
  isOneOf: true,
  description: 'What names one user: exactly one of these.',
  fields: (t) => ({
    id: t.id({ description: "authentik's key or the global id." }),
    username: t.string({ description: 'Exactly this username.' }),
    uuid: t.field({ type: 'UUID', description: 'This UUID.' }),
    email: t.string({ description: 'Exactly this e-mail address, which several users may have.' }),
  }),
})

/** The user of that name. Callers who may not list users are told of themselves. Throws UpstreamError. */
async function findBy(context: Context, by: UserIdentity, wanted: Wanted): Promise<UserBody | null> {
  let refusal: unknown
  const found = await userList.findOne(context, { ...by }, wanted).catch((error: unknown) => {
    if (!(error instanceof UpstreamError) || error.code !== 'FORBIDDEN') throw error
    refusal = error
    return null
  })
  if (found) return found
  const self = await findOneself(context, by)
  if (!self && refusal) throw refusal
  return self
}

users.forComposers = {
  isShareable: true,
  otherKeys: {
    fields: ['username', 'uuid'],
    find: (context, by, wanted) =>
      findBy(context, by['uuid'] === undefined ? by : { uuid: readUuid(by['uuid']) }, wanted),
  },
}

/** A UUID as authentik writes it. Throws BAD_USER_INPUT where it is none. */
function readUuid(text: string): string {
  const uuid = secondKey.read(text)
  if (uuid !== undefined) return uuid
  throw inputError(`a user's "uuid", ${secondKey.example}`, text)
}

// The groups of a user are in group.ts, the tokens in access-token.ts and refresh-token.ts: a later type owns both ends of its edges.

builder.queryFields((t) => ({
  user: oneField(t, users, 'One user, null when absent or hidden. Needs the right `view_user`, but for the caller.'),
  userBy: t.field({
    type: User,
    asks: 'named',
    description:
      'The user with this username, UUID or e-mail address; null when absent or hidden. Several users with one address are BAD_USER_INPUT. Needs the right `view_user`, but for the caller. It takes one request, and one or more to see whether it is the caller where nobody is found.',
    args: { by: t.arg({ type: UserBy, required: true, description: 'What names the user.' }) },
    resolve: (_root, { by: { id, ...by } }, context, info) => {
      const wanted = wantedOf(info, 'User')
      return id == null ? findBy(context, by, wanted) : users.findById(context, id, wanted)
    },
  }),
  users: t.field({
    type: UserConnection,
    asks: 'rows',
    description: 'Users, the newest first. Needs the right `view_user`, on all or on some of them.',
    args: { ...pageArgs, filter: t.arg({ type: UserFilter, description: 'Which users to list. Without it: all.' }) },
    resolve: (_root, { filter, ...page }, context, info) =>
      userList.connect(context, filter ?? {}, page, wantedOf(info, 'UserConnection')),
  }),
  usersByIds: byIdsField(
    t,
    users,
    'Users in the order of the ids, each null alone. Needs the right `view_user`, but for the caller.',
  ),
  me: t.field({
    type: User,
    shortened: true,
    tells: toldOfCallers,
    asks: 'caller',
    mayBeNull: false,
    description: "The caller's own user. It needs no right.",
    resolve: async (_root, _args, context) => shortened(await getMe(context)),
  }),
}))
