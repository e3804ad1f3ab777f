import { type GraphQLSchema, getOperationAST, OperationTypeNode, parse, validate } from 'graphql'
import { ownExamples, ownVariables } from './own-examples.ts'

/** What a tab of GraphiQL opens with. */
export interface Example {
  readonly query: string
  /** JSON. */
  readonly variables?: string
}

/**
 * The tabs that GraphiQL opens with, as far as they fit the schema: one may be without some fields. Over the embedded authentik each
 * example has a tab. Over another one there is one tab, so that the token is typed once, and its examples need no key.
 */
export function examplesFor(schema: GraphQLSchema, isEmbedded: boolean): Example[] {
  const fits = (query: string) => {
    const document = parse(query)
    // Of an operation for which there is no type, nothing is validated.
    return (
      schema.getRootType(getOperationAST(document)?.operation ?? OperationTypeNode.QUERY) &&
      validate(schema, document).length === 0
    )
  }
  if (isEmbedded) return examples.filter(({ query }) => fits(query))
  return [{ query: ownExamples.filter(fits).join('\n\n'), variables: ownVariables }]
}

/** The keys are those of the embedded authentik. */
export const examples: readonly Example[] = [
  {
    query: `# One access token, with all that is around it.
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
  },
  {
    query: `# The tokens of one user, by provider and end.
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
  },
  {
    query: `# How a client is set up, and whom it trusts.
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
  },
  {
    query: `# Groups, the groups above, and who is in them.
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
  },
  {
    query: `# Whom the token below speaks for.
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
  },
  {
    query: `# What a user opens, and where they are signed in.
query AccessOfAUser {
  user(id: 15) {
    username
    connectedApplications {
      application {
        name
        metaIconUrl
      }
      scope
      since
    }
    sessions(first: 25) {
      nodes {
        client {
          browser
          os
        }
        lastIp
        lastUsed
      }
    }
    apiTokens(first: 25) {
      nodes {
        identifier
        intent
        expires
      }
    }
  }
}`,
  },
  {
    query: `# All tokens, page by page: "after" is the last cursor.
query WalkOfTokens($first: Int!, $after: String) {
  accessTokens(first: $first, after: $after) {
    edges {
      cursor
      node {
        id
        expires
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`,
    variables: '{ "first": 25, "after": null }',
  },
  {
    query: `# What taking a user's access away would do.
mutation WhatWouldBeRevoked {
  revokeUserAccess(user: 15, dryRun: true) {
    results {
      targetId
      outcome
      message
    }
  }
}`,
  },
  {
    query: `# What has happened of late.
query LatestEvents {
  events(first: 25) {
    nodes {
      action
      userName
      clientIp
      created
      context
    }
  }
}`,
  },
]
