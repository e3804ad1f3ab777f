import { fstatSync, writeSync } from 'node:fs'
import { limits } from '../limits.ts'

/** Takes whole lines, each with its end. */
export interface Lines {
  /** Takes a text of one line, or of so many. */
  write(text: string, lines?: number): void
  /** How many lines were lost so far. */
  readonly lost: number
}

/**
 * Standard error. It never waits and never throws: a line is lost if there is no room for it, on a full disk or in a pipe that
 * nobody reads and in which so many bytes wait. The next line that gets through follows one that says how many were lost. If a text of
 * several lines gets through in part, all of them count as lost.
 */
export function createStandardError(waitingBytes: number): Lines {
  const write = isPipe(2) ? (text: string) => writeToPipe(text, waitingBytes) : writeToFile
  let untold = 0
  let lost = 0
  return {
    write(text, lines = 1) {
      if (write(untold === 0 ? text : `${lossOf(untold)}\n${text}`)) untold = 0
      else {
        untold += lines
        lost += lines
      }
    },
    get lost() {
      return lost
    },
  }
}

/** What has gathered lines in this turn of the event loop: how it writes them. */
const gathered = new Set<() => void>()
let isEnding = false

/** Writes all lines that are gathered, before what is to be written at once. */
export function writeGathered(): void {
  for (const write of gathered) write()
}

process.on('exit', () => {
  isEnding = true
  writeGathered()
})

/**
 * The same, but the lines of one turn of the event loop become a few texts, since each text is a system call. Those of a
 * process that is killed in this turn are lost.
 */
export function gatherLines(to: Lines): Lines {
  let text = ''
  let lines = 0
  const write = () => {
    gathered.delete(write)
    if (lines > 0) to.write(text, lines)
    text = ''
    lines = 0
  }
  return {
    write(line) {
      if (lines === 0) {
        gathered.add(write)
        setImmediate(write)
      }
      text += line
      lines += 1
      if (isEnding || text.length > limits.gatheredLogCharacters) write()
    },
    get lost() {
      return to.lost
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
