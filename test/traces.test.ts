import { AsyncLocalStorage } from 'node:async_hooks'
import { SpanKind, trace } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { createGateway } from '../src/gateway.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

// OpenTelemetry's own SDK, as an operator loads it before the gateway.
const exporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
afterAll(() => trace.disable())
beforeEach(() => exporter.reset())

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const spansOf = (kind: SpanKind) => exporter.getFinishedSpans().filter((span) => span.kind === kind)
const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId

async function ask(url: string, body: unknown, headers = {}) {
  const type = { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' }
  const response = await fetch(url, { method: 'POST', headers: { ...type, ...headers }, body: JSON.stringify(body) })
  await response.text()
}

it('an operation is a SERVER span in the trace of the caller, and each request to authentik a CLIENT span in it', async () => {
  const { url, sandbox } = await startGateway()
  await ask(url, { query: 'query Two { user(id: 8) { pk } oauth2Provider(id: 1) { name } }' }, { traceparent })
  const [server] = spansOf(SpanKind.SERVER)
  expect(server?.name).toBe('query')
  expect(server?.attributes).toMatchObject({ 'graphql.operation.type': 'query', 'graphql.operation.name': 'Two' })
  expect(server?.spanContext().traceId).toBe(traceId)
  expect(server?.parentSpanContext?.spanId).toBe('00f067aa0ba902b7')
  const clients = spansOf(SpanKind.CLIENT)
  expect(clients.map(({ name }) => name).sort()).toEqual(['GET /core/users/{id}/', 'GET /providers/oauth2/{id}/'])
  for (const client of clients) {
    expect(client.parentSpanContext?.spanId).toBe(idOf(server))
    expect(client.attributes['http.response.status_code']).toBe(200)
  }
  const told = sandbox.requests.map(({ headers }) => headers['traceparent'])
  expect(told.sort()).toEqual(clients.map((client) => `00-${traceId}-${idOf(client)}-01`).sort())
})

it('each operation of a batch is a span, and an error is named by its code', async () => {
  const { url } = await startGateway()
  await ask(url, [{ query: '{ __typename }' }, { query: 'query B { user(id: "x") { pk } }' }])
  const spans = spansOf(SpanKind.SERVER)
  expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual(
    expect.arrayContaining([undefined, 'BAD_USER_INPUT']),
  )
  expect(spans).toHaveLength(2)
})

it('the span of a query ends though its caller has hung up, the first time and later', async () => {
  let holds = false
  const { url } = await listen((_request, response) => {
    if (!holds) response.end('{"pk":1,"username":"ada","name":"","uid":"u"}')
  })
  const gateway = await startGatewayOver(url)
  const query = '{ user(id: 1) { username } }'
  const hangUp = async (text: string) => {
    const asked = gateway.ask(text, { signal: AbortSignal.timeout(200) })
    await expect(asked).rejects.toThrow()
  }
  await gateway.ask(query)
  holds = true
  await hangUp(query)
  await hangUp(`${query} # another document`)
  await expect.poll(() => spansOf(SpanKind.SERVER).length).toBe(3)
})

it('no span holds a secret or a word of the caller beside the name of the operation', async () => {
  const { url } = await startGateway()
  const query = 'query ($id: ID!) { accessToken(id: $id) { idToken user { attributes } provider { clientSecret } } }'
  await ask(url, { query, variables: { id: '42' } }, { 'x-s3cret': 's3cret', cookie: 's3cret' })
  await ask(url, { query: '{ user(id: "s3cret") { pk } }' })
  const text = JSON.stringify(
    exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
  )
  expect(text).not.toMatch(/s3cret|demo-|Bearer|"42"/)
})

it('an operation that waits for its turn goes on in the context of its own request', async () => {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.close())
  const context = new AsyncLocalStorage<string>()
  const seen: [string, string | undefined][] = []
  const silent = { error() {}, warn() {}, info() {}, debug() {} }
  const debug = ({ requestId }: { requestId?: string }, text: string) => {
    if (text === 'asked') seen.push([requestId ?? '', context.getStore()])
  }
  const logs = { log: { ...silent, debug }, audit: silent, lost: () => 0 }
  const gateway = createGateway({ authentikUrl: new URL(sandbox.url), logs })
  onTestFinished(() => gateway.close())
  const { url } = await listen((request, response) =>
    context.run(String(request.headers['x-request-id']), () => gateway.listener(request, response)),
  )
  const ids = Array.from({ length: 40 }, (_, index) => `request-${index}`)
  const askAs = (id: string, authorization: string) =>
    ask(`${url}/graphql`, { query: '{ me { username } }' }, { 'x-request-id': id, authorization })
  await askAs('first', 'Bearer demo-superuser')
  seen.length = 0
  await Promise.all(ids.map((id) => askAs(id, `Bearer unknown-${id}`)))
  expect(seen.map(([id]) => id).sort()).toEqual([...ids].sort())
  expect(seen.filter(([id, store]) => id !== store)).toEqual([])
})
