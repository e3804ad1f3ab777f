import type { GraphQLResolveInfo } from 'graphql'
import type { GrantBody, TokenBody } from '../authentik/bodies.ts'
import type { endpoints } from '../authentik/endpoints.ts'
import { parseJson } from '../authentik/wire/json.ts'
import type { Context } from '../context.ts'
import { builder } from '../graph/builder.ts'
import type { Connection } from '../graph/lists/connection.ts'
import { List, type PageArgs } from '../graph/lists/list.ts'
import { integerKey } from '../graph/loading/keys.ts'
import { Lookup, type LookupOptions } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import type { Types } from '../graph/types.ts'
import { OAuth2Provider, providers, toldOfProviders } from './oauth2-provider.ts'
import { User, users } from './user.ts'

// What access tokens, refresh tokens and authorization codes share.

export const Grant = builder.interfaceRef<GrantBody>('Grant').implement({
  interfaces: [Node],
  description:
    "What a user granted to a client. The text of a token or code is never shown. Superusers see everybody's grants, others only their own.",
  fields: (t) => ({
    pk: t.exposeInt('pk', { nullable: false, description: "authentik's key." }),
    provider: t.expose('provider', {
      type: OAuth2Provider,
      nullable: false,
      // Since CVE-2026-40166 was fixed, a grant has only what providers of all protocols have: no client id, for example.
      shortened: (provider) => !('client_id' in provider),
      tells: toldOfProviders,
      description: 'The provider that issued it.',
    }),
    user: t.expose('user', { type: User, nullable: false, description: 'The user in whose name it was issued.' }),
    isExpired: t.exposeBoolean('is_expired', { nullable: false, description: 'Whether it has expired.' }),
    expires: t.expose('expires', {
      type: 'DateTime',
      description: 'When it expires; null for never. authentik deletes it some minutes later.',
    }),
    scope: t.exposeStringList('scope', {
      nullable: false,
      description: 'The scopes that were granted. The list may be empty.',
    }),
  }),
})

/** What access tokens and refresh tokens have beside. */
export function tokenFields(t: PothosSchemaTypes.ObjectFieldBuilder<Types, TokenBody>) {
  return {
    idToken: t.exposeString('id_token', {
      description: 'The claims of the ID token that was issued with it, as a text of JSON. It is not a signed token.',
    }),
    idTokenClaims: t.field({
      type: 'JSON',
      reads: ['id_token'],
      description: 'The same claims, parsed; null if they are not JSON.',
      resolve: ({ id_token: text }) => readJson(text),
    }),
    revoked: t.exposeBoolean('revoked', {
      description:
        'Whether a newer token replaced it. authentik sets this on refresh tokens only: a token that is revoked in any other way is deleted.',
    }),
  }
}

function readJson(text: string | undefined): unknown {
  try {
    return parseJson(text ?? '')
  } catch {
    return null
  }
}

type GrantEndpoint = typeof endpoints.accessToken | typeof endpoints.refreshToken | typeof endpoints.authorizationCode
type GrantsEndpoint =
  | typeof endpoints.accessTokens
  | typeof endpoints.refreshTokens
  | typeof endpoints.authorizationCodes

/** The arguments of a list of grants. */
interface GrantArgs extends PageArgs {
  readonly filter?:
    | { readonly user?: string | null | undefined; readonly provider?: string | null | undefined }
    | null
    | undefined
  readonly orderBy?: readonly Order[] | null | undefined
}

interface Order {
  readonly field: string
  readonly direction: string
}

/** A kind of grant: how one is found, and how they are listed. */
export class GrantKind<B extends GrantBody> {
  readonly lookup: Lookup<number, B, GrantEndpoint>
  readonly list: List<number, B>

  constructor(type: LookupOptions<number, B, GrantEndpoint>['type'], one: GrantEndpoint, many: GrantsEndpoint) {
    this.lookup = new Lookup({ type, key: integerKey('pk'), endpoint: one })
    this.list = new List<number, B>({
      lookup: this.lookup,
      endpoint: many,
      ordering: '-pk',
      hidden: 'The grants of others are hidden: most releases of authentik show them to superusers only.',
      filters: {
        user: { parameter: 'user', read: (id) => users.readId(id) },
        provider: { parameter: 'provider', read: (id) => providers.readId(id) },
      },
    })
  }

  /** A page of them, as the caller's arguments say. Throws UpstreamError. */
  connect(context: Context, { filter, orderBy, ...page }: GrantArgs, info: GraphQLResolveInfo): Promise<Connection<B>> {
    const wanted = wantedOf(info, `${this.lookup.typename}Connection`)
    return this.list.connect(context, filter ?? {}, page, wanted, { ordering: orderingOf(orderBy) })
  }
}

const AccessTokenFilter = builder.inputType('AccessTokenFilter', {
  description: 'Filters the list. If both fields are set, a grant must match both.',
  fields: (t) => ({
    user: t.id({ description: "Of this user: authentik's key or the global id." }),
    provider: t.id({ description: "Of this provider: authentik's key or the global id." }),
  }),
})

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which way a list is ordered.',
  values: {
    ASC: { value: '', description: 'The smallest first.' },
    DESC: { value: '-', description: 'The largest first.' },
  },
})

const AccessTokenOrderField = builder.enumType('AccessTokenOrderField', {
  description: 'What tokens can be ordered by.',
  values: {
    PK: { value: 'pk', description: "authentik's key: the order in which they were issued." },
    EXPIRES: { value: 'expires', description: 'When their time is over.' },
    PROVIDER: { value: 'provider', description: "The provider's key." },
    USER: { value: 'user', description: "The user's key." },
    REVOKED: { value: 'revoked', description: 'Whether a newer one replaced them.' },
  },
})

const AccessTokenOrder = builder.inputType('AccessTokenOrder', {
  description: 'One criterion of an order of tokens.',
  fields: (t) => ({
    field: t.field({ type: AccessTokenOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirection, required: true, defaultValue: '', description: 'Which way.' }),
  }),
})

/** The argument by which a list of grants is filtered. */
export const grantFilter = builder.args((t) => ({
  filter: t.field({ type: AccessTokenFilter, description: 'Which of them to list. Without it: all.' }),
}))

/** The argument by which a list of tokens is ordered. */
export const tokenOrder = builder.args((t) => ({
  orderBy: t.field({ type: [AccessTokenOrder], description: 'By what to order, the first criterion first.' }),
}))

/** authentik's `ordering`, undefined where no order is given. It ends in the key, so that it is total. */
function orderingOf(orders: readonly Order[] | null | undefined): string | undefined {
  if (!orders?.length) return undefined
  const terms = new Map<string, string>()
  for (const { field, direction } of [...orders, { field: 'pk', direction: '-' }]) {
    if (!terms.has(field)) terms.set(field, `${direction}${field}`)
  }
  return [...terms.values()].join(',')
}
