import type { GraphQLResolveInfo } from 'graphql'
import type { GrantBody, TokenBody } from '../authentik/bodies.ts'
import type { endpoints } from '../authentik/endpoints.ts'
import { parseJson } from '../authentik/wire/json.ts'
import type { Context } from '../context.ts'
import { builder } from '../graph/builder.ts'
import type { Connection } from '../graph/lists/connection.ts'
import type { Dates } from '../graph/lists/date-window.ts'
import { List } from '../graph/lists/list.ts'
import type { PageArgs } from '../graph/lists/page-args.ts'
import { integerKey } from '../graph/loading/keys.ts'
import { Lookup, type LookupOptions } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import type { Types } from '../graph/types.ts'
import { byDate, datesOf, type GrantFilter, type Order, orderingByDate, orderingOf } from './grant-arguments.ts'
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
export function tokenFields(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, TokenBody>,
): Record<string, PothosSchemaTypes.FieldRef<Types>> {
  return {
    idToken: t.exposeString('id_token', {
      description: 'The claims of the ID token that was issued with it, as a text of JSON. It is not a signed token.',
    }),
    idTokenClaims: t.field({
      type: 'JSON',
      reads: ['id_token'],
      mayBeNull: true,
      description: 'The same claims, parsed; null if they are not JSON.',
      resolve: ({ id_token: text }) => readJson(text),
    }),
    issuedAt: t.field({
      type: 'DateTime',
      reads: ['id_token'],
      mayBeNull: true,
      description: 'When the ID token was issued that came with it: the claim "iat"; null without that claim.',
      resolve: (token) => timeOf(token, 'iat'),
    }),
    authenticatedAt: t.field({
      type: 'DateTime',
      reads: ['id_token'],
      mayBeNull: true,
      description:
        'When the user had signed in to authentik before it was issued: the claim "auth_time"; null without that claim.',
      resolve: (token) => timeOf(token, 'auth_time'),
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

/** The moment in a claim, which counts seconds since 1970; null without it. */
export function timeOf({ id_token: text }: TokenBody, claim: string): string | null {
  const seconds: unknown = Reflect.get(Object(readJson(text)), claim)
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
  // Years of four digits, as RFC 3339 has them.
  const year = date.getUTCFullYear()
  return year >= 0 && year <= 9999 ? date.toISOString().replace('.000Z', 'Z') : null
}

type GrantEndpoint = typeof endpoints.accessToken | typeof endpoints.refreshToken | typeof endpoints.authorizationCode
type GrantsEndpoint =
  | typeof endpoints.accessTokens
  | typeof endpoints.refreshTokens
  | typeof endpoints.authorizationCodes

/** The arguments of a list of grants. */
interface GrantArgs extends PageArgs {
  readonly filter?: GrantFilter | null | undefined
  readonly orderBy?: readonly Order[] | null | undefined
}

/** A kind of grant: how one is found, and how they are listed. */
export class GrantKind<B extends GrantBody> {
  readonly lookup: Lookup<number, B, GrantEndpoint>
  readonly list: List<number, B>

  constructor(type: LookupOptions<number, B, GrantEndpoint>['type'], one: GrantEndpoint, many: GrantsEndpoint) {
    this.lookup = new Lookup({ type, key: integerKey('pk'), endpoint: one })
    this.lookup.forComposers = { interface: Grant.name }
    this.list = new List<number, B>({
      lookup: this.lookup,
      endpoint: many,
      ordering: '-pk',
      hidden: 'The grants of others may be hidden: most releases of authentik show them to superusers only.',
      filters: {
        user: { parameter: 'user', read: (id) => users.readId(id), in: ({ user }) => user?.pk },
        provider: { parameter: 'provider', read: (id) => providers.readId(id), in: ({ provider }) => provider?.pk },
      },
    })
  }

  /** A page of them, as the caller's arguments say. Throws UpstreamError. */
  connect(context: Context, { filter, orderBy, ...page }: GrantArgs, info: GraphQLResolveInfo): Promise<Connection<B>> {
    const wanted = wantedOf(info, `${this.lookup.typename}Connection`)
    const { expires, ...criteria } = filter ?? {}
    const ordering = expires ? orderingByDate(orderBy) : orderingOf(orderBy)
    return this.list.connect(context, criteria, page, wanted, { ordering, dates: datesOf(expires) })
  }

  /** How many of them there are, or how many have such a date of expiry. Throws UpstreamError. */
  count(context: Context, criteria: Omit<GrantFilter, 'expires'>, dates: Dates | undefined): Promise<number> {
    return this.list.count(context, criteria, byDate, dates)
  }
}
