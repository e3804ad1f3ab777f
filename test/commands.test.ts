import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { startSandbox } from '../src/sandbox/server.ts'
import { addressOf, ask, run } from './program.ts'
import { listen } from './start.ts'

const root = join(import.meta.dirname, '..')
const fileOf = (name: string) => readFileSync(join(root, name), 'utf8')
const { version, engines } = JSON.parse(fileOf('package.json'))

/** What a command prints until it ends, and how it ends. */
async function outcome(argv: string[], env: Record<string, string> = {}) {
  const running = run(env, argv)
  const code = await running.ended
  return { code, stdout: running.stdout(), stderr: running.stderr() }
}

/** The path of a file with that text, which goes with the test. */
function fileWith(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe('The program', () => {
  it('tells its version', async () => {
    expect(await outcome(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('tells its commands at --help, those of the README', async () => {
    const { stdout } = await outcome(['--help'])
    expect(stdout).toMatch(/^Usage: authentik-graphql \[command\] \[settings\]\n/)
    const [, commands = ''] = /^Commands:\n((?: .*\n)*)/m.exec(stdout) ?? []
    const names = commands.match(/^ {2}\w+/gm)?.map((name) => name.trim())
    expect(names).toEqual(['serve', 'sandbox', 'check', 'schema'])
    const [, table = ''] = /^\| Command .*\n.*\n((?:\|.*\n)*)/m.exec(fileOf('README.md')) ?? []
    expect(table.match(/^\| `\w+`/gm)?.map((name) => name.slice(3, -1))).toEqual(names)
  })

  it.each([['-h'], ['check', '-h'], ['schema', '-h']])('tells the same at -h: %j', async (...argv) => {
    expect(await outcome(argv)).toEqual(await outcome(argv.map((word) => (word === '-h' ? '--help' : word))))
  })

  it('names its commands where it is told another, and does not repeat that', async () => {
    const line = 'expected one of the commands serve, sandbox, check, schema, or flags alone, got another word\n'
    expect(await outcome(['s3cret', '--port', '0'])).toEqual({ code: 1, stdout: '', stderr: line })
  })

  it.each([[], ['serve']])('starts the gateway with %j', async (...command) => {
    const running = run({ PORT: 'x' }, [...command, '--port', '0'])
    expect(await ask(await addressOf(running), '{ __typename }')).toEqual({ data: { __typename: 'Query' } })
  })

  it('tells in one line that a Node is too old', async () => {
    const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.3' } })`
    const running = run({ NODE_OPTIONS: `--require ${fileWith('old.cjs', old)}` })
    expect(await running.ended).toBe(1)
    expect(running.stderr()).toBe('authentik-graphql needs Node 20.19 or newer. This is Node 20.18.3.\n')
    expect(engines.node).toBe('>=20.19')
  })
})

describe('sandbox', () => {
  /** It as it runs, and how to ask it. */
  async function startAlone(argv: string[] = []) {
    const running = run({}, ['sandbox', '--port', '0', ...argv])
    await expect.poll(running.stdout, { timeout: 10_000 }).toMatch(/\/reset\n/)
    const [, url = ''] = /listens on (\S+)\n/.exec(running.stdout()) ?? []
    const asks = async (path: string, token = 'demo-superuser', method = 'GET') => {
      const response = await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } })
      // biome-ignore lint/suspicious/noExplicitAny: an answer of any path
      return { status: response.status, body: (response.status === 200 ? await response.json() : undefined) as any }
    }
    return { running, url, asks }
  }

  it('serves what a gateway asks, of the release that it is told, and ends by a signal', async () => {
    const { running, url, asks } = await startAlone(['--release', '2024.10'])
    expect((await asks('/api/v3/oauth2/access_tokens/42/')).body.provider.client_id).toBe('demo-client-grafana')
    const gateway = run({ AUTHENTIK_URL: url })
    const me = await ask(await addressOf(gateway), '{ me { username } }', 'demo-plain')
    expect(me).toEqual({ data: { me: { username: 'paul' } } })
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(0)
    expect(running.stderr()).toBe('')
  })

  it('brings back what was deleted at POST /reset', async () => {
    const { running, asks } = await startAlone()
    const path = '/api/v3/oauth2/access_tokens/42/'
    const statuses = [(await asks(path, 'demo-superuser', 'DELETE')).status, (await asks(path)).status]
    const [curl = ''] = running.stdout().match(/curl .*/) ?? []
    await promisify(execFile)('sh', ['-c', curl])
    expect([...statuses, (await asks(path)).status]).toEqual([204, 404, 200])
  })

  it('has rows of a file, beside its own or in their place', async () => {
    const [, seed = ''] = /^```json\n(.*?)^```/ms.exec(fileOf('docs/sandbox.md')) ?? []
    const { running, asks } = await startAlone(['--seed', fileWith('seed.json', seed)])
    expect(running.stdout()).toContain('  my-token  (anna: as the seed has it)\n')
    const { user } = (await asks('/api/v3/core/users/me/', 'my-token')).body
    expect(user).toMatchObject({
      pk: 100,
      email: 'anna@example.com',
      is_superuser: true,
      groups: [{ name: 'Payments' }],
    })
    const tokens = (await asks('/api/v3/oauth2/access_tokens/?user=100')).body
    expect(tokens.results).toMatchObject([{ pk: 1000, provider: { name: 'Shop' }, user: { username: 'anna' } }])
    expect((await asks('/api/v3/core/users/5/')).body).toMatchObject({ username: 'paul', name: 'Paul the Second' })
    const sessions = (await asks('/api/v3/core/authenticated_sessions/?user__username=anna')).body
    expect(sessions.results).toMatchObject([{ user: 100 }])
  })

  it('tells all that is wrong with such a file', async () => {
    const seed = {
      colours: [],
      users: [{ pk: 100 }, { pk: 5, user_name: 'x' }, { pk: '101', username: 'anna', groups: 1 }],
      callers: [{ token: 'mine', username: 'annna' }],
      accessTokens: [{ pk: 1000, user: 999, provider: 1 }],
      groups: 1,
    }
    const path = fileWith('seed.json', JSON.stringify(seed))
    const { code, stderr } = await outcome(['sandbox', '--seed', path, '--port', '0'])
    expect(code).toBe(1)
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^--seed: colours: expected one of groups, users, callers, /),
      '--seed: groups: expected a list of rows',
      '--seed: users[0]: expected username',
      expect.stringMatching(/^--seed: users\[1\]: expected pk, username, .*, got user_name$/),
      '--seed: users[2]: pk: expected a number, got a string',
      '--seed: users[2]: groups: expected a list, got a number',
      '--seed: users[2]: groups: expected the pk of one of the groups, got 1',
      '--seed: callers[0]: username: expected the username of one of the users, got "annna"',
      '--seed: accessTokens[0]: user: expected the pk of one of the users, got 999',
    ])
    expect(await outcome(['sandbox', '--seed', 'nowhere.json', '--port', 'x', '--nope'])).toMatchObject({
      code: 1,
      stderr: `--nope: expected one of --release, --port, --seed
--port: expected a port from 0 to 65535, got "x"
--seed: expected a JSON file with an object of lists of rows, got "nowhere.json"\n`,
    })
  })
})

