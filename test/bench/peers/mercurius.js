// Mercurius with its just-in-time compiler. What is asked often goes through its loaders, as its documentation has it.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { ask, paths, resolvers, schema } from './resolvers.js'

const app = Fastify()
await app.register(mercurius, {
  schema,
  jit: 1,
  context: ({ headers }) => ({ authorization: headers.authorization }),
  resolvers: {
    ...resolvers,
    Query: {
      accessToken: (_root, { id }, context) => ask(paths.accessToken(id), context.authorization),
      accessTokens: (_root, { first }, context) => ask(paths.accessTokens(first), context.authorization),
    },
  },
  loaders: {
    Group: {
      parents: (queries, context) =>
        Promise.all(
          queries.map(async ({ obj }) => (await ask(paths.group(obj.pk), context.authorization)).parents_obj),
        ),
    },
  },
})
const address = await app.listen({ host: '127.0.0.1', port: 0 })
console.log(`listens on ${address}/graphql`)
