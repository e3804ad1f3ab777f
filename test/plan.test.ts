import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ExecutionResult, type GraphQLError, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { fieldsAtOnce } from '../src/authentik/account.ts'
import { Upstream } from '../src/authentik/wire/upstream.ts'
import { createContext } from '../src/context.ts'
import { createExecute, type Execute, executeByGraphql } from '../src/execute/execute.ts'
import { Plans } from '../src/execute/plan.ts'
import { createGateway } from '../src/gateway.ts'
import { observeAll } from '../src/observe/observer.ts'
import { RequestRecord } from '../src/observe/record.ts'
import { createSchema } from '../src/schema/index.ts'
import { createOperation, type Operation } from './fuzz/documents.ts'
import { callers, learn } from './fuzz/learn.ts'
import { createRandom } from './fuzz/random.ts'
import { startUpstream, tokenOf } from './fuzz/upstream.ts'
import { startGatewayOver } from './start.ts'

// Random queries over changed answers of authentik, each run in four ways: by graphql-js alone, by its plan, and twice through the
// front door. `PLANS=100000` runs more, and `PLANS_ONLY=123` runs that one again and shows it.

const queries = Number(process.env['PLANS'] ?? 2000)
const only = Number(process.env['PLANS_ONLY'] ?? 0)
const schema = createSchema()
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const observer = observeAll([])

/** What came, as far as every way must agree. */
interface Outcome {
  readonly data: unknown
  readonly errors: readonly string[]
  readonly asked: readonly string[]
  /** The pages that answered for many objects: how many are wanted at the same moment is chance. */
  readonly pages: readonly string[]
}

it(`answers ${queries} random queries by plans as graphql-js does, and asks authentik for the same`, {
  timeout: 0,
}, async () => {
  const upstream = await startUpstream()
  const known = await learn(upstream.url, (await startGatewayOver(upstream.url)).url)
  const faults: string[] = []
  let planned = 0
  let next = only || 1
  const last = only || queries
  const work = async () => {
    while (next <= last && faults.length < 5) {
      const seed = next
      next += 1
      const operation = createOperation(schema, createRandom(seed), known)
      if (operation.query.startsWith('mutation') || validate(schema, parse(operation.query)).length > 0) continue
      const token = tokenOf(createRandom(seed).pick(callers), seed)
      const asked = () => pathsOf((upstream.asked.get(seed) ?? []).splice(0))
      const byGraphql = await run(executeByGraphql, upstream.url, token, operation, asked)
      // What was sent before authentik refused the credential is chance.
      if (byGraphql.errors.some((error) => error.includes('UNAUTHENTICATED'))) continue
      let hasPlan = false
      const plans = new Plans(schema)
      const execute = createExecute({
        find(...args) {
          const plan = plans.find(...args)
          hasPlan = plan !== undefined
          return plan
        },
      })
      const byPlan = await run(execute, upstream.url, token, operation, asked)
      if (hasPlan) planned += 1
      const [first, second] = await askTwice(upstream.url, token, operation, asked)
      if (only) console.log(operation, token, JSON.stringify({ byGraphql, byPlan, first, second }, null, 1))
      const differ = (way: string, one: Answer, other: Answer) => {
        // A page is changed in another way than an object that is asked for by itself.
        if (JSON.stringify(outcomeIn(one)?.pages) !== JSON.stringify(outcomeIn(other)?.pages)) return
        if (JSON.stringify(one) !== JSON.stringify(other)) faults.push(`PLANS_ONLY=${seed}: ${way} differs`)
      }
      differ('the plan', byPlan, byGraphql)
      differ('the straight way', second, first)
      differ('the front door', unmasked(first?.outcome), unmasked(byGraphql))
    }
  }
  await Promise.all(Array.from({ length: 4 }, work))
  expect(faults).toEqual([])
  if (!only) expect(planned).toBeGreaterThan(queries * 0.6)
})

type Answer = Outcome | { readonly outcome: Outcome } | undefined

