import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createRandom } from './fuzz/random.ts'
import { addressOf, run } from './program.ts'
import { listen } from './start.ts'

// What is one caller's stays with that caller, and what is secret stays out of the log, the errors and the page.

const spellings = ['Bearer ', 'bearer ', 'BEARER  ', 'bEaReR   ']
const anyToken = /token-of-\w+-end/g

/** An authentik that repeats the caller's token wherever it can, slowly and in another order than it was asked. */
async function startEcho(): Promise<{ url: string }> {
  const random = createRandom(1)
  return listen(async ({ url: path = '', method, headers }, response) => {
    const [token = ''] = headers.authorization?.match(anyToken) ?? []
    await sleep(random.between(0, 4))
    const id = Number(/\/(\d+)\//.exec(path)?.[1] ?? 1)
    const user = { pk: id, username: token, name: token, uid: token, email: token, groups: [], groups_obj: [] }
    const send = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-authentik-id': token })
      response.end(JSON.stringify(body))
    }
    if (method === 'DELETE') return id % 2 === 0 ? response.writeHead(204).end() : send(403, { detail: token })
    if (path.includes('/users/me/')) return send(200, { user })
    if (/users\/\d+/.test(path)) return id % 3 === 0 ? send(400, { pk: [token] }) : send(200, user)
    if (path.includes('oauth2')) return random.chance(0.5) ? send(403, { detail: token }) : send(502, { detail: token })
    return send(200, { pagination: { count: 1, total_pages: 1, start_index: 1 }, results: [user] })
  })
}

const documents = [
  '{ me { username uid } }',
  '{ me { username } users(first: 2) { nodes { username email } } }',
  '{ one: user(id: 1) { username } usersByIds(ids: [2, 3, 4]) { name } }',
  '{ accessTokens { totalCount } me { name } }',
  'mutation { revokeAccessTokens(ids: [1, 2, 3]) { results { outcome message } } }',
]

it('gives 10,000 interleaved requests of 19 tokens, batches among them, nothing of another', {
  timeout: 0,
}, async () => {
  const echo = await startEcho()
  const running = run({ AUTHENTIK_URL: echo.url, LOG_LEVEL: 'debug', UPSTREAM_CONCURRENCY: '32' })
  const url = await addressOf(running)
  const random = createRandom(2)
  const tokens = Array.from({ length: 19 }, (_, index) => `token-of-${index}-end`)
  const wrong: string[] = []
  let [asked, echoed] = [0, 0]
  const work = async () => {
    while (asked < 10_000) {
      asked += 1
      const token = random.pick(tokens)
      const operations = Array.from({ length: random.chance(0.3) ? random.between(2, 5) : 1 }, () => ({
        query: random.pick(documents),
      }))
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `${random.pick(spellings)}${token}` },
        body: JSON.stringify(operations.length > 1 ? operations : operations[0]),
      })
      const text = await response.text()
      const found = text.match(anyToken) ?? []
      echoed += found.length > 0 ? 1 : 0
      if (response.status !== 200 || found.some((other) => other !== token)) wrong.push(`${token}: ${text}`)
    }
  }
  await Promise.all(Array.from({ length: 40 }, work))
  expect(wrong).toEqual([])
  expect(echoed).toBeGreaterThan(9_000)
  // The request id that authentik answers with is logged, and here it is the token.
  const lines = running.stderr().split('\n')
  expect(lines.length).toBeGreaterThan(10_000)
  expect(lines.filter((line) => new Set(line.match(anyToken)).size > 1)).toEqual([])
  expect(withoutRequestIds(running.stderr()).match(anyToken)).toBe(null)
})

function withoutRequestIds(lines: string): string {
  return lines.replace(/"requestId":"[^"]*"/g, '')
}

const canary = (name: string) => `canary-${name}-canary`

