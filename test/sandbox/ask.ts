import type { Sandbox } from '../../src/sandbox/server.ts'

/** What a question may add to "GET, as nobody". */
export interface Question {
  method?: string
  /** A demonstration token. */
  token?: string | undefined
  headers?: Record<string, string>
  body?: string
}

/** An answer, its body read as JSON where it is JSON. */
export interface Reply {
  status: number
  headers: Headers
  type: string | null
  body: unknown
}

/** Asks a sandbox over HTTP. The path stands without "/api/v3/", or is absolute. */
export async function ask(sandbox: Sandbox, path: string, question: Question = {}): Promise<Reply> {
  const { method = 'GET', token, headers = {}, body = null } = question
  const response = await fetch(`${sandbox.url}${path.startsWith('/') ? path : `/api/v3/${path}`}`, {
    method,
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    body,
  })
  const text = await response.text()
  const type = response.headers.get('content-type')
  const json: unknown = type === 'application/json' && text !== '' ? JSON.parse(text) : text
  return { status: response.status, headers: response.headers, type, body: json }
}

/** A list, with the few columns that tests look at. */
export interface Page {
  pagination: { count: number }
  results: Row[]
}

/** A row of any list. */
export interface Row {
  pk: number | string
  name?: string
  username?: string
  expires?: string | null
  provider?: { pk: number }
}

/** Asks for a list, as the superuser unless said otherwise. */
export async function askForPage(sandbox: Sandbox, path: string, token = 'demo-superuser'): Promise<Page> {
  const { body } = await ask(sandbox, path, { token })
  return body as Page
}
