// The limit: a proxy written by hand for these workloads alone, which answers byte for byte what the gateway answers, and checks,
// guards and tells nothing. No gateway on Node can do the same work for much less.
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { Pool } from 'undici'

const authentik = new Pool(process.env.AUTHENTIK_URL, { connections: Number(process.env.UPSTREAM_CONCURRENCY) })

/** The body of authentik's answer. */
function ask(path, authorization) {
  const headers = { authorization, accept: 'application/json', 'accept-language': 'en', 'accept-encoding': 'gzip' }
  return new Promise((resolve, reject) => {
    const chunks = []
    authentik.dispatch(
      { method: 'GET', path: `/api/v3${path}`, headers },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData: (_controller, chunk) => chunks.push(chunk),
        onResponseEnd() {
          const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
          resolve(JSON.parse(gunzipSync(bytes).toString()))
        },
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })
}

const providerOf = (body) => ({
  id: `OAuth2Provider:${body.pk}`,
  pk: body.pk,
  name: body.name,
  component: body.component,
  verboseName: body.verbose_name,
  verboseNamePlural: body.verbose_name_plural,
  metaModelName: body.meta_model_name,
  authenticationFlow: body.authentication_flow,
  authorizationFlow: body.authorization_flow,
  invalidationFlow: body.invalidation_flow,
  propertyMappings: body.property_mappings,
  assignedApplicationSlug: body.assigned_application_slug,
  assignedApplicationName: body.assigned_application_name,
  assignedBackchannelApplicationSlug: body.assigned_backchannel_application_slug,
  assignedBackchannelApplicationName: body.assigned_backchannel_application_name,
  clientType: body.client_type.toUpperCase(),
  clientId: body.client_id,
  accessCodeValidity: body.access_code_validity,
  accessTokenValidity: body.access_token_validity,
  refreshTokenValidity: body.refresh_token_validity,
  refreshTokenThreshold: body.refresh_token_threshold,
  includeClaimsInIdToken: body.include_claims_in_id_token,
  signingKey: body.signing_key,
  encryptionKey: body.encryption_key,
  redirectUris: body.redirect_uris.map(({ matching_mode, url }) => ({
    matchingMode: matching_mode.toUpperCase(),
    url,
    redirectUriType: null,
  })),
  subMode: body.sub_mode.toUpperCase(),
  issuerMode: body.issuer_mode.toUpperCase(),
  logoutUri: body.logout_uri,
  logoutMethod: body.logout_method.toUpperCase(),
  grantTypes: null,
  jwksSources: body.jwt_federation_sources,
  jwtFederationSources: body.jwt_federation_sources,
})

const groupOf = (body) => ({
  id: `Group:${body.pk}`,
  pk: body.pk,
  numPk: body.num_pk,
  name: body.name,
  isSuperuser: body.is_superuser,
  attributes: body.attributes,
})

const userOf = (body) => ({
  id: `User:${body.pk}`,
  pk: body.pk,
  username: body.username,
  name: body.name,
  uid: body.uid,
  isActive: body.is_active,
  email: body.email,
  lastLogin: body.last_login,
  attributes: body.attributes,
  isSuperuser: body.is_superuser,
  avatar: body.avatar,
  path: body.path,
  type: body.type.toUpperCase(),
  uuid: body.uuid,
  dateJoined: body.date_joined,
  lastUpdated: body.last_updated,
  passwordChangeDate: body.password_change_date,
  groups: body.groups_obj.map(groupOf),
})

const list = '/oauth2/access_tokens/?ordering=-pk&page=1&page_size=100&include_roles=false'

const tokensOf = (results, groupOf) => ({
  accessTokens: {
    nodes: results.map(({ provider, user }) => ({
      provider: { name: provider.name, clientId: provider.client_id },
      user: { username: user.username, groups: user.groups_obj.map(groupOf) },
    })),
  },
})

/** Users who have all the groups of the users in these tokens between them, and how many groups these are. */
function ownersOf(tokens) {
  const keys = new Set()
  const owners = []
  for (const { user } of tokens) {
    if (user.groups.every((key) => keys.has(key))) continue
    owners.push(user.pk)
    for (const key of user.groups) keys.add(key)
  }
  return { owners, size: keys.size }
}

/** The data that answers an operation, by its name. */
const operations = {
  async Token({ id }, authorization) {
    const body = await ask(`/oauth2/access_tokens/${id}/?include_roles=false`, authorization)
    return {
      accessToken: {
        id: `AccessToken:${body.pk}`,
        pk: body.pk,
        isExpired: body.is_expired,
        expires: body.expires,
        scope: body.scope,
        idToken: body.id_token,
        idTokenClaims: JSON.parse(body.id_token),
        revoked: body.revoked,
        provider: providerOf(body.provider),
        user: userOf(body.user),
      },
    }
  },
  async TokenInShort({ id }, authorization) {
    const path = `/oauth2/access_tokens/${id}/?include_groups=false&include_roles=false`
    const { pk, is_expired, expires, scope, revoked } = await ask(path, authorization)
    return { accessToken: { pk, isExpired: is_expired, expires, scope, revoked } }
  },
  async Tokens(_variables, authorization) {
    const { results } = await ask(list, authorization)
    return tokensOf(results, ({ name }) => ({ name }))
  },
  async TokensAndGroups(_variables, authorization) {
    const { results } = await ask(list, authorization)
    const { owners, size } = ownersOf(results)
    const members = owners.map((pk) => `members_by_pk=${pk}`).join('&')
    const path = `/core/groups/?include_users=false&include_parents=true&${members}&ordering=pk&page=1&page_size=${size}`
    const { results: bodies } = await ask(path, authorization)
    const parents = new Map(bodies.map(({ pk, parents_obj }) => [pk, parents_obj.map(({ name }) => ({ name }))]))
    return tokensOf(results, ({ pk, name }) => ({ name, parents: parents.get(pk) }))
  },
}

const server = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  request.on('end', async () => {
    const { operationName, variables } = JSON.parse(text)
    const data = await operations[operationName](variables, request.headers.authorization)
    const body = Buffer.from(JSON.stringify({ data }))
    response
      .writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length })
      .end(body)
  })
})
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}/graphql`))
