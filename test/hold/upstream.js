// A model of authentik, as a process of its own: two workers that share their time among all requests, 60 ms for a look-up,
// 19 ms for each row of a list and 10 ms for a token that is not known, as a real authentik was measured. Tokens that begin with
// "good" are known. Prints its address; GET /stats tells what it has seen.
import { createServer } from 'node:http'

const workers = 2
const costs = { lookup: 60, row: 19, refusal: 10, deletion: 30 }

/** Requests at work, each with the milliseconds of work that are left. */
const jobs = new Set()
const stats = { requests: 0, connections: 0, open: 0, aborted: 0, busy: 0, deletions: [] }
let last = performance.now()
let timer

/** Lets time pass: all jobs get the same share of the workers, and none more than one worker. */
function pass() {
  const now = performance.now()
  const elapsed = now - last
  last = now
  if (jobs.size === 0) return
  const share = Math.min(1, workers / jobs.size)
  stats.busy += elapsed * Math.min(workers, jobs.size)
  for (const job of jobs) job.left -= elapsed * share
  for (const job of jobs) {
    if (job.left > 0.5) continue
    jobs.delete(job)
    job.done()
  }
}

function schedule() {
  clearTimeout(timer)
  if (jobs.size === 0) return
  const least = Math.min(...[...jobs].map(({ left }) => left))
  timer = setTimeout(work, Math.max(1, least / Math.min(1, workers / jobs.size)))
}

function work() {
  pass()
  schedule()
}

/** Resolves when so much work is done, or never if the request is aborted. */
function cost(milliseconds, response) {
  pass()
  return new Promise((resolve) => {
    const job = { left: milliseconds, done: resolve }
    jobs.add(job)
    schedule()
    response.once('close', () => {
      if (response.writableFinished || !jobs.delete(job)) return
      stats.aborted += 1
      work()
    })
  })
}

const user = { username: 'ada', name: 'Ada', uid: 'u', is_active: true, email: '', groups: [], groups_obj: null }
const token = (pk) => ({
  pk,
  provider: { pk: 1, name: 'Grafana' },
  user: { pk: 1, ...user },
  is_expired: false,
  expires: null,
  scope: ['openid'],
  id_token: '{}',
  revoked: false,
})

function page(query) {
  const [number, size] = [Number(query.get('page') ?? 1), Number(query.get('page_size') ?? 100)]
  const pagination = { count: 1000, total_pages: Math.ceil(1000 / size), start_index: (number - 1) * size + 1 }
  return { pagination, results: Array.from({ length: size }, (_, index) => token((number - 1) * size + index + 1)) }
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://model')
  const send = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body))
  }
  if (pathname === '/stats') return send(200, stats)
  if (pathname === '/-/health/live/') return response.end()
  stats.requests += 1
  if (!request.headers.authorization?.startsWith('Bearer good')) {
    await cost(costs.refusal, response)
    return send(403, { detail: 'Token invalid/expired' })
  }
  const [, key] = /\/(\w+)\/$/.exec(pathname) ?? []
  if (request.method === 'DELETE') {
    stats.deletions.push(Date.now())
    await cost(costs.deletion, response)
    return send(204)
  }
  if (key === 'me') {
    await cost(costs.lookup, response)
    return send(200, { user: { pk: 1, ...user } })
  }
  if (pathname.endsWith('access_tokens/')) {
    const body = page(searchParams)
    await cost(Math.max(costs.lookup, costs.row * body.results.length), response)
    return send(200, body)
  }
  await cost(costs.lookup, response)
  return send(200, pathname.includes('/users/') ? { pk: Number(key), ...user } : token(Number(key)))
})

server.keepAliveTimeout = 5000
server.on('connection', (socket) => {
  stats.connections += 1
  stats.open += 1
  socket.once('close', () => (stats.open -= 1))
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.once('disconnect', () => process.exit())
