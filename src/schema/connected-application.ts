import type { ApplicationBody, OAuth2ProviderBody, TokenBody, UserConsentBody } from '../authentik/bodies.ts'
import type { Context } from '../context.ts'
import { invalidAnswer } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { charge } from '../graph/charges.ts'
import { isListOfObjects } from '../graph/checks.ts'
import { type Wanted, wantedOf } from '../graph/loading/wanted.ts'
import { limits } from '../limits.ts'
import { AccessToken, accessTokens } from './access-token.ts'
import { Application, applicationOf, fromList } from './application.ts'
import { timeOf } from './grant.ts'
import { isOfOtherProtocol, OAuth2Provider, toldOfProviders } from './oauth2-provider.ts'
import { RefreshToken, refreshTokens } from './refresh-token.ts'
import { User, users } from './user.ts'
import { consentList, hasEnded, scopesIn, UserConsent } from './user-consent.ts'

/** What a user has let one application, or one provider without an application, have. */
interface Connected {
  application: ApplicationBody | null
  provider: OAuth2ProviderBody | null
  readonly consents: UserConsentBody[]
  readonly accessTokens: TokenBody[]
  readonly refreshTokens: TokenBody[]
}

/** All that the user agreed to and was issued, as far as it has not ended, by application. Throws UpstreamError. */
async function connectedOf(context: Context, user: object, { includes }: Wanted): Promise<Connected[]> {
  const criteria = { user: `${users.keyOf(user)}` }
  const [consents, access, refresh] = await allOf([
    consentList.readAll(context, criteria),
    accessTokens.list.readAll(context, criteria, includes),
    refreshTokens.list.readAll(context, criteria, includes),
  ])
  try {
    if (!isListOfObjects(consents.map(({ application }) => application))) throw new TypeError('no application')
    if (!isListOfObjects([...access, ...refresh].map(({ provider }) => provider))) throw new TypeError('no provider')
    const all = byApplication(consents, access, refresh)
    charge(
      context,
      all.reduce((sum, one) => sum + 1 + one.consents.length + tokensOf(one).length, 0),
    )
    return all
  } catch (error) {
    throw error instanceof TypeError ? invalidAnswer('consents or tokens that lack something', undefined, error) : error
  }
}

