// Whether the gateway's memory stays flat: how much it takes after so many requests.
import { ask, load } from './load.js'
import { memoryOf } from './processes.js'
import { emptyLog, systems } from './systems.js'
import { workloads } from './workloads.js'

export async function memory(authentik) {
  const gateway = await systems.gateway(authentik)
  const answer = await ask(gateway.url, workloads.W1)
  for (let done = 10_000; done <= 50_000; done += 10_000) {
    emptyLog()
    await load(gateway.url, workloads.W1, { amount: 10_000, answer })
    console.log(`after ${done} W1: ${Math.round(memoryOf(gateway))} MB`)
  }
  gateway.stop()
}
