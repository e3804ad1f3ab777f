import { graphql } from 'relay-runtime'

graphql`
  query accessQuery {
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
  mutation accessRevokeAllMutation {
    revokeUserAccess(user: 5) {
      revokedIds @deleteRecord
    }
  }
`
