// Whether the gateway holds under callers who want too much: prints a figure for each promise of docs/operating.md.
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, askOften, keepDoing, me, quantile } from './ask.js'
import { crowd } from './crowd.js'
import { floods, refusals } from './floods.js'
import { compression, idle, outage, terminations } from './network.js'
import { withGateway } from './processes.js'

const ids = Array.from({ length: 500 }, (_, index) => index + 1)
const byIds = 'query ($ids: [ID!]!) { accessTokensByIds(ids: $ids) { pk } }'
const list = '{ accessTokens(first: 100) { nodes { pk } } }'
const revoke = 'mutation { revokeAccessTokens(ids: [1, 2, 3]) { revokedCount } }'

const print = (what, figures) => console.log(`${what.padEnd(58)} ${figures}`)

/** What others feel while the load goes on: an accepted caller, one whom nobody has seen, and one who revokes. */
async function beside(name, load) {
  await withGateway(async ({ gateway, upstream }) => {
    await ask(gateway.url, 'good-stranger', me)
    const stop = load(gateway.url)
    await sleep(1500)
    const accepted = await askOften(gateway.url, () => 'good-stranger', 200)
    print(
      `${name}: accepted caller`,
      `p50 ${accepted.p50} ms, p99 ${accepted.p99} ms, ${accepted.failed} of 200 failed`,
    )
    const started = Date.now()
    const { deletions: before } = await upstream.stats()
    const { data, ms } = await ask(gateway.url, 'good-stranger', revoke)
    const { deletions } = await upstream.stats()
    const sent = deletions[before.length] - started
    print(
      `${name}: revocation of 3`,
      `sent after ${sent} ms, ${data?.revokeAccessTokens?.revokedCount} revoked in ${Math.round(ms)} ms`,
    )
    const unseen = await askOften(gateway.url, (index) => `good-new-${index}`, 50)
    print(
      `${name}: caller not seen before`,
      `p50 ${unseen.p50} ms, p99 ${unseen.p99} ms, ${unseen.failed} of 50 failed`,
    )
    await stop()
  })
}

const loads = {
  hog: (url) => keepDoing(3, () => ask(url, 'good-hog', byIds, { variables: { ids } })),
  strangers: (url) =>
    keepDoing(1000, async (index) => {
      const { errors } = await ask(url, `bad-${index}-${Math.random()}`, me)
      if (errors?.[0]?.extensions.code === 'UPSTREAM_BUSY') await sleep(1000)
    }),
  lists: (url) => keepDoing(30, (index) => ask(url, `good-list-${index}`, list)),
}

/** As many callers at once, by plain REST and through the gateway: how many are answered, and when the last one is. */
async function rush(callers) {
  const plain = await withGateway(async ({ upstream }) => {
    const path = `${upstream.url}/api/v3/oauth2/access_tokens/?page=1&page_size=100`
    return timeAll(callers, async (index) => {
      const response = await fetch(path, { headers: { authorization: `Bearer good-${index}` } })
      return (await response.json()).results.length === 100
    })
  })
  const graph = await withGateway(async ({ gateway }) => {
    return timeAll(callers, async (index) => {
      const { data } = await ask(gateway.url, `good-${index}`, list)
      return data?.accessTokens?.nodes.length === 100
    })
  })
  print(
    `${callers} callers with 100 tokens each, plain REST`,
    `${plain.answered} answered, the last after ${plain.last} ms`,
  )
  const ratio = (graph.last / plain.last).toFixed(2)
  print(
    `${callers} callers with 100 tokens each, gateway`,
    `${graph.answered} answered, the last after ${graph.last} ms: ${ratio}`,
  )
}

async function timeAll(callers, work) {
  const started = performance.now()
  let last = 0
  const outcomes = await Promise.all(
    Array.from({ length: callers }, async (_, index) => {
      const good = await work(index).catch(() => false)
      last = Math.max(last, performance.now() - started)
      return good
    }),
  )
  return { answered: outcomes.filter(Boolean).length, last: Math.round(last) }
}

/** Ten times as much as authentik can do, for half a minute. */
async function overload() {
  await withGateway(
    async ({ gateway, upstream }) => {
      const callers = Array.from({ length: 300 }, (_, index) => `good-${index}`)
      // Each has a token of its own, so that no two share an answer.
      await Promise.all(callers.map((token) => ask(gateway.url, token, me)))
      const before = await upstream.stats()
      const refusals = []
      let answered = 0
      const stop = keepDoing(300, async (index) => {
        const { data, errors, ms } = await ask(
          gateway.url,
          callers[index],
          `{ accessTokens(first: 20) { nodes { pk } } }`,
        )
        if (data?.accessTokens) answered += 1
        else if (errors?.[0]?.extensions.code === 'UPSTREAM_BUSY') {
          refusals.push(ms)
          await sleep(500)
        }
      })
      await sleep(30_000)
      const after = await upstream.stats()
      await stop()
      const useful = (answered * 20 * 19) / (after.busy - before.busy)
      const refused = refusals.length > 0 ? `, p99 of refusals ${quantile(refusals, 0.99)} ms` : ''
      print(
        'overload',
        `${answered} answered, ${refusals.length} refused${refused}, ${Math.round(useful * 100)} % of the work useful`,
      )
    },
    { QUEUE_TIMEOUT: '5000' },
  )
}

/** Callers who hang up at once. */
async function abandon(reads) {
  await withGateway(async ({ gateway, upstream }) => {
    const before = await upstream.stats()
    for (let done = 0; done < reads; done += 500) {
      const signal = AbortSignal.timeout(300)
      await ask(gateway.url, `good-${done}`, byIds, { variables: { ids }, signal }).catch(() => {})
    }
    await sleep(2000)
    const after = await upstream.stats()
    const [connections, requests] = [after.connections - before.connections, after.requests - before.requests]
    print(`${reads} reads, abandoned`, `${connections} connections, ${requests} requests to authentik`)
  })
}

const parts = {
  hog: () => beside('a hog of 500 ids', loads.hog),
  strangers: () => beside('1,000 made-up tokens', loads.strangers),
  lists: () => beside('30 callers with lists', loads.lists),
  rush: () => rush(50),
  overload,
  abandon: async () => {
    await abandon(500)
    await abandon(5000)
  },
  crowd: () => crowd(print),
  refusals,
  floods,
  idle: () => idle(print),
  outage: () => outage(print),
  terminations: () => terminations(print),
  compression: () => compression(print),
}
const chosen = process.argv.slice(2)
for (const [name, part] of Object.entries(parts)) if (chosen.length === 0 || chosen.includes(name)) await part()
process.exit()
