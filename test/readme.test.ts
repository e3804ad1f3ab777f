import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Release } from '../src/releases.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { freePort } from './recipes.ts'
import { startGateway } from './start.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const blocks = (language: string, text = readme) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block)
const commands = blocks('sh', readme + contributing).flatMap((text) => text.trim().split('\n'))

/** Starts a line in a shell, with the program on a free port: what it has printed. It ends with the test. */
function startLine(line: string): () => string {
  const child = spawn('sh', ['-c', line], { cwd: root, env: { ...process.env, PORT: '0' }, detached: true })
  onTestFinished(() => {
    if (child.exitCode === null && child.pid) process.kill(-child.pid)
  })
  let text = ''
  child.stdout.on('data', (data) => (text += data))
  return () => text
}

/** Runs a line until what it printed is enough. */
async function runLine(line: string, enough: RegExp): Promise<string> {
  const printed = startLine(line)
  await expect.poll(printed, { timeout: 15_000 }).toMatch(enough)
  return printed()
}

describe('The commands', () => {
  it('are all run here or by continuous integration', () => {
    const here = /^(AUTHENTIK_URL=\S+ )?npm start\b|^curl |^npm run (drift|dev|coverage)\b/
    const script = readFileSync(join(root, '.ci/run'), 'utf8').split('\n')
    const others = commands.filter((command) => !here.test(command) && !script.includes(command))
    // Tests compare what it writes.
    expect([...new Set(others)]).toEqual(['npm run schema'])
  })

  it('start the gateway again after each change', async () => {
    const [dev = ''] = commands.filter((command) => command === 'npm run dev')
    const printed = startLine(dev)
    const starts = () => printed().match(/listens on/g)?.length
    await expect.poll(starts, { timeout: 15_000 }).toBe(1)
    utimesSync(join(root, 'dist/cli/main.js'), new Date(), new Date())
    await expect.poll(starts, { timeout: 5000 }).toBe(2)
  })

  it('tell which lines no test runs', async () => {
    const [coverage = ''] = commands.filter((command) => command === 'npm run coverage')
    const folder = mkdtempSync(join(tmpdir(), 'coverage-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const line = `${coverage} -- config.test --coverage.reportsDirectory=${folder}`
    expect(await runLine(line, /^All files .*\n[\s\S]*\n-+/m)).toMatch(/^ +settings\.ts +\| +100 /m)
  })

  it('start the gateway over the embedded authentik, and ask it', async () => {
    const [start = ''] = commands.filter((command) => command === 'npm start')
    const printed = await runLine(start, /curl.*\n/)
    const address = /listens on (\S+)\n/.exec(printed)?.[1] ?? ''
    const [curl = ''] = commands.filter((command) => command.startsWith('curl '))
    const answer = await runLine(curl.replace('http://127.0.0.1:4000/graphql', address), /}\s*$/)
    expect(JSON.parse(answer)).toEqual({ data: { me: { username: 'mira' } } })
  })

  it('start the gateway on another port', async () => {
    const [start = ''] = commands.filter((command) => command.includes('--port'))
    expect(start).toContain(' 4001')
    // Whoever runs the tests may use it.
    const port = await freePort()
    expect(await runLine(start.replace('4001', port), /listens on \S+\n/)).toContain(`:${port}/graphql`)
  })

  it('start the embedded authentik alone, and check it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rows-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [rows, token] = [join(folder, 'rows.json'), join(folder, 'token.txt')]
    writeFileSync(rows, '{ "users": [{ "pk": 100, "username": "anna" }] }')
    writeFileSync(token, 'demo-superuser\n')
    const [sandbox = ''] = commands.filter((command) => command.includes(' sandbox '))
    const printed = await runLine(sandbox.replace('rows.json', rows), /\/reset\n/)
    const address = /authentik 2025.10 with .* listens on (\S+)\n/.exec(printed)?.[1] ?? ''
    const [check = ''] = commands.filter((command) => command.includes(' check '))
    const line = check.replace('https://auth.example.com', address).replace('token.txt', token)
    expect(await runLine(line, /Of its release .*\n/)).toMatch(
      / of mira, a superuser\.\n(.*\n)* {2}users: 26 to read\n/,
    )
  })

  it('print the schema, and nothing else', async () => {
    const [schema = ''] = commands.filter((command) => command.includes(' schema '))
    expect(await runLine(schema, /}\s*$/)).toBe(readFileSync(join(root, 'subgraph.graphql'), 'utf8'))
  })

  it('start nothing of the registry by the name of this package', () => {
    const folders = [root, join(root, 'docs')]
    const files = folders.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    const documents = files.filter((file) => file.endsWith('.md'))
    expect(documents.length).toBeGreaterThan(5)
    for (const file of documents) {
      expect(readFileSync(file, 'utf8')).not.toMatch(
        /(npx|npm exec|npm (i|install)|yarn|pnpm|bunx)( -\S+)* authentik-graphql/,
      )
    }
  })

  it('start the gateway over another authentik', async () => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.close())
    const [start = ''] = commands.filter((command) => command.startsWith('AUTHENTIK_URL='))
    expect(await runLine(start.replace('https://auth.example.com', sandbox.url), /asks .*\n/)).toContain(
      `asks ${sandbox.url}/`,
    )
  })
})

it('tells what another release means for the graph', async () => {
  const [drift = ''] = commands.filter((command) => command.startsWith('npm run drift'))
  expect(await runLine(drift, /\n[^\n]*breaks[^\n]*\n/)).toContain(
    'OAuth2Provider.grantTypes: there is no "grant_types"',
  )
})

it('tells the answer of its query', async () => {
  const { ask } = await startGateway()
  const [query = ''] = blocks('graphql')
  const [answer = ''] = blocks('json')
  expect((await ask(query)).data).toEqual(JSON.parse(answer))
})

it.each<[Release, number]>([
  ['2024.10', 1],
  ['2025.10', 1],
  ['2026.8', 5],
])('tells what its query costs authentik %s', async (release, requests) => {
  const { ask, asked } = await startGateway({ release })
  await ask(blocks('graphql')[0] ?? '')
  expect(asked()).toHaveLength(requests)
})

it.each([
  ...['accessToken(id: 300)', 'refreshToken(id: 6)', 'authorizationCode(id: 6)', 'userConsent(id: 1)'].map((look) => [
    look,
    null,
  ]),
  ...['apiToken(id: "mira-cli")', 'application(id: "vault")', 'accessToken(id: 99999)'].map((look) => [look, null]),
  ...[
    'user(id: 4)',
    'user(id: 99999)',
    'event(id: "00000000-0000-4000-8000-000000000000")',
    'oauth2Provider(id: 1)',
    'group(id: "67726f75-7000-4000-8000-000000000005")',
  ].map((look) => [look, 'FORBIDDEN']),
])('tells why an ordinary user finds null by %s', async (look, code) => {
  const { ask } = await startGateway()
  const { data, errors = [] } = await ask(`{ found: ${look} { id } }`, { token: 'demo-plain' })
  expect(data).toEqual({ found: null })
  expect(errors.map(({ extensions }) => extensions['code'])).toEqual(code === null ? [] : [code])
})

const lists = readFileSync(join(root, 'docs/lists.md'), 'utf8')

it.each(blocks('graphql', readme + lists))('has queries that run: %s', async (query) => {
  const { ask } = await startGateway()
  expect((await ask(query)).errors).toBeUndefined()
})

it('shows pictures that are there', () => {
  const paths = [...readme.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = '']) => path)
  expect(paths).toHaveLength(2)
  for (const path of paths) expect(existsSync(join(root, path))).toBe(true)
})
