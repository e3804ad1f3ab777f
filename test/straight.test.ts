import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { addressOf, run } from './program.ts'
import { listen, startGateway, startGatewayOver, withCaller } from './start.ts'

const query = 'query ($id: ID!) { user(id: $id) { username } }'
const body = JSON.stringify({ pk: 1, username: 'ada', name: '', uid: 'u' })

/** A gateway that knows the query already, over an authentik that answers when it is told. */
async function startHeld() {
  const held: { path: string; response: ServerResponse }[] = []
  let holds = false
  const { url } = await listen((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (holds) held.push({ path: request.url ?? '', response })
    else response.end(body)
  })
  const gateway = await startGatewayOver(url)
  const ask = (token = 'one', signal?: AbortSignal) =>
    gateway.ask(query, { token, variables: { id: '1' }, ...(signal && { signal }) })
  for (const token of ['one', 'two']) expect((await ask(token)).data).toEqual({ user: { username: 'ada' } })
  holds = true
  const waitFor = (count: number) => expect.poll(() => held.length).toBe(count)
  return { ...gateway, held, ask, waitFor }
}

/** Long enough for a request of this process to reach authentik, if it is going to. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 200))

it('Identical queries of one credential at once are one request to authentik, and each has its line', async () => {
  const { ask, held, waitFor, requestLines } = await startHeld()
  const told = requestLines.length
  const asks = [ask(), ask(), ask()]
  await waitFor(1)
  await settle()
  held[0]?.response.end(body)
  const replies = await Promise.all(asks)
  expect(replies.map(({ data }) => data)).toEqual(Array(3).fill({ user: { username: 'ada' } }))
  expect(held).toHaveLength(1)
  await expect.poll(() => requestLines.length).toBe(told + 3)
  const lines = requestLines.slice(told).map((line) => JSON.parse(line))
  expect(lines.map(({ requests, shared }) => `${requests} ${shared}`).sort()).toEqual(['0 1', '0 1', '1 0'])
  expect(lines.every(({ kind }) => kind === 'query')).toBe(true)
})

it('Queries of two credentials are never one', async () => {
  const { ask, held, waitFor } = await startHeld()
  const asks = [ask('one'), ask('two')]
  await waitFor(2)
  held[0]?.response.end(body)
  held[1]?.response.end(body.replace('ada', 'bob'))
  const names = (await Promise.all(asks)).map(({ data }) => data.user.username)
  expect(names.sort()).toEqual(['ada', 'bob'])
})

it('Whoever shares a read is answered, though the caller who began it has hung up', async () => {
  const { ask, held, waitFor } = await startHeld()
  const caller = new AbortController()
  const first = ask('one', caller.signal)
  await waitFor(1)
  const second = ask()
  await settle()
  caller.abort()
  await expect(first).rejects.toThrow()
  held[0]?.response.end(body)
  expect((await second).data).toEqual({ user: { username: 'ada' } })
  expect(held).toHaveLength(1)
})

it('Whoever hangs up takes nothing from those who share the read', async () => {
  const { ask, held, waitFor } = await startHeld()
  const caller = new AbortController()
  const first = ask()
  await waitFor(1)
  const second = ask('one', caller.signal)
  await settle()
  caller.abort()
  await expect(second).rejects.toThrow()
  held[0]?.response.end(body)
  expect((await first).data).toEqual({ user: { username: 'ada' } })
  expect(held).toHaveLength(1)
})

it('A query that comes after a revocation was sent shares no read that began before', async () => {
  const held: ServerResponse[] = []
  let holds = false
  const { url } = await listen(
    withCaller((request, response) => {
      if (request.method === 'DELETE') return response.writeHead(204).end()
      response.setHeader('content-type', 'application/json')
      return holds ? void held.push(response) : response.end(body)
    }),
  )
  const { ask } = await startGatewayOver(url)
  const askUser = () => ask(query, { variables: { id: '1' } })
  await askUser()
  holds = true
  const before = askUser()
  await expect.poll(() => held.length).toBe(1)
  await ask('mutation { revokeAccessTokens(ids: [1]) { revokedCount } }')
  const after = askUser()
  await expect.poll(() => held.length).toBe(2)
  held[0]?.end(body)
  held[1]?.end(body.replace('ada', 'bob'))
  expect((await before).data).toEqual({ user: { username: 'ada' } })
  expect((await after).data).toEqual({ user: { username: 'bob' } })
})

it('A page that may read the answers is answered as before, each time', async () => {
  const origin = 'https://app.example'
  const { url } = await startGateway({ corsOrigins: [origin] })
  for (let time = 0; time < 3; time += 1) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer demo-superuser', origin },
      body: JSON.stringify({ query: '{ me { username } }' }),
    })
    expect(response.headers.get('access-control-allow-origin')).toBe(origin)
    expect(await response.json()).toEqual({ data: { me: { username: 'mira' } } })
  }
})

it('Works where no code may be made of text', async () => {
  const url = await addressOf(run({ NODE_OPTIONS: '--disallow-code-generation-from-strings' }))
  for (let time = 0; time < 3; time += 1) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' },
      body: JSON.stringify({ query: '{ me { username groups { name parents { name } } } }' }),
    })
    expect(await response.json()).toMatchObject({ data: { me: { username: 'mira' } } })
  }
})
