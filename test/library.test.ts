import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError, createGateway, type GatewayOptions } from '../src/index.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { listen } from './start.ts'

const root = join(import.meta.dirname, '..')
const authorization = 'Bearer demo-plain'

/** A gateway over an embedded authentik of its own. */
async function startLibrary(options: Partial<GatewayOptions> = {}) {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.close())
  const gateway = createGateway({ authentikUrl: sandbox.url, logLevel: 'silent', ...options })
  onTestFinished(() => gateway.close())
  return { sandbox, ...gateway }
}

const post = (query: string, headers: Record<string, string> = { authorization }, url = 'http://any.example/graphql') =>
  new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  })

describe('Each example', () => {
  it.each(readdirSync(join(root, 'examples')))('%s serves the graph beside something else, and ends', async (file) => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.close())
    const child = spawn(process.execPath, [join('examples', file)], {
      cwd: root,
      env: { PATH: process.env['PATH'], AUTHENTIK_URL: sandbox.url, PORT: '0' },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const texts = { out: '', error: '' }
    child.stdout.on('data', (data) => (texts.out += data))
    child.stderr.on('data', (data) => (texts.error += data))
    const ended = new Promise((resolve) => child.on('close', resolve))
    await expect.poll(() => texts.out, { timeout: 10_000 }).toMatch(/^http:\S+\n/)
    const url = texts.out.trim()
    for (const token of ['demo-plain', 'demo-nobody']) {
      const answer = await fetch(post('{ me { username } }', { authorization: `Bearer ${token}` }, url))
      const username = { 'demo-plain': 'paul', 'demo-nobody': 'nils' }[token]
      expect(await answer.json()).toEqual({ data: { me: { username } } })
    }
    const byGet = await fetch(`${url}?query={me{username}}`, { headers: { authorization } })
    expect(await byGet.json()).toEqual({ data: { me: { username: 'paul' } } })
    expect(await (await fetch(new URL('/', url))).text()).toBe('Something else')
    // Each has its own page for paths that nobody serves. The gateway's would be empty.
    expect(await (await fetch(new URL('/graphql-x', url))).text()).not.toBe('')
    expect(await (await fetch(new URL('/readyz', url))).json()).toMatchObject({ ready: true })
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(texts.error).not.toMatch(/"level":[45]0|warning/i)
  })

  it.each(readdirSync(join(root, 'examples')))(
    '%s says in one line that it must be told where authentik is',
    (file) => {
      for (const AUTHENTIK_URL of ['', 'auth']) {
        const env = { PATH: process.env['PATH'], AUTHENTIK_URL }
        const { status, stderr } = spawnSync(process.execPath, [join('examples', file)], { cwd: root, env })
        expect(status).toBe(1)
        expect(String(stderr)).toBe(
          'AUTHENTIK_URL: expected the address of authentik, such as https://auth.example.com\n',
        )
      }
    },
  )
})

