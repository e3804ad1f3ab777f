import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createSilentServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { settings } from '../src/config/config.ts'
import { defaultOf, type Setting } from '../src/config/settings.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { addressOf, ask, run } from './program.ts'
import { listen } from './start.ts'

describe('Without AUTHENTIK_URL', () => {
  it('tells where it listens, what it asks, which tokens exist, and a curl line that works', async () => {
    const running = run()
    await addressOf(running)
    const lines = running.stdout().trim().split('\n')
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^authentik-graphql listens on http:\/\/127.0.0.1:\d+\/graphql$/),
      'It asks an embedded authentik 2026.8 with sample data, since AUTHENTIK_URL is not set. Its tokens:',
    ])
    expect(lines.slice(2, 6).map((line) => line.trim().split(' ')[0])).toEqual([
      'demo-superuser',
      'demo-plain',
      'demo-auditor',
      'demo-nobody',
    ])
    const { stdout } = await promisify(execFile)('sh', ['-c', lines.at(-1) ?? ''])
    expect(JSON.parse(stdout)).toMatchObject({
      data: { accessToken: { isExpired: false, user: { groups: [{}, {}, {}] } } },
    })
    expect(running.stderr()).not.toMatch(/"level":[45]0/)
  })

  it('plays the release that it is told to', async () => {
    const running = run({}, ['--sandbox-release', '2024.10'])
    const { data } = await ask(
      await addressOf(running),
      '{ accessToken(id: 42) { provider { clientId logoutMethod } } }',
      'demo-superuser',
    )
    expect(running.stdout()).toContain('an embedded authentik 2024.10 with')
    expect(data.accessToken.provider).toEqual({ clientId: expect.any(String), logoutMethod: null })
  })
})

describe('With AUTHENTIK_URL', () => {
  it('asks that authentik, in the name of each caller, and warns of nothing', async () => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.close())
    const running = run({ AUTHENTIK_URL: sandbox.url })
    const url = await addressOf(running)
    expect(running.stdout().split('\n')[1]).toBe(`It asks ${sandbox.url}/, in each caller's name.`)
    expect((await ask(url, '{ me { username } }', 'demo-plain')).data).toEqual({ me: { username: 'paul' } })
    expect(sandbox.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/-/health/live/', undefined],
      ['/api/v3/core/users/me/', 'Bearer demo-plain'],
    ])
    expect(running.stderr()).not.toMatch(/"level":[45]0/)
  })

  it('keeps a sub-path', async () => {
    const paths: (string | undefined)[] = []
    const { url } = await listen((request, response) => {
      paths.push(request.url)
      response.end(
        request.url?.includes('health')
          ? ''
          : JSON.stringify({ user: { pk: 1, username: 'ada', name: '', uid: 'u', groups: [] } }),
      )
    })
    const here = await addressOf(run({ AUTHENTIK_URL: `${url}/sub/path/` }))
    expect((await ask(here, '{ me { username } }')).data).toEqual({ me: { username: 'ada' } })
    expect(paths).toEqual(['/sub/path/-/health/live/', '/sub/path/api/v3/core/users/me/'])
  })

  it.each<[string, Parameters<typeof listen>[0], string]>([
    [
      'something else answers',
      (_request, response) => response.end('<h1>A web site</h1>'),
      'something else answers there (200)',
    ],
    [
      'a redirect answers',
      (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'something else answers there (302)',
    ],
    ['nobody answers', (request) => request.socket.destroy(), 'nobody answers there (UND_ERR_SOCKET)'],
  ])('warns in one line when %s, and starts all the same', async (_what, listener, reason) => {
    const { url } = await listen(listener)
    const running = run({ AUTHENTIK_URL: url })
    const here = await addressOf(running)
    await expect.poll(running.stderr).toContain(reason)
    expect(running.stderr().trim().split('\n')).toHaveLength(1)
    expect((await ask(here, '{ __typename }')).data).toEqual({ __typename: 'Query' })
  })

  it('trusts the certificate authorities of NODE_EXTRA_CA_CERTS, and no others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'authority-'))
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', certificate, ...names],
      { stdio: 'pipe' },
    )
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_request, response) =>
      response.end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const AUTHENTIK_URL = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const stranger = run({ AUTHENTIK_URL })
    await expect.poll(stranger.stderr, { timeout: 5000 }).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    const friend = run({ AUTHENTIK_URL, NODE_EXTRA_CA_CERTS: certificate })
    await addressOf(friend)
    await sleep(500)
    expect(friend.stderr()).toBe('')
  })
})

