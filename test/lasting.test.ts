import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { addressOf, ask, run } from './program.ts'
import { listen } from './start.ts'

// What must not end the program, nor keep callers out.

/** Options of node that run a statement in the program when it gets SIGUSR2. */
function onSignal(statement: string): string {
  return `--import data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => { ${statement} })`)}`
}

it('logs a promise that was left without a listener, and goes on', async () => {
  const running = run({ NODE_OPTIONS: onSignal("Promise.reject(new Error('left'))") })
  const here = await addressOf(running)
  running.child.kill('SIGUSR2')
  await expect.poll(running.stderr).toContain('\n')
  const { level, msg, cause } = JSON.parse(running.stderr())
  expect([level, msg, cause.message]).toEqual([50, 'unhandled rejection', 'left'])
  expect((await ask(here, '{ __typename }')).data).toEqual({ __typename: 'Query' })
})

it('ends with one line, and exit code 1, on an exception that nothing catches', async () => {
  const running = run({ LOG_LEVEL: 'silent', NODE_OPTIONS: onSignal("throw new Error('thrown')") })
  await addressOf(running)
  running.child.kill('SIGUSR2')
  expect(await running.ended).toBe(1)
  expect(running.stderr()).toMatch(/^Uncaught exception, the process ends: \{"message":"thrown","stack":.*\n$/)
})

it('serves callers though more connections are idle than it may open', async () => {
  const running = run({}, [], 'ulimit -n 256; exec "$@"')
  const here = await addressOf(running)
  const { port } = new URL(here)
  const idle = Array.from({ length: 300 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}))
  onTestFinished(() => idle.forEach((socket) => void socket.destroy()))
  await expect.poll(() => idle.every(({ connecting }) => !connecting)).toBe(true)
  const { data } = await ask(here, '{ me { username } }')
  expect(data).toEqual({ me: { username: 'mira' } })
  expect(running.stderr()).toBe('')
})

it('leaves no promise of a row without a listener when another row fails at once', async () => {
  const grant = { user: {}, is_expired: false, scope: [], expires: null }
  const rows = [
    // Without its name the provider is loaded, which fails later.
    { ...grant, pk: 1, provider: { pk: 1 } },
    { ...grant, provider: { pk: 1 } },
  ]
  const page = { pagination: { count: 2, total_pages: 1, start_index: 1 }, results: rows }
  const { url } = await listen(({ url: path = '' }, response) => {
    if (path.startsWith('/api/v3/oauth2/')) return response.end(JSON.stringify(page))
    return response.writeHead(path.includes('health') ? 200 : 500).end()
  })
  const running = run({ AUTHENTIK_URL: url, LOG_LEVEL: 'error' })
  const here = await addressOf(running)
  const { data, errors } = await ask(here, '{ accessTokens { nodes { pk provider { name } } } }')
  expect(data).toEqual({ accessTokens: null })
  expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
  expect((await ask(here, '{ accessTokens { nodes { provider { name } } } }')).errors).toHaveLength(1)
  expect(running.stderr()).toBe('')
})

it('outlives 200 accepted callers who want 500 tokens each at one moment, in a heap of 128 MB', async () => {
  const me = { user: { pk: 1, username: 'ada', name: 'Ada', uid: 'u' } }
  const { url } = await listen((request, response) => {
    const isKnown = request.url?.includes('/core/users/me/')
    if (isKnown) response.setHeader('content-type', 'application/json').end(JSON.stringify(me))
  })
  const NODE_OPTIONS = '--max-old-space-size=128'
  const running = run({ AUTHENTIK_URL: url, LOG_LEVEL: 'silent', QUEUE_TIMEOUT: '600000', NODE_OPTIONS })
  const here = await addressOf(running)
  const callers = Array.from({ length: 200 }, (_, index) => `accepted-${index}`)
  for (const token of callers) await ask(here, '{ me { username } }', token)
  const query = 'query ($ids: [ID!]!) { accessTokensByIds(ids: $ids) { pk } }'
  const sendAll = callers.map((token, caller) => {
    const variables = { ids: Array.from({ length: 500 }, (_, index) => caller * 500 + index + 1) }
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const body = JSON.stringify({ query, variables })
    return fetch(here, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) })
  })
  // Those who are answered are told that too many wait.
  await Promise.allSettled(sendAll)
  expect((await ask(here, '{ me { username } }', 'accepted-0')).data).toEqual({ me: { username: 'ada' } })
  expect(running.child.exitCode).toBe(null)
}, 60_000)
