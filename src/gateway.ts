import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type ASTVisitor,
  execute,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  type ValidationContext,
  validate,
} from 'graphql'
import { createLRUCache, createYoga, type Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Upstream } from './authentik/wire/upstream.ts'
import { createContext } from './context.ts'
import { limitDocuments } from './http/document-limits.ts'
import { createGraphiQL } from './http/graphiql.ts'
import { idParameters, type Operations, onlyPersisted } from './http/persisted-operations.ts'
import { limits } from './limits.ts'
import { createSchema } from './schema/index.ts'

export interface GatewayOptions {
  readonly upstream: Upstream
  readonly log: Logger
  /** Web origins whose pages may ask; none by default. */
  readonly corsOrigins: readonly string[]
  /** Whether browsers are shown GraphiQL. */
  readonly graphiql: boolean
  readonly introspection: boolean
  /** The operations that alone may run; any without. */
  readonly persistedOperations?: Operations | undefined
  /** Filled in on the page: over the embedded authentik only. */
  readonly demonstrationToken?: string | undefined
}

/** The gateway, as a listener for node's HTTP server: GraphQL at /graphql, liveness at /health. */
export function createGateway({
  upstream,
  log,
  corsOrigins,
  graphiql,
  introspection,
  persistedOperations,
  demonstrationToken,
}: GatewayOptions) {
  const yoga = createYoga({
    schema: createSchema(),
    context: ({ request }) => createContext(request, upstream, log),
    plugins: [
      hardenHttp(),
      graphiql ? showGraphiQL(demonstrationToken) : {},
      persistedOperations ? onlyPersisted(persistedOperations) : {},
      limitDocuments(),
      keepOrder(),
      introspection ? {} : hideSchema(),
    ],
    // Yoga's own would let any origin ask, and load its page from elsewhere.
    cors: (request) => corsOf(request, corsOrigins),
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: { limit: limits.operationsPerRequest },
    extraParamNames: persistedOperations ? idParameters : [],
    maxRequestBodySize: limits.requestBytes,
    parserAndValidationCache: { documentCache: createLRUCache(cached), errorCache: createLRUCache(cached) },
    maskedErrors: { maskError: (error) => withoutHints(mask(error, log), introspection) },
    logging: { debug() {}, info() {}, warn: (text) => log.warn(text), error() {} },
  })
  return (request: IncomingMessage, response: ServerResponse) => {
    // Nothing here depends on the host, and a malformed one would be answered with a stack.
    request.headers.host = 'localhost'
    return yoga(request, response)
  }
}

const cached = { max: limits.documentsKept }

/** A form must not run an operation: what a browser sends to other origins unasked is refused. */
function hardenHttp(): Plugin {
  return {
    onRequest({ request, url, endResponse, fetchAPI }) {
      const refuse = (status: number, message: string) => {
        const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] })
        endResponse(
          new fetchAPI.Response(body, { status, headers: { 'content-type': 'application/json; charset=utf-8' } }),
        )
      }
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (request.method === 'POST' && type !== 'application/json') {
        refuse(415, 'Send a POST with "content-type: application/json".')
      }
      for (const name of ['variables', 'extensions']) {
        if (request.method === 'GET' && !isJson(url.searchParams.get(name) || 'null'))
          refuse(400, `"${name}" must be JSON.`)
      }
    },
    onParams({ params }) {
      const sent: unknown = params
      if (typeof sent === 'object' && sent !== null) return
      const extensions = { code: 'BAD_REQUEST', http: { status: 400 } }
      throw new GraphQLError('Each operation must be an object.', { extensions })
    },
    onResponse({ response }) {
      response.headers.set('cache-control', 'no-store')
      response.headers.set('x-content-type-options', 'nosniff')
    },
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function showGraphiQL(demonstrationToken: string | undefined): Plugin {
  const getPage = createGraphiQL(demonstrationToken)
  return {
    async onRequest({ request, url, endResponse, fetchAPI }) {
      const wantsPage = request.method === 'GET' && request.headers.get('accept')?.includes('text/html')
      if (!wantsPage || url.pathname !== '/graphql') return
      const { body, headers } = await getPage(request.headers.get('accept-encoding') ?? '')
      endResponse(new fetchAPI.Response(body, { headers }))
    },
  }
}

/** Yoga's own executor puts what comes later behind what came at once, whatever the order of the selection. */
function keepOrder(): Plugin {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(execute)
    },
  }
}

/** Tells the schema neither by introspection, nor to composing machines, nor by hints in errors. */
function hideSchema(): Plugin {
  const noSdl = (context: ValidationContext): ASTVisitor => ({
    Field(node) {
      if (!['_sdl', '_service'].includes(node.name.value)) return
      context.reportError(new GraphQLError(`The schema is hidden, and so is "${node.name.value}".`, { nodes: node }))
    },
  })
  return {
    onValidate({ addValidationRule, setValidationFn }) {
      addValidationRule(NoSchemaIntrospectionCustomRule)
      addValidationRule(noSdl)
      setValidationFn((schema, document, rules, options) =>
        validate(schema, document, rules, { ...options, hideSuggestions: true }),
      )
    },
  }
}

function corsOf(request: Request, origins: readonly string[]) {
  const origin = request.headers.get('origin')
  if (origin === null || !origins.includes(origin)) return false
  return { origin, credentials: false, methods: ['GET', 'POST'], allowedHeaders: ['authorization', 'content-type'] }
}

/** Our own and graphql's errors are told as they are; everything else is a fault of the gateway's, and logged. */
function mask(error: unknown, log: Logger): GraphQLError {
  const original = originOf(error)
  if (error instanceof GraphQLError && original instanceof GraphQLError) {
    // Yoga quotes a body that is no JSON here, and takes the status from there.
    if ('originalError' in error.extensions) {
      delete error.extensions['originalError']
      error.extensions['http'] = { status: 400 }
    }
    // graphql has no codes for what is wrong with a request.
    error.extensions['code'] ??= error.message.startsWith('Variable ')
      ? 'BAD_USER_INPUT'
      : 'OPERATION_RESOLUTION_FAILURE'
    return error
  }
  log.error({ cause: original }, 'unexpected')
  const { nodes = null, path = null } = error instanceof GraphQLError ? error : {}
  return new GraphQLError('Unexpected error.', { nodes, path, extensions: { code: 'INTERNAL_SERVER_ERROR' } })
}

/** graphql hides what it suggests for documents, but not for their variables. */
function withoutHints(error: GraphQLError, introspection: boolean): GraphQLError {
  if (!introspection) error.message = error.message.replace(/ Did you mean .*$/s, '')
  return error
}

function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originOf(error.originalError) : error
}
