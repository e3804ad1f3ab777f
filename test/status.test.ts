import { readFileSync } from 'node:fs'
import { request as send } from 'node:http'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { limits } from '../src/limits.ts'
import { startGateway } from './start.ts'

const own = 'application/graphql-response+json'
const json = 'application/json'

interface Sent {
  readonly method?: string
  readonly body?: unknown
  readonly search?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
}

interface Row {
  readonly what: string
  /** To whoever accepts `application/graphql-response+json`, and to whoever accepts `application/json`. */
  readonly status: readonly [number, number]
  readonly code: string | undefined
  readonly sent: Sent
  readonly says?: Readonly<Record<string, string>>
}

const mutation = 'mutation { revokeAccessTokens(ids: [42]) { revokedCount } }'

/** The table of docs/errors.md. */
const rows: readonly Row[] = [
  {
    what: 'The operation ran, with or without errors at fields',
    status: [200, 200],
    code: undefined,
    sent: { body: { query: '{ user(id: "x") { pk } me { pk } }' } },
  },
  {
    what: 'The document does not parse',
    status: [400, 200],
    code: 'GRAPHQL_PARSE_FAILED',
    sent: { body: { query: '{' } },
  },
  {
    what: 'The document does not fit the schema',
    status: [400, 200],
    code: 'GRAPHQL_VALIDATION_FAILED',
    sent: { body: { query: '{ nope }' } },
  },
  {
    what: 'A variable does not fit its type',
    status: [400, 200],
    code: 'BAD_USER_INPUT',
    sent: { body: { query: 'query ($id: ID!) { user(id: $id) { pk } }' } },
  },
  {
    what: 'It is not clear which operation to run',
    status: [400, 400],
    code: 'OPERATION_RESOLUTION_FAILURE',
    sent: { body: { query: 'query A { me { pk } } query B { me { pk } }' } },
  },
  {
    what: 'The body is no JSON, or not what GraphQL over HTTP asks for',
    status: [400, 400],
    code: 'BAD_REQUEST',
    sent: { body: 'rubbish' },
  },
  {
    what: 'There are two `Authorization` headers',
    status: [400, 400],
    code: 'BAD_REQUEST',
    sent: {
      body: { query: '{ me { pk } }' },
      headers: { authorization: ['Bearer demo-superuser', 'Bearer demo-plain'] },
    },
  },
  {
    what: 'No document is remembered by the hash that is sent',
    status: [200, 200],
    code: 'PERSISTED_QUERY_NOT_FOUND',
    sent: { body: { extensions: { persistedQuery: { version: 1, sha256Hash: 'beef' } } } },
  },
  {
    what: 'The hash that is sent is of another version',
    status: [200, 200],
    code: 'PERSISTED_QUERY_NOT_SUPPORTED',
    sent: { body: { query: '{ me { pk } }', extensions: { persistedQuery: { version: 2, sha256Hash: 'beef' } } } },
  },
  {
    what: 'The hash that is sent is not that of the document',
    status: [400, 400],
    code: 'BAD_REQUEST',
    sent: { body: { query: '{ me { pk } }', extensions: { persistedQuery: { version: 1, sha256Hash: 'beef' } } } },
  },
  { what: 'The path is not `/graphql`', status: [404, 404], code: undefined, sent: { search: '/nowhere' } },
  {
    what: 'A mutation comes by GET',
    status: [405, 405],
    code: 'BAD_REQUEST',
    sent: { method: 'GET', search: `?query=${encodeURIComponent(mutation)}` },
    says: { allow: 'POST' },
  },
  {
    what: 'The method is neither GET nor POST',
    status: [405, 405],
    code: 'BAD_REQUEST',
    sent: { method: 'DELETE' },
    says: { allow: 'GET, POST' },
  },
  {
    what: 'The body is too large',
    status: [413, 413],
    code: 'REQUEST_ENTITY_TOO_LARGE',
    sent: { body: { query: `{ __typename } # ${'x'.repeat(limits.requestBytes)}` } },
  },
  {
    what: 'A POST is not `application/json`',
    status: [415, 415],
    code: 'BAD_REQUEST',
    sent: { body: { query: '{ me { pk } }' }, headers: { 'content-type': 'text/plain' } },
  },
  {
    what: 'Path and headers have more than 16 kB',
    status: [431, 431],
    code: undefined,
    sent: { method: 'GET', search: `?query=${'x'.repeat(17_000)}` },
  },
]

