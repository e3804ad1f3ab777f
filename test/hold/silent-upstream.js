// An authentik that tells everybody who they are, deletes in a tenth of a second, and answers nothing else, as a process of its
// own. Prints its address.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  const send = (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  if (request.url === '/-/health/live/') return response.end()
  if (request.method === 'DELETE') setTimeout(() => response.writeHead(204).end(), 100)
  if (request.url.includes('/users/me/')) send({ user: { pk: 1, username: 'ada', name: 'Ada', uid: 'u' } })
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.once('disconnect', () => process.exit())
