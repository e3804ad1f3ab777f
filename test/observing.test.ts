import { type IncomingHttpHeaders, request as send } from 'node:http'
import { describe, expect, it } from 'vitest'
import { readTrustedProxies, type TrustedProxies } from '../src/http/proxies.ts'
import { addressOf, ask as askProcess, run } from './program.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

const post = { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' } }
const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

type Gateway = Awaited<ReturnType<typeof startGateway>>

/** The line of the newest request, once it is written. */
async function lineOf({ requestLines }: Pick<Gateway, 'requestLines'>, count = 1) {
  await expect.poll(() => requestLines.length).toBe(count)
  return JSON.parse(requestLines.at(-1) ?? '')
}

describe('The line of a request', () => {
  it('tells what was asked, by whom, what became of it and what it took', async () => {
    const gateway = await startGateway()
    const query =
      'query Both { accessToken(id: 42) { pk } user(id: 8) { username } again: user(id: 8) { name } me { nope: uuid } }'
    const headers = { ...post.headers, 'graphql-client-name': 'admin', 'graphql-client-version': '1.2' }
    const response = await fetch(gateway.url, { ...post, headers, body: JSON.stringify({ query }) })
    const text = await response.text()
    expect(await lineOf(gateway)).toEqual({
      level: 30,
      time: expect.any(Number),
      pid: expect.any(Number),
      hostname: expect.any(String),
      msg: 'request',
      requestId: response.headers.get('x-request-id'),
      method: 'POST',
      path: '/graphql',
      operation: 'Both',
      kind: 'query',
      estimated: 6,
      client: 'admin',
      clientVersion: '1.2',
      credential: expect.stringMatching(/^[\w-]{22}$/),
      status: 200,
      bytes: Buffer.byteLength(text),
      ms: expect.any(Number),
      msWaiting: expect.any(Number),
      msUpstream: expect.any(Number),
      requests: expect.any(Number),
      shared: 0,
      retried: 0,
      rows: expect.any(Number),
    })
    const { requests } = JSON.parse(gateway.requestLines[0] ?? '')
    expect(requests).toBe(gateway.asked().length)
  })

  it('has the codes of all errors, each once', async () => {
    const gateway = await startGateway()
    await gateway.askOnce('{ user(id: 8) { pk } a: user(id: "x") { pk } b: user(id: "y") { pk } }', {
      token: 'demo-plain',
    })
    expect((await lineOf(gateway)).codes.sort()).toEqual(['BAD_USER_INPUT', 'FORBIDDEN'])
    await gateway.askOnce('{ nope }')
    expect((await lineOf(gateway, 2)).codes).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })

  it('has the operations of a batch as a list', async () => {
    const gateway = await startGateway()
    const body = JSON.stringify([{ query: 'query A { me { pk } }' }, { query: 'mutation B { __typename }' }])
    await fetch(gateway.url, { ...post, body })
    expect((await lineOf(gateway)).operations).toEqual([
      { operation: 'A', kind: 'query', estimated: 1 },
      { operation: 'B', kind: 'mutation' },
    ])
  })

  it('counts what it shares with other requests', async () => {
    let answer = () => {}
    const { url } = await listen((_request, response) => {
      answer = () => response.end('{"pk":1,"username":"ada","name":"","uid":"u"}')
    })
    const gateway = await startGatewayOver(url)
    const both = [1, 2].map(() => gateway.ask('{ user(id: 1) { pk } }'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    answer()
    await Promise.all(both)
    await expect.poll(() => gateway.requestLines.length).toBe(2)
    const lines = gateway.requestLines.map((line) => JSON.parse(line))
    expect(lines.map(({ requests, shared }) => [requests, shared]).sort()).toEqual([
      [0, 1],
      [1, 0],
    ])
  })

  it('tells the caller the same times', async () => {
    const { url } = await listen((_request, response) => {
      setTimeout(() => response.end('{"pk":1,"username":"ada","name":"","uid":"u"}'), 100)
    })
    const gateway = await startGatewayOver(url)
    const { headers } = await gateway.ask('{ user(id: 1) { pk } }')
    const [, queue, upstream, total] = /=(.*), .*=(.*), .*=(.*)/.exec(headers.get('server-timing') ?? '') ?? []
    expect(Number(upstream)).toBeGreaterThan(50)
    expect(Number(total) + 0.2).toBeGreaterThanOrEqual(Number(upstream) + Number(queue))
  })

  it('says so where the caller hung up', async () => {
    const { url } = await listen(() => {})
    const gateway = await startGatewayOver(url)
    await expect(gateway.ask('{ me { pk } }', { signal: AbortSignal.timeout(200) })).rejects.toThrow()
    const line = await lineOf(gateway)
    expect(line).toMatchObject({ hungUp: true, requests: 1 })
    expect(line).not.toHaveProperty('status')
  })

  it('is one of debugging for the pages of supervisors', async () => {
    const gateway = await startGateway()
    for (const path of ['/livez', '/readyz', '/health']) await fetch(gateway.url.replace('/graphql', path))
    await lineOf(gateway, 3)
    expect(gateway.requestLines.map((line) => JSON.parse(line)).map(({ level, path }) => [level, path])).toEqual([
      [20, '/livez'],
      [20, '/readyz'],
      [20, '/health'],
    ])
  })

  it('holds no word of a caller that is long, and no path that is not ours', async () => {
    const gateway = await startGateway()
    const name = 'x'.repeat(5000)
    const headers = { ...post.headers, 'apollographql-client-name': name, 'apollographql-client-version': '' }
    const body = JSON.stringify({ query: `query ${name} { __typename }` })
    await fetch(gateway.url, { ...post, headers, body })
    const line = await lineOf(gateway)
    expect(line.operation).toBe(`${'x'.repeat(100)}…`)
    expect(line.client).toBe(`${'x'.repeat(100)}…`)
    expect(line).not.toHaveProperty('clientVersion')
    await fetch(gateway.url.replace('/graphql', '/s3cret?x=s3cret'))
    expect((await lineOf(gateway, 2)).path).toBe('other')
    expect(gateway.requestLines.join()).not.toContain('s3cret')
  })
})

describe('The id of a request', () => {
  it.each(['a', 'abc-123_X.y:z/w+v=@', 'x'.repeat(128)])('is the one that came, where it is sane: %j', async (id) => {
    const gateway = await startGateway()
    const headers = { ...post.headers, 'x-request-id': id }
    const response = await fetch(gateway.url, { ...post, headers, body: '{"query":"{ __typename }"}' })
    expect(response.headers.get('x-request-id')).toBe(id)
    expect((await lineOf(gateway)).requestId).toBe(id)
  })

  it.each(['', 'a b', '"', 'ä', 'x'.repeat(129), '<script>'])('is a new one otherwise: %j', async (id) => {
    const { url } = await startGateway()
    const headers = { ...post.headers, 'x-request-id': encodeURI(id) === id ? id : Buffer.from(id).toString('latin1') }
    const response = await fetch(url, { ...post, headers, body: '{"query":"{ __typename }"}' })
    expect(response.headers.get('x-request-id')).toMatch(uuid)
  })

  it('stands in every answer, whatever it is, with the times that it took', async () => {
    const { url } = await startGateway({ graphiql: true })
    const asks = [
      fetch(url, { ...post, body: 'rubbish' }),
      fetch(url, { method: 'POST', body: 'x' }),
      fetch(url, { headers: { accept: 'text/html' } }),
      fetch(url, { method: 'DELETE' }),
      fetch(url.replace('/graphql', '/nowhere')),
      fetch(url.replace('/graphql', '/livez')),
    ]
    for (const { headers } of await Promise.all(asks)) {
      expect(headers.get('x-request-id')).toMatch(uuid)
      expect(headers.get('server-timing')).toMatch(/^queue;dur=\d+\.\d, upstream;dur=\d+\.\d, total;dur=\d+\.\d$/)
    }
  })
})

describe('What authentik is told', () => {
  /** The headers with which authentik was asked. */
  async function startSeeing(options: { trustProxy?: TrustedProxies } = {}) {
    const seen: IncomingHttpHeaders[] = []
    const { url } = await listen((request, response) => {
      seen.push(request.headers)
      response.end('{"user":{"pk":4,"username":"ada","name":"","uid":"u"}}')
    })
    const gateway = await startGatewayOver(url, options)
    const ask = (headers: Record<string, string | string[]>) =>
      new Promise((resolve, reject) => {
        const outgoing = send(gateway.url, { ...post, headers: { ...post.headers, ...headers } }, (response) => {
          response.resume().on('end', resolve)
        })
        outgoing.on('error', reject).end('{"query":"{ me { pk } }"}')
      })
    return { seen, ask }
  }

  it('is the bearer token, and nothing else of a request', async () => {
    const { seen, ask } = await startSeeing()
    const more = {
      cookie: 'a=b',
      'x-forwarded-for': '1.2.3.4',
      baggage: 'k=v',
      tracestate: 'a=b',
      'accept-language': 'de',
    }
    await ask({ ...more, 'x-request-id': 'r', 'x-custom': 'c', forwarded: 'for=1.2.3.4' })
    expect(Object.keys(seen[0] ?? {}).sort()).toEqual([
      'accept',
      'accept-encoding',
      'accept-language',
      'authorization',
      'connection',
      'host',
    ])
    expect(seen[0]?.['accept-language']).toBe('en')
  })

  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

  it('is a valid traceparent, as it came, and no baggage', async () => {
    const { seen, ask } = await startSeeing()
    await ask({ traceparent, tracestate: 'a=b', baggage: 'k=v' })
    expect(seen[0]).toMatchObject({ traceparent })
    expect(seen[0]).not.toHaveProperty('baggage')
    expect(seen[0]).not.toHaveProperty('tracestate')
  })

  it.each([
    '',
    'x',
    traceparent.replace('00-', 'ff-'),
    traceparent.replace(/4bf\w+/, '0'.repeat(32)),
    traceparent.replace(/00f0\w+/, '0'.repeat(16)),
    `${traceparent}-more`,
    traceparent.toUpperCase(),
  ])('is no traceparent that is none: %j', async (wrong) => {
    const { seen, ask } = await startSeeing()
    await ask({ traceparent: wrong })
    expect(seen[0]).not.toHaveProperty('traceparent')
  })

  it.each<[TrustedProxies, string, string | undefined]>([
    ['off', '1.2.3.4', undefined],
    [1, '9.9.9.9, 1.2.3.4', '1.2.3.4'],
    [2, '9.9.9.9, 1.2.3.4', '9.9.9.9'],
    [1, '', '127.0.0.1'],
    [1, 'rubbish', undefined],
    [1, '1.2.3.4:5678', '1.2.3.4'],
    [1, '[2001:db8::1]:443', '2001:db8::1'],
    [1, '2001:db8::1', '2001:db8::1'],
    [['127.0.0.0/8'], '9.9.9.9, 1.2.3.4', '1.2.3.4'],
    [['127.0.0.0/8', '1.2.3.0/24'], '9.9.9.9, 1.2.3.4', '9.9.9.9'],
    [['10.0.0.0/8'], '1.2.3.4', '127.0.0.1'],
  ])('with TRUST_PROXY %j and the chain %j is the address %j', async (trustProxy, chain, address) => {
    const { seen, ask } = await startSeeing({ trustProxy })
    await ask(chain === '' ? {} : { 'x-forwarded-for': chain })
    expect(seen[0]?.['x-forwarded-for']).toBe(address)
  })

  it('for two addresses is asked twice', async () => {
    const { seen, ask } = await startSeeing({ trustProxy: 1 })
    await Promise.all(['1.1.1.1', '2.2.2.2'].map((address) => ask({ 'x-forwarded-for': address })))
    expect(seen.map((headers) => headers['x-forwarded-for']).sort()).toEqual(['1.1.1.1', '2.2.2.2'])
  })

  it.each(['', '0', '10', '-1', 'on', 'x', '1.2.3.4/99', '300.1.1.1'])('TRUST_PROXY is not %j', (text) => {
    expect(readTrustedProxies(text)).toBeUndefined()
  })
})

describe('The log of the program', () => {
  const mutation = 'mutation { revokeAccessTokens(ids: [42]) { revokedCount } }'
  const key = 'k'.repeat(32)

  it('has lines for auditors at every level', async () => {
    const running = run({ LOG_LEVEL: 'silent' })
    await askProcess(await addressOf(running), mutation)
    await expect
      .poll(running.stderr)
      .toMatch(/^\{.*"kind":"audit".*"target":"AccessToken:42","outcome":"REVOKED".*\}\n$/)
  })

  it('tells credentials apart by hashes that are equal where LOG_HASH_KEY is', async () => {
    const hashes: string[] = []
    for (const env of [{ LOG_HASH_KEY: key }, { LOG_HASH_KEY: key }, {}]) {
      const running = run(env)
      const url = await addressOf(running)
      for (const token of ['demo-superuser', 'demo-plain']) await askProcess(url, '{ __typename }', token)
      await expect.poll(() => running.stderr().match(/"credential":"[^"]+"/g)).toHaveLength(2)
      hashes.push(...(running.stderr().match(/"credential":"[^"]+"/g) ?? []))
      running.child.kill('SIGKILL')
    }
    expect(hashes.slice(0, 2)).toEqual(hashes.slice(2, 4))
    expect(new Set(hashes).size).toBe(4)
  })

  it('is text for people where LOG_FORMAT is pretty', async () => {
    const running = run({ LOG_FORMAT: 'pretty' })
    await askProcess(await addressOf(running), '{ __typename }')
    await expect.poll(running.stderr).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: request \{.*\}\n$/)
  })

  it('refuses a key that is short, and does not repeat it', async () => {
    const running = run({ LOG_HASH_KEY: 'short-key' })
    expect(await running.ended).toBe(1)
    expect(running.stderr()).toBe('LOG_HASH_KEY: expected 32 bytes or more, got something else\n')
  })
})

describe('Metrics', () => {
  it('are told on a port of their own, in the text format of Prometheus, with labels of closed sets', async () => {
    const running = run({ METRICS_PORT: '0' })
    const url = await addressOf(running)
    await expect.poll(running.stdout).toMatch(/metrics on /)
    const [, metrics = ''] = /metrics on (\S+)/.exec(running.stdout()) ?? []
    await askProcess(url, '{ user(id: 8) { pk } other: user(id: "s3cret") { pk } }')
    await fetch(url.replace('/graphql', '/s3cret'), { method: 'PROPFIND' })
    await fetch(url.replace('/graphql', '/livez'), { method: 'HEAD' })
    const response = await fetch(metrics)
    expect(response.headers.get('content-type')).toContain('version=0.0.4')
    const text = await response.text()
    for (const line of [
      'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/graphql",http_response_status_code="200",error_type=""} 1',
      'http_server_request_duration_seconds_count{http_request_method="_OTHER",http_route="other",http_response_status_code="404",error_type=""} 1',
      'http_client_request_duration_seconds_count{http_request_method="GET",url_template="/core/users/{id}/",http_response_status_code="200",error_type=""} 1',
      'authentik_graphql_errors_total{code="BAD_USER_INPUT"} 1',
      'authentik_graphql_queue_waiting 0',
      'authentik_graphql_refused_total 0',
      'authentik_graphql_shared_total 0',
      'authentik_graphql_retried_total 0',
      'authentik_graphql_circuit_state{state="closed"} 1',
      'authentik_graphql_log_lines_lost_total 0',
    ])
      expect(text).toContain(line)
    expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds \d/)
    expect(text).toMatch(/nodejs_heap_size_used_bytes \d/)
    expect(text).not.toContain('s3cret')
    expect((await fetch(metrics.replace('/metrics', '/'))).status).toBe(404)
  })

  it('tell what queries were estimated to cost beside what they cost, and nothing of mutations', async () => {
    const gateway = await startGateway({ metricsPort: 0, maxCost: 9 })
    await gateway.ask('{ users(first: 1000) { totalCount } }')
    await gateway.askOnce('{ users(first: 1000) { nodes { pk } } }')
    await gateway.askOnce('mutation { revokeAccessTokens(ids: [42]) { revokedCount } }')
    const { text = '' } = (await gateway.readMetrics?.()) ?? {}
    // One row twice, and one query that is refused.
    expect(text).toContain('authentik_graphql_query_estimated_requests_sum 12\n')
    expect(text).toContain('authentik_graphql_query_estimated_requests_count 3\n')
    expect(text).toContain('authentik_graphql_query_requests_sum 2\n')
    expect(text).toContain('authentik_graphql_query_requests_count 3\n')
  })

  it('tell who hung up, and which answers of authentik are failures', async () => {
    const { url: upstream } = await listen((request, response) => {
      if (request.url?.includes('/1/')) response.writeHead(500).end()
    })
    const running = run({ METRICS_PORT: '0', AUTHENTIK_URL: upstream })
    const url = await addressOf(running)
    await expect.poll(running.stdout).toMatch(/metrics on /)
    const [, metrics = ''] = /metrics on (\S+)/.exec(running.stdout()) ?? []
    await askProcess(url, '{ user(id: 1) { pk } }')
    const signal = AbortSignal.timeout(300)
    const body = '{"query":"{ user(id: 2) { pk } }"}'
    await expect(fetch(url, { ...post, body, signal })).rejects.toThrow()
    const text = async () => (await fetch(metrics)).text()
    await expect.poll(text).toContain('http_route="/graphql",http_response_status_code="",error_type="hung_up"} 1')
    expect(await text()).toContain(
      'url_template="/core/users/{id}/",http_response_status_code="500",error_type="500"} 1',
    )
  })

  it('are not told otherwise', async () => {
    const { url } = await startGateway()
    expect((await fetch(url.replace('/graphql', '/metrics'))).status).toBe(404)
  })
})
