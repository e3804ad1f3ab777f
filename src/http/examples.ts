import { type GraphQLSchema, parse, validate } from 'graphql'

/** The examples that fit a schema: one may be without some fields. */
export function examplesFor(schema: GraphQLSchema): string[] {
  return examples.filter((example) => validate(schema, parse(example)).length === 0)
}

/** The tabs that GraphiQL opens with. Their keys are those of the embedded authentik. */
export const examples: readonly string[] = [
  `# One access token, with all that is around it.
query TokenInContext {
  accessToken(id: 42) {
    isExpired
    expires
    scope
    user {
      username
      name
      groups {
        name
      }
    }
    provider {
      name
      clientId
      clientType
    }
  }
}`,
  `# The tokens of one user, by provider and end.
query TokensOfAUser {
  accessTokens(
    first: 25
    filter: { user: 15 }
    orderBy: [{ field: PROVIDER }, { field: EXPIRES, direction: DESC }]
  ) {
    totalCount
    nodes {
      id
      isExpired
      expires
      scope
      provider {
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`,
  `# How a client is set up, and whom it trusts.
query ClientSettings {
  oauth2Provider(id: 7) {
    name
    assignedApplicationName
    clientId
    clientType
    redirectUris {
      matchingMode
      url
    }
    accessCodeValidity
    accessTokenValidity
    refreshTokenValidity
    subMode
    issuerMode
    signingKey
    jwtFederationSources
    jwtFederationProviders {
      name
      clientId
    }
  }
}`,
  `# Groups, the groups above, and who is in them.
query GroupsAndMembers {
  groups(first: 25) {
    nodes {
      name
      isSuperuser
      parents {
        name
      }
      users(first: 3) {
        totalCount
        nodes {
          username
          email
          lastLogin
        }
      }
    }
  }
}`,
  `# Whom the token below speaks for.
query WhoAmI {
  me {
    username
    name
    email
    type
    isSuperuser
    groups {
      name
    }
    effectiveGroups {
      name
    }
  }
}`,
]
