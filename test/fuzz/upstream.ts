import { onTestFinished } from 'vitest'
import { releases } from '../../src/releases.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { listen } from '../start.ts'
import { createRandom, seedOf } from './random.ts'

/** How many properties are changed, and how many whole answers: another share for each document. */
const propertyShares = [0.005, 0.02, 0.1]
const answerShares = [0, 0.02, 0.3]

/** The text between a caller's token and the seed of what is changed for it. */
const mark = '~'

/** A token of the caller for whose requests the answers are changed in the way of that seed; 0: not at all. */
export function tokenOf(caller: string, seed: number): string {
  return `${caller}${mark}${seed}`
}

/**
 * An embedded authentik of each release, whose answers are changed here and there. The seed in the token decides which release answers,
 * and what is changed: so one document is always answered the same, whatever else is asked. Nothing is deleted. `asked` has what was asked, by
 * that seed. Without `changes` all answers come as they are.
 */
export async function startUpstream({ changes = true } = {}): Promise<{ url: string; asked: Map<number, string[]> }> {
  const asked = new Map<number, string[]>()
  const sandboxes = await Promise.all([...releases, '2024.10.0' as const].map((release) => startSandbox({ release })))
  onTestFinished(async () => void (await Promise.all(sandboxes.map((sandbox) => sandbox.close()))))
  const { url } = await listen(async ({ url: path = '', method = 'GET', headers }, response) => {
    const [authorization = '', text = '0'] = (headers.authorization ?? '').split(mark)
    const seed = Number(text)
    asked.set(seed, [...(asked.get(seed) ?? []), `${method} ${path}`])
    // Whichever lists it includes, an object is changed in the same way.
    const place = `${method} ${path.replaceAll(/include_\w+=\w+&?/g, '')} ${seed}`
    const random = createRandom(seedOf(place))
    const ofDocument = createRandom(seed)
    const sandbox = seed === 0 ? sandboxes.at(-2) : ofDocument.pick(sandboxes)
    const [share, answerShare] = [ofDocument.pick(propertyShares), ofDocument.pick(answerShares)]
    const isChanged = changes && seed !== 0
    if (isChanged && random.chance(answerShare)) {
      const [status, body] = random.pick(broken)
      if (status === 0) return response.destroy()
      return response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }
    if (method === 'DELETE') return response.writeHead(204).end()
    const answer = await fetch(`${sandbox?.url}${path}`, { headers: { authorization } })
    const body = await answer.text()
    const changed =
      answer.ok && isChanged && body !== '' ? JSON.stringify(change(JSON.parse(body), share, place)) : body
    return response.writeHead(answer.status, { 'content-type': 'application/json' }).end(changed)
  })
  return { url, asked }
}

const broken: readonly (readonly [status: number, body: string])[] = [
  [0, ''],
  [200, ''],
  [200, '<h1>A web site</h1>'],
  [200, 'null'],
  [200, '[]'],
  [200, '{}'],
  [400, '{"detail":"no"}'],
  [403, '{"detail":"Token invalid/expired"}'],
  [403, '{"detail":"You do not have permission to perform this action."}'],
  [404, '{"detail":"Not found."}'],
  [418, 'tea'],
  [429, '{}'],
  [500, '<h1>Server Error</h1>'],
]

const others: readonly unknown[] = [
  undefined,
  undefined,
  undefined,
  undefined,
  null,
  null,
  'of-the-next-release',
  '',
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  true,
  [],
  [null],
  [[]],
  {},
  { pk: null },
]

const pageNumbers = { pagination: true, results: true, count: true, total_pages: true, start_index: true }

/** The value with a share of its properties changed: each by its place. */
function change(value: unknown, share: number, place: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => change(item, share, `${place} ${item?.pk ?? index}`))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]) => {
    const random = createRandom(seedOf(`${place} ${name}`))
    // Without the numbers of a page, none of its rows shows.
    const isChanged = random.chance(name in pageNumbers ? share / 10 : share)
    return [name, isChanged ? random.pick(others) : change(inner, share, `${place} ${name}`)]
  })
  return Object.fromEntries(entries)
}
