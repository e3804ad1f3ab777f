// The processes of the benchmark: on which cores they run, how they start, what they take, how they end.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const children = new Set()
process.once('exit', () => {
  for (const child of children) end(child)
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/** The cores that this process may use, by their numbers. */
function coresOf() {
  const [, list] = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** Takes all cores but the first for this process and what it starts; the first is for what is measured. Undefined without taskset. */
function pin() {
  const [first, ...others] = coresOf()
  if (others.length === 0) return undefined
  const { status } = spawnSync('taskset', ['-acp', others.join(','), String(process.pid)])
  return status === 0 ? { measured: first, others: others.length } : undefined
}

/** Where what is measured runs, if it has a core of its own. */
export const pinned = pin()

/** Starts a program of Node, with this Node. `measured`: on the core for what is measured. Resolves when it listens. */
export function startNode(args, options = {}) {
  return startProgram(process.execPath, args, options)
}

/**
 * Starts a program, and resolves with its address as soon as it listens: the program prints it, unless it was told its `url`.
 * `log` is a file for its standard error.
 */
export async function startProgram(program, args, options = {}) {
  const { env = {}, measured = true, log = 'inherit', ipc = false } = options
  const line = measured && pinned ? ['taskset', '-c', String(pinned.measured), program, ...args] : [program, ...args]
  const child = spawn(line[0], line.slice(1), {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', log, ...(ipc ? ['ipc'] : [])],
  })
  children.add(child)
  const started = options.url ? listening(child, options.url) : addressOf(child)
  const url = await within(20, `The start of ${args.at(-1)}`, started)
  return { child, url, stop: () => end(child) }
}

/** Resolves with the address that the program prints. What it prints later is read and forgotten. */
function addressOf({ stdout }) {
  return new Promise((resolve, reject) => {
    let text = ''
    stdout.on('data', (data) => {
      text += data
      const [, url] = /listens on (\S+)\n/.exec(text) ?? []
      if (url) resolve(url)
    })
    stdout.once('end', () => reject(new Error(`A program ended, and had printed: ${text}`)))
  })
}

/** Resolves with the address as soon as somebody listens there. */
async function listening(child, url) {
  child.stdout.resume()
  const { hostname, port } = new URL(url)
  while (child.exitCode === null) {
    const reached = await new Promise((resolve) => {
      const socket = connect(Number(port), hostname)
      socket.once('error', () => resolve(false)).once('connect', () => resolve(socket.destroy()))
    })
    if (reached) return url
    await wait(5)
  }
  throw new Error(`A program ended, which was to listen on ${url}`)
}

/** Kills it, and closes its pipes, which would keep this process. */
function end(child) {
  children.delete(child)
  child.kill('SIGKILL')
  child.stdout.destroy()
  child.unref()
}

/** Rejects if the work takes longer. */
export async function within(seconds, what, work) {
  let timer
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${seconds} s.`)), seconds * 1000)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Milliseconds of CPU that a process has taken, in user and system mode. Linux tells them in hundredths of a second. */
export function cpuOf({ child }) {
  const text = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Megabytes in memory, now. */
export function memoryOf({ child }) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024
}
