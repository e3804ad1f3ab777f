// Whether callers notice that authentik closes connections, restarts, or that the gateway itself does.
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, keepDoing } from './ask.js'
import { startGateway, withGateway } from './processes.js'

const byIds = 'query ($ids: [ID!]!) { usersByIds(ids: $ids) { pk } }'

/** 10,000 reads of an authentik that closes idle connections at any moment: how many fail. */
export async function idle(print) {
  await withGateway(
    async ({ gateway }) => {
      let failed = 0
      for (let round = 0; round < 100; round += 1) {
        const ids = Array.from({ length: 100 }, (_, index) => round * 100 + index + 1)
        const { errors = [] } = await ask(gateway.url, 'good', byIds, { variables: { ids } })
        failed += errors.length
        await sleep(Math.random() * 20)
      }
      print('10,000 reads, connections closed at any moment', `${failed} failed`)
    },
    {},
    'moody-upstream.js',
    ['closes'],
  )
}

/** Under load, authentik stops, starts, fails with 500 pages, and is well again: when the first good answers come. */
export async function outage(print) {
  await withGateway(
    async ({ gateway, upstream }) => {
      const seen = { plain: [], graph: [] }
      const get = async (path) => {
        const response = await fetch(`${upstream.url}/api/v3/core/users/${path}/`, { headers: { authorization: 'x' } })
        if (response.ok) seen.plain.push(performance.now())
        await response.text()
      }
      const stopPlain = keepDoing(1, async () => {
        await get(1)
        await sleep(20)
      })
      const stopGraph = keepDoing(30, async (index) => {
        const { data } = await ask(gateway.url, `good-${index}`, '{ user(id: 1) { username } }')
        if (data?.user) seen.graph.push(performance.now())
        await sleep(50)
      })
      await sleep(1000)
      for (const moods of [['stopped'], ['starting'], ['failing'], ['stopped', 'starting', 'failing']]) {
        for (const mood of moods) {
          await upstream.be(mood)
          await sleep(7000)
        }
        const since = performance.now()
        await upstream.be('well')
        await sleep(3000)
        const first = (times) => times.find((time) => time > since) - since
        const [plain, graph] = [first(seen.plain), first(seen.graph)]
        print(
          `authentik well again after it was ${moods.join(', ')}`,
          `first good answer of its own after ${Math.round(plain)} ms, through the gateway after ${Math.round(graph)} ms`,
        )
      }
      await stopPlain()
      await stopGraph()
    },
    {},
    'moody-upstream.js',
  )
}

/** How long the answer to the page of an administrator is: 100 tokens with all that is around them. */
export async function compression(print) {
  const query = `{ accessTokens(first: 100) { totalCount pageInfo { hasNextPage endCursor } nodes { id pk expires isExpired scope revoked
    provider { id name clientId } user { id username name email isActive groups { id name } } } } }`
  const gateway = await startGateway({})
  const sizes = []
  for (const encoding of ['identity', 'gzip', 'br']) {
    const headers = {
      'content-type': 'application/json',
      authorization: 'Bearer demo-superuser',
      'accept-encoding': encoding,
    }
    const size = await new Promise((resolve, reject) => {
      const outgoing = request(gateway.url, { method: 'POST', headers }, async (response) => {
        resolve(Buffer.concat(await response.toArray()).length)
      })
      outgoing.on('error', reject).end(JSON.stringify({ query }))
    })
    sizes.push(`${(size / 1024).toFixed(1)} kB ${encoding}`)
  }
  gateway.child.kill('SIGKILL')
  print('100 tokens with all that is around them', sizes.join(', '))
}

/** 20 terminations under load: what becomes of 4,000 requests whose callers mind /readyz. */
export async function terminations(print) {
  const ends = { answered: 0, lost: 0, reset: 0, refused: 0 }
  for (let round = 0; round < 20; round += 1) {
    await withGateway(
      async ({ gateway: { child, url } }) => {
        const going = { until: Number.POSITIVE_INFINITY }
        // Some rounds end in the middle of the first burst.
        const burst = round % 2 === 0
        if (!burst) await Promise.all(Array.from({ length: 20 }, () => send(url, ends)))
        const callers = Array.from({ length: burst ? 100 : 20 }, async (_, index) => {
          for (let done = 0; done < (burst ? 2 : 9) && performance.now() < going.until; done += 1) {
            await send(url, ends, index % 2 === 0)
            await sleep(burst ? 0 : 150)
          }
        })
        setTimeout(() => child.kill('SIGTERM'), burst ? Math.random() * 30 : 400)
        const ended = once(child, 'exit')
        watchReadiness(url, going)
        await Promise.all(callers)
        await ended
      },
      {},
      'moody-upstream.js',
    )
  }
  const sum = Object.values(ends).reduce((one, other) => one + other)
  print(
    `${sum} requests over 20 terminations`,
    Object.entries(ends)
      .map(([end, count]) => `${count} ${end}`)
      .join(', '),
  )
}

/** Callers are told 1.4 s after /readyz has turned that they must send no more. */
async function watchReadiness(url, going) {
  const isReady = () =>
    fetch(url.replace('/graphql', '/readyz'))
      .then(({ ok }) => ok)
      .catch(() => false)
  while (await isReady()) await sleep(20)
  going.until = performance.now() + 1400
}

/** One request, on a connection that is kept or on one of its own. */
function send(url, ends, keep = true) {
  return new Promise((resolve) => {
    const end = (what) => {
      ends[what] += 1
      resolve()
    }
    const headers = { 'content-type': 'application/json', authorization: 'Bearer good' }
    const outgoing = request(url, { method: 'POST', headers, ...(keep ? {} : { agent: false }) }, async (response) => {
      const text = (await response.toArray().catch(() => [])).join('')
      end(text.includes('"username":"ada"') ? 'answered' : 'lost')
    })
    outgoing.on('error', ({ code }) => end(code === 'ECONNREFUSED' ? 'refused' : 'reset'))
    outgoing.end(JSON.stringify({ query: `{ user(id: ${1 + Math.floor(Math.random() * 1000)}) { username } }` }))
  })
}