/** As `Promise.all`, but when all have ended: none is left under way behind the failure of another. */
async function allOf<T extends readonly Promise<unknown>[]>(promises: readonly [...T]) {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

function byApplication(
  consents: readonly UserConsentBody[],
  access: readonly TokenBody[],
  refresh: readonly TokenBody[],
): Connected[] {
  const found = new Map<string, Connected>()
  const at = (place: string) => {
    const connected = found.get(place) ?? none()
    found.set(place, connected)
    return connected
  }
  for (const consent of consents.filter((one) => !hasEnded(one))) {
    const connected = at(`application ${consent.application.slug}`)
    connected.application = consent.application
    if (!isOfOtherProtocol(consent.application.provider_obj))
      connected.provider ??= consent.application.provider_obj ?? null
    connected.consents.push(consent)
  }
  for (const [kind, tokens] of [
    ['accessTokens', access],
    ['refreshTokens', refresh],
  ] as const) {
    for (const token of tokens.filter(({ is_expired: isExpired }) => !isExpired)) {
      const { provider } = token
      const application = applicationOf(provider)
      const connected = at(application ? `application ${application.slug}` : `provider ${provider.pk}`)
      connected.application ??= application
      connected.provider = provider
      connected[kind].push(token)
    }
  }
  return [...found.values()].sort((one, other) => nameOf(one).localeCompare(nameOf(other), 'en'))
}

function none(): Connected {
  return { application: null, provider: null, consents: [], accessTokens: [], refreshTokens: [] }
}

function nameOf({ application, provider }: Connected): string {
  return application?.name ?? provider?.name ?? ''
}

function tokensOf({ accessTokens: access, refreshTokens: refresh }: Connected): readonly TokenBody[] {
  return [...access, ...refresh]
}

/** The first time that is known; null where none is. */
function sinceOf(connected: Connected): string | null {
  const times = tokensOf(connected).flatMap((token) => timeOf(token, 'iat') ?? [])
  return times.sort()[0] ?? null
}

/** When a token that has not ended will; null if it never does. Then it may have a date, which has passed. */
function endOf({ expires }: TokenBody): string | null {
  return expires != null && Date.parse(expires) > Date.now() ? expires : null
}

/** When the last of it ends; null where something does not end. */
function expiresOf(connected: Connected): string | null {
  const ends = [
    ...connected.consents.map(({ expiring, expires }) => (expiring ? (expires ?? null) : null)),
    ...tokensOf(connected).map(endOf),
  ]
  if (ends.includes(null)) return null
  return ends.reduce(
    (latest, end) => (Date.parse(end ?? '') > Date.parse(latest ?? '') ? end : latest),
    ends[0] ?? null,
  )
}

const ConnectedApplication = builder.objectRef<Connected>('ConnectedApplication').implement({
  description:
    'What a user has let an application have, by consents and by tokens that have not ended. Where the provider of a token has no application, it stands for itself.',
  fields: (t) => ({
    application: t.field({
      type: Application,
      reads: ['application'],
      embedded: true,
      shortened: (application) => !('pk' in application),
      tells: ['slug', 'name'],
      description:
        'The application; null if the provider has none. Where the user was not asked for consent, all but `slug` and `name` is loaded, and hidden from whoever may not open it.',
      resolve: ({ application }, _args, context, info) =>
        application && fromList(context, application, wantedOf(info, Application.name)),
    }),
    provider: t.field({
      type: OAuth2Provider,
      reads: ['provider'],
      embedded: true,
      shortened: (provider) => !('client_id' in provider),
      tells: toldOfProviders,
      description: 'The OAuth2 provider; null where a consent is to an application without one.',
      resolve: ({ provider }) => provider,
    }),
    scope: t.stringList({
      nullable: false,
      reads: ['consents'],
      description: 'All scopes that were agreed to or granted, each once.',
      resolve: (connected) => [
        ...new Set([
          ...connected.consents.flatMap(({ permissions }) => scopesIn(permissions) ?? []),
          ...tokensOf(connected).flatMap(({ scope }) => scope),
        ]),
      ],
    }),
    since: t.field({
      type: 'DateTime',
      reads: ['accessTokens'],
      description:
        'When the oldest of its tokens was issued; null without tokens that tell. When a consent was given, authentik does not tell.',
      resolve: sinceOf,
    }),
    expires: t.field({
      type: 'DateTime',
      reads: ['consents'],
      description: 'When all of it has ended; null if something of it never ends.',
      resolve: expiresOf,
    }),
    consents: t.field({
      type: [UserConsent],
      nullable: false,
      embedded: true,
      description: 'What the user agreed to.',
      resolve: ({ consents }) => consents,
    }),
    accessTokens: t.field({
      type: [AccessToken],
      nullable: false,
      embedded: true,
      description: 'The access tokens: those that the caller may see.',
      resolve: ({ accessTokens: tokens }) => tokens,
    }),
    refreshTokens: t.field({
      type: [RefreshToken],
      nullable: false,
      embedded: true,
      description: 'The refresh tokens: those that the caller may see.',
      resolve: ({ refreshTokens: tokens }) => tokens,
    }),
  }),
})

builder.objectField(User, 'connectedApplications', (t) =>
  t.field({
    type: [ConnectedApplication],
    asks: 'connected',
    description: `What the user has let applications have, by name. It takes three lists of at most ${limits.rowsOfWholeList} rows: the user's consents, which the right \`view_userconsent\` shows of others, and tokens, which most releases of authentik show of others to superusers only.`,
    resolve: (user, _args, context, info) => connectedOf(context, user, wantedOf(info, ConnectedApplication.name)),
  }),
)
