import { execFile, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { validate } from 'dockerfile-utils'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { build, dockerfile, instructionsIn } from './dockerfile.ts'
import { blocksOf, freePort } from './recipes.ts'
import { startRedis } from './redis.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'package-'))
const installed = join(folder, 'installed')
const tool = (name: string) => join(root, 'node_modules/.bin', name)

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

let packed: Packed

/** Runs a command in a folder, and gives what it prints. Fails if the command does. */
async function runIn(cwd: string, command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, maxBuffer: 50_000_000 })
  return stdout
}

/** Packs a copy: other tests run what is in `dist`, which packing builds anew. Then installs the tarball, without any network. */
beforeAll(async () => {
  const copy = join(folder, 'copy')
  const left = new Set(['node_modules', 'dist', 'coverage', '.git'])
  cpSync(root, copy, {
    recursive: true,
    filter: (path) =>
      !relative(root, path)
        .split('/')
        .some((part) => left.has(part)),
  })
  // A link would not do: npm packs what a link leads to by its own path.
  cpSync(join(root, 'node_modules'), join(copy, 'node_modules'), { recursive: true, verbatimSymlinks: true })
  const printed = await runIn(copy, 'npm', ['pack', '--json', '--pack-destination', folder])
  packed = JSON.parse(printed.slice(printed.indexOf('[\n')))[0]
  mkdirSync(installed)
  const quietly = ['--omit=dev', '--offline', '--no-audit', '--no-fund', `--cache=${join(folder, 'cache')}`]
  await runIn(installed, 'npm', ['install', ...quietly, join(folder, packed.filename)])
}, 180_000)

// Thousands of files: a busy disk takes its time.
afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000)

describe('The tarball', () => {
  it('holds what people look for, and of ours nothing but the built program', () => {
    const own = packed.files.map(({ path }) => path).filter((path) => !path.startsWith('node_modules/'))
    const beside = own.filter((path) => !/^dist\/.+\.(js|d\.ts)$/.test(path))
    expect(new Set(beside.map((path) => path.split('/', 1).join()).sort())).toEqual(
      new Set([
        '.github',
        'CHANGELOG.md',
        'CONTRIBUTING.md',
        'Dockerfile',
        'LICENSE',
        'README.md',
        'SECURITY.md',
        'deploy',
        'docs',
        'examples',
        'package.json',
        'schema.graphql',
        'stitching.graphql',
        'subgraph.graphql',
      ]),
    )
    const links = ['README.md', ...own.filter((path) => /^docs\/.+\.md$/.test(path))].flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) =>
        join(dirname(file), link),
      ),
    )
    expect(links.filter((link) => !own.some((path) => path === link || path.startsWith(`${link}/`)))).toEqual([])
    expect(own.filter((path) => /test/i.test(path))).toEqual([])
  })

  it('brings what it needs with it, and no tool of ours', () => {
    const brought = (name: string) => existsSync(join(installed, 'node_modules/authentik-graphql/node_modules', name))
    expect(['graphql', 'undici', 'commander'].map(brought)).toEqual([true, true, true])
    expect(['typescript', 'vitest', '@goauthentik/api'].map(brought)).toEqual([false, false, false])
  })

  it('is as publint and attw want it', async () => {
    const tarball = join(folder, packed.filename)
    expect(await runIn(folder, tool('publint'), ['--strict', tarball])).toContain('All good!')
    // ES modules only; and an SDL is no module. It fails if it finds a problem.
    const notModules = ['schema', 'subgraph', 'stitching'].map((name) => `${name}.graphql`)
    const options = ['--profile', 'esm-only', '--exclude-entrypoints', ...notModules]
    await runIn(folder, tool('attw'), [tarball, ...options])
  }, 60_000)
})

describe('Installed into an empty folder', () => {
  it('starts by its name, without a warning', async () => {
    const child = spawn(join(installed, 'node_modules/.bin/authentik-graphql'), {
      env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'warn' },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const printed = { out: '', error: '' }
    child.stdout.on('data', (data) => (printed.out += data))
    child.stderr.on('data', (data) => (printed.error += data))
    const ended = new Promise((resolve) => child.on('close', resolve))
    await expect.poll(() => printed.out, { timeout: 15_000 }).toMatch(/listens on \S+\n/)
    const [, url = ''] = /listens on (\S+)\n/.exec(printed.out) ?? []
    const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-plain' }
    const answer = await fetch(url, { method: 'POST', headers, body: '{"query":"{ me { username } }"}' })
    expect(await answer.json()).toEqual({ data: { me: { username: 'paul' } } })
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(printed.error).toBe('')
  })

  it('is an image by the recipe for one, with the settings of the other image', async () => {
    const [recipe = ''] = blocksOf('docs/operating.md', 'dockerfile')
    expect(validate(recipe)).toEqual([])
    for (const [line] of recipe.matchAll(/^(FROM|ENV|USER|EXPOSE|HEALTHCHECK).*(\n {2}CMD.*)?/gm))
      expect(dockerfile).toContain(line)
    const image = await build(mkdtempSync(join(folder, 'image-')), instructionsIn(recipe), folder)
    const PORT = await freePort()
    const cwd = join(image.root, image.workdir)
    const env = { ...image.env, PATH: process.env['PATH'], HOST: '127.0.0.1', PORT }
    const [program = '', ...args] = image.command
    const child = spawn(program, args, { cwd, env })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [checker = '', ...checks] = image.health
    const check = () => spawnSync(checker, checks, { cwd, env }).status
    await expect.poll(check, { timeout: 15_000 }).toBe(0)
  }, 60_000)

  it('counts in a Redis', async () => {
    const { url } = await startRedis()
    const child = spawn(join(installed, 'node_modules/.bin/authentik-graphql'), {
      env: { PATH: process.env['PATH'], PORT: '0', RATE_LIMIT: '9', REDIS_URL: url, LOG_HASH_KEY: 'k'.repeat(32) },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let printed = ''
    child.stderr.on('data', (data) => (printed += data))
    await expect.poll(() => printed, { timeout: 15_000 }).toContain('Redis counts RATE_LIMIT for all replicas')
  })

  it('tells its types to a strict compiler', async () => {
    const program = `import { createGateway, type Gateway } from 'authentik-graphql'
      import { type Sandbox, startSandbox } from 'authentik-graphql/sandbox'
      const sandbox: Sandbox = await startSandbox({ release: '2025.10' })
      const options = { corsOrigins: ['https://a.example'], graphiql: false, maxCost: 20, trustProxy: 1 }
      const gateway: Gateway = createGateway({ authentikUrl: sandbox.url, ...options })
      // @ts-expect-error: there is no such option
      createGateway({ authentikUrl: sandbox.url, colour: 1 })
      const answer: Response = await gateway.fetch(new Request('http://any.example/readyz'))
      await answer.json()
      await gateway.close()
      await sandbox.close()`
    writeFileSync(join(installed, 'program.mts'), program)
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
    const options = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023', ...types]
    await runIn(installed, tool('tsc'), [...options, 'program.mts'])
  }, 60_000)
})
