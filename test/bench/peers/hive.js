// Hive Gateway's runtime. Its additional resolvers ask REST: it has no source of its own for that.
import { createServer } from 'node:http'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
import { request } from 'undici'
import { paths, resolvers, schema } from './resolvers.js'

/** Asks authentik in the caller's name. */
async function ask(path, { headers: { authorization } }) {
  const { statusCode, body } = await request(process.env.AUTHENTIK_URL + path, { headers: { authorization } })
  if (statusCode !== 200) throw new Error(`authentik answers ${statusCode}`)
  return body.json()
}

const gateway = createGatewayRuntime({
  subgraph: schema,
  logging: false,
  additionalResolvers: {
    ...resolvers,
    Query: {
      accessToken: (_root, { id }, context) => ask(paths.accessToken(id), context),
      accessTokens: (_root, { first }, context) => ask(paths.accessTokens(first), context),
    },
    Group: {
      ...resolvers.Group,
      parents: async ({ pk }, _args, context) => (await ask(paths.group(pk), context)).parents_obj,
    },
  },
})
const server = createServer(gateway)
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}/graphql`))
