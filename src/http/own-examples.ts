/** Queries that find something with any token. */
export const ownExamples: readonly string[] = [
  `# Whom the token below speaks for.
query WhoAmI {
  me {
    id
    username
    name
    email
    isSuperuser
    groups {
      name
    }
  }
}`,
  `# The tokens that were issued to you. More are listed where you may see more.
query MyTokens($after: String) {
  me {
    accessTokens(first: 25, after: $after) {
      totalCount
      hint
      edges {
        node {
          id
          expires
          scope
          provider {
            name
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}`,
  `# Where you are signed in.
query MySessions {
  me {
    sessions(first: 25) {
      nodes {
        id
        client {
          browser
          os
        }
        lastIp
        lastUsed
      }
    }
  }
}`,
  `# The applications that act for you.
query MyApplications {
  me {
    connectedApplications {
      application {
        name
        metaIconUrl
      }
      scope
      since
    }
  }
}`,
  `# What taking all your access away would do. The id is what WhoAmI finds: set it as a variable.
mutation WhatWouldBeRevoked($me: ID!) {
  revokeUserAccess(user: $me, dryRun: true) {
    results {
      targetId
      outcome
      message
    }
  }
}`,
]

/** Their variables, JSON. */
export const ownVariables = JSON.stringify({ after: null, me: '<the id that WhoAmI finds>' }, null, 2)
