import { fstatSync, writeSync } from 'node:fs'
import { limits } from '../limits.ts'

/** Takes whole lines, each with its end. */
export interface Lines {
  write(line: string): void
}

/**
 * Standard error. It never waits and never throws: a line is lost if there is no room for it, on a full disk or in a pipe that
 * nobody reads. The next line that gets through follows one that says how many were lost.
 */
export function createStandardError(): Lines {
  const write = isPipe(2) ? writeToPipe : writeToFile
  let lost = 0
  return {
    write(line) {
      if (write(lost === 0 ? line : `${lossOf(lost)}\n${line}`)) lost = 0
      else lost += 1
    },
  }
}

/** Hands the text to node, which keeps it until somebody reads. False if it keeps too much already. */
function writeToPipe(text: string): boolean {
  const { stderr } = process
  // Without a listener, a reader that goes away would end the process.
  if (!stderr.listeners('error').includes(ignore)) stderr.on('error', ignore)
  if (!stderr.writable || stderr.writableLength + text.length > limits.waitingLogBytes) return false
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