describe('check', () => {
  const newest = readFileSync(join(root, 'node_modules/@goauthentik/api/schema.yml'), 'utf8')

  /** An authentik that tells its OpenAPI document, with a change. */
  // biome-ignore lint/suspicious/noExplicitAny: a document of any shape, to be changed
  async function startAuthentik(change: (document: any) => void = () => {}): Promise<string> {
    const document = parse(newest)
    change(document)
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.close())
    const { url } = await listen(async ({ url: path = '', headers }, response) => {
      if (path === '/api/v3/schema/') return response.end(JSON.stringify(document))
      const { authorization = '' } = headers
      const answer = await fetch(sandbox.url + path, { headers: { authorization } })
      const type = answer.headers.get('content-type') ?? 'text/plain'
      return response.writeHead(answer.status, { 'content-type': type }).end(await answer.text())
    })
    return url
  }

  const check = (url: string, token = 'demo-superuser') =>
    outcome(['check', '--authentik-url', url], { AUTHENTIK_TOKEN: token })

  it('tells of an authentik that all is well, what the token reads and which release it is, and ends with 0', async () => {
    const { code, stdout, stderr } = await check(await startAuthentik())
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.trim().split('\n')
    expect(lines.slice(0, 3)).toEqual([
      'Reachable.',
      'The token is one of mira, a superuser.',
      '  accessTokens: 300 to read',
    ])
    expect(lines.slice(-2)).toEqual([
      'Its release is 2026.8.3, which this gateway is made for: 2024.10 to 2026.8.',
      'Nothing in the graph breaks.',
    ])
  })

  it('tells which rights a token lacks, which is read from standard input and in no line', async () => {
    const running = run({ AUTHENTIK_URL: await startAuthentik() }, ['check'])
    running.child.stdin?.end('demo-plain\n')
    expect(await running.ended).toBe(0)
    expect(running.stdout()).toMatch(/^ {2}users: .*view_user/m)
    expect(running.stdout() + running.stderr()).not.toContain('demo-plain')
  })

  it.each([
    ['2027.2.0', 'newer than what'],
    ['2026.5.1', 'which'],
    ['2024.8.3', 'older than what'],
  ])('knows whether it is made for %s', async (version, words) => {
    const { stdout } = await check(
      await startAuthentik(({ info }) => {
        info.version = version
      }),
    )
    expect(stdout).toContain(`Its release is ${version}, ${words} this gateway is made for`)
  })

  it('ends with 2 if something breaks, and tells what', async () => {
    const url = await startAuthentik(({ components }) => delete components.schemas.RedirectURI.properties.url)
    const { code, stdout } = await check(url)
    expect(code).toBe(2)
    expect(stdout).toMatch(/^Breaks:\n {2}RedirectUri.url: there is no "url"; .*\n1 in the graph breaks.\n/m)
  })

  it('ends with 2 if a list cannot be read for another reason than a right', async () => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.close())
    const { url } = await listen(async ({ url: path = '', headers }, response) => {
      if (path.includes('/groups/')) return response.writeHead(500).end()
      const { authorization = '' } = headers
      return response.end(await (await fetch(sandbox.url + path, { headers: { authorization } })).text())
    })
    const { code, stdout } = await check(url)
    expect(code).toBe(2)
    expect(stdout).toMatch(/^ {2}groups: authentik is failing \(status 500\)\.$/m)
  })

  it('ends with 1 where nothing can be asked', async () => {
    const nobody = await check('http://127.0.0.1:1')
    expect(nobody).toEqual({
      code: 1,
      stdout: 'Not reachable: nobody answers there (ECONNREFUSED).\n',
      stderr: '',
    })
    const stranger = await check(await startAuthentik(), 'stranger')
    expect(stranger).toMatchObject({ code: 1, stdout: expect.stringContaining('The token cannot be used: authentik') })
    const { url } = await listen((_request, response) => response.end('<h1>A web site</h1>'))
    expect(await check(url)).toMatchObject({ code: 1, stdout: expect.stringContaining('something else answers there') })
  })

  it('tells all mistakes at once, and no token', async () => {
    const running = run({}, ['check', '--authentik-token', 's3cret'])
    running.child.stdin?.end('not a token')
    expect(await running.ended).toBe(1)
    expect(
      running.stderr(),
    ).toBe(`--authentik-token: a secret has no flag, since others can see flags. Set the variable AUTHENTIK_TOKEN
AUTHENTIK_TOKEN: expected a token of visible ASCII, got something else\n`)
    const silent = run({}, ['check'])
    silent.child.stdin?.end()
    expect(await silent.ended).toBe(1)
    expect(silent.stderr().match(/^AUTHENTIK_\w+: expected .*, got none$/gm)).toHaveLength(2)
  })
})

describe('schema', () => {
  it.each([
    [[], 'schema.graphql'],
    [['--federation'], 'subgraph.graphql'],
    [['--stitching'], 'stitching.graphql'],
  ])('with %j prints %s', async (flags, file) => {
    expect(await outcome(['schema', ...flags])).toEqual({ code: 0, stdout: fileOf(file), stderr: '' })
  })

  it.each([['--federation', '--stitching'], ['--nope']])('refuses %j in one line', async (...flags) => {
    const { code, stdout, stderr } = await outcome(['schema', ...flags])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^error: .*\n$/)
  })
})
