// Finds the OpenAPI document of an authentik: in npm's @goauthentik/api, at a live one, or in a file.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { isDocument } from '../dist/drift/drift.js'
import { askLive, Mistake } from '../dist/drift/live.js'

const packageName = '@goauthentik/api'
const installed = join(import.meta.dirname, '../node_modules/@goauthentik')
const usage = 'Usage: npm run drift -- 2025.10.4 (or 2025.10, latest, https://auth.example.com, a path of a schema.yml)'

/** The document that the arguments mean. Throws Mistake. */
export async function readDocument([argument = '', ...more]) {
  if (argument === '' || more.length > 0) throw new Mistake(usage)
  if (/^https?:\/\//i.test(argument))
    return parsed(await askLive(urlOf(argument), process.env.AUTHENTIK_TOKEN), 'What answered')
  if (existsSync(argument)) return parsed(readText(argument), `"${argument}"`)
  const version = versionOf(argument)
  if (!/^\d{4}\.\d{1,2}\.\d+(-[\w.]+)?$/.test(version)) {
    throw new Mistake(`"${argument}" is neither a version nor a URL nor a file. ${usage}`)
  }
  return parsed(readInstalled(version) ?? download(version), `The schema.yml of ${packageName}@${version}`)
}

function parsed(text, source) {
  let document
  try {
    document = text.startsWith('{') ? JSON.parse(text) : parse(text, { logLevel: 'error' })
  } catch {
    // What is neither JSON nor YAML is told like what is no such document.
  }
  if (isDocument(document)) return document
  throw new Mistake(`${source} is not an OpenAPI document.`)
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Mistake(`"${path}" cannot be read: ${error.code}.`)
  }
}

function urlOf(argument) {
  const url = URL.canParse(argument) ? new URL(argument) : undefined
  if (!url) throw new Mistake(`"${argument}" is not a URL.`)
  if (url.username || url.password) throw new Mistake('The URL holds credentials: set AUTHENTIK_TOKEN instead.')
  return url
}

function versionOf(argument) {
  if (argument === 'latest') return look('version')
  return /^\d{4}\.\d{1,2}$/.test(argument) ? newestPatch(argument) : argument
}

/** What npm's registry tells of the package. */
function look(what) {
  return JSON.parse(run('npm', ['view', packageName, what, '--json', '--fetch-retries=0']))
}

function newestPatch(release) {
  const versions = look('versions')
  const patches = versions
    .filter((version) => version.startsWith(`${release}.`))
    .map((version) => version.slice(release.length + 1))
    .filter((patch) => /^\d+$/.test(patch))
  if (patches.length === 0) throw new Mistake(`npm has no ${packageName} of ${release}.`)
  return `${release}.${Math.max(...patches)}`
}

function readInstalled(version) {
  for (const name of existsSync(installed) ? readdirSync(installed) : []) {
    const folder = join(installed, name)
    if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version !== version) continue
    if (existsSync(join(folder, 'schema.yml'))) return readFileSync(join(folder, 'schema.yml'), 'utf8')
  }
  return undefined
}

function download(version) {
  const folder = mkdtempSync(join(tmpdir(), 'drift-'))
  try {
    run('npm', ['pack', `${packageName}@${version}`, '--pack-destination', folder, '--fetch-retries=0'])
    const [tarball] = readdirSync(folder)
    run('tar', ['-xzf', join(folder, tarball), '-C', folder])
    const file = join(folder, 'package/schema.yml')
    if (existsSync(file)) return readFileSync(file, 'utf8')
    throw new Mistake(`${packageName}@${version} holds no schema.yml: 2025.8 is the first release that does.`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function run(command, args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const code = /^npm \S+ code (\w+)$/m.exec(error.stderr ?? '')?.[1] ?? error.code ?? `it ended with ${error.status}`
    if (code === 'ETARGET' || code === 'E404') throw new Mistake(`npm has no ${args[1]}.`)
    throw new Mistake(`"${command} ${args[0]}" failed: ${code}.`)
  }
}
