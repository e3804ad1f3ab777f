import { isIP } from 'node:net'
import type { GraphQLResolveInfo } from 'graphql'
import type { EventBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { inputError, invalidAnswer } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import type { Criteria } from '../graph/lists/filter.ts'
import { List } from '../graph/lists/list.ts'
import type { PageArgs } from '../graph/lists/page-args.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { uuidKey } from '../graph/loading/keys.ts'
import { Lookup } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import { Application, findPk, pkOf } from './application.ts'
import { nameToFindBy, User, users } from './user.ts'

export const Event = builder.objectRef<EventBody>('Event')

const events = new Lookup<string, EventBody>({ type: Event, key: uuidKey('pk'), endpoint: endpoints.event })

const eventList = new List<string, EventBody>({
  lookup: events,
  endpoint: endpoints.events,
  // The newest first. Two events may have the same time, which alone would let pages overlap: no two have the same key.
  ordering: '-created,pk',
  hidden: 'Events may be hidden on which you do not have the right `view_event`.',
  filters: {
    search: { parameter: 'search' },
    username: { parameter: 'username' },
    // What authentik calls "action" finds parts of words as well.
    actions: { parameter: 'actions', read: readAction },
    clientIp: { parameter: 'client_ip', read: readIp },
    // authentik keeps that key without dashes, and finds no other text.
    application: { parameter: 'context_authorized_app', read: (pk) => pk.replaceAll('-', '') },
  },
})

function readAction(text: string): string {
  if (text.trim() !== '') return text
  throw inputError('an action such as "login"', text)
}

/** authentik fails at anything that is no address. */
function readIp(text: string): string {
  if (isIP(text) !== 0 && !text.includes('%')) return text
  throw inputError('an IP address such as "192.0.2.1"', text)
}

/** Models whose keys or names let in whoever knows one: the key of an invitation, for example. */
const modelsWithSecretKeys: ReadonlySet<string> = new Set([
  'invitation',
  'statictoken',
  'session',
  'authenticatedsession',
])

/** What of a value is shown: the value itself if it is bare, or of an object these keys. A list is shown as its items. */
type Shown = true | { readonly [key: string]: Shown }

const reference: Shown = { pk: true, app: true, name: true, model_name: true }
// Addresses may hold secrets in their paths as well as in their queries: links for recovery do.
const request: Shown = { method: true }
const model: Shown = { model: reference, http_request: request }
// The texts of exceptions may hold any value that the program held.
const exception: Shown = { exc_type: true }

/** Of each action what is shown of its context. Secrets may stand in what is not listed here, so an unknown action shows nothing. */
const shownOf: ReadonlyMap<string, Shown> = new Map<string, Shown>([
  ['authorize_application', { authorized_application: reference, flow: true, scopes: true, http_request: request }],
  ['configuration_warning', { cause: true, deprecation: true, replacement: true }],
  ['login', { auth_method: true, auth_method_args: { known_device: true }, http_request: request }],
  ['login_failed', { username: true, stage: reference, http_request: request }],
  ['logout', { http_request: request }],
  ['model_created', model],
  ['model_updated', model],
  ['model_deleted', model],
  [
    'policy_exception',
    {
      binding: reference,
      policy_uuid: true,
      request: { obj: reference, user: { pk: true, username: true, email: true } },
      exception,
      http_request: request,
    },
  ],
  ['secret_view', { secret: reference, http_request: request }],
  ['system_exception', { exception, http_request: request }],
])

/** What is shown of a value; undefined where nothing is. */
function shown(value: unknown, what: Shown): unknown {
  if (Array.isArray(value))
    return what === true ? undefined : value.map((item) => (Array.isArray(item) ? null : (shown(item, what) ?? null)))
  const isObject = typeof value === 'object' && value !== null
  if (what === true || value === null) return isObject ? undefined : value
  if (!isObject) return undefined
  const body = value as Readonly<Record<string, unknown>>
  const named = modelsWithSecretKeys.has(String(body['model_name'])) ? { app: true, model_name: true } : what
  const entries = Object.entries(named).flatMap(([key, inner]) => {
    const some = shown(body[key], inner)
    return some === undefined ? [] : [[key, some] as const]
  })
  return Object.fromEntries(entries)
}

const rights =
  'Needs the right `view_event`, on all or on some of them. An ordinary user is refused, own events included.'

Event.implement({
  interfaces: [Node],
  description: `An entry of authentik's audit log. ${rights}`,
  fields: (t) => ({
    pk: t.expose('pk', { type: 'UUID', nullable: false, description: "authentik's key." }),
    action: t.exposeString('action', {
      description: 'What happened, as authentik spells it: "login", "authorize_application" and others.',
    }),
    app: t.exposeString('app', { description: "The part of authentik's code that tells it." }),
    userName: t.string({
      reads: ['user'],
      mayBeNull: true,
      description: 'The username of whoever did it, as it was then; null if nobody is known to have.',
      resolve: ({ user }) => user?.['username'] as string | undefined,
    }),
    user: t.field({
      type: User,
      asks: 'keyed',
      reads: ['user'],
      mayBeNull: true,
      description:
        'Whoever did it; null if nobody was signed in. `pk` and `id` come with the event. For more, the user is loaded, as it is now, which needs the right `view_user`; a user who is gone is `NOT_FOUND`.',
      resolve: ({ user = {} }, _args, context, info) =>
        user['pk'] == null || user['is_anonymous'] === true
          ? null
          : users.loadReferred(context, user['pk'], wantedOf(info, User.name)),
    }),
    clientIp: t.exposeString('client_ip', { description: 'The IP address of whoever did it; null if there was none.' }),
    created: t.expose('created', { type: 'DateTime', description: 'When it happened.' }),
    expires: t.expose('expires', { type: 'DateTime', description: 'When authentik is to forget it.' }),
    context: t.field({
      type: 'JSON',
      reads: ['context'],
      mayBeNull: true,
      description: `More about it, by the action: which application was authorized, which object was made. Shown is what is known to hold no secret, of these actions: ${[...shownOf.keys()].join(', ')}. Of any other action it is null. The username of a failed login is what somebody typed.`,
      resolve: ({ action, context }) => {
        const what = shownOf.get(action ?? '')
        return what && shown(context, what)
      },
    }),
  }),
})

const EventConnection = connectionOf(Event)

const EventFilter = builder.inputType('EventFilter', {
  description:
    'Filters the list. If several fields are set, an event must match all of them. authentik has no filter by time.',
  fields: (t) => ({
    search: t.string({
      description:
        'Text to look for in actions, apps, users, addresses and contexts. Newer releases of authentik also take a condition in their query language. authentik looks into what is never shown, too: the number of rows tells whoever may see events whether a text stands there.',
    }),
    username: t.string({
      description:
        'Of the user who had exactly this username then. Newer releases of authentik find failed logins under it, too.',
    }),
    actions: t.stringList({
      description:
        'Of one of these actions, as authentik spells them: "login" and others. Before authentik 2025.6 it fails.',
    }),
    clientIp: t.string({ description: 'From this IP address.' }),
    application: t.id({
      description:
        'Events in which a user authorized this application: its slug or the global id. The caller must be able to see the application, which costs a request.',
    }),
  }),
})

interface EventCriteria extends Criteria {
  readonly actions?: readonly string[] | null | undefined
}

function connect(context: Context, criteria: EventCriteria, page: PageArgs, info: GraphQLResolveInfo) {
  const { actions } = criteria
  // Before 2025.6 authentik ignores this filter.
  const take = (row: EventBody) => {
    if (!actions || actions.includes(row.action ?? '')) return row
    throw invalidAnswer('events of other actions than the ones asked for')
  }
  return eventList.connect(context, criteria, page, wantedOf(info, EventConnection.name), { take })
}

builder.queryFields((t) => ({
  event: oneField(t, events, `One event, null when it is absent or hidden. ${rights}`),
  events: t.field({
    type: EventConnection,
    asks: 'owned',
    description: `Events, the newest first. ${rights}`,
    args: { ...pageArgs, filter: t.arg({ type: EventFilter, description: 'Which events to list. Without it: all.' }) },
    resolve: async (_root, { filter, ...page }, context, info) => {
      const { application, ...criteria } = filter ?? {}
      const pk = application == null ? undefined : await findPk(context, application)
      return connect(context, { ...criteria, application: pk }, page, info)
    },
  }),
  eventsByIds: byIdsField(t, events, `Events in the order of the ids, each null alone. ${rights}`),
}))

builder.objectField(User, 'events', (t) =>
  t.field({
    type: EventConnection,
    asks: 'rows',
    reads: ['username'],
    args: pageArgs,
    description: `What the user did, the newest first; newer releases of authentik tell failed logins under the username, too, by which they find events. ${rights}`,
    resolve: (user, page, context, info) => connect(context, { username: nameToFindBy(user) }, page, info),
  }),
)

builder.objectField(Application, 'authorizations', (t) =>
  t.field({
    type: EventConnection,
    asks: 'rows',
    reads: ['pk'],
    args: pageArgs,
    description: `Events in which a user authorized the application, the newest first. ${rights}`,
    resolve: async (application, page, context, info) =>
      connect(context, { application: pkOf(application) }, page, info),
  }),
)
