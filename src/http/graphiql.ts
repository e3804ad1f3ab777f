import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { GraphiQLOptions, Plugin } from 'graphql-yoga'
import type { Example } from './examples.ts'
import { explainPanel } from './explain-panel.ts'

export interface PageOptions {
  /** Each has a tab. They are looked at when somebody opens the page. */
  readonly examples: () => readonly Example[]
  /** The token that is filled in. */
  readonly demonstrationToken?: string | undefined
  /** Whether queries are explained on demand. */
  readonly explain: boolean
}

/** Shows GraphiQL to browsers at /graphql, and leads them there. One that has the page already is not sent it again. */
export function showGraphiQL(options: PageOptions): Plugin {
  const getPage = createGraphiQL(options)
  return {
    async onRequest({ request, url, endResponse, fetchAPI }) {
      const wantsPage = request.method === 'GET' && request.headers.get('accept')?.includes('text/html')
      if (!wantsPage) return
      if (url.pathname === '/')
        endResponse(new fetchAPI.Response(null, { status: 302, headers: { location: '/graphql' } }))
      if (url.pathname !== '/graphql') return
      const { body, headers } = await getPage(request.headers.get('accept-encoding') ?? '')
      const has = request.headers
        .get('if-none-match')
        ?.split(/\s*,\s*/)
        .includes(headers.etag)
      endResponse(new fetchAPI.Response(has ? null : body, { status: has ? 304 : 200, headers }))
    },
  }
}

/** The page, in an encoding that the browser accepts. */
interface RenderedPage {
  readonly body: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>> & { readonly etag: string }
}

type Form = 'br' | 'gzip' | 'identity'

/**
 * GraphiQL with example queries, on a page that asks no host but its own. The page has 9 MB, so it is made at the first
 * request, and compressed once for each encoding.
 */
export function createGraphiQL(options: PageOptions): (acceptEncoding: string) => Promise<RenderedPage> {
  const render = once(() => renderPage(options))
  const forms: Record<Form, () => Promise<Uint8Array<ArrayBuffer>>> = {
    // The best quality takes 15 seconds for a tenth less.
    br: once(async () => brotli((await render()).html, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })),
    gzip: once(async () => zip((await render()).html)),
    identity: async () => (await render()).html,
  }
  return async (acceptEncoding) => {
    const form = formFor(acceptEncoding)
    const [{ policy, hash }, body] = await Promise.all([render(), forms[form]()])
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      ...(form !== 'identity' && { 'content-encoding': form }),
      vary: 'accept-encoding',
      // It is kept by browsers, who ask each time whether it is still the same.
      'cache-control': 'private, no-cache',
      etag: `"${hash}-${form}"`,
    }
    return { body, headers }
  }
}

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

async function renderPage({ examples, demonstrationToken, explain }: PageOptions) {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const authorization = `Bearer ${demonstrationToken ?? '<your authentik API token>'}`
  const options: GraphiQLOptions = {
    title: 'authentik-graphql',
    // Beside the page's own address: a POST there would have browsers forget the page (RFC 9111, section 4.4).
    endpoint: '?graphiql',
    logo,
    favicon: `data:image/svg+xml,${encodeURIComponent(logo)}`,
    defaultTabs: examples().map((example) => ({ ...example })),
    headers: JSON.stringify({ authorization }, null, 2),
    defaultEditorToolsVisibility: 'headers',
    shouldPersistHeaders: false,
  }
  // The options stand inside the script as JSON, where a "</script>" would end it.
  const html = renderGraphiQL(options)
    .replace(JSON.stringify(options), (json) => json.replaceAll('<', '\\u003c'))
    .replace('<div id="root"></div>', (root) => stillTabs + openTabAgain + root + (explain ? explainPanel : ''))
  const hash = createHash('sha256').update(html).digest('base64url')
  return { html: Buffer.from(html), policy: policyFor(html), hash }
}

/** GraphiQL leaves its tabs shifted when it has moved them: the first click on one would only move it back. The title has one line. */
const stillTabs = '<style>.graphiql-tab { transform: none !important } .graphiql-logo { white-space: nowrap }</style>'

/**
 * GraphiQL opens the tab whose query and variables it stored apart, or else an empty one. It stores them only when they change, so
 * those of the tab that was open are stored here, before it looks.
 */
const openTabAgain = `<script>
  {
    const { tabs, activeTabIndex } = JSON.parse(localStorage['graphiql:tabState'] ?? '{"tabs":[]}')
    const { query, variables } = tabs[activeTabIndex] ?? {}
    if (query) localStorage['graphiql:query'] ||= query
    if (variables) localStorage['graphiql:variables'] ||= variables
  }
</script>`

const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32"><path d="M16 3 27.3 9.5v13L16 29 4.7 22.5v-13Z" fill="none" stroke="#fd4b2d" stroke-width="2.5" stroke-linejoin="round"/><circle cx="16" cy="13.5" r="3.5" fill="#fd4b2d"/><path d="M14.5 15h3l1.2 7h-5.4Z" fill="#fd4b2d"/></svg>`

/** What the page may do: run its own scripts and workers, ask its own host, and nothing else. */
function policyFor(html: string): string {
  const scripts = [...html.matchAll(/<script\b[^>]*>(.*?)<\/script\b/gis)].map(([, script = '']) => script)
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    'worker-src blob:',
    "connect-src 'self'",
    // The editor writes style elements of its own.
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** The best that a browser accepts, by its Accept-Encoding. */
function formFor(acceptEncoding: string): Form {
  const refused = /;\s*q=0(\.0*)?$/
  const accepted = acceptEncoding
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
  const names = accepted.filter((part) => !refused.test(part)).map((part) => part.split(';')[0]?.trim())
  return (['br', 'gzip'] as const).find((form) => names.includes(form)) ?? 'identity'
}

function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined
  return () => {
    value ??= compute()
    return value
  }
}
