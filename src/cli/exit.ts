import { ConfigError } from '../config/settings.ts'
import { limits } from '../limits.ts'
import { createStandardError, writeGathered } from '../observe/stderr.ts'

const standardError = createStandardError(limits.waitingLogBytes)

/** Tells something on standard error, and never waits for it. */
export function tell(line: string): void {
  writeGathered()
  standardError.write(`${line}\n`)
}

/** Ends the process, since it cannot do what it was told to. */
export function exit(lines: readonly string[]): never {
  for (const line of lines) tell(line)
  process.exit(1)
}

/** What `read` gives. If what the process was told is wrong, the process ends with a line for each mistake. */
export function readOrExit<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    return exit(error instanceof ConfigError ? error.mistakes : [String(error)])
  }
}
