// The gateway in Fastify, in a scope of its own, where Fastify reads no bodies.
import { createGateway } from 'authentik-graphql'
import fastify from 'fastify'

const gateway = createGateway({ authentikUrl: process.env.AUTHENTIK_URL })

const app = fastify()
app.get('/', () => 'Something else')
app.register(async (scope) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
  for (const path of ['/graphql', '/livez', '/readyz', '/health']) {
    scope.all(path, (request, reply) => {
      reply.hijack()
      gateway.listener(request.raw, reply.raw)
    })
  }
})
app.addHook('onClose', () => gateway.close())

console.log(`${await app.listen({ port: process.env.PORT ?? 4000, host: '127.0.0.1' })}/graphql`)

process.once('SIGTERM', () => app.close())
