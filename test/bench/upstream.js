// An authentik that answers by heart, as a process of its own: what it is asked for the first time it asks the embedded authentik,
// and from then on it sends the same bytes, with gzip to those who accept it, as a real one does. It takes any token. Prints its
// address; to any message it answers how many requests it has had. It reads no more of HTTP than clients send here, so that it
// costs the machine less than what is measured.
import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { startSandbox } from '../../dist/sandbox/server.js'
import { originalPath, widen } from './world.js'

// The newest release whose tokens hold the whole provider.
const sandbox = await startSandbox({ release: '2026.2.0' })
const answers = new Map()
let requests = 0

/** The bytes of an answer to a path: as they are, and with gzip. */
async function record(path) {
  const headers = { authorization: 'Bearer demo-superuser', accept: 'application/json' }
  const response = await fetch(sandbox.url + originalPath(path), { headers })
  const text = await response.text()
  const body = Buffer.from(response.ok ? widen(path, text) : text)
  const kept = [...response.headers].filter(([name]) => !['connection', 'content-length', 'keep-alive'].includes(name))
  const written = (bytes, further) => {
    const lines = [...kept, ...further, ['content-length', bytes.length]].map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    return Buffer.concat([
      Buffer.from(`HTTP/1.1 ${response.status} ${response.statusText}\r\n${lines.join('')}\r\n`),
      bytes,
    ])
  }
  return { plain: written(body, []), gzip: written(gzipSync(body), [['content-encoding', 'gzip']]) }
}

const server = createServer({ noDelay: true }, (socket) => {
  let head = ''
  socket.on('error', () => {})
  socket.on('data', async (data) => {
    head += data.latin1Slice()
    if (!head.endsWith('\r\n\r\n')) return
    const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'))
    const encoding = /^accept-encoding:.*\bgzip\b/im.test(head) ? 'gzip' : 'plain'
    head = ''
    requests += 1
    const known = answers.get(path)
    if (known) return socket.write(known[encoding])
    const answer = await record(path)
    answers.set(path, answer)
    socket.write(answer[encoding])
  })
})
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`))
process.on('message', () => process.send(requests))
process.once('disconnect', () => process.exit())
