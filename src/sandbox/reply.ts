import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Release, since } from '../releases.ts'
import { Sentence } from './errors.ts'

/** An answer before it is written: JSON where it has a `body`, else a page. */
export interface Answer {
  status: number
  body?: unknown
  page?: string
  /** The methods that the path knows. */
  allow?: string
}

/** A page instead of JSON: authentik's own answer wherever its API is not reached, or breaks. */
export function pageAnswer(status: number, title: string): Answer {
  return { status, page: `<!DOCTYPE html>\n<html><head><title>${title} - authentik</title></head></html>\n` }
}

/** Writes an answer with the headers that authentik sends. */
export function send(response: ServerResponse, answer: Answer, release: Release, acceptLanguage = ''): void {
  const translating = since(release, '2025.10')
  const language = translating && /^de\b/i.test(acceptLanguage) ? 'de' : 'en'
  const text = textOf(answer, language)
  response.writeHead(answer.status, {
    ...(answer.status !== 204 && {
      'content-type': 'body' in answer ? 'application/json' : 'text/html; charset=utf-8',
    }),
    ...(answer.allow !== undefined && { allow: answer.allow }),
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

function textOf({ status, body, page = '' }: Answer, language: 'en' | 'de'): string {
  if (body === undefined) return page
  if (status < 400) return JSON.stringify(body)
  return JSON.stringify(body, (_name, value: unknown) => (value instanceof Sentence ? value[language] : value))
}
