import { text } from 'node:stream/consumers'
import { check } from '../check/check.ts'
import { checkSettings } from '../config/check.ts'
import { readSettings } from '../config/settings.ts'
import { exit, readOrExit } from './exit.ts'

const exitCodes = { well: 0, useless: 1, breaks: 2 }

/** Checks an authentik, for a person; pipelines look at the exit code. The token is no flag, since flags stand in process lists. */
export async function checkAuthentik(argv: readonly string[]): Promise<void> {
  const { AUTHENTIK_TOKEN = process.stdin.isTTY ? '' : await text(process.stdin) } = process.env
  const env = { ...process.env, AUTHENTIK_TOKEN }
  const { authentikUrl: url, token } = readOrExit(() => readSettings(checkSettings, env, argv))
  const { authentikUrl, token: row } = checkSettings
  if (!url || !token) {
    const missing = [url ? [] : authentikUrl, token ? [] : row].flat()
    exit(missing.map(({ name, expected }) => `${name}: expected ${expected}, got none`))
  }
  const tell = (line: string) => void process.stdout.write(`${line}\n`)
  process.exitCode = exitCodes[await check({ url, token, tell })]
}
