// What one writes first: graphql-yoga, Pothos and fetch with their defaults, over the same REST API. It guards, checks and shares
// nothing, and asks for each parent where it is needed.
import { createServer } from 'node:http'
import SchemaBuilder from '@pothos/core'
import { createYoga } from 'graphql-yoga'

const builder = new SchemaBuilder({})
builder.scalarType('JSON', { serialize: (value) => value })

/** Asks authentik in the caller's name. */
async function ask(path, { request }) {
  const response = await fetch(`${process.env.AUTHENTIK_URL}/api/v3${path}`, {
    headers: { authorization: request.headers.get('authorization') },
  })
  if (!response.ok) throw new Error(`authentik answers ${response.status}`)
  return response.json()
}

/** The property of authentik's answer that a field reads. */
const propertyOf = (field) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Fields of one kind, such as String, that read the properties of their names. */
const exposed = (t, kind, names) =>
  Object.fromEntries(names.split(' ').map((name) => [name, t[`expose${kind}`](propertyOf(name), { nullable: true })]))

const exposedEnums = (t, types) =>
  Object.fromEntries(
    Object.entries(types).map(([name, type]) => [
      name,
      t.field({ type, nullable: true, resolve: (body) => body[propertyOf(name)] }),
    ]),
  )

const idField = (t, type) => t.id({ resolve: ({ pk }) => `${type}:${pk}` })

const enumOf = (name, values) =>
  builder.enumType(name, { values: Object.fromEntries(values.map((value) => [value.toUpperCase(), { value }])) })

const ClientType = enumOf('ClientType', ['confidential', 'public'])
const MatchingMode = enumOf('MatchingMode', ['strict', 'regex'])
const SubMode = enumOf('SubMode', ['hashed_user_id', 'user_id', 'user_uuid', 'user_username', 'user_email', 'user_upn'])
const IssuerMode = enumOf('IssuerMode', ['global', 'per_provider'])
const LogoutMethod = enumOf('LogoutMethod', ['backchannel', 'frontchannel'])
const UserType = enumOf('UserType', ['internal', 'external', 'service_account', 'internal_service_account'])

const RedirectUri = builder.objectRef('RedirectUri')
RedirectUri.implement({
  fields: (t) => ({
    ...exposedEnums(t, { matchingMode: MatchingMode }),
    ...exposed(t, 'String', 'url redirectUriType'),
  }),
})

const Provider = builder.objectRef('OAuth2Provider')
Provider.implement({
  fields: (t) => ({
    id: idField(t, 'OAuth2Provider'),
    pk: t.exposeInt('pk'),
    ...exposed(
      t,
      'String',
      'name component verboseName verboseNamePlural metaModelName authenticationFlow authorizationFlow invalidationFlow ' +
        'assignedApplicationSlug assignedApplicationName assignedBackchannelApplicationSlug ' +
        'assignedBackchannelApplicationName clientId accessCodeValidity accessTokenValidity refreshTokenValidity ' +
        'refreshTokenThreshold signingKey encryptionKey logoutUri',
    ),
    includeClaimsInIdToken: t.exposeBoolean('include_claims_in_id_token', { nullable: true }),
    ...exposed(t, 'StringList', 'propertyMappings grantTypes jwtFederationSources'),
    jwksSources: t.exposeStringList('jwt_federation_sources', { nullable: true }),
    redirectUris: t.field({ type: [RedirectUri], nullable: true, resolve: (body) => body.redirect_uris }),
    ...exposedEnums(t, {
      clientType: ClientType,
      subMode: SubMode,
      issuerMode: IssuerMode,
      logoutMethod: LogoutMethod,
    }),
  }),
})

const Group = builder.objectRef('Group')
Group.implement({
  fields: (t) => ({
    id: idField(t, 'Group'),
    ...exposed(t, 'String', 'pk name'),
    numPk: t.exposeInt('num_pk', { nullable: true }),
    isSuperuser: t.exposeBoolean('is_superuser', { nullable: true }),
    attributes: t.field({ type: 'JSON', nullable: true, resolve: ({ attributes }) => attributes }),
    parents: t.field({
      type: [Group],
      nullable: true,
      resolve: async ({ pk }, _args, context) => {
        const { parents_obj } = await ask(`/core/groups/${pk}/?include_users=false&include_parents=true`, context)
        return parents_obj
      },
    }),
  }),
})

const User = builder.objectRef('User')
User.implement({
  fields: (t) => ({
    id: idField(t, 'User'),
    pk: t.exposeInt('pk'),
    ...exposed(
      t,
      'String',
      'username name uid email lastLogin avatar path uuid dateJoined lastUpdated passwordChangeDate',
    ),
    ...exposed(t, 'Boolean', 'isActive isSuperuser'),
    attributes: t.field({ type: 'JSON', nullable: true, resolve: ({ attributes }) => attributes }),
    ...exposedEnums(t, { type: UserType }),
    groups: t.field({ type: [Group], nullable: true, resolve: ({ groups_obj }) => groups_obj }),
  }),
})

const AccessToken = builder.objectRef('AccessToken')
AccessToken.implement({
  fields: (t) => ({
    id: idField(t, 'AccessToken'),
    pk: t.exposeInt('pk'),
    ...exposed(t, 'Boolean', 'isExpired revoked'),
    ...exposed(t, 'String', 'expires idToken'),
    scope: t.exposeStringList('scope'),
    idTokenClaims: t.field({ type: 'JSON', nullable: true, resolve: ({ id_token }) => JSON.parse(id_token) }),
    provider: t.field({ type: Provider, resolve: ({ provider }) => provider }),
    user: t.field({ type: User, resolve: ({ user }) => user }),
  }),
})

const AccessTokens = builder.objectRef('AccessTokenConnection')
AccessTokens.implement({
  fields: (t) => ({ nodes: t.field({ type: [AccessToken], resolve: ({ results }) => results }) }),
})

builder.queryType({
  fields: (t) => ({
    accessToken: t.field({
      type: AccessToken,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      resolve: (_root, { id }, context) => ask(`/oauth2/access_tokens/${id}/?include_roles=false`, context),
    }),
    accessTokens: t.field({
      type: AccessTokens,
      args: { first: t.arg.int({ required: true }) },
      resolve: (_root, { first }, context) =>
        ask(`/oauth2/access_tokens/?ordering=-pk&page=1&page_size=${first}&include_roles=false`, context),
    }),
  }),
})

const server = createServer(createYoga({ schema: builder.toSchema() }))
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}/graphql`))
