// Asks a gateway, and measures.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const agent = new Agent({ keepAlive: true, maxSockets: 2000 })

/** The answer, its status and the milliseconds that it took. Rejects when the signal is aborted. */
export function ask(url, token, query, { variables, signal } = {}) {
  const started = performance.now()
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers, agent, signal }, async (response) => {
      const text = (await response.toArray().catch(reject))?.join('')
      if (text === undefined) return
      const { data, errors } = text === '' ? {} : JSON.parse(text)
      resolve({ status: response.statusCode, data, errors, ms: performance.now() - started })
    })
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify({ query, variables }))
  })
}

export const me = '{ me { username } }'

/** Asks `me` so many times, one after the other, with a pause between: the times, and how many failed. */
export async function askOften(url, tokenOf, times, pause = 20) {
  const milliseconds = []
  let failed = 0
  for (let index = 0; index < times; index += 1) {
    const { data, ms } = await ask(url, tokenOf(index), me).catch(() => ({ ms: Number.POSITIVE_INFINITY }))
    if (data?.me?.username !== 'ada') failed += 1
    milliseconds.push(ms)
    await sleep(pause)
  }
  return { failed, p50: quantile(milliseconds, 0.5), p99: quantile(milliseconds, 0.99) }
}

export function quantile(values, share, digits = 0) {
  const sorted = values.toSorted((one, other) => one - other)
  return Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(digits))
}

/** Goes on with some work until told to stop. */
export function keepDoing(count, work) {
  const state = { on: true }
  const loops = Array.from({ length: count }, async (_, index) => {
    while (state.on) await work(index).catch(() => sleep(50))
  })
  return async () => {
    state.on = false
    await Promise.race([Promise.allSettled(loops), sleep(3000)])
  }
}
