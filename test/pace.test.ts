import { expect, it } from 'vitest'
import { limits } from '../src/limits.ts'
import { listen, startGatewayOver } from './start.ts'

/** An authentik with 1000 tokens of 12 providers, which stand shortened in them; the last two in its second half. `onLastPage` is called when all tokens are sent. */
async function startLong(onLastPage = () => {}) {
  const asked: string[] = []
  let pages = 0
  const user = { pk: 1, username: 'ada', name: 'Ada', uid: 'u' }
  const { url } = await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://long')
    asked.push(pathname)
    response.setHeader('content-type', 'application/json')
    const size = Number(searchParams.get('page_size'))
    const start = (Number(searchParams.get('page') ?? 1) - 1) * size
    const isTokens = pathname.endsWith('/access_tokens/')
    const count = isTokens ? 1000 : 12
    const rows = Array.from({ length: Math.min(size, count - start) }, (_, index) => start + index + 1)
    const results = rows.map((pk) =>
      isTokens
        ? {
            pk,
            user,
            provider: { pk: 1 + (pk % (pk <= 500 ? 10 : 12)), name: 'P' },
            is_expired: false,
            expires: null,
            scope: [],
          }
        : { pk, name: 'P', client_id: `client-${pk}` },
    )
    response.end(JSON.stringify({ pagination: { count, total_pages: 10, start_index: start + 1 }, results }))
    if (isTokens) pages += 1
    if (pages === 10) setImmediate(onLastPage)
  })
  return { asked, ...(await startGatewayOver(url)) }
}

it('Others have the event loop between the rows of a long list', async () => {
  let rounds = 0
  let isAnswered = false
  const count = () => {
    rounds += 1
    if (!isAnswered) setImmediate(count)
  }
  const { ask } = await startLong(count)
  const aliases = Array.from({ length: 50 }, (_, index) => `a${index}: isExpired`).join(' ')
  const { data } = await ask(`{ accessTokens(first: 1000) { nodes { pk ${aliases} } } }`)
  isAnswered = true
  expect(rounds).toBeGreaterThanOrEqual(1000 / limits.rowsAtOnce)
  expect(data.accessTokens.nodes.map(({ pk }: { pk: number }) => pk)).toEqual(
    Array.from({ length: 1000 }, (_, index) => index + 1),
  )
})

it('What all rows of a long list want loaded is one batch', async () => {
  const { ask, asked } = await startLong()
  const { data, errors } = await ask('{ accessTokens(first: 1000) { nodes { pk provider { clientId } } } }')
  expect(errors).toBeUndefined()
  expect(data.accessTokens.nodes[999]).toEqual({ pk: 1000, provider: { clientId: 'client-5' } })
  expect(asked.filter((path) => !path.endsWith('/access_tokens/'))).toEqual(['/api/v3/providers/oauth2/'])
})
