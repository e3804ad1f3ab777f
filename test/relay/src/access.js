import { graphql } from 'relay-runtime'

graphql`
  query accessQuery {
    accessTokens(first: 100, filter: { user: 5 }) @connection(key: "access_accessTokens", filters: []) {
      edges {
        node {
          id
          pk
        }
      }
    }
    user(id: 5) {
      sessions(first: 100) {
        nodes {
          id
        }
      }
    }
  }
`

graphql`
  mutation accessRevokeMutation($ids: [ID!]!, $connections: [ID!]!) {
    revokeAccessTokens(ids: $ids) {
      revokedIds @deleteEdge(connections: $connections) @deleteRecord
      results {
        targetId
        outcome
      }
    }
  }
`

graphql`
  mutation accessRevokeAllMutation {
    revokeUserAccess(user: 5) {
      revokedIds @deleteRecord
    }
  }
`
