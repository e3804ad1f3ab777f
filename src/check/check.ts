import { GraphQLError } from 'graphql'
import { searchOf } from '../authentik/address.ts'
import { type Endpoint, endpoints } from '../authentik/endpoints.ts'
import { Exchange } from '../authentik/wire/exchange.ts'
import { judge } from '../authentik/wire/judge.ts'
import { gravities, linesOf } from '../drift/differences.ts'
import { compare, readDocument } from '../drift/drift.ts'
import { askLive, Mistake } from '../drift/live.ts'
import { limits } from '../limits.ts'
import { newestRelease, releases, strangeness } from '../releases.ts'

/** How a check ends: all is well, nothing can be asked, or some of the graph would break. */
export type Outcome = 'well' | 'useless' | 'breaks'

/** Whom to ask, and what to do with each line that is found. */
interface Check {
  readonly url: URL
  readonly token: string
  readonly tell: (line: string) => void
}

/** Asks an authentik all that decides whether the gateway works with it, in the name of a token: a line for each thing found. */
export async function check({ url, token, tell }: Check): Promise<Outcome> {
  const exchange = new Exchange(url, limits.probeMilliseconds)
  try {
    const trouble = await exchange.probe()
    tell(trouble ? `Not reachable: ${trouble}.` : 'Reachable.')
    const rights = trouble ? 'useless' : await askRights(exchange, token, tell)
    if (rights === 'useless') return rights
    return (await tellDrift(url, token, tell)) ? 'breaks' : rights
  } finally {
    await exchange.close()
  }
}

/** Tells whose token it is, and what it may read. Without a right all may be well; any other failure is none. */
async function askRights(exchange: Exchange, token: string, tell: Check['tell']): Promise<Outcome> {
  const ask = async (endpoint: Endpoint, query = {}) => {
    const call = { method: 'GET', path: endpoint.path + searchOf(query), credential: `Bearer ${token}` } as const
    const signal = AbortSignal.timeout(limits.checkMilliseconds)
    return judge(await exchange.send(call, { signal, dispatch() {}, fresh: false }), endpoint)
  }
  try {
    const { user } = (await ask(endpoints.me)) as { readonly user: Readonly<Record<string, unknown>> }
    tell(`The token is one of ${user['username']}${user['is_superuser'] ? ', a superuser' : ''}.`)
  } catch (error) {
    tell(`The token cannot be used: ${(error as Error).message}`)
    return 'useless'
  }
  let outcome: Outcome = 'well'
  for (const [name, endpoint] of Object.entries<Endpoint>(endpoints)) {
    if (endpoint.answer !== 'page') continue
    const found = await ask(endpoint, { page_size: 1 }).then(countOf, (error: Error) => error)
    tell(`  ${name}: ${found instanceof Error ? found.message : found}`)
    const isRefused = found instanceof GraphQLError && found.extensions['code'] === 'FORBIDDEN'
    if (found instanceof Error && !isRefused) outcome = 'breaks'
  }
  return outcome
}

/** A caller who lacks a right is shown fewer rows, or is refused. */
function countOf(page: object): string {
  const { pagination } = page as { readonly pagination?: { readonly count?: unknown } }
  return `${pagination?.count} to read`
}

/** Tells the release, and what that means for the graph. Whether something breaks. */
async function tellDrift(url: URL, token: string, tell: Check['tell']): Promise<boolean> {
  const document = await askLive(url, token).then(readDocument, (error: unknown) => {
    if (error instanceof Mistake) return undefined
    throw error
  })
  if (!document) {
    tell('Of its release nothing is known: it tells no OpenAPI document at /api/v3/schema/.')
    return false
  }
  const version = document.info?.version ?? ''
  const strange = strangeness(version)
  tell(
    `Its release is ${version}, ${strange ? `${strange} than what` : 'which'} this gateway is made for: ${releases[0]} to ${newestRelease}.`,
  )
  const differences = await compare(document)
  for (const gravity of ['breaks', 'null'] as const) {
    const lines = linesOf(differences, gravity)
    if (lines.length > 0) tell(`${gravities[gravity]}:`)
    for (const line of lines) tell(`  ${line}`)
  }
  const breaks = linesOf(differences, 'breaks').length
  tell(`${breaks || 'Nothing'} in the graph breaks.`)
  return breaks > 0
}
