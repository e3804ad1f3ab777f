// The processes of a long run: the model of authentik and the built gateway, each started anew for each part.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Starts both, runs the part, and ends both. `model` is the file of the model. */
export async function withGateway(run, settings = {}, model = 'upstream.js', argv = []) {
  const upstream = await startUpstream(model, argv)
  const gateway = await startGateway({ AUTHENTIK_URL: upstream.url, ...settings })
  try {
    return await run({ upstream, gateway })
  } finally {
    gateway.child.kill('SIGKILL')
    upstream.child.kill('SIGKILL')
  }
}

async function startUpstream(model, argv) {
  const child = fork(join(import.meta.dirname, model), argv, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const url = (await printed(child, /http:\S+/))[0]
  const be = async (mood) => {
    child.send(mood)
    await once(child, 'message')
  }
  return { child, url, be, stats: async () => (await fetch(`${url}/stats`)).json() }
}

/** The built gateway; over the embedded authentik if no other is named. */
export async function startGateway(settings) {
  const env = { PATH: process.env.PATH, PORT: '0', LOG_LEVEL: 'silent', ...settings }
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const [, url] = await printed(child, /listens on (\S+)\n/)
  return { child, url }
}

function printed(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (data) => {
      text += data
      const found = pattern.exec(text)
      if (found) resolve(found)
    })
    child.once('exit', () => reject(new Error(`It ended, and had printed ${text}`)))
  })
}

/** Megabytes in memory, now (`VmRSS`) or at most since the last reset (`VmHWM`). */
export function memoryOf(pid, name) {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}
