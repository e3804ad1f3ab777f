import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Subgraph } from './compose.ts'
import { addressOf, ask, run } from './program.ts'
import { listen } from './start.ts'

const root = join(import.meta.dirname, '..')

/** The blocks of code in a page of the documentation, by their language. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block)
}

/** A folder for one test, where the packages of this repository are found. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'recipe-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** A port that nobody listens on by now. */
export async function freePort(): Promise<string> {
  const { url, server } = await listen(() => {})
  await new Promise((resolve) => server.close(resolve))
  return new URL(url).port
}

/** Runs a program in a folder, which listens on the port that it names: on another one here. */
export async function startRecipe(text: string, folder = makeFolder()) {
  const port = await freePort()
  const name = join(folder, `on-${port}.mjs`)
  writeFileSync(name, text.replace(/listen\(\d+/, `listen(${port}`))
  const child = spawn(process.execPath, [name], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise((resolve) => child.on('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const url = `http://127.0.0.1:${port}/graphql`
  const answers = () => child.exitCode === null && ask(url, '{ __typename }').catch(() => undefined)
  await expect.poll(answers, { timeout: 15_000 }).toEqual({ data: { __typename: 'Query' } })
  return { url, ask: (query: string, token?: string) => ask(url, query, token) }
}

/** An authentik with a thousand users more than usual, from the key 1001 on. */
export async function startThousandUsers(): Promise<string> {
  const file = join(makeFolder(), 'rows.json')
  const users = Array.from({ length: 1000 }, (_, index) => ({ pk: 1001 + index, username: `user-${index}` }))
  writeFileSync(file, JSON.stringify({ users }))
  return addressOf(run({}, ['sandbox', '--seed', file]))
}

/** The subgraph of the page that has \`node\`. */
export async function startRelay(): Promise<Subgraph> {
  const recipe = blocksOf('docs/composers.md', 'js').find((block) => block.includes('interface Node')) ?? ''
  expect(recipe.split('\n').filter(Boolean)).toHaveLength(12)
  const { url, ask } = await startRecipe(recipe)
  return { name: 'relay', url, sdl: (await ask('{ _service { sdl } }')).data._service.sdl }
}
