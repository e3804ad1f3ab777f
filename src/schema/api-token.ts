import type { GraphQLResolveInfo } from 'graphql'
import type { ApiTokenBody, UserBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { invalidAnswer } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import type { Criteria } from '../graph/lists/filter.ts'
import { List } from '../graph/lists/list.ts'
import type { PageArgs } from '../graph/lists/page-args.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { addressable, textKey } from '../graph/loading/keys.ts'
import { Lookup } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import { revokeField } from './revoke.ts'
import { getOwner, nameToFindBy, User } from './user.ts'

export const ApiToken = builder.objectRef<ApiTokenBody>('ApiToken')

export const apiTokens = new Lookup<string, ApiTokenBody, typeof endpoints.apiToken>({
  type: ApiToken,
  key: textKey('identifier'),
  endpoint: endpoints.apiToken,
})

const apiTokenList = new List<string, ApiTokenBody>({
  lookup: apiTokens,
  endpoint: endpoints.apiTokens,
  // A second key, which no renaming changes.
  ordering: 'pk',
  hidden:
    'The API tokens of others are hidden if you do not have the right `view_token`, and before authentik 2026.2 from all but superusers.',
  filters: {
    search: { parameter: 'search' },
    user: { parameter: 'user__username' },
    intent: { parameter: 'intent' },
    expiring: { parameter: 'expiring' },
    managed: { parameter: 'managed' },
  },
})

/** A page of API tokens that fit the criteria; of the owner, if one is given. Throws UpstreamError. */
function connect(context: Context, criteria: Criteria, page: PageArgs, info: GraphQLResolveInfo, owner?: UserBody) {
  const wanted = wantedOf(info, 'ApiTokenConnection')
  if (!owner) return apiTokenList.connect(context, criteria, page, wanted)
  // authentik ignores filters that it does not know.
  const take = (row: ApiTokenBody) => {
    if (row.user === owner.pk) return row
    throw invalidAnswer('API tokens of another user than the one asked for')
  }
  return apiTokenList.connect(context, { ...criteria, user: nameToFindBy(owner) }, page, wanted, {
    take,
    owner: owner.pk,
  })
}

const ApiTokenIntent = builder.enumType('ApiTokenIntent', {
  description: 'What an API token is for.',
  values: {
    VERIFICATION: { value: 'verification', description: 'To prove something once, an e-mail address for example.' },
    API: { value: 'api', description: "To ask authentik's API." },
    RECOVERY: { value: 'recovery', description: 'To get into an account whose password is lost.' },
    APP_PASSWORD: {
      value: 'app_password',
      description: "In place of the user's password, for a program that cannot sign in otherwise.",
    },
  },
})

const whose =
  "Whoever has the right `view_token` sees everybody's, before authentik 2026.2 superusers alone; others only their own."

ApiToken.implement({
  interfaces: [Node],
  description: `A token that authentik keeps by itself: to ask its API, an app password, or one that is used once. Its value is never shown. ${whose}`,
  fields: (t) => ({
    identifier: t.exposeString('identifier', {
      nullable: false,
      description: `authentik's key, unique. authentik can be asked for ${addressable}. A token with another identifier is listed, but a look-up or a revocation of it is BAD_USER_INPUT.`,
    }),
    intent: t.expose('intent', { type: ApiTokenIntent, description: 'What it is for.' }),
    description: t.exposeString('description', { description: 'What somebody says of it; may be empty.' }),
    user: t.expose('user_obj', { type: User, description: 'Whose it is. The user comes with it, and needs no right.' }),
    expires: t.expose('expires', {
      type: 'DateTime',
      description: 'When it expires; null for never. It counts only where `expiring` is true.',
    }),
    expiring: t.exposeBoolean('expiring', { description: 'Whether it ever expires.' }),
    managed: t.exposeString('managed', {
      description: 'The name by which authentik itself, or a blueprint, manages it; null where nothing does.',
    }),
  }),
})

const ApiTokenConnection = connectionOf(ApiToken)

const ApiTokenFilter = builder.inputType('ApiTokenFilter', {
  description: 'Filters the list. If several fields are set, a token must match all of them.',
  fields: (t) => ({
    search: t.string({ description: 'Text to look for in identifiers, intents, usernames and descriptions.' }),
    user: t.id({
      description:
        "Of this user: authentik's key or the global id. For others than the caller the username is asked for first, which needs the right `view_user`.",
    }),
    intent: t.field({ type: ApiTokenIntent, description: 'For this.' }),
    expiring: t.boolean({ description: 'True: those that expire some time. False: those that never do.' }),
    managed: t.string({ description: 'Managed by this name.' }),
  }),
})

builder.queryFields((t) => ({
  apiToken: oneField(t, apiTokens, `One API token, null when absent or hidden. ${whose}`),
  apiTokens: t.field({
    type: ApiTokenConnection,
    asks: 'owned',
    description: `API tokens, in no order that says anything. ${whose}`,
    args: {
      ...pageArgs,
      filter: t.arg({ type: ApiTokenFilter, description: 'Which of them to list. Without it: all.' }),
    },
    resolve: async (_root, { filter, ...page }, context, info) => {
      const { user, ...criteria } = filter ?? {}
      return connect(context, criteria, page, info, user == null ? undefined : await getOwner(context, user))
    },
  }),
  apiTokensByIds: byIdsField(t, apiTokens, 'API tokens in the order of the ids, each null alone.'),
}))

builder.objectField(User, 'apiTokens', (t) =>
  t.field({
    type: ApiTokenConnection,
    asks: 'owned',
    reads: ['username'],
    description: `The user's API tokens, app passwords among them. ${whose}`,
    args: pageArgs,
    resolve: (user, page, context, info) => connect(context, {}, page, info, user),
  }),
)

builder.mutationField('revokeApiTokens', (t) =>
  revokeField(t, apiTokens, {
    noun: 'API tokens',
    meaning: 'named by their identifiers, never by their values',
    own: true,
  }),
)
