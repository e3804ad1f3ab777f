import { fstatSync, writeSync } from 'node:fs'

/** Takes whole lines, each with its end. */
export interface Lines {
  write(line: string): void
  /** How many lines were lost so far. */
  readonly lost: number
}

/**
 * Standard error. It never waits and never throws: a line is lost if there is no room for it, on a full disk or in a pipe that
 * nobody reads and in which so many bytes wait. The next line that gets through follows one that says how many were lost.
 */
export function createStandardError(waitingBytes: number): Lines {
  const write = isPipe(2) ? (text: string) => writeToPipe(text, waitingBytes) : writeToFile
  let untold = 0
  let lost = 0
  return {
    write(line) {
      if (write(untold === 0 ? line : `${lossOf(untold)}\n${line}`)) untold = 0
      else {
        untold += 1
        lost += 1
      }
    },
    get lost() {
      return lost
    },
  }
}

/** Hands the text to node, which keeps it until somebody reads. False if it keeps too much already. */
function writeToPipe(text: string, waitingBytes: number): boolean {
  const { stderr } = process
  // Without a listener, a reader that goes away would end the process.
  if (!stderr.listeners('error').includes(ignore)) stderr.on('error', ignore)
  if (!stderr.writable || stderr.writableLength + text.length > waitingBytes) return false
  stderr.write(text)
  return true
}

/** Writes at once, as pino does. False if less than the whole text was written. */
function writeToFile(text: string): boolean {
  try {
    const bytes = Buffer.from(text)
    return writeSync(2, bytes) === bytes.length
  } catch {
    return false
  }
}

function ignore(): void {}

function isPipe(fd: number): boolean {
  const kind = fstatSync(fd)
  return kind.isFIFO() || kind.isSocket()
}

/** A line in the form of pino's, which must not be left out at any level. */
function lossOf(lost: number): string {
  return JSON.stringify({ level: 40, time: Date.now(), lost, msg: 'lines of this log were lost' })
}
