import { lookups } from '../../src/graph/loading/lookup.ts'
import { type Body, resources } from '../rest.ts'
import { tokenOf } from './upstream.ts'
import type { Known } from './values.ts'

/** Who asks: superusers most often, since they see most. */
export const callers = [
  'demo-superuser',
  'demo-superuser',
  'demo-plain',
  'demo-auditor',
  'demo-viewer',
  'demo-delegate',
  'demo-nobody',
  'demo-expired',
  'demo-outpost',
]
/** The keys of all objects of the embedded authentik, and cursors of its lists. */
export async function learn(upstreamUrl: string, url: string): Promise<Known> {
  const authorization = `Bearer ${tokenOf('demo-superuser', 0)}`
  const keys = new Map<string, string[]>()
  const cursors = new Map<string, string[]>()
  for (const [name, { path, many }] of resources) {
    const response = await fetch(`${upstreamUrl}${path}?page_size=100`, { headers: { authorization } })
    const { results } = (await response.json()) as { results: readonly Body[] }
    keys.set(
      name,
      results.map((body) => String(body[lookups.get(name)?.key.property ?? ''])),
    )
    const query = `{ list: ${many}(first: 5) { edges { cursor } } }`
    const headers = { authorization, 'content-type': 'application/json' }
    const asked = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
    const { data } = (await asked.json()) as { data: { list: { edges: readonly { cursor: string }[] } } }
    cursors.set(
      many,
      data.list.edges.map(({ cursor }) => cursor),
    )
  }
  return { keys, cursors }
}
