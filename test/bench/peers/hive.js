// Hive Gateway's runtime. Its additional resolvers ask REST: it has no source of its own for that.
import { createServer } from 'node:http'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
import { ask, paths, resolvers, schema } from './resolvers.js'

const gateway = createGatewayRuntime({
  subgraph: schema,
  logging: false,
  additionalResolvers: {
    ...resolvers,
    Query: {
      accessToken: (_root, { id }, context) => ask(paths.accessToken(id), context.headers.authorization),
      accessTokens: (_root, { first }, context) => ask(paths.accessTokens(first), context.headers.authorization),
    },
    Group: {
      ...resolvers.Group,
      parents: async ({ pk }, _args, context) =>
        (await ask(paths.group(pk), context.headers.authorization)).parents_obj,
    },
  },
})
const server = createServer(gateway)
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}/graphql`))
