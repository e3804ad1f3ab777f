import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

// docs/clients.md: its code, as it stands there.

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/clients.md'), 'utf8')

/** The one piece of code in that language under the heading; under the page's own is what comes before all others. */
export function pieceOf(heading: string, language: string): string {
  const pieces = piecesOf(heading, language)
  if (pieces.length !== 1) throw new Error(`There are ${pieces.length} pieces of ${language} under "${heading}"`)
  return pieces[0] ?? ''
}

/** What stands under the heading. */
export function sectionOf(heading: string): string {
  return page.split(/^##? /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
}

function piecesOf(heading: string, language: string): string[] {
  const pieces = sectionOf(heading).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))
  return [...pieces].map(([, piece = '']) => piece)
}

/** The same, over another gateway and with another token. */
export function codeOf(heading: string, language: string, url: string, token?: string): string {
  return over(pieceOf(heading, language), url, token)
}

function over(code: string, url: string, token = 'demo-superuser'): string {
  return code.replace('http://127.0.0.1:4000/graphql', url).replace('demo-superuser', token)
}

/** A folder with those packages and files. It goes with the test. */
export function startFolder(packages: string, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'client-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  symlinkSync(packages, join(folder, 'node_modules'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** What the JavaScript under the heading exports, when its commands have run, and what these printed. */
export async function startClient(heading: string, url: string, token?: string) {
  const folder = startFolder(join(root, 'node_modules'), {
    'client.mjs': codeOf(heading, 'js', url, token),
    'schema.graphql': readFileSync(join(root, 'schema.graphql'), 'utf8'),
  })
  let printed = ''
  for (const command of piecesOf(heading, 'sh'))
    printed += (await run('sh', ['-c', over(command, url, token)], { cwd: folder })).stdout
  return { ...(await import(join(folder, 'client.mjs'))), printed }
}
