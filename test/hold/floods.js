// How much memory callers can buy, of a process whose heap is 128 MB, by sending much at once while authentik answers nothing;
// and how soon the next caller is refused. `HEAP` is another size. Linux only: it reads /proc.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, me, quantile } from './ask.js'
import { memoryOf, withGateway } from './processes.js'

const patient = { QUEUE_TIMEOUT: '600000', UPSTREAM_TIMEOUT: '600000', OPERATION_TIMEOUT: '600000' }
const small = { NODE_OPTIONS: `--max-old-space-size=${process.env.HEAP ?? 128}` }
const byId = 'query ($id: ID!) { accessToken(id: $id) { pk } }'
const byIds = 'query ($ids: [ID!]!) { accessTokensByIds(ids: $ids) { pk } }'
const revoke = 'mutation ($ids: [ID!]!) { revokeAccessTokens(ids: $ids) { revokedCount } }'
const numbers = (count, first = 1) => Array.from({ length: count }, (_, index) => first + index)
const accepted = numbers(200).map((index) => `accepted-${index}`)
/** Accepted as well, but takes part in no flood. */
const quiet = 'accepted-quiet'

const withIds = (query, count, first) => ({ query, variables: { ids: numbers(count, first) } })

/** An HTTP request as it is written. */
function textOf(token, operation) {
  const body = JSON.stringify(operation)
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer ${token}\r\n`
  return `${head}content-length: ${body.length}\r\n\r\n${body}`
}

/** Sends a text on a connection of its own, and reads what comes if it is told to. */
async function write(url, text, isRead = true) {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname).on('error', () => {})
  if (isRead) socket.resume()
  else socket.pause()
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** A new gateway whose callers authentik has accepted. */
function withAccepted(settings, run) {
  const start = async (processes) => {
    for (const token of [...accepted, quiet]) await ask(processes.gateway.url, token, me)
    return run(processes)
  }
  return withGateway(start, { ...patient, ...settings }, 'silent-upstream.js')
}

/** Writes the texts, each on a connection of its own, and prints what they cost within ten seconds, and who is answered after. */
async function flood(name, texts, isRead = true) {
  await withAccepted(small, async ({ gateway: { url, child } }) => {
    const before = memoryOf(child.pid, 'VmRSS')
    const state = { on: true, slowest: 0 }
    const watching = watch(url, state)
    const sockets = await Promise.all(texts.map((text) => write(url, text, isRead)))
    await sleep(10_000)
    for (const socket of sockets) socket.destroy()
    await tell(name, { url, child, before, state, watching })
  })
}

/** The same for callers who hang up after a tenth of a second, 50 at once. */
async function abandoned(name, texts) {
  await withAccepted(small, async ({ gateway: { url, child } }) => {
    const before = memoryOf(child.pid, 'VmRSS')
    const state = { on: true, slowest: 0 }
    const watching = watch(url, state)
    for (let sent = 0; sent < texts.length; sent += 50) {
      const sockets = await Promise.all(texts.slice(sent, sent + 50).map((text) => write(url, text)))
      await sleep(100)
      for (const socket of sockets) socket.destroy()
    }
    await tell(name, { url, child, before, state, watching })
  })
}

/** Asks for the liveness page again and again. */
async function watch(url, state) {
  while (state.on) {
    const started = performance.now()
    await fetch(url.replace('/graphql', '/health'))
    state.slowest = Math.max(state.slowest, performance.now() - started)
    await sleep(20)
  }
}

async function tell(name, { url, child, before, state, watching }) {
  state.on = false
  await watching
  const most = memoryOf(child.pid, 'VmHWM')
  const { data } = await ask(url, quiet, me, { signal: AbortSignal.timeout(10_000) })
  const figures = `${Math.round(before)} MB before, ${Math.round(most)} MB at most, /health within ${Math.round(state.slowest)} ms`
  console.log(`${name.padEnd(58)} ${figures}, ${data?.me ? 'answers' : 'answers nothing'} after`)
}

/** So many connections, each with so many kilobytes of requests at once. */
const pipelined = (connections, kilobytes, tokenOf) =>
  numbers(connections).map((index) => {
    const text = textOf(tokenOf(index), { query: byId, variables: { id: index } })
    return text.repeat(Math.floor((kilobytes * 1024) / text.length))
  })

const known = (index) => accepted[index % accepted.length]
const unknown = (index) => `unknown-${index}`
const reads = (tokenOf) => numbers(200).map((index) => textOf(tokenOf(index), withIds(byIds, 500, index * 500)))
const batches = numbers(200).map((index) => {
  const operations = numbers(10).map((part) => withIds(byIds, 50, index * 500 + part * 50))
  return textOf(known(index), operations)
})
const revocations = numbers(10_000).map((index) => textOf(known(index), withIds(revoke, 500, index * 500)))

/** What much at once costs. */
export async function floods() {
  await flood('390 kB of requests on one connection', pipelined(1, 390, known))
  await flood('390 kB of requests on each of 20', pipelined(20, 390, known))
  await flood('390 kB on each of 100, made-up tokens', pipelined(100, 390, unknown))
  await flood('390 kB on each of 100, made-up tokens, answers unread', pipelined(100, 390, unknown), false)
  await flood('100,000 reads of 200 callers', reads(known))
  await flood('100,000 reads of 200 callers, in batches', batches)
  await flood('100,000 reads of 200 made-up tokens', reads(unknown))
  await abandoned('10,000 revocations of 500, abandoned', revocations)
}

/** How soon a caller is refused, one request after the other, while the queue or the process is full. */
export async function refusals() {
  const full = numbers(20).map((index) => textOf(known(index), withIds(byIds, 500, index * 500)))
  await refused('a read refused, 4000 wait', full, 200)
  const busy = numbers(300).map((index) => textOf(quiet, { query: byId, variables: { id: index } }))
  await refused('a request refused, 300 of its caller are under way', busy, 503)
}

async function refused(name, texts, expected) {
  await withAccepted({}, async ({ gateway: { url } }) => {
    for (const text of texts) await write(url, text)
    await sleep(3000)
    const times = []
    for (const id of numbers(220)) {
      const { status, errors, ms } = await ask(url, quiet, byId, { variables: { id } })
      if (status !== expected || errors?.[0]?.extensions.code !== 'UPSTREAM_BUSY') throw new Error(`${name}: ${status}`)
      times.push(ms)
    }
    // The first ones in a process cost more.
    const [p50, p99] = [0.5, 0.99].map((share) => quantile(times.slice(20), share, 1))
    console.log(`${name.padEnd(58)} p50 ${p50} ms, p99 ${p99} ms of 200`)
  })
}
