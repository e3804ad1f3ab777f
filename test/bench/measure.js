// Measures systems that run: CPU per request and requests per second, in interleaved rounds; and how one starts.
import { ask, callers, load } from './load.js'
import { cpuOf } from './processes.js'
import { emptyLog } from './systems.js'
import { workloads } from './workloads.js'

/**
 * Seconds of CPU that a system warms up for a workload, and in all before the first is measured, until V8 has compiled what is to be
 * measured; and seconds of a round, about.
 */
const seconds = { warm: 3, warmFirst: 12, round: 2 }

/**
 * For each workload and each system, what each round took. All systems run all the time. In each round each of them has the same
 * workload, one after the other; the next round begins with the last.
 */
export async function measure(running, chosen, { rounds, answers, tell }) {
  const names = Object.keys(running)
  const cells = Object.keys(chosen).map((workload) => ({ workload, figures: {}, amounts: {} }))
  for (const { workload, amounts, figures } of cells) {
    for (const name of names) {
      tell(`${workload}: ${name} warms up`)
      const rate = await warmUp(running[name], chosen[workload], answers[workload][name])
      amounts[name] = Math.max(callers, Math.round(rate * seconds.round))
      figures[name] = []
    }
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const { workload, amounts, figures } of cells) {
      for (const name of round % 2 ? names : names.toReversed()) {
        const options = { amount: amounts[name], answer: answers[workload][name] }
        const figure = await measureOne(running[name], chosen[workload], options)
        figures[name].push(figure)
        tell(`${workload}: ${name} takes ${figure.cpu.toFixed(3)} ms in round ${round}`)
      }
    }
  }
  return Object.fromEntries(cells.map(({ workload, figures }) => [workload, figures]))
}

/** Resolves with the requests that it answers in a second when it is warm. */
async function warmUp(system, workload, answer) {
  const end = Math.max(cpuOf(system) + seconds.warm * 1000, seconds.warmFirst * 1000)
  let last
  do {
    emptyLog()
    last = await load(system.url, workload, { seconds: 1, answer })
  } while (cpuOf(system) < end)
  return last.answers / last.seconds
}

async function measureOne(system, workload, options) {
  emptyLog()
  const before = cpuOf(system)
  const done = await load(system.url, workload, options)
  return { cpu: (cpuOf(system) - before) / done.answers, rate: done.answers / done.seconds }
}

/** Milliseconds from the start of a system until it has answered a first request, and how much CPU they took: often. */
export async function measureStarts(start, authentik, times) {
  const starts = []
  for (let time = 0; time < times; time += 1) {
    const began = performance.now()
    const system = await start(authentik)
    await ask(system.url, workloads.W1)
    starts.push({ wall: performance.now() - began, cpu: cpuOf(system) })
    system.stop()
  }
  return starts
}
