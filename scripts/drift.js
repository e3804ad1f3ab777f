// Tells what another release of authentik would mean for the graph: holds its OpenAPI document against what this gateway
// reads and sends. Ends with 2 where something would break, and with 1 where there is nothing to compare.
import { compareBodies } from './drift/bodies.js'
import { Mistake, readDocument } from './drift/document.js'
import { OpenApi } from './drift/openapi.js'
import { compareRequests } from './drift/requests.js'

const headings = {
  breaks: 'Breaks',
  null: 'Null, or never occurs',
  costs: 'Costs more',
  unread: 'Not in the graph',
}

function print(version, differences) {
  const linesOf = (gravity) => differences.filter((one) => one.gravity === gravity).map(({ line }) => line)
  console.log(`authentik ${version}, held against what this gateway reads and sends.\n`)
  for (const [gravity, heading] of Object.entries(headings)) {
    const lines = linesOf(gravity)
    if (lines.length > 0) console.log(`${heading}\n${lines.map((line) => `  ${line}\n`).join('')}`)
  }
  const [breaks, nulls, costs, unread] = Object.keys(headings).map((gravity) => linesOf(gravity).length)
  console.log(`${breaks || 'Nothing'} breaks; ${nulls} null, ${costs} costing more, ${unread} not in the graph.`)
  return breaks > 0 ? 2 : 0
}

try {
  const document = await readDocument(process.argv.slice(2))
  const api = new OpenApi(document)
  process.exitCode = print(document.info?.version ?? 'without a version', [
    ...(await compareRequests(api)),
    ...compareBodies(api),
  ])
} catch (error) {
  if (!(error instanceof Mistake)) throw error
  console.error(error.message)
  process.exitCode = 1
}
