import { writeFileSync } from 'node:fs'
import { parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { estimate } from '../src/execute/estimate.ts'
import { createSchema } from '../src/schema/index.ts'
import { createOperation } from './fuzz/documents.ts'
import { callers, learn } from './fuzz/learn.ts'
import { createRandom } from './fuzz/random.ts'
import { startUpstream, tokenOf } from './fuzz/upstream.ts'
import { startGatewayOver } from './start.ts'

const queries = Number(process.env['PLANS'] ?? 2000)
const only = Number(process.env['PLANS_ONLY'] ?? 0)
const schema = createSchema()

it(`is never less than what is paid`, { timeout: 0 }, async () => {
  const upstream = await startUpstream({ changes: process.env['CH'] === '1' })
  const { url } = await startGatewayOver(upstream.url)
  const known = await learn(upstream.url, url)
  const compared: any[] = []
  let next = only || 1
  const last = only || queries
  const work = async () => {
    while (next <= last) {
      const seed = next
      next += 1
      const operation = createOperation(schema, createRandom(seed), known)
      if (operation.query.startsWith('mutation') || validate(schema, parse(operation.query)).length > 0) continue
      const token = tokenOf((process.env['WHO'] ?? createRandom(seed).pick(callers)), seed)
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(operation),
      })
      const text = await response.text()
      const asked = [...new Set(upstream.asked.get(seed) ?? [])]
      const est = estimate({ schema, document: parse(operation.query), variables: operation.variables })
      const paid = { requests: asked.length, rows: asked.reduce((sum, path) => sum + Number(/page_size=(\d+)/.exec(path)?.[1] ?? 1), 0) }
      if (only) console.log(operation.query, operation.variables, token, asked, est, paid, text.slice(0, 2000))
      compared.push({ seed, est, paid, caller: token.split('~')[0], n: operation.query.length, operation })
    }
  }
  await Promise.all(Array.from({ length: 4 }, work))
  const r = (k: string) => compared.filter(({ paid }) => paid[k] > 0).map(({ est, paid }) => (est?.[k] ?? 0) / paid[k]).sort((a, b) => a - b)
  for (const k of ['requests', 'rows']) { const s = r(k); console.log(k, s.length, 'min', s[0], 'median', s[s.length >> 1], 'p75', s[Math.floor(s.length*.75)], 'p90', s[Math.floor(s.length * 0.9)], 'max', s.at(-1)) }
  for (const c of new Set(callers)) { const s = compared.filter(({ paid, caller }) => paid.requests > 0 && caller === c).map(({ est, paid }) => est.requests / paid.requests).sort((a, b) => a - b); console.log(c, s.length, 'median', s[s.length >> 1]) }
  { const s = compared.filter(({ paid, caller }) => paid.requests > 0 && /super|audit|deleg/.test(caller)); writeFileSync('/tmp/w/' + (process.env['WHO'] ?? 'mix') + '.json', JSON.stringify(compared.filter((c) => c.paid.requests > 0))) }
  const below = compared.filter(({ est, paid }) => (est?.requests ?? 0) < paid.requests || (est?.rows ?? 0) < paid.rows)
  console.log(compared.length, 'below', below.length, JSON.stringify(below.slice(0, 30)))
  console.log('zero paid', compared.filter(({paid})=>paid.requests===0).length)
})
