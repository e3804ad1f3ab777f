import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { secrets } from './start.ts'

const main = join(import.meta.dirname, '../dist/cli/main.js')

export interface Running {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<number | null>
}

/** The built program, on a free port unless told otherwise. `shell` starts it. */
export function run(env: Record<string, string> = {}, argv: string[] = [], shell = 'exec "$@"'): Running {
  const child = spawn('sh', ['-c', shell, 'sh', process.execPath, main, ...argv], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
  })
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => (texts.stdout += data))
  child.stderr.on('data', (data) => (texts.stderr += data))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    expect(texts.stderr).not.toMatch(secrets)
  })
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr, ended }
}

/** Where it listens, once it has said so. */
export async function addressOf({ stdout }: Running): Promise<string> {
  await expect.poll(stdout, { timeout: 10_000 }).toMatch(/listens on \S+\n/)
  return /listens on (\S+)\n/.exec(stdout())?.[1] ?? ''
}

export async function ask(url: string, query: string, token = 'demo-superuser') {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
  // biome-ignore lint/suspicious/noExplicitAny: an answer of any query
  return (await response.json()) as any
}
