import { type Context, keep } from '../context.ts'
import { limits } from '../limits.ts'

// Answering many rows takes long, and nobody else is served meanwhile. So after some of them, all further ones of the process wait
// for the next rounds of the event loop, in their order.

/** What of one operation waits: its rows, and the loads that begin when no row waits. */
interface Operation {
  rows: number
  readonly loads: (() => void)[]
}

interface Waiting {
  readonly operation: Operation
  readonly account: Context['account']
  readonly go: () => void
}

let waiting: Waiting[] = []
let begun = 0
let isRoundSet = false

/** The row, or what gives it when it is its turn. */
export function inTurn<T>(context: Context, row: T): T | Promise<T> {
  if (!isRoundSet) setImmediate(beginRound)
  isRoundSet = true
  if (waiting.length === 0 && begun < limits.rowsAtOnce) {
    begun += 1
    return row
  }
  const operation = operationOf(context)
  operation.rows += 1
  const { account } = context
  return new Promise((resolve) => {
    waiting.push({ operation, account, go: () => resolve(row) })
  })
}

/** Begins to load when no row of the operation waits any more, so that one batch has all that they want loaded. */
export function loadInTurn(context: Context, begin: () => void): void {
  beginAfterJobs(operationOf(context), begin)
}

function operationOf(context: Context): Operation {
  return keep(context, inTurn, () => ({ rows: 0, loads: [] }))
}

function beginRound(): void {
  // Nobody looks at the rows of queries that are given up, and they would hold memory until it is their turn.
  waiting = waiting.filter(({ account }) => !account.isOverdrawn)
  const next = waiting.splice(0, limits.rowsAtOnce)
  begun = next.length
  for (const { operation, go } of next) {
    operation.rows -= 1
    go()
    if (operation.rows === 0) for (const begin of operation.loads.splice(0)) beginAfterJobs(operation, begin)
  }
  isRoundSet = begun > 0
  if (isRoundSet) setImmediate(beginRound)
}

/** Begins behind all jobs of promises, as DataLoader does by itself. */
function beginAfterJobs(operation: Operation, begin: () => void): void {
  const beginNow = () => (operation.rows === 0 ? begin() : void operation.loads.push(begin))
  void Promise.resolve().then(() => process.nextTick(beginNow))
}
