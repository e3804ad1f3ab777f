import { createRequire } from 'node:module'
import { pino } from 'pino'
import type { prettyFactory as PrettyFactory } from 'pino-pretty'
import { limits } from '../limits.ts'
import { createStandardError, gatherLines, type Lines, writeGathered } from './stderr.ts'

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

/** Lines of JSON for machines, or text for people. */
export const logFormats = ['json', 'pretty'] as const
export type LogFormat = (typeof logFormats)[number]

/** The log, the log for auditors, and how many lines of both were lost. */
export interface Logs {
  readonly log: Log
  /** Is written at every level, and is the last to lose lines. */
  readonly audit: Pick<Log, 'info'>
  lost(): number
}

/** Writes to standard error, and never waits for it. */
export function createLogs(level: string, format: LogFormat): Logs {
  const usual = gatherLines(createStandardError(limits.waitingLogBytes))
  const last = createStandardError(limits.waitingLogBytes + limits.waitingAuditBytes)
  const log = pino({ level, base: null }, written(usual, format))
  const audit = pino({ level: 'info', base: null }, written(last, format))
  // At once, and after what came before: what is told here may be the last.
  const atOnce =
    (write: Write): Write =>
    (facts, text) => {
      write(facts, text)
      writeGathered()
    }
  return {
    log: {
      error: atOnce((facts, text) => log.error(facts, text)),
      warn: atOnce((facts, text) => log.warn(facts, text)),
      info: (facts, text) => log.info(facts, text),
      debug: (facts, text) => log.debug(facts, text),
    },
    audit: {
      info(facts, text) {
        writeGathered()
        audit.info(facts, text)
      },
    },
    lost: () => usual.lost + last.lost,
  }
}

function written(lines: Lines, format: LogFormat): Pick<Lines, 'write'> {
  if (format === 'json') return lines
  // Loaded only where a person looks: it delays the start by 15 ms.
  const { prettyFactory }: { prettyFactory: typeof PrettyFactory } = createRequire(import.meta.url)('pino-pretty')
  const pretty = prettyFactory({ colorize: process.stderr.isTTY, singleLine: true, translateTime: 'SYS:HH:MM:ss' })
  return { write: (line) => lines.write(pretty(line)) }
}

/** An error's code, text and stack, as plain values that every log can write. Nothing else that hangs on the error is told. */
export function causeOf(error: unknown) {
  if (!(error instanceof Error)) return undefined
  const code: unknown = Reflect.get(error, 'code')
  return { ...(code !== undefined && { code }), message: error.message, stack: error.stack }
}
