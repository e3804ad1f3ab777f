import '../graph/node.ts'
import './access-token.ts'
import './refresh-token.ts'
import './authorization-code.ts'
import './grant-statistics.ts'
import './oauth2-provider.ts'
import './user.ts'
import './group.ts'
import './group-members.ts'
import './application.ts'
import './authenticated-session.ts'
import './api-token.ts'
import './event.ts'
import './user-consent.ts'
import './connected-application.ts'
import './revoke-grants.ts'
import './revoke-user-access.ts'
import '../graph/subgraph.ts'
import { GraphQLSchema } from 'graphql'
import { builder } from '../graph/builder.ts'
import { descriptionOf } from './description.ts'

/** The fields that show secrets of clients, what ID tokens said of users, and what events tell in any shape. */
export const secretFields = [
  'OAuth2Provider.clientSecret',
  'AccessToken.idToken',
  'AccessToken.idTokenClaims',
  'RefreshToken.idToken',
  'RefreshToken.idTokenClaims',
  'Event.context',
]

export interface SchemaOptions {
  /** Fields that the schema is not to have, each by its coordinate: "OAuth2Provider.clientSecret". */
  readonly leaveOut?: readonly string[]
  /** Whether it has mutations; they are not left out unless told so. */
  readonly mutations?: boolean
}

/** The schema: every resource, in reading order. Throws an Error for a coordinate that no field has. */
export function createSchema({ leaveOut = [], mutations = true }: SchemaOptions = {}): GraphQLSchema {
  const schema = builder.toSchema({ sortSchema: false, leaveOut })
  const config = { ...schema.toConfig(), description: descriptionOf(schema) }
  // Without a list of types it has those alone that queries lead to.
  return new GraphQLSchema(mutations ? config : { ...config, mutation: null, types: [] })
}
