import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { shorten } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Observer } from '../observe/observer.ts'
import { type OperationRecord, RequestRecord } from '../observe/record.ts'
import { readTraceparent } from '../observe/traces.ts'

/** The gateway's own paths: what stands in the log and in metrics must not be a caller's word. */
const paths = ['/', '/graphql', '/livez', '/readyz', '/health']

/** Where a request has its record. A WeakMap would hold it, and all that it leads to, through many rounds of garbage collection. */
const ofRequest = Symbol('record')

/** What is gathered of that request. */
export function recordOf(request: IncomingMessage & { readonly [ofRequest]?: RequestRecord }): RequestRecord {
  const record = request[ofRequest]
  if (!record) throw new Error('The request was not observed.')
  return record
}

/**
 * The listener, each of whose requests is told of when it has ended. Every answer has the request's id. `hashOf` gives the keyed
 * hash of the credential in an Authorization header.
 */
export function observeRequests(
  listener: RequestListener,
  observer: Observer,
  hashOf: (authorization: string | undefined) => string | undefined,
): RequestListener {
  return (request, response) => {
    const { headers, method = '' } = request
    const { authorization } = headers
    // Proxies are sent whole addresses. Nothing here depends on more than the path.
    request.url = request.url?.replace(/^https?:\/\/[^/?#]*/i, '') || '/'
    const [path = ''] = request.url.split('?', 1)
    const record = new RequestRecord({
      id: readId(headers['x-request-id']) ?? randomUUID(),
      method,
      path: paths.includes(path) ? path : 'other',
      client: readClient(headers),
      traceparent: readTraceparent(headers['traceparent']),
      hash: () => hashOf(authorization),
    })
    Object.assign(request, { [ofRequest]: record })
    response.setHeader('x-request-id', record.id)
    countBytes(response, record)
    tellTimes(response, record)
    response.once('close', () => {
      record.hungUp = !response.writableFinished
      record.status = response.statusCode
      // Nothing ends a query whose caller has gone. A mutation goes on.
      for (const operation of record.operations) if (operation.kind === 'query') endOperation(observer, operation, {})
      observer.requestEnded(record)
    })
    listener(request, response)
  }
}

/** Counts the bytes of the body as they are sent, compressed or not. */
function countBytes(response: ServerResponse, record: RequestRecord): void {
  const { write, end } = response
  const count = (chunk: unknown) => {
    if (typeof chunk === 'string') record.bytes += Buffer.byteLength(chunk)
    else if (chunk instanceof Uint8Array) record.bytes += chunk.length
  }
  response.write = (chunk: unknown, ...rest: unknown[]) => {
    count(chunk)
    return Reflect.apply(write, response, [chunk, ...rest])
  }
  response.end = (chunk?: unknown, ...rest: unknown[]) => {
    count(chunk)
    return Reflect.apply(end, response, [chunk, ...rest])
  }
}

/**
 * Tells the caller, in milliseconds until the headers are sent, how long something waited for its turn at authentik, how long
 * authentik worked on something, and all. https://www.w3.org/TR/server-timing/
 */
function tellTimes(response: ServerResponse, record: RequestRecord): void {
  const { writeHead } = response
  response.writeHead = (...args: unknown[]) => {
    const { waiting, upstream, all } = record.took
    const [queue, asked, total] = [waiting, upstream, all].map((time) => time.toFixed(1))
    response.setHeader('server-timing', `queue;dur=${queue}, upstream;dur=${asked}, total;dur=${total}`)
    return Reflect.apply(writeHead, response, args)
  }
}

/** What yoga is given beside a request: node's own. */
export interface Served {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

interface Observed extends Served {
  readonly operation: OperationRecord
}

/** Tells of each operation of a request, and counts the errors of the answer. */
export function observeOperations(observer: Observer): Plugin<Observed> {
  return {
    onExecute({ args }) {
      const { operation } = args.contextValue as Observed
      startOperation(observer, operation, args)
      return {
        onExecuteDone({ result }) {
          endOperation(observer, operation, result as ExecutionResult)
        },
      }
    },
    onResultProcess({ result, serverContext }) {
      const { req } = serverContext as unknown as Served
      const record = recordOf(req)
      for (const one of [result].flat()) for (const code of codesOf(one as ExecutionResult)) record.countError(code)
    },
  }
}

/** Tells that an operation begins, once for each. */
export function startOperation(
  observer: Observer,
  operation: OperationRecord,
  { document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>,
): void {
  if (operation.kind !== undefined) return
  const node = getOperationAST(document, operationName)
  operation.name = node?.name && shorten(node.name.value, limits.nameCharacters)
  operation.kind = node?.operation
  observer.operationStarted(operation)
}

/** Tells that it has ended, once. */
export function endOperation(observer: Observer, operation: OperationRecord, result: ExecutionResult): void {
  if (operation.hasEnded) return
  operation.hasEnded = true
  operation.codes = codesOf(result)
  observer.operationEnded(operation)
}

function codesOf({ errors = [] }: ExecutionResult): string[] {
  return errors.map(({ extensions }) => String(extensions?.['code'] ?? 'INTERNAL_SERVER_ERROR'))
}

/** A caller's request id, if it is short and of characters that are safe in every log. */
function readId(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header.length > limits.requestIdCharacters) return undefined
  return /^[\w.:@/+=-]+$/.test(header) ? header : undefined
}

/** What the client says of itself, in the headers that Apollo's clients, and others after them, send. */
function readClient(headers: IncomingMessage['headers']) {
  const read = (what: string) => {
    const header = headers[`graphql-client-${what}`] ?? headers[`apollographql-client-${what}`]
    return typeof header === 'string' && header !== '' ? shorten(header, limits.nameCharacters) : undefined
  }
  return { name: read('name'), version: read('version') }
}
