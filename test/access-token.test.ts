import { expect, it } from 'vitest'
import { expectSameValues, getRest } from './rest.ts'
import { startGateway } from './start.ts'

const everything = `
  query ($id: ID!) {
    accessToken(id: $id) {
      id pk isExpired expires scope idToken idTokenClaims revoked
      provider { ...Provider clientSecret jwtFederationProviders { name } }
      user { ...User groups { id pk numPk name isSuperuser attributes } }
    }
  }
  fragment Provider on OAuth2Provider {
    id pk name component verboseName verboseNamePlural metaModelName authenticationFlow authorizationFlow invalidationFlow
    propertyMappings assignedApplicationSlug assignedApplicationName assignedBackchannelApplicationSlug
    assignedBackchannelApplicationName clientType clientId accessCodeValidity accessTokenValidity refreshTokenValidity
    refreshTokenThreshold includeClaimsInIdToken signingKey encryptionKey redirectUris { matchingMode url redirectUriType }
    subMode issuerMode logoutUri logoutMethod grantTypes jwksSources jwtFederationSources
  }
  fragment User on User {
    id pk username name uid isActive email lastLogin attributes isSuperuser avatar path type uuid dateJoined lastUpdated
    passwordChangeDate
  }`

it.each(['2024.10', '2025.10', '2026.8'] as const)(
  'tells a token, its provider, user and groups as REST does on %s',
  async (release) => {
    const { ask, sandbox } = await startGateway({ release })
    const { data, errors } = await ask(everything, { variables: { id: 42 } })
    expect(errors).toBeUndefined()
    const { provider, user, idTokenClaims, ...token } = data.accessToken
    const body = await getRest(sandbox.url, '/oauth2/access_tokens/42/')
    expectSameValues(token, body, ['id'])
    expect(idTokenClaims).toEqual(JSON.parse(token.idToken))

    const own = await getRest(sandbox.url, `/providers/oauth2/${provider.pk}/`)
    expectSameValues(provider, own, [
      'id',
      'jwksSources',
      'jwtFederationSources',
      'jwtFederationProviders',
      'redirectUris',
    ])
    expect(provider.jwksSources).toEqual(own['jwks_sources'] ?? own['jwt_federation_sources'])
    expect(provider.jwtFederationSources).toEqual(provider.jwksSources)
    const uris = own['redirect_uris'] as Record<string, unknown>[]
    expect(provider.redirectUris).toHaveLength(uris.length)
    for (const [index, uri] of uris.entries()) expectSameValues(provider.redirectUris[index], uri)

    const userBody = body['user'] as { groups_obj: Record<string, unknown>[] }
    expectSameValues(user, userBody as unknown as Record<string, unknown>, ['id', 'groups'])
    expect(user.groups).toHaveLength(userBody.groups_obj.length)
    for (const [index, group] of userBody.groups_obj.entries()) expectSameValues(user.groups[index], group, ['id'])
    expect([data.accessToken.id, provider.id, user.id, user.groups[0].id]).toEqual([
      'AccessToken:42',
      `OAuth2Provider:${own['pk']}`,
      `User:${user.pk}`,
      `Group:${user.groups[0].pk}`,
    ])
  },
)

it('finds the same token by key and by global id', async () => {
  const { ask } = await startGateway()
  const { data } = await ask('{ byKey: accessToken(id: 42) { id } byId: accessToken(id: "AccessToken:42") { id } }')
  expect(data).toEqual({ byKey: { id: 'AccessToken:42' }, byId: { id: 'AccessToken:42' } })
})

it('shows an owner their token, its provider and user, but nothing that needs a right', async () => {
  const { ask, sandbox } = await startGateway()
  const pk = await ownTokenOf(sandbox.url, 'demo-plain')
  const { data, errors } = await ask(everything, { variables: { id: pk }, token: 'demo-plain' })
  expect(data.accessToken.user.username).toBe('paul')
  expect(data.accessToken.provider.name).toEqual(expect.any(String))
  expect(data.accessToken.provider.clientSecret).toBeNull()
  const refused = new Set(errors?.map(({ path, extensions }) => `${path?.slice(0, 2).join('.')} ${extensions.code}`))
  expect([...refused]).toEqual(['accessToken.provider FORBIDDEN'])
})

it.each(['demo-plain', 'demo-auditor', 'demo-nobody'])('shows %s no token of anybody else', async (token) => {
  const { ask } = await startGateway()
  expect(await ask('{ accessToken(id: 42) { id } }', { token })).toMatchObject({
    data: { accessToken: null },
    errors: undefined,
  })
})

it('never takes the client secret from a token, even where authentik sends it there', async () => {
  const { ask, sandbox } = await startGateway({ release: '2024.10' })
  const pk = await ownTokenOf(sandbox.url, 'demo-plain')
  const { data, errors } = await ask(`{ accessToken(id: ${pk}) { provider { clientId clientSecret } } }`, {
    token: 'demo-plain',
  })
  expect(data.accessToken.provider).toEqual({ clientId: expect.any(String), clientSecret: null })
  expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})

it('answers in the order of the selection, whatever came first', async () => {
  const { url } = await startGateway({ release: '2026.8' })
  const query = '{ accessToken(id: 42) { provider { clientId pk name } user { username } isExpired } }'
  const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
  expect(await response.text()).toMatch(/"provider":{"clientId":.*"pk":.*"name":.*},"user":.*"isExpired":/)
})

it('parses the claims where the ID token is JSON', async () => {
  const { ask } = await startGateway()
  const { data } = await ask('{ accessToken(id: 42) { idToken idTokenClaims } }')
  expect(data.accessToken.idTokenClaims).toEqual(JSON.parse(data.accessToken.idToken))
})

async function ownTokenOf(url: string, token: string): Promise<number> {
  const { results } = await getRest(url, '/oauth2/access_tokens/?page_size=1', token)
  return (results as [{ pk: number }])[0].pk
}
