import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addressOf, run } from './program.ts'
import { freePort, startRedis } from './redis.ts'
import { startGateway, startGatewayOver } from './start.ts'

const logHashKey = 'a key of thirty-two bytes or more'
/** One request and one row. */
const me = '{ me { username } }'
const tokens = (first: number) => `{ accessTokens(first: ${first}) { nodes { pk } } }`
const revoke = 'mutation { revokeAccessTokens(ids: [42]) { revokedCount } }'

const back = 'Redis counts RATE_LIMIT for all replicas'
const gone = 'Redis is gone: each replica counts RATE_LIMIT for itself until it is back'

/** Why it is gone, if the connection ended: it depends on what was on its way. */
const broken = expect.stringMatching(/^(closed|ECONNRESET|EPIPE)$/)

type Started = Awaited<ReturnType<typeof startGatewayOver>>

/** What the log tells of Redis. */
function toldBy({ lines }: Pick<Started, 'lines'>): string[] {
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => [back, gone].includes(msg))
    .map(({ msg, reason }) => (msg === back ? 'back' : reason))
}

const hears = (gateway: Pick<Started, 'lines'>, ...told: unknown[]) =>
  expect.poll(() => toldBy(gateway), { timeout: 5000 }).toEqual(told)

/** Two replicas over one embedded authentik, which have found their Redis. */
async function startReplicas(redisUrl: string, rateLimit: number, options = {}) {
  const settings = { rateLimit, redisUrl, logHashKey, metricsPort: 1, ...options }
  const a = await startGateway(settings)
  const b = await startGatewayOver(a.sandbox.url, settings)
  await hears(a, 'back')
  await hears(b, 'back')
  return { a: { ...a, ask: a.askOnce }, b }
}

/** A client of the test's own. */
function connect(url: string): Redis {
  const client = new Redis(url)
  onTestFinished(() => client.disconnect())
  return client
}

describe('Replicas over one Redis', () => {
  it('count together: what one has spent, the other refuses with 429 and Retry-After', async () => {
    const { url } = await startRedis()
    const { a, b } = await startReplicas(url, 102)
    expect((await a.ask(tokens(100))).status).toBe(200)
    expect((await b.ask(me)).status).toBe(200)
    for (const replica of [a, b, a, b]) {
      const { status, headers, errors } = await replica.ask(me)
      expect(status).toBe(429)
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(50)
      expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    }
    expect((await b.ask(me, { token: 'demo-plain' })).status).toBe(200)
    expect((await b.ask(revoke)).data.revokeAccessTokens.revokedCount).toBe(1)
    const { text = '' } = (await b.readMetrics?.()) ?? {}
    expect(text).toContain('authentik_graphql_rate_limited_total 2\n')
    expect(text).toContain('authentik_graphql_rate_limit_shared 1\n')
  })

  it('keep in Redis keyed hashes alone, for a minute, and nothing of tokens that authentik does not accept', async () => {
    const { url } = await startRedis()
    const { a, b } = await startReplicas(url, 100)
    const client = connect(url)
    await client.flushall()
    for (const token of ['made-up', 'another']) await a.ask(me, { token })
    expect(await client.keys('*')).toEqual([])
    await a.ask(me)
    await b.ask(me)
    const { credential } = JSON.parse(b.requestLines[0] ?? '')
    const key = `authentik-graphql:rate:${credential}`
    expect(await client.keys('*')).toEqual([key])
    expect(await client.get(key)).toBe('4')
    expect(await client.pttl(key)).toBeGreaterThan(50_000)
    expect(await client.pttl(key)).toBeLessThanOrEqual(60_000)
  })

  it('ask Redis once for each HTTP request, and not for a mutation', async () => {
    const { url } = await startRedis()
    const { a } = await startReplicas(url, 1000)
    const client = connect(url)
    const gets = async () => Number(/cmdstat_get:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0)
    const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' }
    const batch = JSON.stringify(Array.from({ length: 10 }, () => ({ query: me })))
    await fetch(a.url, { method: 'POST', headers, body: batch })
    expect(await gets()).toBe(1)
    await a.ask(me)
    expect(await gets()).toBe(2)
    // It fails at a field, and is run again.
    for (let count = 0; count < 2; count += 1) await a.ask('{ me { username } nowhere: user(id: "x") { pk } }')
    expect(await gets()).toBe(4)
    await a.ask(revoke)
    expect(await gets()).toBe(4)
  })
})

