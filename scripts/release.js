// Makes a release of what is committed: dates its section in the changelog, commits and tags that, and packs what is published.
// npm run release [-- --dry-run]: a dry run does all of it in a clone, and leaves this repository as it is.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } })
const isDry = values['dry-run']

/** Why nothing can be released. */
class Mistake extends Error {}

try {
  release()
} catch (error) {
  if (!(error instanceof Mistake)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function release() {
  refuse()
  if (isDry) inClone(makeRelease)
  else makeRelease(process.cwd())
}

/** Works in a clone of what is committed, and removes it. */
function inClone(work) {
  const folder = mkdtempSync(join(tmpdir(), 'release-'))
  try {
    run(process.cwd(), 'git', ['clone', '--quiet', '.', folder])
    // A machine that only tries need not have an author.
    for (const key of ['name', 'email']) run(folder, 'git', ['config', `user.${key}`, 'dry-run'])
    work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function makeRelease(folder) {
  const { version, text } = readChangelog()
  const tag = `v${version}`
  run(folder, 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  run(folder, 'npm', ['run', 'check'])
  date(folder, version)
  run(folder, 'npm', ['run', 'artifacts'])
  run(folder, 'git', ['commit', '--quiet', '--all', '--message', `Release ${version}`])
  run(folder, 'git', ['tag', '--annotate', tag, '--cleanup', 'verbatim', '--message', `${tag}\n\n${text}`])
  console.log(`${isDry ? 'A dry run: nothing is kept.\n' : ''}${tag}, with\n\n${text}\n\n${artifactsIn(folder)}`)
  if (!isDry) console.log(`\nPush it: git push --follow-tags`)
}

/** The newest section of the changelog: its version and its text. */
function readChangelog() {
  const [, newest = ''] = readText('CHANGELOG.md').split(/^## /m)
  const [, version, text] = /^(\d+\.\d+\.\d+), not released yet\n+(.*\S)/s.exec(newest) ?? []
  if (!version) throw new Mistake('CHANGELOG.md has no section "## 1.2.3, not released yet" with what changed.')
  return { version, text }
}

/** Throws Mistake where this repository is not ready for a release. */
function refuse() {
  const { version } = readChangelog()
  const written = JSON.parse(readText('package.json')).version
  if (written !== version) throw new Mistake(`package.json has version ${written}, the changelog ${version}.`)
  const git = (...args) => run(process.cwd(), 'git', args)
  if (git('status', '--porcelain') !== '') throw new Mistake('Commit or remove what is not committed.')
  if (git('tag', '--list', `v${version}`) !== '') throw new Mistake(`There is a tag v${version} already.`)
}

/** Says in the changelog that it is released today. */
function date(folder, version) {
  const today = new Date().toISOString().slice(0, 10)
  const heading = `## ${version}, `
  const text = readText('CHANGELOG.md').replace(`${heading}not released yet`, `${heading}${today}`)
  writeFileSync(join(folder, 'CHANGELOG.md'), text)
}

/** A line for each file that is published, with its hash. */
function artifactsIn(folder) {
  const artifacts = join(folder, 'artifacts')
  return readdirSync(artifacts)
    .map((name) => {
      const bytes = readFileSync(join(artifacts, name))
      return `${createHash('sha256').update(bytes).digest('hex')}  ${name} (${bytes.length} bytes)`
    })
    .join('\n')
}

function readText(name) {
  if (!existsSync(name)) throw new Mistake(`There is no ${name} here.`)
  return readFileSync(name, 'utf8')
}

/** What a program prints. What it says besides is shown. Throws Mistake if it fails, with what it printed. */
function run(cwd, name, args) {
  try {
    return execFileSync(name, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
  } catch ({ stdout, status, code }) {
    throw new Mistake(`${stdout ?? ''}\n"${name} ${args.join(' ')}" failed: ${status ?? code}.`)
  }
}
