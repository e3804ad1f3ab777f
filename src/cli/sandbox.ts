import { sandboxSettings } from '../config/sandbox.ts'
import { readSettings } from '../config/settings.ts'
import { exit, readOrExit } from './exit.ts'
import { tokensOf } from './greeting.ts'

/** Starts the embedded authentik alone. It ends by a signal. */
export async function startAlone(argv: readonly string[]): Promise<void> {
  const { release, port, seed = {} } = readOrExit(() => readSettings(sandboxSettings, process.env, argv))
  const { plant } = await import('../sandbox/sample/seed.ts')
  const mistakes = plant(seed)
  if (mistakes.length > 0) exit(mistakes.map((line) => `--seed: ${line}`))
  // What it serves is made of the sample when it is loaded.
  const { startSandbox } = await import('../sandbox/server.ts')
  const sandbox = await startSandbox({ release, port }).catch((error: Error) =>
    exit([`Cannot listen on 127.0.0.1:${port}: ${error.message}`]),
  )
  const lines = [
    `An embedded authentik ${release} with sample data listens on ${sandbox.url}`,
    'Its tokens:',
    ...tokensOf(),
    'To bring back all that was deleted:',
    `  curl -X POST ${sandbox.url}/reset`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => sandbox.close())
}
