import { causeOf, type Log } from './log.ts'
import type { Observer, OperationFacts, ReadFacts, RequestFacts } from './observer.ts'

/** Paths that machines ask for every few seconds. */
const routine = ['/livez', '/readyz', '/health']

/** A line for each HTTP request, and one for each kind of failure upstream in it. */
export function logAccess(log: Log): Partial<Observer> {
  const told = new WeakMap<RequestFacts, Set<string>>()
  /** Whether something is told for the first time in a request. */
  const isNews = (request: RequestFacts, text: string) => {
    const before = told.get(request) ?? new Set()
    told.set(request, before)
    const news = !before.has(text)
    before.add(text)
    return news
  }
  return {
    requestEnded(request) {
      log[routine.includes(request.path) ? 'debug' : 'info'](lineOf(request), 'request')
    },
    readEnded(read) {
      const { operation, template: path, status, requestId, failure } = read
      if (status !== undefined)
        log.debug(
          { requestId: operation.request.id, path, ...timesOf(read), authentik: { status, requestId } },
          'asked',
        )
      if (!failure || failure.level === 'silent') return
      const { code, message, level, cause } = failure
      if (!isNews(operation.request, `${code} ${path} ${message}`)) return
      const about = { path, code, authentik: { status, requestId }, cause: causeOf(cause) }
      log[level]({ requestId: operation.request.id, ...about }, message)
    },
  }
}

function timesOf({ waited, took, shared, retried }: ReadFacts) {
  return { msWaiting: Math.round(waited), ms: Math.round(took), ...(shared && { shared }), ...(retried && { retried }) }
}

function lineOf(request: RequestFacts) {
  const { id, method, path, client, credential, operations, errors, status, bytes, hungUp, took, upstream } = request
  const [operation] = operations
  return {
    requestId: id,
    method,
    path,
    ...(operations.length > 1 ? { operations: operations.map(nameOf) } : operation && nameOf(operation)),
    ...(client.name !== undefined && { client: client.name }),
    ...(client.version !== undefined && { clientVersion: client.version }),
    ...(credential !== undefined && { credential }),
    ...(hungUp ? { hungUp } : { status, bytes }),
    ...(errors.size > 0 && { codes: [...errors.keys()] }),
    ms: Math.round(took.all),
    msWaiting: Math.round(took.waiting),
    msUpstream: Math.round(took.upstream),
    ...upstream,
  }
}

function nameOf({ name, kind, estimated }: OperationFacts) {
  return {
    ...(name !== undefined && { operation: name }),
    ...(kind !== undefined && { kind }),
    ...(estimated !== undefined && { estimated }),
  }
}