/** Sends it, and the answer: by node's own client, which sends a header twice if told to. */
function answerOf(url: string, accept: string | undefined, { method = 'POST', body, search = '', headers = {} }: Sent) {
  const address = search.startsWith('/') ? url.replace('/graphql', search) : url + search
  const all = {
    ...(method === 'POST' && { 'content-type': json }),
    ...(accept !== undefined && { accept }),
    authorization: 'Bearer demo-superuser',
    ...headers,
  }
  return new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }>((resolve, reject) => {
    const outgoing = send(address, { method, headers: all }, async (response) => {
      const bytes = Buffer.concat(await response.toArray())
      resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes })
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body))
  })
}

describe('The status of an answer', () => {
  it.each(rows)('$what', async ({ status, code, sent, says = {} }) => {
    const { url, asked } = await startGateway()
    for (const [index, accept] of [own, json].entries()) {
      const answer = await answerOf(url, accept, sent)
      expect(answer.status).toBe(status[index])
      expect(answer.headers).toMatchObject(says)
      if (code === undefined) continue
      expect(JSON.parse(String(answer.bytes))).toMatchObject({ errors: [{ extensions: { code } }] })
      expect(asked()).toEqual([])
    }
  })

  it('stands in docs/errors.md, row by row', () => {
    const table = readFileSync(join(import.meta.dirname, '../docs/errors.md'), 'utf8')
    const unread = [
      { what: 'No media type that is accepted can be served', status: [406, 406], code: 'BAD_REQUEST' },
      {
        what: 'The caller needs a persisted operation, and sends another',
        status: [400, 400],
        code: '`PERSISTED_QUERY_…`',
      },
      { what: 'Too many requests are under way', status: [503, 503], code: 'UPSTREAM_BUSY' },
    ]
    for (const { what, status, code } of [...rows, ...unread]) {
      const told = code === undefined ? '' : code.startsWith('`') ? code : `\`${code}\``
      expect(table).toContain(`| ${what} | ${status[0]} | ${status[1]} | ${told} |\n`)
    }
  })
})

it.each(['{}', '{"query":null}', '[]', '{"query":5}', '5'])(
  'A body of %s is 400, whatever is accepted',
  async (body) => {
    const { url } = await startGateway()
    for (const accept of [own, json, '*/*']) {
      const { status, bytes } = await answerOf(url, accept, { body })
      expect(status).toBe(400)
      expect(JSON.parse(String(bytes))).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
    }
  },
)

it('A whole address is served as its path, and told as it', async () => {
  const gateway = await startGateway()
  const { port } = new URL(gateway.url)
  const answer = (path: string) =>
    new Promise<number>((resolve, reject) => {
      const options = { port, path: `http://any.example:99${path}`, headers: { accept: json } }
      send(options, (response) => resolve(response.resume().statusCode ?? 0))
        .on('error', reject)
        .end()
    })
  expect(await answer('/graphql?query={__typename}')).toBe(200)
  expect(await answer('/readyz')).toBe(200)
  expect(await answer('')).toBe(404)
  await expect
    .poll(() => gateway.requestLines.map((line) => JSON.parse(line).path))
    .toEqual(['/graphql', '/readyz', '/'])
})

