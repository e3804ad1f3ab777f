// The gateway in a server of node's own.
import { createServer } from 'node:http'
import { createGateway } from 'authentik-graphql'

const gateway = createGateway({ authentikUrl: process.env.AUTHENTIK_URL })

const server = createServer((request, response) => {
  if (/^\/(graphql|livez|readyz|health)\b/.test(request.url)) return gateway.listener(request, response)
  response.end('Something else')
})
server.listen(process.env.PORT ?? 4000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/graphql`)
})

process.once('SIGTERM', () => server.close(() => gateway.close()))
