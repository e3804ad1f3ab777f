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
  `# Ten objects of four kinds, by their global ids.
query TenAtOnce {
  nodes(
    ids: [
      "AccessToken:4"
      "AccessToken:42"
      "AccessToken:76"
      "AccessToken:101"
      "User:8"
      "User:10"
      "User:25"
      "OAuth2Provider:3"
      "OAuth2Provider:9"
      "Group:67726f75-7000-4000-8000-000000000003"
    ]
  ) {
    id
    ... on AccessToken {
      isExpired
      expires
      scope
      user {
        username
        isActive
      }
      provider {
        name
      }
    }
    ... on User {
      username
      type
      isActive
      lastLogin
    }
    ... on OAuth2Provider {
      name
      clientType
      accessTokenValidity
    }
    ... on Group {
      name
      isSuperuser
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
  `# People, their groups, and the groups above.
query PeopleAndGroups {
  usersByIds(ids: [8, 14, 15]) {
    username
    name
    lastLogin
    isSuperuser
    groups {
      name
      parents {
        name
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
