import { isIP, SocketAddress } from 'node:net'
import type { GraphQLResolveInfo } from 'graphql'
import type { AuthenticatedSessionBody, UserBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { inputError, invalidAnswer } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { getMe } from '../graph/caller.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { List } from '../graph/lists/list.ts'
import type { PageArgs } from '../graph/lists/page-args.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { uuidKey } from '../graph/loading/keys.ts'
import { Lookup } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import { shortened, toldOfCallers } from './me.ts'
import { revokeField } from './revoke.ts'
import { getOwner, nameToFindBy, User, users } from './user.ts'

export const AuthenticatedSession = builder.objectRef<AuthenticatedSessionBody>('AuthenticatedSession')

export const sessions = new Lookup<string, AuthenticatedSessionBody, typeof endpoints.authenticatedSession>({
  type: AuthenticatedSession,
  key: uuidKey('uuid'),
  endpoint: endpoints.authenticatedSession,
})

const sessionList = new List<string, AuthenticatedSessionBody>({
  lookup: sessions,
  endpoint: endpoints.authenticatedSessions,
  // Its keys are random, but by any other order a session that is used would go from one page to another.
  ordering: 'uuid',
  hidden: 'The sessions of others are hidden if you do not have the right `view_authenticatedsession`.',
  filters: {
    search: { parameter: 'search' },
    user: { parameter: 'user__username' },
    // authentik would crash over anything else.
    lastIp: { parameter: 'session__last_ip', read: readAddress },
  },
})

interface SessionArgs extends PageArgs {
  readonly filter?: SessionCriteria | null | undefined
}

interface SessionCriteria {
  readonly search?: string | null | undefined
  readonly user?: string | null | undefined
  readonly lastIp?: string | null | undefined
}

/** A page of sessions; of the owner, if one is known. Throws UpstreamError. */
async function connect(context: Context, { filter, ...page }: SessionArgs, info: GraphQLResolveInfo, known?: UserBody) {
  const { search, user, lastIp } = filter ?? {}
  const address = lastIp == null ? undefined : readAddress(lastIp)
  const owner = known ?? (user == null ? undefined : await getOwner(context, user))
  // authentik ignores filters that it does not know: before 2025.4 the one for addresses.
  const take = (row: AuthenticatedSessionBody) => {
    if (owner && row.user !== owner.pk) throw invalidAnswer('sessions of another user than the one asked for')
    if (address && writeAddress(row.last_ip) !== address)
      throw invalidAnswer('sessions of another address than the one asked for')
    return owner ? { ...row, user_obj: owner } : row
  }
  const criteria = { search, lastIp, user: owner && nameToFindBy(owner) }
  return sessionList.connect(context, criteria, page, wantedOf(info, 'AuthenticatedSessionConnection'), {
    take,
    owner: owner?.pk,
  })
}

function readAddress(text: string): string {
  if (isIP(text) && !text.includes('%')) return writeAddress(text)
  throw inputError('"filter.lastIp" with an IP address', text)
}

/** An address as authentik writes it: of one of version 6 there are many ways to write it. */
function writeAddress(address = ''): string {
  const version = isIP(address)
  return version === 0 ? address : new SocketAddress({ address, family: version === 4 ? 'ipv4' : 'ipv6' }).address
}

type Agent = NonNullable<AuthenticatedSessionBody['user_agent']>

const SessionClient = builder.objectRef<Agent>('SessionClient').implement({
  description: 'The browser or program of a session, as authentik reads it from what the client says of itself.',
  fields: (t) => ({
    device: t.string({
      reads: ['device'],
      description: 'The device, "iPhone" for example; "Other" for computers, and where authentik does not know it.',
      resolve: ({ device }) => device?.family,
    }),
    os: t.string({
      reads: ['os'],
      description: 'The operating system and its version, as in "iOS 17.5"; "Other" where authentik does not know it.',
      resolve: ({ os }) => withVersion(os, os?.patch_minor),
    }),
    browser: t.string({
      reads: ['user_agent'],
      description:
        'The browser or program and its version, as in "Firefox 128.0"; "Other" where authentik does not know it.',
      resolve: ({ user_agent: browser }) => withVersion(browser),
    }),
    text: t.exposeString('string', {
      description: 'What the client says of itself, in its User-Agent header; may be empty.',
    }),
  }),
})

/** Of an empty header authentik tells that everything is "Other", without a version. */
function withVersion(part: Agent['os'] | Agent['user_agent'] | null | undefined, last?: string | null) {
  if (!part?.family) return part?.family
  const version = [part.major, part.minor, part.patch, last].filter((number) => number).join('.')
  return version ? `${part.family} ${version}` : part.family
}

type Place = Partial<NonNullable<AuthenticatedSessionBody['geo_ip']>> & { readonly network?: string | null }

const SessionPlace = builder.objectRef<Place>('SessionPlace').implement({
  description: 'Where the address of a session is, by the databases that authentik was given.',
  fields: (t) => ({
    continent: t.exposeString('continent', { description: 'Two letters for the continent, "EU" for example.' }),
    country: t.exposeString('country', { description: 'Two letters for the country, "NO" for example.' }),
    city: t.exposeString('city', { description: 'The city; may be empty.' }),
    latitude: t.exposeFloat('lat', { description: 'Degrees north.' }),
    longitude: t.exposeFloat('long', { description: 'Degrees east.' }),
    network: t.exposeString('network', {
      description: 'The network that holds the address, "192.0.2.0/24" for example.',
    }),
  }),
})

/** Null where authentik has no such database, or does not find the address in any. */
function placeOf({ geo_ip: place, asn }: AuthenticatedSessionBody): Place | null {
  if (typeof place !== 'object' || typeof asn !== 'object') throw invalidAnswer('no usable "geo_ip" and "asn"')
  return place || asn ? { ...place, network: asn?.network ?? null } : null
}

const whose = "Whoever has the right `view_authenticatedsession` sees everybody's, others only their own."

AuthenticatedSession.implement({
  interfaces: [Node],
  description: `A session of a browser that signed in to authentik. ${whose}`,
  fields: (t) => ({
    uuid: t.expose('uuid', { type: 'UUID', nullable: false, description: "authentik's key." }),
    user: t.field({
      type: User,
      reads: ['user'],
      shortened: true,
      asks: 'keyed',
      tells: toldOfCallers,
      description:
        'Who signed in. `pk` and `id` cost nothing. Other fields are loaded, which needs the right `view_user`; not so the caller, nor a user whose sessions were asked for, of whom only what is not known yet is loaded.',
      resolve: async ({ user, user_obj: known }, _args, context, info) => {
        if (known) return known
        const wanted = wantedOf(info, User.name)
        const self = users.isKeyAlone(wanted) ? undefined : shortened(await getMe(context))
        return self?.pk === user ? self : users.loadReferred(context, user, wanted)
      },
    }),
    client: t.expose('user_agent', { type: SessionClient, description: 'The browser or program.' }),
    place: t.field({
      type: SessionPlace,
      reads: ['geo_ip', 'asn'],
      description: 'Where the address is; null where authentik does not know.',
      resolve: placeOf,
    }),
    lastIp: t.exposeString('last_ip', { description: 'The address from which the session was used last.' }),
    lastUsed: t.expose('last_used', { type: 'DateTime', description: 'When it was used last.' }),
    expires: t.expose('expires', {
      type: 'DateTime',
      description: 'When it expires. An expired one may still be listed.',
    }),
  }),
})

const AuthenticatedSessionConnection = connectionOf(AuthenticatedSession)

const SessionFilter = builder.inputType('SessionFilter', {
  description: 'Filters the list. If several fields are set, a session must match all of them.',
  fields: (t) => ({
    search: t.string({ description: 'Text to look for in usernames, addresses and what clients say of themselves.' }),
    user: t.id({
      description:
        "Of this user: authentik's key or the global id. For others than the caller the username is asked for first, which needs the right `view_user`.",
    }),
    lastIp: t.string({
      description: 'Used last from this address, of IP version 4 or 6. Before authentik 2025.4 it fails.',
    }),
  }),
})

builder.queryFields((t) => ({
  authenticatedSession: oneField(t, sessions, `One session, null when absent or hidden. ${whose}`),
  authenticatedSessions: t.field({
    type: AuthenticatedSessionConnection,
    asks: 'owned',
    description: `Sessions, by their keys: in no order that says anything. ${whose}`,
    args: {
      ...pageArgs,
      filter: t.arg({ type: SessionFilter, description: 'Which of them to list. Without it: all.' }),
    },
    resolve: (_root, args, context, info) => connect(context, args, info),
  }),
  authenticatedSessionsByIds: byIdsField(t, sessions, 'Sessions in the order of the ids, each null alone.'),
}))

builder.objectField(User, 'sessions', (t) =>
  t.field({
    type: AuthenticatedSessionConnection,
    asks: 'owned',
    reads: ['username'],
    description: `The user's sessions. ${whose}`,
    args: pageArgs,
    resolve: (user, page, context, info) => connect(context, page, info, user),
  }),
)

builder.mutationField('revokeSessions', (t) =>
  revokeField(t, sessions, {
    noun: 'sessions',
    meaning: 'and so signs out their browsers. Access tokens and authorization codes go with them; refresh tokens stay',
    own: true,
  }),
)
