import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

// Prints when the built program has dropped 300 bodies and 100 headers that are sent slowly, and what /health says meanwhile:
// node test/hold/slow-callers.js

const child = spawn(process.execPath, ['dist/cli/main.js', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
let text = ''
for await (const part of child.stdout) {
  text += part
  if (/listens on \S+\n/.test(text)) break
}
const url = new URL(/listens on (\S+)\n/.exec(text)?.[1] ?? '')
const started = performance.now()
const seconds = () => ((performance.now() - started) / 1000).toFixed(1)

const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
const bodies = dropped(300, `${head}content-length: 100000\r\n\r\n{`, ' ')
const headers = dropped(100, head, 'x: y\r\n')
await sleep(1000)
const { status } = await fetch(new URL('/health', url))
console.log({ health: status, headers: await headers, bodies: await bodies })
child.kill()
process.exit()

/** Opens so many connections, sends a text on each and more every second, and tells after how many seconds the last was closed. */
async function dropped(count, text, more) {
  const closed = Array.from({ length: count }, () => {
    const socket = connect(Number(url.port), url.hostname).on('error', () => {})
    socket.write(text)
    socket.resume()
    const timer = setInterval(() => socket.write(more), 1000)
    return new Promise((resolve) => socket.on('close', () => resolve(clearInterval(timer))))
  })
  return Promise.race([Promise.all(closed).then(seconds), sleep(60_000, 'not within a minute')])
}
