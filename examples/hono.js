// The gateway in Hono, or in whatever else speaks the fetch standard on Node.
import { serve } from '@hono/node-server'
import { createGateway } from 'authentik-graphql'
import { Hono } from 'hono'

const { AUTHENTIK_URL } = process.env
if (!URL.canParse(AUTHENTIK_URL)) {
  console.error('AUTHENTIK_URL: expected the address of authentik, such as https://auth.example.com')
  process.exit(1)
}
const gateway = createGateway({ authentikUrl: AUTHENTIK_URL })

const app = new Hono()
for (const path of ['/graphql', '/livez', '/readyz', '/health']) app.all(path, ({ req }) => gateway.fetch(req.raw))
app.get('/', ({ text }) => text('Something else'))

const port = Number(process.env.PORT ?? 4000)
const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}/graphql`)
})

process.once('SIGTERM', () => server.close(() => gateway.close()))
