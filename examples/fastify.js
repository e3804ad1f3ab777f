// The gateway in Fastify, in a scope of its own, where Fastify reads no bodies.
import { createGateway } from 'authentik-graphql'
import fastify from 'fastify'

const { AUTHENTIK_URL } = process.env
if (!URL.canParse(AUTHENTIK_URL)) {
  console.error('AUTHENTIK_URL: expected the address of authentik, such as https://auth.example.com')
  process.exit(1)
}
const gateway = createGateway({ authentikUrl: AUTHENTIK_URL })

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