describe('The process', () => {
  it('refuses to start with a line for each mistake', async () => {
    const running = run({ PORT: 'x', LOG_LEVEL: 'x' }, ['--nope'])
    expect(await running.ended).toBe(1)
    expect(running.stdout()).toBe('')
    expect(running.stderr().trim().split('\n')).toEqual([
      expect.stringMatching(/^--nope: expected one of --host, /),
      'PORT: expected a port from 0 to 65535, got "x"',
      'LOG_LEVEL: expected one of silent, error, warn, info, debug, got "x"',
    ])
  })

  it('tells every setting with its default and meaning at --help, whatever else it is told, and ends', async () => {
    const running = run({ PORT: 'x' }, ['--help', '--nope'])
    expect(await running.ended).toBe(0)
    expect(running.stderr()).toBe('')
    const [, table = ''] = running.stdout().split(/^Settings, .*\n/m)
    const rows = table.trim().split('\n')
    expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual(
      Object.values<Setting>(settings).map((setting) => [
        setting.secret ? setting.name : `--${setting.name.toLowerCase().replaceAll('_', '-')}`,
        defaultOf(setting),
        `${setting.meaning.replaceAll('`', '')} Expected: ${setting.expected}.`,
      ]),
    )
  })

  it('warns of a variable that may be misspelled, and tells what it makes of an address', async () => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.close())
    const running = run({ UPSTREAM_TIMEOT: '1', AUTHENTIK_URL: `${sandbox.url}/api/v3`, LOG_LEVEL: 'silent' })
    expect((await ask(await addressOf(running), '{ me { username } }')).data).toEqual({ me: { username: 'mira' } })
    expect(running.stderr().trim().split('\n')).toEqual([
      'Warning: AUTHENTIK_URL: "/api/v3" is cut off at its end, since the gateway adds it.',
      'Warning: UPSTREAM_TIMEOT is no setting. Did you mean UPSTREAM_TIMEOUT?',
    ])
  })

  it('says in one line when its port is taken', async () => {
    const { url } = await listen(() => {})
    const { port } = new URL(url)
    const running = run({ PORT: port })
    expect(await running.ended).toBe(1)
    expect(running.stderr()).toMatch(new RegExp(`^Cannot listen on 127.0.0.1:${port}: .*EADDRINUSE.*\n$`))
  })

  /** A gateway that waits for an answer of authentik, and how to let that come. */
  async function startWaiting(env: Record<string, string> = {}) {
    let answer = () => {}
    const { url } = await listen((request, response) => {
      const end = () => response.end(JSON.stringify({ pk: 1, username: 'ada', name: '', uid: 'u' }))
      if (request.url?.includes('health')) response.end()
      else answer = end
    })
    const running = run({ AUTHENTIK_URL: url, ...env })
    const here = await addressOf(running)
    const waiting = ask(here, '{ user(id: 1) { username } }')
    await sleep(300)
    return { running, here, waiting, answer: () => answer() }
  }

  it('on SIGINT lets requests in flight finish, takes no new ones, and ends', async () => {
    const { running, here, waiting, answer } = await startWaiting()
    running.child.kill('SIGINT')
    await sleep(200)
    await expect(ask(here, '{ __typename }')).rejects.toThrow()
    answer()
    expect((await waiting).data).toEqual({ user: { username: 'ada' } })
    expect(await running.ended).toBe(0)
  })

  it('on SIGTERM says at /readyz that it goes, answers for SHUTDOWN_DELAY, and then does as on SIGINT', async () => {
    const { running, here, waiting, answer } = await startWaiting({ SHUTDOWN_DELAY: '1000' })
    const ready = async () => {
      const response = await fetch(here.replace('/graphql', '/readyz'))
      return [response.status, response.headers.get('connection'), await response.json()]
    }
    const body = { authentik: { circuit: 'closed', lostLines: 0, queue: { running: 1, waiting: 0 } } }
    expect(await ready()).toEqual([200, 'keep-alive', { ready: true, ...body }])
    running.child.kill('SIGTERM')
    await sleep(200)
    expect(await ready()).toEqual([503, 'close', { ready: false, ...body }])
    expect((await fetch(here.replace('/graphql', '/livez'))).status).toBe(200)
    expect(await ask(here, '{ __typename }')).toEqual({ data: { __typename: 'Query' } })
    await expect.poll(() => ask(here, '{ __typename }').catch(() => 'refused'), { timeout: 3000 }).toBe('refused')
    answer()
    expect((await waiting).data).toEqual({ user: { username: 'ada' } })
    expect(await running.ended).toBe(0)
  })

  it('ends at SHUTDOWN_TIMEOUT at the latest, and tells which revocations it does not know the end of', async () => {
    const { url } = await listen((request, response) => {
      if (request.url?.includes('health')) return response.end()
      if (request.url?.includes('/1/')) return response.writeHead(204).end()
      return request.method === 'GET' && response.end('{"user":{"pk":4,"username":"mira","name":"","uid":"u"}}')
    })
    const running = run({ AUTHENTIK_URL: url, SHUTDOWN_DELAY: '0', SHUTDOWN_TIMEOUT: '1500', LOG_LEVEL: 'silent' })
    const here = await addressOf(running)
    const answer = ask(here, 'mutation { revokeAccessTokens(ids: [1, 2, 3]) { revokedCount } }').catch(() => 'lost')
    await sleep(300)
    running.child.kill('SIGTERM')
    expect(await answer).toBe('lost')
    expect(await running.ended).toBe(0)
    const lines = running
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ target, outcome, caller }) => [target, outcome, caller.username])).toEqual([
      ['AccessToken:1', 'REVOKED', 'mira'],
      ['AccessToken:2', 'UNKNOWN', 'mira'],
      ['AccessToken:3', 'UNKNOWN', 'mira'],
    ])
  })

  it.each(['waits', 'has hung up'])('finishes a revocation under way when its caller %s', async (caller) => {
    let deleted = 0
    const { url } = await listen(async (request, response) => {
      if (request.method !== 'DELETE') return response.end()
      await sleep(50)
      deleted += 1
      return response.writeHead(204).end()
    })
    const running = run({ AUTHENTIK_URL: url, UPSTREAM_TIMEOUT: '200', UPSTREAM_CONCURRENCY: '1' })
    const here = await addressOf(running)
    const ids = Array.from({ length: 40 }, (_, index) => index + 1)
    const body = JSON.stringify({ query: `mutation { revokeAccessTokens(ids: [${ids}]) { revokedCount } }` })
    const headers = { 'content-type': 'application/json', authorization: 'Bearer x' }
    const signal = caller === 'waits' ? AbortSignal.timeout(10_000) : AbortSignal.timeout(400)
    const answer = fetch(here, { method: 'POST', headers, body, signal }).then(
      (response) => response.json(),
      () => 'gone',
    )
    await sleep(600)
    running.child.kill('SIGTERM')
    expect(await answer).toEqual(caller === 'waits' ? { data: { revokeAccessTokens: { revokedCount: 40 } } } : 'gone')
    expect(await running.ended).toBe(0)
    expect(deleted).toBe(40)
    expect(running.stderr().match(/"outcome":"REVOKED"/g)).toHaveLength(40)
  })

  it('keeps a connection open for a minute and a bit', async () => {
    const response = await fetch((await addressOf(run())).replace('/graphql', '/livez'))
    expect(response.headers.get('keep-alive')).toBe('timeout=65')
  })

  it.each([
    ['SIGTERM', 2000],
    ['SIGINT', 0],
  ] as const)('that is idle ends by %s after %i ms', async (signal, expected) => {
    const running = run()
    await addressOf(running)
    const start = performance.now()
    running.child.kill(signal)
    expect(await running.ended).toBe(0)
    const took = performance.now() - start
    expect(took).toBeGreaterThan(expected)
    expect(took).toBeLessThan(expected + 1500)
  })

  it.each(['http', 'https'])(
    'is not kept by its first look at an authentik that says nothing: %s',
    async (protocol) => {
      const server = createSilentServer((socket) => void socket.resume().on('error', () => {}))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void server.close())
      const { port } = server.address() as AddressInfo
      const running = run({ AUTHENTIK_URL: `${protocol}://127.0.0.1:${port}`, SHUTDOWN_DELAY: '0' })
      await addressOf(running)
      await sleep(300)
      const start = performance.now()
      running.child.kill('SIGTERM')
      expect(await running.ended).toBe(0)
      expect(performance.now() - start).toBeLessThan(1500)
      expect(running.stderr()).toBe('')
    },
  )

  it('is not kept by connections that say nothing', async () => {
    const running = run()
    const { port } = new URL(await addressOf(running))
    const silent = connect(Number(port), '127.0.0.1')
    await new Promise((resolve) => silent.once('connect', resolve))
    silent.on('error', () => {})
    await sleep(100)
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(0)
  })

  it('is not kept for ever by requests that are sent half', async () => {
    const running = run({ SHUTDOWN_DELAY: '0', SHUTDOWN_TIMEOUT: '1500' })
    const { port } = new URL(await addressOf(running))
    const half = connect(Number(port), '127.0.0.1')
    half.on('error', () => {})
    half.write(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"query":',
    )
    await sleep(200)
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(0)
  })

  it('ends at once on a second signal', async () => {
    const { url } = await listen((request, response) => void (request.url?.includes('health') && response.end()))
    const running = run({ AUTHENTIK_URL: url })
    const here = await addressOf(running)
    const broken = expect(ask(here, '{ user(id: 1) { username } }')).rejects.toThrow()
    await sleep(300)
    running.child.kill('SIGTERM')
    await sleep(100)
    running.child.kill('SIGINT')
    expect(await running.ended).toBe(1)
    await broken
  })

  it('tells on a second signal which revocations it does not know the end of', async () => {
    const { url } = await listen((request, response) => {
      if (request.url?.includes('health')) return response.end()
      return request.method === 'GET' && response.end('{"user":{"pk":4,"username":"mira","name":"","uid":"u"}}')
    })
    const running = run({ AUTHENTIK_URL: url, LOG_LEVEL: 'silent' })
    const here = await addressOf(running)
    const answer = ask(here, 'mutation { revokeAccessTokens(ids: [1, 2]) { revokedCount } }').catch(() => 'lost')
    await sleep(300)
    running.child.kill('SIGTERM')
    await sleep(100)
    running.child.kill('SIGTERM')
    expect(await answer).toBe('lost')
    expect(await running.ended).toBe(1)
    expect(running.stderr().match(/"target":"AccessToken:[12]","outcome":"UNKNOWN"/g)).toHaveLength(2)
  })

  it('started by npm ends with npm', async () => {
    const child = spawn('npm', ['start'], { cwd: join(import.meta.dirname, '..'), env: { ...process.env, PORT: '0' } })
    let text = ''
    child.stdout.on('data', (data) => (text += data))
    await expect.poll(() => text, { timeout: 15_000 }).toMatch(/listens on \S+\n/)
    const [, here = ''] = /listens on (\S+)\n/.exec(text) ?? []
    child.kill('SIGTERM')
    await new Promise((resolve) => child.on('close', resolve))
    await expect(fetch(here)).rejects.toThrow()
  })
})
