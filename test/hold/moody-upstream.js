// An authentik of moods, as a process of its own. It closes idle connections at any moment; told by GET /mood?is=... it is stopped,
// starting, failing with 500 pages, or well again. Prints its address.
import { createServer } from 'node:http'

const answers = {
  well: (response, key) =>
    response.end(JSON.stringify({ pk: Number(key) || 1, username: 'ada', name: '', uid: 'u', is_active: true })),
  starting: (response) => response.writeHead(502).end('{"error":"authentik starting"}'),
  failing: (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Server Error (500)</h1>'),
}
let mood = 'well'
const closes = process.argv[2] === 'closes'

const server = createServer((request, response) => {
  const { socket } = request
  socket.busy = true
  response.once('close', () => {
    socket.busy = false
    if (closes) setTimeout(() => socket.busy || socket.destroy(), Math.random() * 8)
  })
  if (request.url.includes('/health/')) return response.end()
  const [, key] = /\/(\w+)\/(?:\?|$)/.exec(request.url) ?? []
  return answers[mood](response, key)
})
server.on('connection', (socket) => socket.on('error', () => {}))
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))

process.on('message', (next) => {
  const { port } = server.address() ?? { port: server.port }
  server.port = port
  if (next === 'stopped') {
    server.close(() => process.send('done'))
    server.closeAllConnections()
    return
  }
  mood = next
  if (server.listening) process.send('done')
  else server.listen(port, '127.0.0.1', () => process.send('done'))
})
process.once('disconnect', () => process.exit())
