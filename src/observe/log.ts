import { pino } from 'pino'
import { createStandardError } from './stderr.ts'

type Write = (facts: object, text: string) => void

/** What the gateway asks of a log. A logger of pino's is one. */
export interface Log {
  readonly error: Write
  readonly warn: Write
  readonly info: Write
  readonly debug: Write
}

/** From the fewest lines to the most. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug']

/** Writes lines of JSON to standard error, and never waits for it. */
export function createLog(level: string): Log {
  return pino({ level, base: null }, createStandardError())
}

/** An error's code, text and stack, as plain values that every log can write. Nothing else that hangs on the error is told. */
export function causeOf(error: unknown) {
  if (!(error instanceof Error)) return undefined
  const code: unknown = Reflect.get(error, 'code')
  return { ...(code !== undefined && { code }), message: error.message, stack: error.stack }
}
