// What is asked. Each workload is one GraphQL request; its answer by the gateway is what all others must answer.

/** All that one request to authentik tells of a token: 65 fields. */
const token = `query Token($id: ID!) {
  accessToken(id: $id) {
    id pk isExpired expires scope idToken idTokenClaims revoked
    provider {
      id pk name component verboseName verboseNamePlural metaModelName
      authenticationFlow authorizationFlow invalidationFlow propertyMappings
      assignedApplicationSlug assignedApplicationName
      assignedBackchannelApplicationSlug assignedBackchannelApplicationName
      clientType clientId accessCodeValidity accessTokenValidity refreshTokenValidity refreshTokenThreshold
      includeClaimsInIdToken signingKey encryptionKey redirectUris { matchingMode url redirectUriType }
      subMode issuerMode logoutUri logoutMethod grantTypes jwksSources jwtFederationSources
    }
    user {
      id pk username name uid isActive email lastLogin attributes isSuperuser avatar path type uuid
      dateJoined lastUpdated passwordChangeDate
      groups { id pk numPk name isSuperuser attributes }
    }
  }
}`

const tokenInShort = `query TokenInShort($id: ID!) {
  accessToken(id: $id) { pk isExpired expires scope revoked }
}`

const tokens = `query Tokens {
  accessTokens(first: 100) {
    nodes { provider { name clientId } user { username groups { name } } }
  }
}`

const tokensAndGroups = `query TokensAndGroups {
  accessTokens(first: 100) {
    nodes { provider { name clientId } user { username groups { name parents { name } } } }
  }
}`

const id = { id: '42' }

/** By their names: what they ask, and whether all callers have the same token, so that all requests at once are identical. */
export const workloads = {
  W1: { means: 'one token, all fields', query: token, variables: id },
  W2: { means: 'one token, five fields', query: tokenInShort, variables: id },
  W3: { means: '100 tokens, their providers, users and groups', query: tokens },
  W4: { means: 'the same, and the parents of each group', query: tokensAndGroups },
  W1h: { means: 'W1, identical at once', query: token, variables: id, identical: true },
  W3h: { means: 'W3, identical at once', query: tokens, identical: true },
}

/** The body of the HTTP request. */
export function bodyOf({ query, variables }) {
  const [, operationName] = /^query (\w+)/.exec(query)
  return JSON.stringify({ query, operationName, variables })
}
