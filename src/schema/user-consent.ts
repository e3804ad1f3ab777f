import type { GraphQLResolveInfo } from 'graphql'
import type { UserConsentBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import type { Criteria } from '../graph/lists/filter.ts'
import { List } from '../graph/lists/list.ts'
import type { PageArgs } from '../graph/lists/page-args.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { integerKey } from '../graph/loading/keys.ts'
import { Lookup } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import { Application, findPk, pkOf } from './application.ts'
import { revokeField } from './revoke.ts'
import { User, users } from './user.ts'

export const UserConsent = builder.objectRef<UserConsentBody>('UserConsent')

export const userConsents = new Lookup<number, UserConsentBody, typeof endpoints.userConsent>({
  type: UserConsent,
  key: integerKey('pk'),
  endpoint: endpoints.userConsent,
})

export const consentList = new List<number, UserConsentBody>({
  lookup: userConsents,
  endpoint: endpoints.userConsents,
  ordering: '-pk',
  hidden: 'The consents of others are hidden from whoever does not have the right `view_userconsent`.',
  filters: {
    user: { parameter: 'user', read: (id) => users.readId(id), in: ({ user }) => user?.pk },
    application: { parameter: 'application', in: ({ application }) => application?.pk },
  },
})

const rights = 'Whoever has the right `view_userconsent` sees all, everybody else their own.'

UserConsent.implement({
  interfaces: [Node],
  description: `What a user agreed to let an application have. There is one for each set of permissions, and none where the application does not ask. authentik does not tell when it was given. ${rights}`,
  fields: (t) => ({
    pk: t.exposeInt('pk', { nullable: false, description: "authentik's key." }),
    user: t.expose('user', {
      type: User,
      description: 'The user who agreed. It comes with the consent, and needs no right.',
    }),
    application: t.expose('application', {
      type: Application,
      description:
        'The application that was agreed to. It comes with the consent, even where policies forbid the user to open it now.',
    }),
    permissions: t.stringList({
      reads: ['permissions'],
      description: 'The scopes that were agreed to, as clients ask for them. The list may be empty.',
      resolve: ({ permissions }) => scopesIn(permissions),
    }),
    expires: t.expose('expires', {
      type: 'DateTime',
      description: 'When it ends; null for never. It counts only if `expiring` is true.',
    }),
    expiring: t.exposeBoolean('expiring', { description: 'Whether it ends at all.' }),
    isExpired: t.boolean({
      reads: ['expiring'],
      description: "Whether it has ended, by this gateway's clock. authentik lists consents that have.",
      resolve: hasEnded,
    }),
  }),
})

/** The scopes in one text, with blanks between. */
export function scopesIn(permissions: string | undefined): string[] | undefined {
  return permissions?.split(' ').filter((permission) => permission !== '')
}

/** Whether a consent has ended. */
export function hasEnded({ expiring, expires }: UserConsentBody): boolean | undefined {
  return expiring && expires != null && Date.parse(expires) < Date.now()
}

const UserConsentConnection = connectionOf(UserConsent)

const ConsentFilter = builder.inputType('ConsentFilter', {
  description: 'Filters the list. If both fields are set, a consent must match both.',
  fields: (t) => ({
    user: t.id({ description: "Of this user: authentik's key or the global id." }),
    application: t.id({
      description:
        'To this application: its slug or the global id. `application` must show it to the caller, which costs a request: that a consent shows it is not enough.',
    }),
  }),
})

function connect(context: Context, criteria: Criteria, page: PageArgs, info: GraphQLResolveInfo) {
  return consentList.connect(context, criteria, page, wantedOf(info, UserConsentConnection.name))
}

builder.queryFields((t) => ({
  userConsent: oneField(t, userConsents, `One consent, null when it is absent or hidden. ${rights}`),
  userConsents: t.field({
    type: UserConsentConnection,
    asks: 'owned',
    description: `Consents, the newest first. ${rights} Each costs authentik some 30 statements, whatever is selected of it: say \`first\`.`,
    args: {
      ...pageArgs,
      filter: t.arg({ type: ConsentFilter, description: 'Which consents to list. Without it: all.' }),
    },
    resolve: async (_root, { filter, ...page }, context, info) => {
      const { user, application } = filter ?? {}
      const pk = application == null ? undefined : await findPk(context, application)
      return connect(context, { user, application: pk }, page, info)
    },
  }),
  userConsentsByIds: byIdsField(t, userConsents, `Consents in the order of the ids, each null alone. ${rights}`),
}))

builder.objectField(User, 'consents', (t) =>
  t.field({
    type: UserConsentConnection,
    asks: 'rows',
    args: pageArgs,
    description: `What the user agreed to, the newest first. ${rights}`,
    resolve: async (user, page, context, info) => connect(context, { user: `${users.keyOf(user)}` }, page, info),
  }),
)

builder.objectField(Application, 'consents', (t) =>
  t.field({
    type: UserConsentConnection,
    asks: 'rows',
    reads: ['pk'],
    args: pageArgs,
    description: `What users agreed to let the application have, the newest first. ${rights}`,
    resolve: async (application, page, context, info) =>
      connect(context, { application: pkOf(application) }, page, info),
  }),
)

builder.mutationField('revokeConsents', (t) =>
  revokeField(t, userConsents, {
    noun: 'consents',
    meaning: 'so that the application has to ask again. Its tokens stay',
    own: true,
  }),
)