it('A user of Redis needs no more than docs/operating.md says', async () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/operating.md'), 'utf8')
  const [, keys = '', commands = ''] = /A user of Redis needs `(\S+)` and the\s+commands `([^`]+)`/.exec(page) ?? []
  const rules = commands.split(/\s+/)
  expect(rules.length).toBeGreaterThan(3)
  const { url } = await startRedis({ args: ['--user', 'gateway', 'on', '>secret', keys, '-@all', ...rules] })
  const { a, b } = await startReplicas(url.replace('//', '//gateway:secret@'), 4)
  await a.ask(me)
  await b.ask(me)
  expect((await a.ask(me)).status).toBe(429)
})

describe('Without its Redis, a replica counts for itself, and says so once', () => {
  it('when it is killed, until it is there again', async () => {
    const { url, port, kill } = await startRedis()
    const { a, b } = await startReplicas(url, 20)
    await a.ask(me)
    await kill()
    const replies = await Promise.all(Array.from({ length: 8 }, () => a.ask(me)))
    expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200))
    await hears(a, 'back', broken)
    await hears(b, 'back', broken)
    // 18 were spent by the one, nothing by the other.
    expect((await a.ask(me)).status).toBe(200)
    expect((await a.ask(me)).status).toBe(429)
    expect((await b.ask(me)).status).toBe(200)
    const health = await Promise.all(['readyz', 'health'].map((path) => fetch(a.url.replace('graphql', path))))
    expect(health.map(({ status }) => status)).toEqual([200, 200])
    expect((await a.readMetrics?.())?.text).toContain('authentik_graphql_rate_limit_shared 0\n')
    await startRedis({ port })
    await hears(a, 'back', broken, 'back')
    await hears(b, 'back', broken, 'back')
    await a.ask(tokens(20))
    expect((await b.ask(me)).status).toBe(429)
  })

  it('when it is slower than 250 ms: one query waits so long, and then none', async () => {
    const { url, child } = await startRedis()
    const { a } = await startReplicas(url, 1000)
    await a.ask(me)
    child.kill('SIGSTOP')
    const time = async (query: string) => {
      const start = performance.now()
      expect((await a.ask(query)).errors).toBeUndefined()
      return performance.now() - start
    }
    const first = await time(me)
    expect(first).toBeGreaterThan(240)
    expect(first).toBeLessThan(1500)
    await hears(a, 'back', 'slower than 250 ms')
    for (let count = 0; count < 5; count += 1) expect(await time(me)).toBeLessThan(240)
    // Long enough for it to try again.
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(await time(me)).toBeLessThan(240)
    expect(toldBy(a)).toEqual(['back', 'slower than 250 ms'])
    child.kill('SIGCONT')
    await hears(a, 'back', 'slower than 250 ms', 'back')
  })

  it('and a mutation does not wait for it', async () => {
    const { url, child } = await startRedis()
    const { a } = await startReplicas(url, 1)
    await a.ask(me)
    child.kill('SIGSTOP')
    const start = performance.now()
    expect((await a.ask(revoke)).data.revokeAccessTokens.revokedCount).toBe(1)
    expect(performance.now() - start).toBeLessThan(240)
  })

  it('when it is not there at the start', async () => {
    const port = await freePort()
    const gateway = await startGateway({ rateLimit: 1, redisUrl: `redis://127.0.0.1:${port}`, logHashKey })
    await hears(gateway, 'ECONNREFUSED')
    expect((await gateway.askOnce(me)).status).toBe(200)
    expect((await gateway.askOnce(me)).status).toBe(429)
    await startRedis({ port })
    await hears(gateway, 'ECONNREFUSED', 'back')
    expect((await gateway.askOnce(me)).status).toBe(200)
  })

  it.each([
    ['has no room', ['--maxmemory', '1'], '', 'OOM'],
    ['wants another password', ['--requirepass', 'right'], ':s3cret@', 'WRONGPASS'],
    ['wants a password', ['--requirepass', 'right'], '', 'NOAUTH'],
    ['is a replica', ['--replicaof', '127.0.0.1 1'], '', 'READONLY'],
  ])('when it %s, and the log has no word of its URL', async (_, args, userinfo, reason) => {
    const { url } = await startRedis({ args })
    const redisUrl = url.replace('//', `//${userinfo}`)
    const gateway = await startGateway({ rateLimit: 1, redisUrl, logHashKey })
    await hears(gateway, reason)
    expect((await gateway.askOnce(me)).status).toBe(200)
    expect((await gateway.askOnce(me)).status).toBe(429)
    // Long enough for it to try again.
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(toldBy(gateway)).toEqual([reason])
    expect(gateway.lines.join()).not.toMatch(/s3cret|redis:|127\.0\.0\.1:/)
  })
})

describe('The program', () => {
  const settings = { RATE_LIMIT: '100', LOG_HASH_KEY: logHashKey }

  it('refuses to start with REDIS_URL and without LOG_HASH_KEY, and prints no word of the URL', async () => {
    const { stderr, stdout, ended } = run({ REDIS_URL: 'redis://:s3cret@127.0.0.1:1', PORT: 'x' })
    expect(await ended).toBe(1)
    expect(stderr()).toContain('REDIS_URL: expected LOG_HASH_KEY as well\n')
    expect(stderr()).toContain('PORT: expected')
    expect(stderr() + stdout()).not.toContain('s3cret')
  })

  it('counts in a Redis with a password, and ends its connection with itself', async () => {
    const { url } = await startRedis({ args: ['--requirepass', 's3cret'] })
    const redisUrl = url.replace('//', '//:s3cret@')
    const program = run({ ...settings, REDIS_URL: redisUrl })
    await addressOf(program)
    await expect.poll(program.stderr).toContain(back)
    const client = connect(redisUrl)
    const clients = async () => ((await client.client('LIST')) as string).trim().split('\n').length
    expect(await clients()).toBe(2)
    program.child.kill('SIGINT')
    expect(await program.ended).toBe(0)
    expect(await clients()).toBe(1)
    expect(program.stderr() + program.stdout()).not.toMatch(/s3cret|redis:/)
  })

  it('ends in time though its Redis does not answer', async () => {
    const { url, child } = await startRedis()
    const program = run({ ...settings, REDIS_URL: url })
    await addressOf(program)
    await expect.poll(program.stderr).toContain(back)
    child.kill('SIGSTOP')
    const start = performance.now()
    program.child.kill('SIGINT')
    expect(await program.ended).toBe(0)
    expect(performance.now() - start).toBeLessThan(3000)
  })
})
