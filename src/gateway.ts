import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import {
  type DocumentNode,
  execute,
  GraphQLError,
  Lexer,
  NoSchemaIntrospectionCustomRule,
  type ParseOptions,
  parse,
  Source,
  TokenKind,
  type ValidationContext,
  validate,
} from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Upstream } from './authentik/upstream.ts'
import { createContext } from './context.ts'
import { codedError } from './errors.ts'
import { createGraphiQL } from './graphiql.ts'
import { schema } from './schema/index.ts'

export interface GatewayOptions {
  readonly upstream: Upstream
  readonly log: Logger
  /** Web origins whose pages may ask; none by default. */
  readonly corsOrigins: readonly string[]
  /** Whether browsers are shown GraphiQL. */
  readonly graphiql: boolean
  readonly introspection: boolean
  /** Filled in on the page: over the embedded authentik only. */
  readonly demonstrationToken?: string | undefined
}

/** What one request, and one document in it, may hold. */
export const limits = { bodyBytes: 256 * 1024, tokens: 2000, nesting: 100, depth: 15, aliases: 100 }

/** The gateway, as a listener for node's HTTP server: GraphQL at /graphql, liveness at /health. */
export function createGateway({
  upstream,
  log,
  corsOrigins,
  graphiql,
  introspection,
  demonstrationToken,
}: GatewayOptions) {
  return createYoga({
    schema,
    context: ({ request }) => createContext(request, upstream, log),
    plugins: [
      hardenHttp(),
      graphiql ? showGraphiQL(demonstrationToken) : {},
      limitDocuments(),
      keepOrder(),
      introspection ? {} : hideSchema(),
    ],
    // Yoga's own would let any origin ask, and load its page from elsewhere.
    cors: (request) => corsOf(request, corsOrigins),
    graphiql: false,
    landingPage: false,
    multipart: false,
    maxRequestBodySize: limits.bodyBytes,
    maskedErrors: { maskError: (error) => mask(error, log) },
    logging: { debug() {}, info() {}, warn: (text) => log.warn(text), error() {} },
  })
}

/** A form must not run an operation: what a browser sends to other origins unasked is refused. */
function hardenHttp(): Plugin {
  return {
    onRequest({ request, endResponse, fetchAPI }) {
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (request.method !== 'POST' || type === 'application/json') return
      const message = 'Send a POST with "content-type: application/json".'
      const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] })
      const headers = { 'content-type': 'application/json; charset=utf-8' }
      endResponse(new fetchAPI.Response(body, { status: 415, headers }))
    },
    onResponse({ response }) {
      response.headers.set('cache-control', 'no-store')
      response.headers.set('x-content-type-options', 'nosniff')
    },
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

function limitDocuments(): Plugin {
  const refuse = [
    (context: ValidationContext | null, error: GraphQLError) =>
      context?.reportError(codedError('QUERY_TOO_COMPLEX', error.message.replace('Syntax Error: ', ''))),
  ]
  const rules = [
    maxDepthRule({ n: limits.depth, flattenFragments: true, onReject: refuse, propagateOnRejection: false }),
    maxAliasesRule({ n: limits.aliases, onReject: refuse, propagateOnRejection: false }),
  ]
  return {
    onParse({ setParseFn }) {
      setParseFn(parseWithinLimits)
    },
    onValidate({ addValidationRule }) {
      for (const rule of rules) addValidationRule(rule)
      // graphql itself gives up on selections that take too long to compare.
      const gaveUp = ({ message }: Error) => message === 'Validation aborted.'
      const tooComplex = codedError('QUERY_TOO_COMPLEX', 'Too many fields of one name to compare.')
      return ({ result, setResult }) => setResult(result.map((error: Error) => (gaveUp(error) ? tooComplex : error)))
    },
  }
}

/** Counts tokens and open brackets first: the parser and the rules recurse, and would run out of stack. */
function parseWithinLimits(text: string, options?: ParseOptions): DocumentNode {
  const lexer = new Lexer(new Source(text))
  let tokens = 0
  let nesting = 0
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    tokens += 1
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) nesting += 1
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) nesting -= 1
    if (tokens > limits.tokens) throw codedError('QUERY_TOO_COMPLEX', `Token limit of ${limits.tokens} exceeded.`)
    if (nesting > limits.nesting) throw codedError('QUERY_TOO_COMPLEX', `Nesting limit of ${limits.nesting} exceeded.`)
  }
  return parse(text, options)
}

/** Yoga's own executor puts what comes later behind what came at once, whatever the order of the selection. */
function keepOrder(): Plugin {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(execute)
    },
  }
}

function hideSchema(): Plugin {
  return {
    onValidate({ addValidationRule, setValidationFn }) {
      addValidationRule(NoSchemaIntrospectionCustomRule)
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
    // What is wrong with an operation's variables has no code of its own.
    error.extensions['code'] ??= 'BAD_USER_INPUT'
    return error
  }
  log.error({ cause: original }, 'unexpected')
  const { nodes = null, path = null } = error instanceof GraphQLError ? error : {}
  return new GraphQLError('Unexpected error.', { nodes, path, extensions: { code: 'INTERNAL_SERVER_ERROR' } })
}

function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originOf(error.originalError) : error
}
