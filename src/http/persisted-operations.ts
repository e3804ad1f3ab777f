import { createHash } from 'node:crypto'
import type { Plugin } from 'graphql-yoga'
import type { Code } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Log } from '../observe/log.ts'
import type { OperationFacts } from '../observe/observer.ts'
import type { Documents } from './document-cache.ts'
import type { OperationsFile } from './operations-file.ts'
import { badRequest } from './refusal.ts'
import type { Find } from './straight.ts'

/** Whether only persisted operations run, or all do and the others are logged. */
export const persistedOperationsModes = ['enforce', 'log'] as const
export type PersistedOperationsMode = (typeof persistedOperationsModes)[number]

/** Parameters in which clients send an id, beside Apollo's `extensions.persistedQuery`. */
export const idParameters = ['documentId', 'doc_id', 'id']

/** All that a request may send. */
const parameters = ['query', 'operationName', 'variables', 'extensions', ...idParameters]

/** What came by an id. */
const byId = new WeakSet<object>()

/** Runs those operations by their ids, and if that is enforced, nothing else. */
export function runPersisted(operations: OperationsFile, mode: PersistedOperationsMode): Plugin {
  const refuse = (code: Code, message: string) => {
    if (mode === 'enforce') throw badRequest(message, code)
  }
  return {
    onParams({ params, request, setParams }) {
      if (params.query)
        return refuse('PERSISTED_QUERY_ONLY', 'Only persisted operations run here: send an id, and no document.')
      const id = readId(params, new URL(request.url).searchParams)
      if (id === undefined) return refuse('PERSISTED_QUERY_ID_REQUIRED', 'Send the id of a persisted operation.')
      const document = operations.find(id)
      if (document === undefined)
        return refuse('PERSISTED_QUERY_NOT_IN_LIST', 'There is no persisted operation with this id.')
      // The id is not needed any more, and need not be a hash of the document.
      const found = { ...params, query: document, extensions: {} }
      byId.add(found)
      setParams(found)
    },
  }
}

/** Finds the document of a plain request that sends the id of one of those operations. */
export function findPersisted(operations: OperationsFile, documents: Documents): Find {
  return (sent) => {
    // Yoga refuses parameters that it does not know.
    if (Object.keys(sent).some((name) => !parameters.includes(name))) return undefined
    const id = sent['query'] ? undefined : readId(sent)
    const text = id === undefined ? undefined : operations.find(id)
    return text === undefined ? undefined : documents.find(text)
  }
}

function readId(params: object, search?: URLSearchParams): string | undefined {
  const sent = params as Readonly<Record<string, unknown>>
  const { persistedQuery } = Object(sent['extensions']) as {
    readonly persistedQuery?: { readonly sha256Hash?: unknown }
  }
  const ids = [persistedQuery?.sha256Hash, ...idParameters.map((name) => sent[name] ?? search?.get(name))]
  return ids.find((id) => typeof id === 'string')
}

/**
 * Logs each document that runs and that would be refused, once: its hash, who sent it, and whether it is one of those operations,
 * sent as text. Its text is not told.
 */
export function logUnlisted(operations: OperationsFile, log: Log): Plugin<{ readonly operation: OperationFacts }> {
  const told = new Set<string>()
  return {
    onExecute({ args }) {
      const { params, operation } = args.contextValue
      const text = params.query ?? ''
      if (byId.has(params)) return
      const sha256 = createHash('sha256').update(text).digest('hex')
      if (told.has(sha256)) return
      told.add(sha256)
      const [oldest] = told
      if (told.size > limits.unlistedDocuments && oldest !== undefined) told.delete(oldest)
      const { id: requestId, client } = operation.request
      const listed = operations.has(text)
      const about = {
        requestId,
        sha256,
        listed,
        operation: operation.name,
        client: client.name,
        clientVersion: client.version,
      }
      log.warn(about, 'a document did not come by an id of PERSISTED_OPERATIONS')
    },
  }
}