describe('fetch', () => {
  it('is bounded by a rate limit, for each credential', async () => {
    const { fetch } = await startLibrary({ rateLimit: 2 })
    const statuses = [await fetch(post('{ me { pk } }')), await fetch(post('{ me { pk } }'))].map(
      ({ status }) => status,
    )
    expect(statuses).toEqual([200, 429])
  })

  it('answers as the listener does', async () => {
    const { fetch: ask, listener } = await startLibrary({ corsOrigins: ['https://a.example'] })
    const { url } = await listen(listener)
    const plainly = { 'accept-encoding': 'identity' }
    const as = (token: string) => ({ ...plainly, authorization: `Bearer ${token}` })
    const requests: ((origin: string) => Request)[] = [
      (origin) => post('{ me { username } }', as('demo-plain'), `${origin}/graphql`),
      (origin) => post('{ users { nodes { name } } }', as('demo-auditor'), `${origin}/graphql`),
      (origin) => post('{ me', plainly, `${origin}/graphql`),
      (origin) => new Request(`${origin}/graphql?query={__typename}`, { headers: plainly }),
      (origin) => new Request(`${origin}/graphql`, { headers: { ...plainly, accept: 'text/html' } }),
      (origin) => new Request(`${origin}/graphql`, { method: 'OPTIONS', headers: { origin: 'https://a.example' } }),
      (origin) => new Request(`${origin}/graphql`, { method: 'PUT', body: 'x', headers: plainly }),
      (origin) => new Request(`${origin}/livez`, { method: 'HEAD', headers: plainly }),
      (origin) => new Request(`${origin}/readyz`, { headers: plainly }),
      (origin) => new Request(`${origin}/elsewhere`, { headers: plainly }),
    ]
    const own = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'x-request-id', 'server-timing'])
    const told = async (response: Response) => ({
      status: response.status,
      headers: [...response.headers].filter(([name]) => !own.has(name)),
      text: (await response.text()).replace(/"requestId":"[^"]*"/, ''),
    })
    for (const request of requests) {
      expect(await told(await ask(request('http://any.example')))).toEqual(await told(await fetch(request(url))))
    }
  })

  it('gives the bytes of a compressed answer as they are', async () => {
    const { fetch: ask } = await startLibrary()
    const query = '{ users { nodes { id pk name username email uuid } } }'
    const answer = await ask(post(query, { authorization: 'Bearer demo-auditor', 'accept-encoding': 'gzip' }))
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    const text = gunzipSync(await answer.arrayBuffer()).toString()
    expect(JSON.parse(text).data.users.nodes).toHaveLength(25)
  })

  it('asks authentik no more when its caller has gone', async () => {
    let hungUp = false
    const { url } = await listen((request) => void request.once('close', () => (hungUp = true)))
    const { fetch: ask } = await startLibrary({ authentikUrl: new URL(url) })
    const signal = AbortSignal.timeout(200)
    await expect(ask(new Request(post('{ me { username } }'), { signal }))).rejects.toThrow()
    await expect.poll(() => hungUp).toBe(true)
  })

  it.each([
    [1, '192.0.2.7'],
    [['192.0.2.0/24'], undefined],
    ['off', undefined],
  ] as const)('knows no address but what proxies tell: trustProxy %j', async (trustProxy, told) => {
    const { fetch: ask, sandbox } = await startLibrary({ trustProxy })
    await ask(post('{ me { username } }', { authorization, 'x-forwarded-for': '192.0.2.7' }))
    expect(sandbox.requests.map(({ headers }) => headers['x-forwarded-for'])).toEqual([told])
  })

  it('runs many at once, each for its own caller', async () => {
    const { fetch: ask } = await startLibrary()
    const callers = { 'demo-plain': 'paul', 'demo-nobody': 'nils', 'demo-auditor': 'ada', 'demo-superuser': 'mira' }
    const asked = Array.from({ length: 10 }, () => Object.entries(callers)).flat()
    const answers = asked.map(async ([token, username]) => {
      const answer = await ask(post('{ me { username } }', { authorization: `Bearer ${token}` }))
      expect(await answer.json()).toEqual({ data: { me: { username } } })
    })
    await Promise.all(answers)
  })
})

describe('createGateway', () => {
  const mistakesOf = (options: object) => {
    try {
      createGateway(options as GatewayOptions)
    } catch (error) {
      if (error instanceof ConfigError) return error.mistakes
      throw error
    }
    return []
  }

  it('heeds its options', async () => {
    const { fetch: ask } = await startLibrary({ mutations: false, maxCost: 1 })
    const refused = await ask(post('mutation { revokeAccessTokens(ids: [1]) { revokedCount } }'))
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] })
    const costly = await ask(post('{ users(first: 300) { nodes { name } } }'))
    expect(await costly.json()).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
  })

  it('throws all mistakes at once, and repeats no secret', () => {
    expect(
      mistakesOf({ authentikUrl: 'x', upstreamConcurrency: 0, graphiql: 'yes', logHashKey: 's3c', colour: 1 }),
    ).toEqual([
      expect.stringMatching(/^colour: expected one of authentikUrl, authentikPublicUrl, upstreamConcurrency, /),
      'authentikUrl: expected an http or https URL without userinfo, query and fragment, got no URL',
      'upstreamConcurrency: expected a whole number from 1 to 1000, got "0"',
      'graphiql: expected "on" or "off", got "yes"',
      expect.stringMatching(/^logHashKey: expected .*, got something else$/),
    ])
    expect(mistakesOf({})).toEqual([expect.stringMatching(/^authentikUrl: .* got no URL$/)])
    expect(mistakesOf({ authentikUrl: 'http://127.0.0.1:1', persistedOperations: 'nowhere.json' })).toHaveLength(1)
  })

  it('gives a close that waits for work under way', async () => {
    let deleted = 0
    const { url } = await listen(async (request, response) => {
      if (request.method !== 'DELETE') return response.end('{"user":{"pk":4,"username":"mira","name":"","uid":"u"}}')
      await sleep(300)
      deleted += 1
      return response.writeHead(204).end()
    })
    const gateway = createGateway({ authentikUrl: url, logLevel: 'silent' })
    const signal = AbortSignal.timeout(150)
    const mutation = post('mutation { revokeAccessTokens(ids: [1]) { revokedCount } }')
    await expect(gateway.fetch(new Request(mutation, { signal }))).rejects.toThrow()
    await gateway.close()
    expect(deleted).toBe(1)
  })
})
