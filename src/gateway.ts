import type { RequestListener } from 'node:http'
import { createYoga } from 'graphql-yoga'
import { Upstream } from './authentik/wire/upstream.ts'
import { type Config, readConfig } from './config/config.ts'
import { createContext, readCredential } from './context.ts'
import { limitRequests } from './http/admission.ts'
import { allowOrigins } from './http/cors.ts'
import { keepDocuments } from './http/document-cache.ts'
import { limitDocuments } from './http/document-limits.ts'
import { executeInOrder } from './http/execution.ts'
import { showGraphiQL } from './http/graphiql.ts'
import { hardenHttp, ignoreHost } from './http/hardening.ts'
import { hideSchema, withoutSuggestion } from './http/hidden-schema.ts'
import { boundIntrospection } from './http/introspection.ts'
import { abridgeErrors, maskError } from './http/masking.ts'
import { idParameters, onlyPersisted } from './http/persisted-operations.ts'
import { boundReceiving } from './http/receiving.ts'
import { limits } from './limits.ts'
import { createLog, type Log } from './observe/log.ts'
import { createSchema } from './schema/index.ts'

type GatewaySettings = Pick<
  Config,
  | 'upstreamConcurrency'
  | 'upstreamTimeout'
  | 'queueTimeout'
  | 'operationTimeout'
  | 'corsOrigins'
  | 'graphiql'
  | 'introspection'
  | 'persistedOperations'
  | 'logLevel'
>

/** The configuration's settings by their names and with their defaults. */
export interface GatewayOptions extends Partial<GatewaySettings> {
  readonly authentikUrl: URL
  /** Where it is told what happens; by default standard error, from `logLevel` on. */
  readonly log?: Log
  /** A token that GraphiQL has filled in: for the embedded authentik only. */
  readonly demonstrationToken?: string | undefined
}

export interface Gateway {
  /** For node's HTTP server: GraphQL at /graphql, liveness at /health. */
  readonly listener: RequestListener
  /** Undefined if authentik answers at its address, else the reason why it seems not to. */
  probe(): Promise<string | undefined>
  /** Resolves when all work has ended that is finished though its callers have gone. */
  drain(): Promise<void>
  /** Drains, and closes the connections to authentik. */
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
  const { authentikUrl, corsOrigins, graphiql, introspection, persistedOperations, demonstrationToken } = settings
  const log = options.log ?? createLog(settings.logLevel)
  const upstream = new Upstream({
    url: authentikUrl,
    concurrency: settings.upstreamConcurrency,
    clocks: { queue: settings.queueTimeout, upstream: settings.upstreamTimeout },
  })
  const yoga = createYoga({
    maxRequestBodySize: limits.requestBytes,
    multipart: false,
    batching: { limit: limits.operationsPerRequest },
    // Yoga's own would let any origin ask, and load a page from elsewhere.
    cors: allowOrigins(corsOrigins ?? []),
    graphiql: false,
    landingPage: false,
    extraParamNames: persistedOperations ? idParameters : [],
    plugins: [
      hardenHttp(),
      graphiql ? showGraphiQL(demonstrationToken) : {},
      persistedOperations ? onlyPersisted(persistedOperations) : {},
      boundIntrospection(),
      executeInOrder(),
      introspection ? {} : hideSchema(),
      limitDocuments(),
      keepDocuments(),
      abridgeErrors(),
    ],
    parserAndValidationCache: false,
    schema: createSchema(),
    context: ({ request }) => createContext(request, upstream, log, settings.operationTimeout),
    maskedErrors: {
      maskError: (error) => (introspection ? maskError(error, log) : withoutSuggestion(maskError(error, log))),
    },
    logging: { debug() {}, info() {}, warn: (text) => log.warn({}, String(text)), error() {} },
  })
  return {
    listener: limitRequests(boundReceiving(ignoreHost(yoga)), (header) =>
      upstream.acceptedCaller(readCredential(header)),
    ),
    probe: () => upstream.probe(),
    drain: () => upstream.drain(),
    close: () => upstream.close(),
  }
}
