import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { getHeapStatistics } from 'node:v8'
import { createYoga } from 'graphql-yoga'
import { fieldsAtOnce } from './authentik/account.ts'
import { Upstream } from './authentik/wire/upstream.ts'
import { type Config, readConfig } from './config/config.ts'
import { createContext, readCredential } from './context.ts'
import { Estimates } from './execute/estimates.ts'
import { createExecute } from './execute/execute.ts'
import { Plans } from './execute/plan.ts'
import { Admission } from './http/admission.ts'
import { rememberDocuments } from './http/automatic-persisted-queries.ts'
import { compress } from './http/compression.ts'
import { allowOrigins } from './http/cors.ts'
import { Costs } from './http/costs.ts'
import { Documents, findSent } from './http/document-cache.ts'
import { limitDocuments } from './http/document-limits.ts'
import { examplesFor } from './http/examples.ts'
import { executeInOrder } from './http/execution.ts'
import { explainQueries, leaveExplained } from './http/explain.ts'
import { showGraphiQL } from './http/graphiql.ts'
import { checkHeaders, hardenHttp } from './http/hardening.ts'
import { answerHealth } from './http/health.ts'
import { hideSchema, withoutSuggestion } from './http/hidden-schema.ts'
import { boundIntrospection } from './http/introspection.ts'
import { abridgeErrors, maskError } from './http/masking.ts'
import { observeOperations, observeRequests, recordOf } from './http/observing.ts'
import { Beginnings } from './http/one-by-one.ts'
import { findPersisted, idParameters, logUnlisted, runPersisted } from './http/persisted-operations.ts'
import { answerInTurn } from './http/pipelining.ts'
import { createAddressOf } from './http/proxies.ts'
import { createRateLimit, type RateLimit } from './http/rate-limit.ts'
import { boundReceiving } from './http/receiving.ts'
import { answerStraight, openedContext, type StraightOptions, waitingFor } from './http/straight.ts'
import { beginTogether } from './http/together.ts'
import { limits } from './limits.ts'
import { logAccess } from './observe/access-log.ts'
import { createAudit } from './observe/audit.ts'
import { createCredentialHash } from './observe/credential-hash.ts'
import { createLogs, type Log, type Logs } from './observe/log.ts'
import { createMetrics } from './observe/metrics.ts'
import { type Observer, observeAll } from './observe/observer.ts'
import { traceRequests } from './observe/traces.ts'
import { createSchema, secretFields } from './schema/index.ts'

type GatewaySettings = Pick<
  Config,
  | 'authentikPublicUrl'
  | 'upstreamConcurrency'
  | 'upstreamTimeout'
  | 'queueTimeout'
  | 'operationTimeout'
  | 'corsOrigins'
  | 'graphiql'
  | 'introspection'
  | 'mutations'
  | 'hideSecrets'
  | 'maxCost'
  | 'rateLimit'
  | 'redisUrl'
  | 'explain'
  | 'persistedOperations'
  | 'persistedOperationsMode'
  | 'logLevel'
  | 'logFormat'
  | 'logHashKey'
  | 'metricsPort'
  | 'trustProxy'
>

/** The configuration's settings by their names and with their defaults. */
export interface GatewayOptions extends Partial<GatewaySettings> {
  readonly authentikUrl: URL
  /** Where it is told what happens; by default standard error, from `logLevel` on. */
  readonly logs?: Logs
  /** A token that GraphiQL has filled in: for the embedded authentik only. */
  readonly demonstrationToken?: string | undefined
}

export interface Gateway {
  /** For node's HTTP server: GraphQL at /graphql, and for supervisors /livez, /readyz and /health. */
  readonly listener: RequestListener
  /** All metrics in Prometheus' text format, and its content type; undefined without `metricsPort`. */
  readonly readMetrics: (() => Promise<{ text: string; type: string }>) | undefined
  /** Undefined if authentik answers at its address, else the reason why it seems not to. */
  probe(): Promise<string | undefined>
  /** From now on /readyz says that no new requests are welcome. They are answered all the same, each on a connection of its own. */
  retire(): void
  /** Tells auditors what has not ended, since the process does. */
  abandon(): void
  /** Resolves when all work has ended that is finished though its callers have gone. */
  drain(): Promise<void>
  /** Drains, and closes the connections. */
  close(): Promise<void>
}

const defaults = readConfig({}, [])

/** A gateway over one authentik: what stands between node's HTTP and the schema, from the outside to the inside. */
export function createGateway(options: GatewayOptions): Gateway {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const settings: typeof defaults & GatewayOptions = {
    ...defaults,
    ...Object.fromEntries(given),
    authentikUrl: options.authentikUrl,
  }
  const { log, audit: auditLog, lost } = options.logs ?? createLogs(settings.logLevel, settings.logFormat)
  const audit = createAudit(auditLog)
  const conditions = () => ({ queue: upstream.queue, circuit: upstream.circuit, lostLines: lost() })
  const callerOf = (header: string | undefined) => upstream.acceptedCaller(readCredential(header))
  const beginnings = new Beginnings(callerOf)
  const rateLimit = createRateLimit(settings, log, (request, isShort) => beginnings.takeAgain(request, isShort))
  const metrics = settings.metricsPort === undefined ? undefined : createMetrics(conditions, rateLimit)
  const observer = observeAll([
    traceRequests(),
    metrics?.observer ?? {},
    logAccess(log),
    audit.observer,
    rateLimit?.observer ?? {},
  ])
  const upstream = new Upstream({
    url: settings.authentikUrl,
    publicUrl: settings.authentikPublicUrl ?? settings.authentikUrl,
    concurrency: settings.upstreamConcurrency,
    clocks: { queue: settings.queueTimeout, upstream: settings.upstreamTimeout },
    observer,
  })
  const admission = new Admission(callerOf)
  const answer = createGraphql(settings, { upstream, observer, log, admission, beginnings, rateLimit, callerOf })
  const hash = createCredentialHash(settings.logHashKey, (credential) => upstream.hash(credential))
  const hashOf = (header: string | undefined) => {
    const credential = readCredential(header)
    return 'missing' in credential ? undefined : hash(credential.authorization)
  }
  const readiness = { ready: true }
  const bounded = boundReceiving(beginTogether(answer), (header) => callerOf(header) !== undefined)
  const graphql = admission.limitRequests(checkHeaders(bounded))
  const open = answerHealth(allowOrigins(compress(graphql), settings.corsOrigins ?? []), readiness, conditions)
  return {
    listener: answerInTurn(observeRequests(open, observer, hashOf)),
    readMetrics: metrics && (() => metrics.read()),
    probe: () => upstream.probe(),
    retire: () => {
      readiness.ready = false
    },
    abandon: () => audit.abandon(),
    drain: () => upstream.drain(),
    close: async () => {
      await upstream.close()
      rateLimit?.close()
    },
  }
}