it('tells no secret in its log, its errors, what it explains, its page, the title of it and its liveness', async () => {
  const planted = new Set<string>()
  const plant = (name: string) => {
    planted.add(name)
    return canary(name)
  }
  const user = {
    pk: 1,
    username: 'ada',
    name: '',
    uid: 'u',
    attributes: { secret: plant('attributes') },
    avatar: plant('avatar'),
  }
  const provider = { pk: 1, name: 'p', client_id: 'c', client_secret: plant('client-secret') }
  const token = { pk: 1, provider, user, is_expired: false, scope: [], expires: null, revoked: false }
  const grants = [
    { ...token, id_token: plant('id-token') },
    { ...token, pk: null, id_token: plant('id-token-of-broken') },
  ]
  const answers: readonly (readonly [RegExp, number, unknown])[] = [
    [/users\/1\//, 200, user],
    [/users\/2\//, 500, plant('page-of-a-crash')],
    [/users\/3\//, 200, `<h1>${plant('page-of-another')}</h1>`],
    [/users\/4\//, 200, { pk: 4, username: { secret: plant('wrong-type') } }],
    [/users\/5\//, 302, plant('redirect')],
    [/access_tokens\/1\//, 200, grants[0]],
    [/access_tokens\//, 200, { pagination: { count: 2, total_pages: 1, start_index: 1 }, results: grants }],
    [/oauth2\/1\//, 503, { detail: plant('detail-of-a-crash') }],
  ]
  const { url } = await listen(({ url: path = '' }, response) => {
    const [, status = 200, body = ''] = answers.find(([fits]) => fits.test(path)) ?? []
    const headers = { 'set-cookie': plant('cookie-of-authentik'), 'x-powered-by': plant('header-of-authentik') }
    response.writeHead(status, { ...headers, location: `http://127.0.0.1:1/${plant('location')}` })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  const running = run({ AUTHENTIK_URL: url, LOG_LEVEL: 'debug', EXPLAIN: 'on' })
  const here = await addressOf(running)
  const secrets = {
    authorization: `Bearer ${plant('bearer')}`,
    cookie: `authentik_session=${plant('cookie')}`,
    'x-api-key': plant('header'),
    referer: `http://x/${plant('referer')}`,
    'user-agent': plant('user-agent'),
  }
  const send = (path: string, headers: Record<string, string>, body?: string) =>
    ask(new URL(path, here), body === undefined ? 'GET' : 'POST', { ...secrets, ...headers }, body)
  const query = `query ($id: ID!) {
    usersByIds(ids: [1, 2, 3, 4, 5]) { username attributes avatar }
    accessToken(id: 1) { idToken provider { clientSecret } user { attributes } }
    accessTokens { nodes { pk idToken provider { clientSecret } } }
    user(id: $id) { attributes }
  }`
  const json = { 'content-type': 'application/json' }
  const variables = { id: plant('variable') }
  const body = JSON.stringify({ query, variables, extensions: { x: plant('extension') } })
  const answer = await send('/graphql', json, body)
  const { data, errors } = JSON.parse(answer) as { data: unknown; errors: readonly { path: unknown }[] }
  expect(errors.length).toBeGreaterThan(5)
  expect(JSON.stringify(data)).toContain(canary('attributes'))
  const { extensions } = JSON.parse(await send('/graphql', { ...json, 'x-explain': '1' }, body))
  expect(extensions.explain.requests.length).toBeGreaterThan(5)
  const address = new URLSearchParams({ query: `{ ${plant('query-of-address')} }`, title: plant('title-of-address') })
  const page = await send(`/graphql?${address}`, { accept: 'text/html' })
  const [, title = ''] = /<title>(.*?)<\/title>/s.exec(page) ?? []
  expect(title).toBe('authentik-graphql')
  const others = [
    await send('/health', {}),
    await send(`/${plant('path')}`, {}),
    await send('/graphql', json, `{"query": "${plant('body-that-is-no-json')}`),
    await send('/graphql', { ...json, authorization: `Basic ${plant('basic')}` }, '{"query":"{ me { pk } }"}'),
  ]
  const lines = running.stderr()
  expect(lines.split('\n').length).toBeGreaterThan(8)
  // The caller's own input is repeated to the caller alone.
  const told = JSON.stringify(errors).replaceAll(canary('variable'), '')
  const places = { lines, told, explained: JSON.stringify(extensions), page, title, others: others.join() }
  const hits = [...planted].flatMap((name) =>
    Object.entries(places).flatMap(([place, text]) => (text.includes(canary(name)) ? `${name} in ${place}` : [])),
  )
  expect(hits).toEqual([])
  expect(planted.size).toBe(25)
})

/** A request as it is written, with headers that fetch would not send. */
function ask(url: URL, method: string, headers: Record<string, string>, body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, async (response) => {
      let text = ''
      for await (const part of response) text += part
      resolve(text)
    })
    sent.on('error', reject).end(body)
  })
}
