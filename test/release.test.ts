import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'

const root = join(import.meta.dirname, '..')

/** What the script says in a repository with this changelog and this version. It stops before it does anything. */
function tryToRelease({
  changelog = '## 1.2.3, not released yet\n\n- New.\n',
  version = '1.2.3',
  tag = '',
  left = '',
}) {
  const folder = mkdtempSync(join(tmpdir(), 'repository-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: folder,
      stdio: 'pipe',
    })
  mkdirSync(join(folder, 'scripts'))
  copyFileSync(join(root, 'scripts/release.js'), join(folder, 'scripts/release.js'))
  write('CHANGELOG.md', `# Changelog\n\n${changelog}`)
  write('package.json', JSON.stringify({ type: 'module', version }))
  git('init', '-q')
  git('add', '.')
  git('commit', '-q', '-m', 'All')
  if (tag) git('tag', tag)
  if (left) write(left, '')
  const { stdout, stderr, status } = spawnSync(process.execPath, ['scripts/release.js'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const [commits, tags] = [git('rev-list', '--count', 'HEAD'), git('tag')].map((bytes) => String(bytes).trim())
  return { stdout, stderr, status, commits, tags }
}

describe('A release is refused, and nothing is done, where', () => {
  const missing = 'CHANGELOG.md has no section "## 1.2.3, not released yet" with what changed.\n'

  it.each([
    ['the changelog has nothing new', { changelog: '## 1.2.3, 2026-12-01\n\n- Old.\n' }, missing],
    ['the new section is empty', { changelog: '## 1.2.3, not released yet\n\n## 1.2.2, 2026-12-01\n' }, missing],
    ['the versions differ', { version: '1.2.4' }, 'package.json has version 1.2.4, the changelog 1.2.3.\n'],
    ['something is not committed', { left: 'new.txt' }, 'Commit or remove what is not committed.\n'],
    ['the tag is there', { tag: 'v1.2.3' }, 'There is a tag v1.2.3 already.\n'],
  ])('%s', (_where, repository, line) => {
    const { tag = '' } = repository as { tag?: string }
    expect(tryToRelease(repository)).toEqual({ stdout: '', stderr: line, status: 1, commits: '1', tags: tag })
  })
})
