import type { OAuth2ProviderBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { builder } from '../graph/builder.ts'
import { eachAlone } from '../graph/charges.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { List } from '../graph/lists/list.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { integerKey } from '../graph/loading/keys.ts'
import { Lookup } from '../graph/loading/lookup.ts'
import { wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import { ClientType, IssuerMode, LogoutMethod, RedirectUri, redirectUrisOf, SubMode } from './oauth2-settings.ts'

const loaded =
  'Where a grant leaves it out, this field is loaded by a request of its own. That needs the right `view_oauth2provider`.'

export const OAuth2Provider = builder.objectRef<OAuth2ProviderBody>('OAuth2Provider')

export const providers = new Lookup<number, OAuth2ProviderBody>({
  type: OAuth2Provider,
  key: integerKey('pk'),
  endpoint: endpoints.oauth2Provider,
})

const providerList = new List<number, OAuth2ProviderBody>({
  lookup: providers,
  endpoint: endpoints.oauth2Providers,
  ordering: '-pk',
  hidden: 'Providers may be hidden on which you do not have the right `view_oauth2provider`.',
  filters: {
    search: { parameter: 'search' },
    name: { parameter: 'name' },
    clientId: { parameter: 'client_id' },
    clientType: { parameter: 'client_type' },
    application: { parameter: 'application' },
  },
  // An installation has few.
  forMany: { areFew: true },
})

OAuth2Provider.implement({
  interfaces: [Node],
  description:
    'An OAuth2/OpenID provider: what authentik keeps about one client. A look-up or a list needs the right `view_oauth2provider`. Inside a grant, authentik up to 2025.12.4 and 2026.2.2 sent the whole provider. Newer releases leave out the fields that are described here as loaded.',
  fields: (t) => ({
    pk: t.exposeInt('pk', { nullable: false, description: "authentik's key." }),
    name: t.exposeString('name', { nullable: false, description: 'The name, unique among providers.' }),
    component: t.exposeString('component', { description: "The part of authentik's admin interface that edits it." }),
    verboseName: t.exposeString('verbose_name', { description: "The kind of provider, in an admin's words." }),
    verboseNamePlural: t.exposeString('verbose_name_plural', { description: 'The same for several.' }),
    metaModelName: t.exposeString('meta_model_name', { description: "The kind of provider, in authentik's code." }),
    authenticationFlow: t.expose('authentication_flow', {
      type: 'UUID',
      description: 'The flow that signs a user in who is not signed in yet; null for the default one.',
    }),
    authorizationFlow: t.expose('authorization_flow', {
      type: 'UUID',
      description: 'The flow that a user passes when the client asks for access.',
    }),
    invalidationFlow: t.expose('invalidation_flow', {
      type: 'UUID',
      description: 'The flow that a user passes when signing out of the client.',
    }),
    propertyMappings: t.expose('property_mappings', {
      type: ['UUID'],
      description: 'The mappings that decide which scopes exist and which claims they give.',
    }),
    assignedApplicationSlug: t.exposeString('assigned_application_slug', {
      description: 'The slug of the application that uses it; null when none does.',
    }),
    assignedApplicationName: t.exposeString('assigned_application_name', {
      description: 'The name of the application that uses it; null when none does.',
    }),
    assignedBackchannelApplicationSlug: t.exposeString('assigned_backchannel_application_slug', {
      description: 'The slug of the application that uses it in the background; null when none does.',
    }),
    assignedBackchannelApplicationName: t.exposeString('assigned_backchannel_application_name', {
      description: 'The name of the application that uses it in the background; null when none does.',
    }),
    clientType: t.expose('client_type', {
      type: ClientType,
      description: `Whether the client can keep a secret. ${loaded}`,
    }),
    clientId: t.exposeString('client_id', { description: `The client's identifier, public. ${loaded}` }),
    clientSecret: t.exposeString('client_secret', {
      fromOwnEndpoint: true,
      description:
        "The client's secret. It is always loaded from the provider itself, even where a grant carried it: only a caller with the right `view_oauth2provider` sees it.",
    }),
    accessCodeValidity: t.exposeString('access_code_validity', {
      description: `How long an authorization code can be used, as in "minutes=1". ${loaded}`,
    }),
    accessTokenValidity: t.exposeString('access_token_validity', {
      description: `How long an access token is valid, as in "hours=1;minutes=30". ${loaded}`,
    }),
    refreshTokenValidity: t.exposeString('refresh_token_validity', {
      description: `How long a refresh token is valid, as in "days=30". ${loaded}`,
    }),
    refreshTokenThreshold: t.exposeString('refresh_token_threshold', {
      description: `How near its end a refresh token is replaced when used; "seconds=0" for at each use. Null before authentik 2025.10. ${loaded}`,
    }),
    includeClaimsInIdToken: t.exposeBoolean('include_claims_in_id_token', {
      description: `Whether the ID token holds the scopes' claims, for clients that do not ask for user info. ${loaded}`,
    }),
    signingKey: t.expose('signing_key', {
      type: 'UUID',
      description: `The certificate whose key signs the tokens; null where the client secret does. ${loaded}`,
    }),
    encryptionKey: t.expose('encryption_key', {
      type: 'UUID',
      description: `The certificate whose key encrypts the tokens; null where nothing does. ${loaded}`,
    }),
    redirectUris: t.field({
      type: [RedirectUri],
      reads: ['redirect_uris'],
      description: `The URIs that the client may send users back to. ${loaded}`,
      resolve: redirectUrisOf,
    }),
    subMode: t.expose('sub_mode', { type: SubMode, description: `What the claim "sub" is made of. ${loaded}` }),
    issuerMode: t.expose('issuer_mode', { type: IssuerMode, description: `What the claim "iss" names. ${loaded}` }),
    logoutUri: t.string({
      reads: ['logout_uri', 'backchannel_logout_uri'],
      description: `Where the client is told that a session ended; empty for nowhere. Null before authentik 2025.8. ${loaded}`,
      resolve: (provider) => provider.logout_uri ?? provider.backchannel_logout_uri,
    }),
    logoutMethod: t.expose('logout_method', {
      type: LogoutMethod,
      description: `How the client is told that a session ended. Null before authentik 2025.10. ${loaded}`,
    }),
    grantTypes: t.exposeStringList('grant_types', {
      description: `The grant types that the client may use, as RFC 6749 spells them. Null before authentik 2026.5. ${loaded}`,
    }),
    jwksSources: t.field({
      type: ['UUID'],
      reads: ['jwks_sources', 'jwt_federation_sources'],
      description: `The sources whose tokens the client may sign in with: what authentik up to 2024.10 called jwks_sources, the same as \`jwtFederationSources\`. ${loaded}`,
      resolve: federationSourcesOf,
    }),
    jwtFederationSources: t.field({
      type: ['UUID'],
      reads: ['jwt_federation_sources', 'jwks_sources'],
      description: `The sources whose tokens the client may sign in with. ${loaded}`,
      resolve: federationSourcesOf,
    }),
    jwtFederationProviders: t.field({
      type: [OAuth2Provider],
      nullable: { list: true, items: true },
      reads: ['jwt_federation_providers'],
      asks: 'referred',
      description: `The providers whose tokens the client may sign in with. \`pk\` and \`id\` come with the provider; for more, each is loaded by itself, and may fail by itself. Null before authentik 2024.12. ${loaded}`,
      resolve: (provider, _args, context, info) =>
        provider.jwt_federation_providers &&
        eachAlone(context, provider.jwt_federation_providers, (pk) =>
          providers.loadReferred(context, pk, wantedOf(info, OAuth2Provider.name)),
        ),
    }),
  }),
})

function federationSourcesOf(provider: OAuth2ProviderBody): readonly string[] | undefined {
  return provider.jwt_federation_sources ?? provider.jwks_sources
}

/** Whether what an application tells of its provider is of no OAuth2 provider. */
export function isOfOtherProtocol(provider: OAuth2ProviderBody | null | undefined): boolean {
  const { meta_model_name: model } = provider ?? {}
  return typeof model === 'string' && model !== 'authentik_providers_oauth2.oauth2provider'
}

/** What providers of all protocols have: grants and applications tell no more of theirs. */
export const toldOfProviders: readonly (keyof OAuth2ProviderBody)[] = [
  'pk',
  'name',
  'authentication_flow',
  'authorization_flow',
  'invalidation_flow',
  'property_mappings',
  'component',
  'assigned_application_slug',
  'assigned_application_name',
  'verbose_name',
  'verbose_name_plural',
  'meta_model_name',
]

const OAuth2ProviderConnection = connectionOf(OAuth2Provider)

const OAuth2ProviderFilter = builder.inputType('OAuth2ProviderFilter', {
  description: 'Filters the list. If several fields are set, a provider must match all of them.',
  fields: (t) => ({
    search: t.string({ description: 'Text to look for in names.' }),
    name: t.string({ description: 'With this name.' }),
    clientId: t.string({ description: 'With this client identifier.' }),
    clientType: t.field({ type: ClientType, description: 'Of this client type.' }),
    application: t.field({ type: 'UUID', description: 'Used by the application with this key.' }),
  }),
})

const OAuth2ProviderBy = builder.inputType('OAuth2ProviderBy', {
  isOneOf: true,
  description: 'What names one provider: exactly one of these.',
  fields: (t) => ({
    id: t.id({ description: "authentik's key or the global id." }),
    clientId: t.string({ description: 'Exactly this client identifier.' }),
    name: t.string({ description: 'Exactly this name.' }),
  }),
})

providers.forComposers = {
  isShareable: true,
  otherKeys: { fields: ['clientId'], find: (...args) => providerList.findOne(...args) },
}

builder.queryFields((t) => ({
  oauth2Provider: oneField(
    t,
    providers,
    'One OAuth2 provider, null when it is absent or hidden. Needs the right `view_oauth2provider`.',
  ),
  oauth2ProviderBy: t.field({
    type: OAuth2Provider,
    asks: 'named',
    description:
      'The OAuth2 provider with this client identifier or name, null when it is absent or hidden. Needs the right `view_oauth2provider`. It takes one request.',
    args: { by: t.arg({ type: OAuth2ProviderBy, required: true, description: 'What names the provider.' }) },
    resolve: (_root, { by: { id, ...by } }, context, info) => {
      const wanted = wantedOf(info, 'OAuth2Provider')
      return id == null ? providerList.findOne(context, by, wanted) : providers.findById(context, id, wanted)
    },
  }),
  oauth2Providers: t.field({
    type: OAuth2ProviderConnection,
    asks: 'rows',
    description:
      'OAuth2 providers, the newest first. Needs the right `view_oauth2provider`, on all or on some of them.',
    args: {
      ...pageArgs,
      filter: t.arg({ type: OAuth2ProviderFilter, description: 'Which of them to list. Without it: all.' }),
    },
    resolve: (_root, { filter, ...page }, context, info) =>
      providerList.connect(context, filter ?? {}, page, wantedOf(info, 'OAuth2ProviderConnection')),
  }),
  oauth2ProvidersByIds: byIdsField(
    t,
    providers,
    'OAuth2 providers in the order of the ids, each null alone. Needs the right `view_oauth2provider`.',
  ),
}))
