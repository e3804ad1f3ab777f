import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addressOf, ask, run } from './program.ts'

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

  it('tells its commands at --help', async () => {
    const { stdout } = await outcome(['--help'])
    expect(stdout).toMatch(/^Usage: authentik-graphql \[command\] \[settings\]\n/)
    const [, commands = ''] = /^Commands:\n((?: .*\n)*)/m.exec(stdout) ?? []
    expect(commands.match(/^ {2}\w+/gm)?.map((name) => name.trim())).toEqual(['serve', 'schema'])
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
