// What was measured, as tables in Markdown.
import { availableParallelism, loadavg } from 'node:os'
import { goals } from './goals.js'
import { callers } from './load.js'
import { pinned } from './processes.js'
import { workloads } from './workloads.js'

export function median(values) {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** How busy the machine was before the start. */
const [loadBefore] = loadavg()

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** All tables of a run. `figures` has the rounds by workload and system. */
export function tablesOf({ figures, requests, starts, memory, rounds }) {
  const asked = Object.keys(figures)
  const names = Object.keys(starts)
  const cpu = (workload, name) => median(figures[workload][name].map((round) => round.cpu))
  const rate = (workload, name) => median(figures[workload][name].map((round) => round.rate))
  const ratio = (workload, name, than) => cpu(workload, name) / cpu(workload, than)
  const cpuCell = (workload, name) => {
    const text = cpu(workload, name).toFixed(3)
    return name === 'limit' ? text : `${text} (${ratio(workload, name, 'limit').toFixed(2)})`
  }
  const noise = asked.map((workload) => `${Math.round(spreadOf(figures[workload].limit) * 100)} %`)
  const judged = goals.filter(({ workload, than }) => asked.includes(workload) && names.includes(than))
  return [
    machine(rounds),
    asked.map((workload) => `- ${workload}: ${workloads[workload].means}`).join('\n'),
    table(
      ['CPU per request, in ms (as a multiple of the limit)', ...asked],
      [...names.map((name) => [name, ...asked.map((workload) => cpuCell(workload, name))]), ['noise', ...noise]],
    ),
    table(
      ['Goal: CPU of the gateway', 'is', 'reached'],
      judged.map(({ workload, than, most }) => {
        const reached = ratio(workload, 'gateway', than)
        return [`${workload}: at most ${most} of ${than}`, reached.toFixed(2), reached <= most ? 'yes' : 'no']
      }),
    ),
    table(
      ['Requests per second', ...asked],
      names.map((name) => [name, ...asked.map((workload) => Math.round(rate(workload, name)))]),
    ),
    table(
      ['Requests to authentik', ...asked],
      names.map((name) => [name, ...asked.map((workload) => requests[workload][name])]),
    ),
    table(
      ['', 'from start to first answer', 'CPU for it', 'memory after all rounds'],
      names.map((name) => [
        name,
        `${Math.round(median(starts[name].map(({ wall }) => wall)))} ms`,
        `${Math.round(median(starts[name].map((start) => start.cpu)))} ms`,
        `${Math.round(memory[name])} MB`,
      ]),
    ),
  ].join('\n\n')
}

/** How far the rounds lie apart, as a share of their median. */
function spreadOf(figures) {
  const values = figures.map(({ cpu }) => cpu)
  return (Math.max(...values) - Math.min(...values)) / median(values)
}

function machine(rounds) {
  const where = pinned
    ? `What is measured has a core of its own, callers and authentik's stand-in have ${pinned.others === 1 ? 'another' : `${pinned.others} others`}.`
    : `Everything shares ${availableParallelism()} cores.`
  const run = `Node ${process.version.slice(1)}, ${callers} callers, median of ${rounds} rounds.`
  return `${run} ${where} The machine's load before was ${loadBefore.toFixed(1)}.`
}
