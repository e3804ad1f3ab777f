import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'

const root = join(import.meta.dirname, '..')

/** A repository with the schema, and the check in it. */
function startRepository() {
  const folder = mkdtempSync(join(tmpdir(), 'repository-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const file of ['schema.graphql', 'subgraph.graphql', 'package.json', 'scripts'])
    cpSync(join(root, file), join(folder, file), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: folder,
      stdio: 'pipe',
    })
  git('init', '-q')
  const release = (tag: string) => {
    git('add', 'schema.graphql', 'subgraph.graphql')
    git('commit', '-q', '--allow-empty', '-m', tag)
    git('tag', tag)
  }
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')))
  const check = () => spawnSync(process.execPath, ['scripts/breaking.js'], { cwd: folder, encoding: 'utf8' })
  return { release, edit, check }
}

describe('The check for breaking changes', () => {
  it('has nothing to compare before the first release', () => {
    const { stdout, status } = startRepository().check()
    expect(stdout).toBe('No v* tag yet: there is nothing to compare schema.graphql with.\n')
    expect(status).toBe(0)
  })

  it('passes what only adds', () => {
    const { release, edit, check } = startRepository()
    release('v1.0.0')
    edit('schema.graphql', (text) => text.replace('type PageInfo {', 'type PageInfo {\n  extra: Int\n'))
    expect(check()).toMatchObject({ status: 0, stdout: '0 breaking changes since v1.0.0, 0 of them not declared.\n' })
  })

  it('fails for a key that other subgraphs may use', () => {
    const { release, edit, check } = startRepository()
    release('v1.0.0')
    edit('subgraph.graphql', (text) => text.replace('@key(fields: "username") ', ''))
    expect(check()).toMatchObject({ status: 1, stderr: 'User.username: This key is gone from subgraph.graphql\n' })
  })

  it('fails for what breaks, against the newest release', () => {
    const { release, edit, check } = startRepository()
    edit('schema.graphql', (text) => text.replace('type PageInfo {', 'type PageInfo {\n  extra: Int\n'))
    release('v1.9.0')
    edit('schema.graphql', (text) => text.replace('  extra: Int\n', ''))
    release('v1.10.0')
    release('v1.11.0-rc1')
    release('vendor-x')
    expect(check().status).toBe(0)
    edit('schema.graphql', (text) => text.replace('  endCursor: String\n', '  lastCursor: String\n'))
    expect(check()).toMatchObject({
      status: 1,
      stdout: '1 breaking changes since v1.10.0, 1 of them not declared.\n',
      stderr: expect.stringContaining('PageInfo.endCursor: '),
    })
  })

  it('fails where a field may be null without an error that was not before', () => {
    const { release, edit, check } = startRepository()
    release('v1.0.0')
    edit('schema.graphql', (text) =>
      text.replace('  metaModelName: String @semanticNonNull\n', '  metaModelName: String!\n'),
    )
    expect(check()).toMatchObject({ status: 0, stdout: '0 breaking changes since v1.0.0, 0 of them not declared.\n' })
    edit('schema.graphql', (text) => text.replace('  component: String @semanticNonNull\n', '  component: String\n'))
    expect(check()).toMatchObject({
      status: 1,
      stdout: '1 breaking changes since v1.0.0, 1 of them not declared.\n',
      stderr: expect.stringContaining('OAuth2Provider.component: '),
    })
  })

  it('passes what breaks and is declared', () => {
    const { release, edit, check } = startRepository()
    release('v1.0.0')
    edit('schema.graphql', (text) => text.replace('  endCursor: String\n', '  lastCursor: String\n'))
    edit('package.json', (text) => text.replace('{', '{ "breakingChanges": ["PageInfo.endCursor"],'))
    expect(check()).toMatchObject({ status: 0, stdout: '1 breaking changes since v1.0.0, 0 of them not declared.\n' })
  })
})
