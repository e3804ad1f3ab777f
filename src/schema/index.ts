import '../graph/node.ts'
import './access-token.ts'
import './refresh-token.ts'
import './authorization-code.ts'
import './oauth2-provider.ts'
import './user.ts'
import './group.ts'
import './revoke-user-grants.ts'
import '../graph/subgraph.ts'
import type { GraphQLSchema } from 'graphql'
import { builder } from '../graph/builder.ts'

export interface SchemaOptions {
  /** Fields that the schema is not to have, each by its coordinate: "OAuth2Provider.clientSecret". */
  readonly leaveOut?: readonly string[]
}

/** The schema: every resource, in reading order. Throws an Error for a coordinate that no field has. */
export function createSchema({ leaveOut = [] }: SchemaOptions = {}): GraphQLSchema {
  return builder.toSchema({ sortSchema: false, leaveOut })
}
