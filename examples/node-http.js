// The gateway in a server of node's own.
import { createServer } from 'node:http'
import { createGateway } from 'authentik-graphql'

const { AUTHENTIK_URL } = process.env
if (!URL.canParse(AUTHENTIK_URL)) {
  console.error('AUTHENTIK_URL: expected the address of authentik, such as https://auth.example.com')
  process.exit(1)
}
const gateway = createGateway({ authentikUrl: AUTHENTIK_URL })

const server = createServer((request, response) => {
  if (/^\/(graphql|livez|readyz|health)(\?|$)/.test(request.url)) return gateway.listener(request, response)
  response.end('Something else')
})
server.listen(process.env.PORT ?? 4000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/graphql`)
})

process.once('SIGTERM', () => server.close(() => gateway.close()))
