import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Release, since } from '../releases.ts'
import { Sentence } from './errors.ts'

/** What is sent back, before it is written: JSON where it has a `body`, else a page. */
export interface Reply {
  status: number
  body?: unknown
  page?: string
  /** The methods that the path knows. */
  allow?: string
}

/** A web page. authentik sends one instead of JSON where its API is not reached, or crashes. */
export function pageReply(status: number, title: string): Reply {
  return { status, page: `<!DOCTYPE html>\n<html><head><title>${title} - authentik</title></head></html>\n` }
}

/** Writes a reply, with the headers that authentik sends. */
export function send(response: ServerResponse, reply: Reply, release: Release, acceptLanguage = ''): void {
  const translating = since(release, '2025.10')
  const language = translating && /^de\b/i.test(acceptLanguage) ? 'de' : 'en'
  const text = textOf(reply, language)
  response.writeHead(reply.status, {
    ...(reply.status !== 204 && {
      'content-type': 'body' in reply ? 'application/json' : 'text/html; charset=utf-8',
    }),
    ...(reply.allow !== undefined && { allow: reply.allow }),
    'x-frame-options': 'DENY',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'x-authentik-id': randomUUID().replaceAll('-', ''),
    vary: translating ? 'Accept-Language, Cookie' : 'Cookie',
    ...(translating && { 'content-language': language }),
  })
  response.end(text)
}

function textOf({ status, body, page = '' }: Reply, language: 'en' | 'de'): string {
  if (body === undefined) return page
  if (status < 400) return JSON.stringify(body)
  return JSON.stringify(body, (_name, value: unknown) => (value instanceof Sentence ? value[language] : value))
}
