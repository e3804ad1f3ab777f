import { type DocumentNode, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { createSchema } from '../src/schema/index.ts'
import { createOperation, type Operation } from './fuzz/documents.ts'
import { type Answer, faultsOf } from './fuzz/judge.ts'
import { callers, learn } from './fuzz/learn.ts'
import { createRandom, type Random } from './fuzz/random.ts'
import { startUpstream, tokenOf } from './fuzz/upstream.ts'
import type { Known } from './fuzz/values.ts'
import { addressOf, run } from './program.ts'

// Random documents, asked of the built program over answers of authentik that are changed here and there. Each document follows
// from its number alone: `FUZZ=100000` asks more, and `FUZZ_ONLY=123` asks that one again and shows it.

const documents = Number(process.env['FUZZ'] ?? 3000)
const only = Number(process.env['FUZZ_ONLY'] ?? 0)
const schema = createSchema()

it(`answers ${documents} random documents over changed bodies as the schema promises`, { timeout: 0 }, async () => {
  const upstream = await startUpstream()
  const running = run({ AUTHENTIK_URL: upstream.url, UPSTREAM_CONCURRENCY: '100', LOG_LEVEL: 'error' })
  const url = await addressOf(running)
  const known = await learn(upstream.url, url)
  const faults: string[] = []
  const counts = { answered: 0, failed: 0 }
  let next = only || 1
  const last = only || documents
  const work = async () => {
    while (next <= last && faults.length < 20 && running.child.exitCode === null) {
      const seed = next
      next += 1
      const found = await askOne(url, seed, known)
      counts.answered += found.answered
      counts.failed += found.failed
      if (found.faults.length > 0) faults.push(`FUZZ_ONLY=${seed}: ${found.faults.join('; ')}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  if (only) console.log(running.stderr())
  expect(faults).toEqual([])
  expect(running.child.exitCode).toBe(null)
  // A promise that was left is a line of the log.
  const lines = running.stderr().split('\n')
  expect(lines.filter((line) => line !== '' && !line.includes('"kind":"audit"'))).toEqual([])
  if (only > 0) return
  // Most documents reach authentik, and many of its answers are changed where it shows.
  expect(counts.answered).toBeGreaterThan(documents * 0.8)
  expect(counts.failed).toBeGreaterThan(documents * 0.1)
})

interface Found {
  readonly answered: number
  readonly failed: number
  readonly faults: readonly string[]
}

/** Asks the document, or the few of a batch, and judges what comes. */
async function askOne(url: string, seed: number, known: Known): Promise<Found> {
  const random = createRandom(seed)
  const caller = random.pick(callers)
  const batch = random.chance(0.05)
  const operations = Array.from({ length: batch ? random.between(1, 4) : 1 }, () => {
    const operation = createOperation(schema, random, known)
    return random.chance(0.03) ? damaged(operation, random) : operation
  })
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokenOf(caller, seed)}` },
    body: JSON.stringify(batch ? operations : operations[0]),
  })
  const text = await response.text()
  if (only) console.log(JSON.stringify(operations, null, 1).replaceAll('\\n', '\n'), caller, response.status, text)
  if (response.status >= 500)
    return { answered: 0, failed: 0, faults: [`status ${response.status}: ${text.slice(0, 500)}`] }
  const answers = [JSON.parse(text)].flat() as Answer[]
  if (answers.length !== operations.length) {
    return { answered: 0, failed: 0, faults: answers[0]?.errors ? [] : [`${answers.length} answers`] }
  }
  const judged = operations.flatMap(({ query, variables }, index) => {
    const answer = answers[index] ?? {}
    const document = readDocument(query)
    if (document) return faultsOf(schema, document, variables, answer)
    return answer.errors ? [] : ['an answer to what is no document']
  })
  const answered = answers.some(({ data }) => data) ? 1 : 0
  return { answered, failed: answered && answers.some(({ errors }) => errors) ? 1 : 0, faults: judged }
}

/** The document, undefined where it is none or does not fit the schema. */
function readDocument(query: string): DocumentNode | undefined {
  try {
    const document = parse(query)
    return validate(schema, document).length === 0 ? document : undefined
  } catch {
    return undefined
  }
}

/** With one character changed, or as it was: an answer is not judged without the names of its types. */
function damaged({ query, variables }: Operation, random: Random): Operation {
  const at = random.between(0, query.length)
  const text = query.slice(0, at) + random.pick(['', '{', '}', '"', '$x', '!']) + query.slice(at + 1)
  const names = (of: string) => of.match(/\b__typename\b/g)?.length
  return { query: names(text) === names(query) ? text : query, variables }
}