interface Behind {
  readonly upstream: Upstream
  readonly observer: Observer
  readonly log: Log
  readonly admission: Admission
  readonly beginnings: Beginnings
  readonly rateLimit: RateLimit | undefined
  /** Tells an accepted caller by the Authorization header. */
  readonly callerOf: (header: string | undefined) => string | undefined
}

/** GraphQL over HTTP, with all that looks at a request before the schema does. */
function createGraphql(settings: Config & Pick<GatewayOptions, 'demonstrationToken'>, behind: Behind): RequestListener {
  const { introspection, mutations, hideSecrets, explain, persistedOperations, demonstrationToken } = settings
  // The examples are none of the operations that may run.
  const isEnforced = persistedOperations !== undefined && settings.persistedOperationsMode === 'enforce'
  const { upstream, observer, log, admission, beginnings, rateLimit, callerOf } = behind
  const schema = createSchema({ mutations, leaveOut: hideSecrets ? secretFields : [] })
  const plans = new Plans(schema)
  const costs = new Costs(new Estimates(schema), settings.maxCost)
  const documents = new Documents()
  const addressOf = createAddressOf(settings.trustProxy)
  const openContext = createOpenContext(settings, behind, addressOf)
  const yoga = createYoga<{ req: IncomingMessage; res: ServerResponse }>({
    maxRequestBodySize: limits.requestBytes,
    multipart: false,
    batching: { limit: limits.operationsPerRequest },
    cors: false,
    // Yoga's own would load a page from elsewhere.
    graphiql: false,
    landingPage: false,
    extraParamNames: persistedOperations ? idParameters : [],
    plugins: [
      observeOperations(observer),
      admission.limitBatches(),
      (settings.graphiql ?? !isEnforced)
        ? showGraphiQL({
            examples: () => examplesFor(schema, demonstrationToken !== undefined),
            demonstrationToken,
            explain,
          })
        : {},
      hardenHttp(),
      ...findDocuments(settings, behind),
      beginnings.plugin(),
      boundIntrospection(),
      costs.plugin(),
      rateLimit?.plugin() ?? {},
      executeInOrder(createExecute(plans)),
      explain ? explainQueries(costs, (header) => callerOf(header) !== undefined) : {},
      introspection ? {} : hideSchema(),
      limitDocuments(),
      documents.plugin(),
      abridgeErrors(),
    ],
    parserAndValidationCache: false,
    schema,
    context: ({ request, req, res }) => openedContext(req) ?? openContext(req, waitingFor(res, request.signal)),
    maskedErrors: {
      maskError: (error) => (introspection ? maskError(error, log) : withoutSuggestion(maskError(error, log))),
    },
    logging: { debug() {}, info() {}, warn: (text) => log.warn({}, String(text)), error() {} },
  })
  const find = persistedOperations ? findPersisted(persistedOperations, documents) : findSent(documents)
  const corsOrigins = settings.corsOrigins ?? []
  const keyOf = (request: IncomingMessage) =>
    `${upstream.writes} ${addressOf(request) ?? ''} ${request.headers.authorization ?? ''}`
  const options = { schema, find, plans, costs, beginnings, rateLimit, openContext, keyOf, observer, corsOrigins }
  const straight = answerStraight(yoga, options)
  return explain ? leaveExplained(straight, yoga) : straight
}

/** What opens the context of an operation, for the request to which it belongs. */
function createOpenContext(
  settings: Config,
  { upstream, observer }: Behind,
  addressOf: ReturnType<typeof createAddressOf>,
): StraightOptions['openContext'] {
  const fields = fieldsAtOnce(getHeapStatistics().heap_size_limit)
  const options = { upstream, observer, timeout: settings.operationTimeout, fields }
  return (request, { signal, onEnd }) => {
    const { authorization } = request.headers
    const address = addressOf(request)
    return createContext({ request, authorization, signal, record: recordOf(request), address, onEnd }, options)
  }
}

/** What finds the document of a request that names it, among persisted operations or what came before. */
function findDocuments(settings: Config, { callerOf, log }: Behind) {
  const { persistedOperations: operations, persistedOperationsMode: mode } = settings
  const remember = rememberDocuments((header) => callerOf(header ?? undefined) !== undefined)
  if (!operations) return [remember]
  const run = runPersisted(operations, mode)
  return mode === 'enforce' ? [run] : [run, logUnlisted(operations, log), remember]
}
