// Apollo Server and its data source for REST, which asks once for what is needed several times at once.
import { RESTDataSource } from '@apollo/datasource-rest'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { paths, resolvers, schema } from './resolvers.js'

/** Authentik, in the name of the caller of one operation. */
class Authentik extends RESTDataSource {
  baseURL = process.env.AUTHENTIK_URL

  constructor(authorization, options) {
    super(options)
    this.authorization = authorization
  }

  willSendRequest(_path, request) {
    request.headers['authorization'] = this.authorization
  }
}

const server = new ApolloServer({
  typeDefs: schema,
  resolvers: {
    ...resolvers,
    Query: {
      accessToken: (_root, { id }, { authentik }) => authentik.get(paths.accessToken(id)),
      accessTokens: (_root, { first }, { authentik }) => authentik.get(paths.accessTokens(first)),
    },
    Group: {
      ...resolvers.Group,
      parents: async ({ pk }, _args, { authentik }) => (await authentik.get(paths.group(pk))).parents_obj,
    },
  },
})
const { url } = await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: 0 },
  context: async ({ req }) => ({ authentik: new Authentik(req.headers.authorization, { cache: server.cache }) }),
})
console.log(`listens on ${url}`)