describe('What a caller accepts', () => {
  const query = { body: { query: '{ __typename }' } }

  it.each([
    [undefined, json],
    ['', json],
    ['*/*', json],
    ['application/*', json],
    ['text/html, */*;q=0.1', json],
    [json, json],
    [own, own],
    ['APPLICATION/JSON', json],
    [`${own}, ${json}`, own],
    [`${json}, ${own}`, json],
    [`${json};q=0.5, ${own};q=0.9`, own],
    [`${own};q=0, */*`, json],
    [`${own}; charset=utf-8`, own],
    [`${json};charset=utf-8, text/plain`, json],
  ])('%j is answered with %s', async (accept, type) => {
    const { url } = await startGateway()
    const { status, headers } = await answerOf(url, accept, query)
    expect([status, headers['content-type']]).toEqual([200, `${type}; charset=utf-8`])
  })

  it.each([
    'text/plain',
    'text/html',
    'image/*',
    `${json};q=0`,
    'application/xml',
    'text/event-stream',
    'multipart/mixed',
  ])('%j is 406, and nothing is done', async (accept) => {
    const { url, asked } = await startGateway()
    const { status, bytes } = await answerOf(url, accept, { body: { query: mutation } })
    expect(status).toBe(406)
    expect(JSON.parse(String(bytes))).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
    expect(asked()).toEqual([])
  })

  it.each(['Application/JSON', 'application/json; charset=UTF-8', 'APPLICATION/JSON;charset=utf-8'])(
    'does not matter to the type of what it sends: %j is JSON',
    async (type) => {
      const { url } = await startGateway()
      const { bytes } = await answerOf(url, undefined, { ...query, headers: { 'content-type': type } })
      expect(JSON.parse(String(bytes))).toEqual({ data: { __typename: 'Query' } })
    },
  )
})

describe('Compression', () => {
  const list = {
    body: { query: '{ accessTokens(first: 100) { nodes { id pk expires scope user { username name } } } }' },
  }

  it.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ])('by %s makes a list a fraction as long, and says that it depends on what is asked for', async (encoding, read) => {
    const gateway = await startGateway()
    const plain = await answerOf(gateway.url, json, list)
    const { headers, bytes } = await answerOf(gateway.url, json, { ...list, headers: { 'accept-encoding': encoding } })
    expect(headers).toMatchObject({ 'content-encoding': encoding, vary: expect.stringMatching(/accept-encoding/i) })
    expect(read(bytes).equals(plain.bytes)).toBe(true)
    expect(bytes.length).toBeLessThan(plain.bytes.length / 5)
    await expect
      .poll(() => gateway.requestLines.map((line) => JSON.parse(line).bytes))
      .toEqual([plain.bytes.length, bytes.length])
  })

  it('is left where nobody asks for it, and where an answer is short', async () => {
    const { url } = await startGateway()
    expect((await answerOf(url, json, list)).headers).not.toHaveProperty('content-encoding')
    const short = { body: { query: '{ __typename }' }, headers: { 'accept-encoding': 'gzip, br' } }
    expect((await answerOf(url, json, short)).headers).not.toHaveProperty('content-encoding')
  })
})

describe('A page of a listed origin', () => {
  it('may read why it was refused, and when to come again', async () => {
    const { url } = await startGateway({ corsOrigins: ['https://app.example'] })
    const { status, headers } = await answerOf(url, json, {
      body: { query: '{ me { pk } }' },
      headers: { origin: 'https://app.example', authorization: ['Bearer a', 'Bearer b'] },
    })
    expect(status).toBe(400)
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers': 'retry-after,x-request-id,server-timing',
    })
  })

  it('may send whatever headers its browser names', async () => {
    const { url } = await startGateway({ corsOrigins: ['https://app.example'] })
    const asked = 'authorization,content-type,x-request-id,apollo-require-preflight,graphql-client-name'
    const { status, headers } = await answerOf(url, undefined, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': asked,
      },
    })
    expect(status).toBe(204)
    expect(headers).toMatchObject({ 'access-control-allow-headers': asked, 'access-control-max-age': '7200' })
  })
})
