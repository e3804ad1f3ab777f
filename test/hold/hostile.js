// What each hostile input costs the built gateway, whose heap is 128 MB: prints a line for each, and marks those over the bound of
// 100 ms of CPU and 20 MB, if they have not made a request to authentik for each 20 ms of CPU. Then how long the event loop is kept
// meanwhile, as the gateway itself and a caller see it. Linux only: it reads /proc.
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from './ask.js'
import { hostileInputs } from './hostile-inputs.js'
import { memoryOf, withGateway } from './processes.js'

const rounds = 3
const bounds = { cpu: 100, megabytes: 20, cpuForARequest: 20 }

/** Milliseconds of CPU that the process has used. The kernel counts in hundredths of a second. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function send(url, { body, token }) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers }, async (response) => {
      let size = 0
      for await (const chunk of response) size += chunk.length
      resolve({ status: response.statusCode, size })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Asks for the liveness page every 5 ms, until told to stop: the milliseconds that the answers took. */
function watch(url) {
  const state = { on: true, milliseconds: [] }
  const loop = (async () => {
    while (state.on) {
      const started = performance.now()
      await fetch(url.replace('/graphql', '/health')).then((response) => response.text())
      state.milliseconds.push(performance.now() - started)
      await sleep(5)
    }
  })()
  return async () => {
    state.on = false
    await loop
    return state.milliseconds
  }
}

/** How long the event loop was kept since this was asked last, in milliseconds: see loop-delay.js. */
async function loopDelayOf(child) {
  child.send('loop')
  const [delay] = await once(child, 'message')
  return delay
}

async function measure({ gateway, upstream }, input) {
  const { pid } = gateway.child
  await send(gateway.url, input)
  await sleep(50)
  const { requests: before } = await upstream.stats()
  const rss = memoryOf(pid, 'VmRSS')
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  await loopDelayOf(gateway.child)
  const cpu = cpuOf(pid)
  let answer
  for (let round = 0; round < rounds; round += 1) answer = await send(gateway.url, input)
  const spent = (cpuOf(pid) - cpu) / rounds
  const megabytes = memoryOf(pid, 'VmHWM') - rss
  const requests = ((await upstream.stats()).requests - before) / rounds
  const { longest } = await loopDelayOf(gateway.child)
  return { ...answer, cpu: spent, megabytes, requests, longest }
}

const chosen = process.argv.slice(2)
const inputs = hostileInputs.filter(({ name }) => chosen.length === 0 || chosen.some((part) => name.includes(part)))
let over = 0
await withGateway(
  async (processes) => {
    // The first requests to a process cost more than all that follow.
    for (const input of hostileInputs.slice(0, 20)) await send(processes.gateway.url, input)
    for (const input of inputs) {
      const { status, size, cpu, megabytes, requests, longest } = await measure(processes, input).catch((error) => {
        throw new Error(`The process ended by: ${input.name}`, { cause: error })
      })
      const isOver = (cpu > bounds.cpu || megabytes > bounds.megabytes) && requests * bounds.cpuForARequest < cpu
      if (isOver) over += 1
      const figures = [
        `${Math.round(cpu)} ms CPU`,
        `loop ${longest} ms`,
        `${Math.round(megabytes)} MB`,
        `${Math.round(requests)} requests`,
        `${status}, ${Math.round(size / 1024)} kB`,
      ]
      console.log(
        `${isOver ? 'OVER ' : '     '}${input.name.padEnd(46)} ${figures.map((figure) => figure.padStart(13)).join('')}`,
      )
    }
    const { gateway } = processes
    await loopDelayOf(gateway.child)
    for (let round = 0; round < rounds; round += 1) for (const input of inputs) await send(gateway.url, input)
    const loop = await loopDelayOf(gateway.child)
    const stop = watch(gateway.url)
    for (const input of inputs) await send(gateway.url, input)
    const waits = await stop()
    console.log(
      `${inputs.length} inputs, ${over} over. The event loop meanwhile: p99 ${loop.p99} ms, at most ${loop.longest} ms. /health: p50 ${quantile(waits, 0.5)} ms, p99 ${quantile(waits, 0.99)} ms`,
    )
  },
  { NODE_OPTIONS: `--max-old-space-size=128 --import=${new URL('loop-delay.js', import.meta.url)}` },
  'wide-upstream.js',
)
process.exit()