function outcomeIn(answer: Answer): Outcome | undefined {
  return answer && ('outcome' in answer ? answer.outcome : answer)
}

/** Executes the operation over an upstream of its own, which has learned nothing. */
async function run(
  execute: Execute,
  url: string,
  token: string,
  { query, variables }: Operation,
  asked: () => Pick<Outcome, 'asked' | 'pages'>,
): Promise<Outcome> {
  const upstream = new Upstream({
    url: new URL(url),
    publicUrl: new URL(url),
    concurrency: 8,
    clocks: { queue: 60_000, upstream: 15_000 },
    observer,
  })
  const record = new RequestRecord({
    id: 'x',
    method: 'POST',
    path: '/graphql',
    client: { name: undefined, version: undefined },
    traceparent: undefined,
    hash: () => undefined,
  })
  const caller = {
    request: {},
    authorization: `Bearer ${token}`,
    signal: new AbortController().signal,
    record,
    address: undefined,
    onEnd() {},
  }
  const fields = fieldsAtOnce(Number.POSITIVE_INFINITY)
  const contextValue = createContext(caller, { upstream, observer, timeout: 90_000, fields })
  const result = await execute({ schema, document: parse(query), variableValues: variables, contextValue })
  await upstream.close()
  return outcomeOf(result, asked())
}

/** Asks a gateway that has learned nothing twice: yoga answers first, and then what is known goes straight. */
async function askTwice(
  upstreamUrl: string,
  token: string,
  operation: Operation,
  asked: () => Pick<Outcome, 'asked' | 'pages'>,
) {
  const logs = { log: silent, audit: silent, lost: () => 0 }
  const gateway = createGateway({ authentikUrl: new URL(upstreamUrl), logs, graphiql: false })
  const server = createServer(gateway.listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
  const answers = []
  for (let turn = 0; turn < 2; turn += 1) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(operation),
    })
    const { status, headers } = response
    const text = await response.text()
    const result = JSON.parse(text) as ExecutionResult
    const head = [...headers].filter(
      ([name]) => !['date', 'x-request-id', 'server-timing', 'content-length'].includes(name),
    )
    answers.push({ head: [status, head, result.errors ? '' : text], outcome: outcomeOf(result, asked()) })
  }
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await gateway.close()
  return answers
}

/** What was asked, each once: how often a broken read is tried again depends on others. */
function pathsOf(paths: readonly string[]): Pick<Outcome, 'asked' | 'pages'> {
  const asked = [...new Set(paths)].sort()
  return { asked, pages: asked.filter((path) => /\/(oauth2|users|groups)\/\?.*\bordering=pk&/.test(path)) }
}

/** Without the words of errors, which the front door writes. */
function unmasked(outcome: Outcome | undefined) {
  return outcome && { ...outcome, errors: outcome.errors.map((error) => JSON.stringify(JSON.parse(error)[0])).sort() }
}

/** What is the same in every way: in which order errors come, nobody promises. */
function outcomeOf(
  { data, errors = [] }: ExecutionResult,
  { asked, pages }: Pick<Outcome, 'asked' | 'pages'>,
): Outcome {
  const tell = ({ path, message, extensions }: Told) => JSON.stringify([path, extensions?.['code'] ?? '', message])
  // If a null takes its parent with it, the answer is sent before all that stood beside it has been asked for, or after.
  const isWhole = !errors.some(({ path }) => path && isGone(data, path))
  return {
    data: JSON.parse(JSON.stringify(data ?? null)),
    errors: errors.map(tell).sort(),
    asked: isWhole ? asked : [],
    pages,
  }
}

type Told = Pick<GraphQLError, 'path' | 'message' | 'extensions'>

/** Whether there is no such place in the data any more. */
function isGone(data: unknown, path: readonly (string | number)[]): boolean {
  const [key, ...rest] = path
  if (key === undefined) return false
  return typeof data !== 'object' || data === null || isGone(Reflect.get(data, key), rest)
}
