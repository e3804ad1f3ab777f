import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen } from './start.ts'

/** Where authentik lists what can be revoked, by the type of the graph, and the property that is its key. */
export const revocables = {
  AuthenticatedSession: ['core/authenticated_sessions', 'uuid'],
  AuthorizationCode: ['oauth2/authorization_codes', 'pk'],
  RefreshToken: ['oauth2/refresh_tokens', 'pk'],
  AccessToken: ['oauth2/access_tokens', 'pk'],
  UserConsent: ['core/user_consent', 'pk'],
  ApiToken: ['core/tokens', 'identifier'],
} as const

export type Revocable = keyof typeof revocables

interface Row {
  readonly id: string
  readonly user: number
}

/** All that there is, as a superuser sees it by REST who revokes nothing. */
export async function readWorld(url: string, token = 'demo-sealed'): Promise<Row[]> {
  const lists = await Promise.all(
    Object.entries(revocables).map(([type, [path, key]]) => readAll(url, token, type, path, key)),
  )
  return lists.flat()
}

async function readAll(url: string, token: string, type: string, path: string, key: string): Promise<Row[]> {
  const rows: Row[] = []
  for (let page = 1; page > 0; ) {
    const address = `${url}/api/v3/${path}/?page=${page}&page_size=100&ordering=${type === 'AuthenticatedSession' ? 'uuid' : 'pk'}`
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
    const { results, pagination } = (await response.json()) as {
      results: Readonly<Record<string, unknown>>[]
      pagination: { next: number }
    }
    for (const row of results) {
      const user = typeof row['user'] === 'object' ? (row['user'] as { pk: number }).pk : Number(row['user'])
      rows.push({ id: `${type}:${row[key]}`, user })
    }
    page = pagination.next
  }
  return rows
}

/** What of a world is gone in a later one. */
export function goneOf(before: readonly Row[], after: readonly Row[]): string[] {
  const left = new Set(after.map(({ id }) => id))
  return before.filter(({ id }) => !left.has(id)).map(({ id }) => id)
}

/** The requests in short, equal neighbours once: "DELETE core/user_consent". */
export function stepsOf(requests: readonly { method: string; path: string }[]): string[] {
  const steps = requests.map(({ method, path }) => {
    const [, first, second] = /\/api\/v3\/(\w+)\/(\w+)\//.exec(path) ?? []
    return `${method} ${first}/${second}`
  })
  return steps.filter((step, index) => step !== steps[index - 1])
}

/** Whether something happens to a request instead of being passed on; "lost" if it is, and its answer is lost. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean | 'lost'

/** Stands before an authentik and passes requests on, but for those that the fault takes. `asked` is what came. */
export async function startBefore(url: string, fault: Fault) {
  const asked: string[] = []
  const before = await listen(async (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const strikes = fault(request, response)
    if (strikes === true) return
    const { authorization = '', accept = '*/*' } = request.headers
    const answer = await fetch(`${url}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { authorization, accept, 'accept-language': 'en' },
    })
    const body = Buffer.from(await answer.arrayBuffer())
    if (strikes === 'lost') return request.socket.destroy()
    const type = answer.headers.get('content-type')
    return response.writeHead(answer.status, type ? { 'content-type': type } : {}).end(body)
  })
  return { url: before.url, asked }
}
