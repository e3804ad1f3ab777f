// What the gateway costs, beside a proxy written by hand and what one writes first: prints tables for the README.
// npm run bench [-- W1 W3] [-- --rounds 5] [-- --peers] [-- --memory]
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compare } from './compare.js'
import { measure, measureStarts } from './measure.js'
import { memory } from './memory.js'
import { installPeers, peers } from './peers/peers.js'
import { memoryOf, startNode } from './processes.js'
import { systems } from './systems.js'
import { tablesOf } from './table.js'
import { workloads } from './workloads.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    peers: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !(name in workloads))
if (unknown.length > 0) throw new Error(`There is no workload ${unknown}, only ${Object.keys(workloads)}`)
const chosen = Object.fromEntries(
  Object.entries(workloads).filter(([name]) => positionals.length === 0 || positionals.includes(name)),
)
const rounds = Number(values.rounds)

/** Tells on standard error how far it is. */
const tell = (text) => process.stderr.write(`${text}\n`)

const upstream = await startNode([join(import.meta.dirname, 'upstream.js')], { ipc: true, measured: false })
async function countRequests() {
  upstream.child.send('count')
  const [count] = await once(upstream.child, 'message')
  return count
}

if (values.memory) await memory(upstream.url)
else console.log(tablesOf({ ...(await bench()), rounds }))
process.exit()

async function bench() {
  if (values.peers) installPeers()
  const starts = {}
  const running = {}
  for (const [name, start] of Object.entries(values.peers ? { ...systems, ...peers } : systems)) {
    tell(`starts: ${name}`)
    starts[name] = await measureStarts(start, upstream.url, 5)
    running[name] = await start(upstream.url)
  }
  const { answers, requests } = await compare(running, chosen, countRequests)
  const figures = await measure(running, chosen, { rounds, answers, tell })
  const memory = Object.fromEntries(Object.entries(running).map(([name, system]) => [name, memoryOf(system)]))
  return { figures, requests, starts, memory }
}
