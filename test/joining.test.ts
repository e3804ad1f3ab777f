import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { listen, startGatewayOver, withCaller } from './start.ts'

// The query asks for the user, and then for a list: so there is a time after authentik's first answer.
const query = '{ me { username accessTokens(first: 2) { totalCount } } }'
const me = (username: string) => JSON.stringify({ user: { pk: 1, username, name: '', uid: 'u' } })
const list = (count: number) => JSON.stringify({ pagination: { count, total_pages: 1, start_index: 1 }, results: [] })
const answer = (username: string, count: number) => ({ me: { username, accessTokens: { totalCount: count } } })

/** A gateway that knows the query already, over an authentik that answers when it is told. */
async function startHeld() {
  const held: { response: ServerResponse; closed: boolean }[] = []
  let holds = false
  const hold = (response: ServerResponse) => {
    const one = { response, closed: false }
    held.push(one)
    response.once('close', () => {
      one.closed = !response.writableFinished
    })
  }
  const { url } = await listen(({ url: path = '' }, response) => {
    response.setHeader('content-type', 'application/json')
    if (holds) hold(response)
    else response.end(path.includes('/me/') ? me('ada') : list(0))
  })
  const gateway = await startGatewayOver(url, { metricsPort: 1 })
  const ask = (token = 'one', signal?: AbortSignal) => gateway.ask(query, { token, ...(signal && { signal }) })
  for (const token of ['one', 'two']) expect((await ask(token)).data).toEqual(answer('ada', 0))
  holds = true
  const waitFor = (count: number) => expect.poll(() => held.length).toBe(count)
  return { ...gateway, held, ask, waitFor }
}

/** Long enough for a request of this process to reach authentik, if it is going to. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 200))

it('Identical queries of one credential at once are one, and each is logged and counted', async () => {
  const { ask, held, waitFor, requestLines, readMetrics } = await startHeld()
  const told = requestLines.length
  const asks = [ask(), ask(), ask()]
  await waitFor(1)
  await settle()
  held[0]?.response.end(me('ada'))
  await waitFor(2)
  held[1]?.response.end(list(3))
  const replies = await Promise.all(asks)
  expect(replies.map(({ data }) => data)).toEqual(Array(3).fill(answer('ada', 3)))
  expect(held).toHaveLength(2)
  await expect.poll(() => requestLines.length).toBe(told + 3)
  const lines = requestLines.slice(told).map((line) => JSON.parse(line))
  expect(lines.map(({ requests, shared }) => `${requests} ${shared}`).sort()).toEqual(['0 2', '0 2', '2 0'])
  expect(lines.map(({ kind, status }) => `${kind} ${status}`)).toEqual(Array(3).fill('query 200'))
  // Each waited for authentik, whoever asked it.
  expect(Math.min(...lines.map(({ msUpstream }) => msUpstream))).toBeGreaterThan(0)
  expect((await readMetrics?.())?.text).toContain('authentik_graphql_joined_total 2\n')
})

it('A query that comes after the first answer of another is asked for itself', async () => {
  const { ask, held, waitFor } = await startHeld()
  const first = ask()
  await waitFor(1)
  held[0]?.response.end(me('ada'))
  await waitFor(2)
  const second = ask()
  await waitFor(3)
  held[2]?.response.end(me('bob'))
  // The list is the same read for both.
  await settle()
  held[1]?.response.end(list(1))
  expect([(await first).data, (await second).data]).toEqual([answer('ada', 1), answer('bob', 1)])
  expect(held).toHaveLength(3)
})

it('Queries of two credentials are never one', async () => {
  const { ask, held, waitFor } = await startHeld()
  const asks = [ask('one'), ask('two')]
  await waitFor(2)
  held[0]?.response.end(me('ada'))
  held[1]?.response.end(me('bob'))
  await waitFor(4)
  for (const { response } of held.slice(2)) response.end(list(0))
  const names = (await Promise.all(asks)).map(({ data }) => data.me.username)
  expect(names.sort()).toEqual(['ada', 'bob'])
})

it('A failure is only for the query that began: all others ask at once', async () => {
  const { ask, held, waitFor, requestLines } = await startHeld()
  const told = requestLines.length
  const first = ask()
  await waitFor(1)
  const others = [ask(), ask(), ask()]
  await settle()
  held[0]?.response.writeHead(500).end('{}')
  expect((await first).errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }])
  // They share their reads.
  await waitFor(2)
  await settle()
  held[1]?.response.end(me('ada'))
  await waitFor(3)
  await settle()
  held[2]?.response.end(list(2))
  for (const reply of await Promise.all(others)) expect(reply.data).toEqual(answer('ada', 2))
  expect(held).toHaveLength(3)
  await expect.poll(() => requestLines.length).toBe(told + 4)
  const lines = requestLines.slice(told).map((line) => JSON.parse(line))
  expect(lines.map(({ kind }) => kind)).toEqual(Array(4).fill('query'))
})

it('The query goes on for those who joined, though the caller who began it has hung up', async () => {
  const { ask, held, waitFor } = await startHeld()
  const caller = new AbortController()
  const first = ask('one', caller.signal)
  await waitFor(1)
  const second = ask()
  await settle()
  held[0]?.response.end(me('ada'))
  await waitFor(2)
  caller.abort()
  await expect(first).rejects.toThrow()
  await settle()
  held[1]?.response.end(list(4))
  expect((await second).data).toEqual(answer('ada', 4))
  expect(held).toHaveLength(2)
})

it('Whoever joined and hangs up takes nothing from the others', async () => {
  const { ask, held, waitFor } = await startHeld()
  const caller = new AbortController()
  const first = ask()
  await waitFor(1)
  const second = ask('one', caller.signal)
  await settle()
  caller.abort()
  await expect(second).rejects.toThrow()
  held[0]?.response.end(me('ada'))
  await waitFor(2)
  held[1]?.response.end(list(0))
  expect((await first).data).toEqual(answer('ada', 0))
  expect(held).toHaveLength(2)
})

it('When all have hung up, authentik is asked nothing more', async () => {
  const { ask, held, waitFor } = await startHeld()
  const callers = [new AbortController(), new AbortController()]
  const first = ask('one', callers[0]?.signal)
  await waitFor(1)
  const second = ask('one', callers[1]?.signal)
  await settle()
  callers[0]?.abort()
  await expect(first).rejects.toThrow()
  await settle()
  expect(held[0]?.closed).toBe(false)
  callers[1]?.abort()
  await expect(second).rejects.toThrow()
  await expect.poll(() => held[0]?.closed).toBe(true)
})

it('A query that comes after a revocation was sent joins none that began before', async () => {
  const held: ServerResponse[] = []
  let holds = false
  const user = (username: string) => JSON.stringify({ pk: 1, username, name: '', uid: 'u' })
  const { url } = await listen(
    withCaller((request, response) => {
      if (request.method === 'DELETE') return response.writeHead(204).end()
      response.setHeader('content-type', 'application/json')
      return holds ? void held.push(response) : response.end(user('ada'))
    }),
  )
  const { ask } = await startGatewayOver(url)
  const askUser = () => ask('query { user(id: 1) { username } }')
  await askUser()
  holds = true
  const before = askUser()
  await expect.poll(() => held.length).toBe(1)
  await ask('mutation { revokeAccessTokens(ids: [1]) { revokedCount } }')
  const after = askUser()
  await expect.poll(() => held.length).toBe(2)
  held[0]?.end(user('ada'))
  held[1]?.end(user('bob'))
  expect((await before).data).toEqual({ user: { username: 'ada' } })
  expect((await after).data).toEqual({ user: { username: 'bob' } })
})
