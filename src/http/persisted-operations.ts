import { readFileSync } from 'node:fs'
import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations'
import { parse } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Code } from '../errors.ts'

/** The operations that may run: documents by id. */
export type Operations = ReadonlyMap<string, string>

/**
 * The operations in a file, in the shape of Apollo's manifest ("apollo-persisted-query-manifest", version 1) or of Relay's
 * (one object, ids to documents). Undefined if the file has neither shape, a document does not parse, or an id is empty
 * or stands twice.
 */
export function readOperations(path: string): Operations | undefined {
  try {
    const entries = entriesOf(JSON.parse(readFileSync(path, 'utf8')))
    const operations = new Map(entries)
    for (const document of operations.values()) parse(document)
    return operations.size > 0 && operations.size === entries.length && !operations.has('') ? operations : undefined
  } catch {
    return undefined
  }
}

function entriesOf(manifest: unknown): [string, string][] {
  const { format, version, operations } = Object(manifest) as Readonly<Record<string, unknown>>
  const isApollo = format === 'apollo-persisted-query-manifest' && version === 1 && Array.isArray(operations)
  const isRelay = typeof manifest === 'object' && !Array.isArray(manifest)
  const entries = isApollo
    ? operations.map(({ id, body }) => [id, body])
    : isRelay
      ? Object.entries(Object(manifest))
      : []
  return entries.every((entry): entry is [string, string] => entry.every((part: unknown) => typeof part === 'string'))
    ? entries
    : []
}

/** Parameters in which clients send an id, beside Apollo's `extensions.persistedQuery`. */
export const idParameters = ['documentId', 'doc_id', 'id']

/** Runs only those operations, by their ids. */
export function onlyPersisted(operations: Operations): Plugin {
  const badRequest = (code: Code, message: string) => ({ message, extensions: { code, http: { status: 400 } } })
  return usePersistedOperations({
    getPersistedOperation: (id) => operations.get(id) ?? null,
    extractPersistedOperationId: (params, request) => {
      const sent = Object(params) as Readonly<Record<string, unknown>>
      const { persistedQuery } = Object(sent['extensions']) as {
        readonly persistedQuery?: { readonly sha256Hash?: unknown }
      }
      const search = new URL(request.url).searchParams
      const ids = [persistedQuery?.sha256Hash, ...idParameters.map((name) => sent[name] ?? search.get(name))]
      return ids.find((id) => typeof id === 'string') ?? null
    },
    customErrors: {
      notFound: badRequest('PERSISTED_QUERY_NOT_IN_LIST', 'There is no persisted operation with this id.'),
      keyNotFound: badRequest('PERSISTED_QUERY_ID_REQUIRED', 'Send the id of a persisted operation.'),
      persistedQueryOnly: badRequest(
        'PERSISTED_QUERY_ONLY',
        'Only persisted operations run here: send an id, and no document.',
      ),
    },
  })
}
