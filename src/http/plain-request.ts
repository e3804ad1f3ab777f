import type { IncomingMessage } from 'node:http'
import { limits } from '../limits.ts'
import { inThisContext } from './async-context.ts'
import { acceptedType } from './hardening.ts'

// A query in the one form that most clients send: JSON in the body of a POST, whole, without an encoding.

/** What a request asks for. */
export interface Sent {
  readonly [parameter: string]: unknown
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
}

/** Whether a request is plain by its head. */
export function isPlain(request: IncomingMessage, corsOrigins: readonly string[]): boolean {
  const { method, url, headers } = request
  return (
    method === 'POST' &&
    url === '/graphql' &&
    /^application\/json(; ?charset=utf-8)?$/.test(headers['content-type'] ?? '') &&
    headers['content-encoding'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    Number(headers['content-length']) <= limits.requestBytes &&
    (headers.origin === undefined || !corsOrigins.includes(headers.origin)) &&
    acceptedType(request) !== undefined
  )
}

/** Gives the body when it is there, in the asynchronous context of whoever asks for it. */
export function readBody(request: IncomingMessage, use: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  const end = () => {
    const [only] = chunks
    use(chunks.length === 1 && only ? only : Buffer.concat(chunks))
  }
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  // The connection's events have a context of their own.
  request.once('end', inThisContext(end))
}

/** What a plain request asks for; undefined for a batch, and for what is wrong. */
export function readSent(text: string): Sent | undefined {
  let sent: unknown
  try {
    sent = JSON.parse(text)
  } catch {
    // Yoga says what is wrong.
    return undefined
  }
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return undefined
  const { operationName, variables, ...rest } = sent as Readonly<Record<string, unknown>>
  const isNamed = operationName == null || typeof operationName === 'string'
  if (!isNamed || typeof (variables ?? {}) !== 'object' || Array.isArray(variables)) return undefined
  return { ...rest, operationName: operationName ?? undefined, variables: (variables ?? {}) as Sent['variables'] }
}
