// The gateway in Hono, or in whatever else speaks the fetch standard on Node.
import { serve } from '@hono/node-server'
import { createGateway } from 'authentik-graphql'
import { Hono } from 'hono'

const gateway = createGateway({ authentikUrl: process.env.AUTHENTIK_URL })

const app = new Hono()
for (const path of ['/graphql', '/livez', '/readyz', '/health']) app.all(path, ({ req }) => gateway.fetch(req.raw))
app.get('/', ({ text }) => text('Something else'))

const port = Number(process.env.PORT ?? 4000)
const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}/graphql`)
})

process.once('SIGTERM', () => server.close(() => gateway.close()))
