// The gateway in Express. What reads bodies, such as express.json(), comes after it.
import { createGateway } from 'authentik-graphql'
import express from 'express'

const { AUTHENTIK_URL } = process.env
if (!URL.canParse(AUTHENTIK_URL)) {
  console.error('AUTHENTIK_URL: expected the address of authentik, such as https://auth.example.com')
  process.exit(1)
}
const gateway = createGateway({ authentikUrl: AUTHENTIK_URL })

const app = express()
app.all(['/graphql', '/livez', '/readyz', '/health'], gateway.listener)
app.use(express.json())
app.get('/', (_request, response) => response.send('Something else'))

const server = app.listen(process.env.PORT ?? 4000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/graphql`)
})

process.once('SIGTERM', () => server.close(() => gateway.close()))
