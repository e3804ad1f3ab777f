import type { Body } from '../authentik/authentik.ts'
import type { GrantBody, OAuth2ProviderBody, TokenBody } from '../authentik/bodies.ts'
import type { endpoints } from '../authentik/endpoints.ts'
import { parseJson } from '../authentik/wire/json.ts'
import { partial } from '../graph/body.ts'
import { builder, type Types } from '../graph/builder.ts'
import { List } from '../graph/lists/connection.ts'
import { integerKeys } from '../graph/loading/keys.ts'
import { Lookup } from '../graph/loading/loader.ts'
import { addNode, Node } from '../graph/node.ts'
import { OAuth2Provider, providerByPk } from './oauth2-provider.ts'
import { User, userByPk } from './user.ts'

// What access tokens, refresh tokens and authorization codes share.

export const Grant = builder.interfaceRef<GrantBody>('Grant').implement({
  interfaces: [Node],
  description:
    "What a user granted a client, as far as authentik knows of it: never the text of a token or code. Superusers see everybody's, others only their own.",
  fields: (t) => ({
    pk: t.exposeInt('pk', { nullable: false, description: "authentik's key." }),
    provider: t.expose('provider', {
      type: OAuth2Provider,
      nullable: false,
      description: 'The provider that issued it.',
    }),
    user: t.expose('user', { type: User, nullable: false, description: 'The user in whose name it was issued.' }),
    isExpired: t.exposeBoolean('is_expired', { nullable: false, description: 'Whether its time is over.' }),
    expires: t.expose('expires', {
      type: 'DateTime',
      description: 'When its time is over; null for never. authentik deletes what expired some minutes later.',
    }),
    scope: t.exposeStringList('scope', { nullable: false, description: 'The scopes that were granted; may be none.' }),
  }),
})

/** What access tokens and refresh tokens have beside. */
export function tokenFields(t: PothosSchemaTypes.ObjectFieldBuilder<Types, TokenBody>) {
  return {
    idToken: t.exposeString('id_token', {
      description: 'The claims of the ID token that was issued with it: JSON, as a text, and no signed token.',
    }),
    idTokenClaims: t.field({
      type: 'JSON',
      reads: ['id_token'],
      description: 'The same claims, parsed; null where they are no JSON.',
      resolve: ({ id_token: text }) => readJson(text),
    }),
    revoked: t.exposeBoolean('revoked', {
      description:
        'Whether a newer one replaced it. authentik sets this on refresh tokens alone: what is revoked otherwise is deleted.',
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

export const AccessTokenFilter = builder.inputType('AccessTokenFilter', {
  description: 'Which grants to list. Both: only what fits both.',
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

export const AccessTokenOrder = builder.inputType('AccessTokenOrder', {
  description: 'One criterion of an order of tokens.',
  fields: (t) => ({
    field: t.field({ type: AccessTokenOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirection, required: true, defaultValue: '', description: 'Which way.' }),
  }),
})

/** authentik's `ordering`: it ends in the key, so that it is total; undefined where no order is given. */
export function orderingOf(
  orders: readonly { field: string; direction: string }[] | null | undefined,
): string | undefined {
  if (!orders?.length) return undefined
  const terms = new Map<string, string>()
  for (const { field, direction } of [...orders, { field: 'pk', direction: '-' }]) {
    if (!terms.has(field)) terms.set(field, `${direction}${field}`)
  }
  return [...terms.values()].join(',')
}

type GrantEndpoint = typeof endpoints.accessToken | typeof endpoints.refreshToken | typeof endpoints.authorizationCode
type GrantsEndpoint =
  | typeof endpoints.accessTokens
  | typeof endpoints.refreshTokens
  | typeof endpoints.authorizationCodes

/** A kind of grant: how one is found, how they are listed, and where authentik has them. */
export class GrantKind<B extends GrantBody> {
  readonly typename: string
  readonly one: GrantEndpoint
  readonly all: GrantsEndpoint
  readonly lookup: Lookup<number, B>
  readonly list: List<B>

  constructor(typename: string, one: GrantEndpoint, all: GrantsEndpoint) {
    this.typename = typename
    this.one = one
    this.all = all
    this.lookup = new Lookup<number, B>({
      typename,
      keys: integerKeys,
      includes: one.includes,
      get: async (authentik, pk, query) => enter<B>(await authentik.get(one, pk, query)),
    })
    this.list = new List<B>({
      typename,
      includes: all.includes,
      ordering: '-pk',
      filters: {
        user: { parameter: 'user', read: (id) => userByPk.readId(id) },
        provider: { parameter: 'provider', read: (id) => providerByPk.readId(id) },
      },
      getPage: async (authentik, query) => {
        const page = await authentik.findPage(all, query)
        return page && { ...page, results: page.results.map((body) => enter<B>(body)) }
      },
      onRow: (context, grant, includes) => this.lookup.prime(context, grant.pk, grant, includes),
    })
    addNode(this.lookup)
  }
}

/**
 * A grant's body as the graph may hold it: its provider without the client secret, which authentik up to 2025.12.4 and
 * 2026.2.2 showed to anybody with a token of theirs (CVE-2026-40166), and marked as shortened where it is.
 */
function enter<B extends GrantBody>(body: Body<GrantEndpoint>): B {
  if (typeof body?.provider !== 'object' || body.provider === null) return body as unknown as B
  const { client_secret: _secret, ...provider } = body.provider as OAuth2ProviderBody
  return { ...body, provider: 'client_id' in provider ? provider : partial(provider) } as unknown as B
}
