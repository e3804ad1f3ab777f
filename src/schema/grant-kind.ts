import type { GraphQLResolveInfo } from 'graphql'
import type { GrantBody, OAuth2ProviderBody } from '../authentik/bodies.ts'
import type { endpoints } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { builder } from '../graph/builder.ts'
import type { Connection } from '../graph/lists/connection.ts'
import { List, type PageArgs } from '../graph/lists/list.ts'
import { integerKey } from '../graph/loading/keys.ts'
import { Lookup, type LookupOptions } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { providers } from './oauth2-provider.ts'
import { users } from './user.ts'

// How grants are found and listed: the same for each kind of them.

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
    this.lookup = new Lookup({ type, key: integerKey('pk'), endpoint: one, admit: withoutSecret })
    this.list = new List<number, B>({
      lookup: this.lookup,
      endpoint: many,
      ordering: '-pk',
      filters: {
        user: { parameter: 'user', read: (id) => users.readId(id) },
        provider: { parameter: 'provider', read: (id) => providers.readId(id) },
      },
    })
  }

  /** A page of them, as the caller's arguments say. Throws UpstreamError. */
  connect(context: Context, { filter, orderBy, ...page }: GrantArgs, info: GraphQLResolveInfo): Promise<Connection<B>> {
    const wanted = wantedOf(context, info, `${this.lookup.typename}Connection`)
    return this.list.connect(context, filter ?? {}, page, wanted, orderingOf(orderBy))
  }
}

/**
 * A grant's body as the graph may hold it: its provider comes without the client secret, which authentik up to 2025.12.4 and
 * 2026.2.2 showed to anybody with a token of theirs (CVE-2026-40166).
 */
function withoutSecret<B extends GrantBody>(body: B): B {
  if (typeof body.provider !== 'object' || body.provider === null) return body
  const { client_secret: _secret, ...provider }: OAuth2ProviderBody = body.provider
  return { ...body, provider }
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
