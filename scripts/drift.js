// Tells what another release of authentik would mean for the graph: holds its OpenAPI document against what this gateway
// reads and sends. Ends with 2 where something would break, and with 1 where there is nothing to compare.
import { gravities, linesOf } from '../dist/drift/differences.js'
import { compare } from '../dist/drift/drift.js'
import { Mistake } from '../dist/drift/live.js'
import { readDocument } from './document.js'

function print(version, differences) {
  console.log(`authentik ${version}, held against what this gateway reads and sends.\n`)
  for (const [gravity, heading] of Object.entries(gravities)) {
    const lines = linesOf(differences, gravity)
    if (lines.length > 0) console.log(`${heading}\n${lines.map((line) => `  ${line}\n`).join('')}`)
  }
  const [breaks, nulls, costs, unread] = Object.keys(gravities).map((gravity) => linesOf(differences, gravity).length)
  console.log(`${breaks || 'Nothing'} breaks; ${nulls} null, ${costs} costing more, ${unread} not in the graph.`)
  return breaks > 0 ? 2 : 0
}

try {
  const document = await readDocument(process.argv.slice(2))
  process.exitCode = print(document.info?.version ?? 'without a version', await compare(document))
} catch (error) {
  if (!(error instanceof Mistake)) throw error
  console.error(error.message)
  process.exitCode = 1
}
