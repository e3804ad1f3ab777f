import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { startGateway } from './start.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)
const commands = blocks('sh').flatMap((text) => text.trim().split('\n'))

/** Runs a line in a shell, with the program on a free port, until it ends or what it printed is enough. */
function runLine(line: string, enough: RegExp): Promise<string> {
  const child = spawn('sh', ['-c', line], { cwd: root, env: { ...process.env, PORT: '0' }, detached: true })
  onTestFinished(() => {
    if (child.exitCode === null && child.pid) process.kill(-child.pid)
  })
  return new Promise((resolve) => {
    let text = ''
    child.stdout.on('data', (data) => {
      text += data
      if (enough.test(text)) resolve(text)
    })
    child.on('close', () => resolve(text))
  })
}

describe('The commands', () => {
  it('are all run here or by continuous integration', () => {
    const here = /^(AUTHENTIK_URL=\S+ )?npm start$|^curl |^npm run drift |^npx hive-gateway /
    const script = readFileSync(join(root, '.ci/run'), 'utf8').split('\n')
    expect(commands.filter((command) => !here.test(command) && !script.includes(command))).toEqual(['npm run schema'])
  })

  it('start the gateway over the embedded authentik, and ask it', async () => {
    const [start = ''] = commands.filter((command) => command === 'npm start')
    const printed = await runLine(start, /curl.*\n/)
    const address = /listens on (\S+)\n/.exec(printed)?.[1] ?? ''
    const [curl = ''] = commands.filter((command) => command.startsWith('curl '))
    const answer = await runLine(curl.replace('http://127.0.0.1:4000/graphql', address), /}\s*$/)
    expect(JSON.parse(answer)).toEqual({ data: { me: { username: 'mira' } } })
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

it('tells how to stitch a larger graph', async () => {
  const { url, sandbox } = await startGateway()
  const folder = mkdtempSync(join(tmpdir(), 'larger-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const [recipe = ''] = blocks('js')
  writeFileSync(join(folder, 'schema.mjs'), recipe.replace('http://127.0.0.1:4000/graphql', url))
  const ask = `import { execute, parse } from 'graphql'
    import { schema } from './schema.mjs'
    const contextValue = { authorization: 'Bearer demo-plain' }
    console.log(JSON.stringify(await execute({ schema, document: parse('{ me { username } }'), contextValue })))`
  writeFileSync(join(folder, 'ask.mjs'), ask)
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'ask.mjs')])
  expect(JSON.parse(stdout)).toEqual({ data: { me: { username: 'paul' } } })
  expect(sandbox.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer demo-plain'])
})

it('tells every setting, in the order of the code, with its default', () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| `?([^`|]+?)`? \| /gm)].map(([, name, value]) => [name, value])
  const config = readConfig({}, [])
  const shown = {
    corsOrigins: 'none',
    persistedOperations: 'none',
    authentikUrl: 'the embedded authentik',
    graphiql: 'on',
    introspection: 'on',
  }
  const settings = Object.entries({ ...config, ...shown }).map(([key, value]) => [
    key.replace(/[A-Z]/g, '_$&').toUpperCase(),
    String(value),
  ])
  expect(rows.slice(0, settings.length)).toEqual(settings)
})

it('tells every code', () => {
  const source = readFileSync(join(root, 'src/errors.ts'), 'utf8')
  const codes = [...source.matchAll(/^ {2}\| '([A-Z_]+)'$/gm)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(8)
  for (const code of codes) expect(readme).toContain(`| \`${code}\` |`)
})

it('shows a picture that is there', () => {
  const [, path = ''] = /!\[[^\]]+\]\(([^)]+)\)/.exec(readme) ?? []
  expect(existsSync(join(root, path))).toBe(true)
})
