import './node.ts'
import './access-token.ts'
import './refresh-token.ts'
import './authorization-code.ts'
import './oauth2-provider.ts'
import './user.ts'
import './group.ts'
import './revoke-user-grants.ts'
import './subgraph.ts'
import { builder } from './builder.ts'

/** The schema: every resource, in reading order. */
export const schema = builder.toSchema({ sortSchema: false })
