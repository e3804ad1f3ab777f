import { readFileSync } from 'node:fs'
import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations'
import type { Plugin } from 'graphql-yoga'

/** Documents by id: the operations that may be run. */
export type Operations = ReadonlyMap<string, string>

/**
 * The operations in a file, in the shape of Apollo's manifest ("apollo-persisted-query-manifest", version 1) or of Relay's
 * (one object, ids to documents). Undefined where the file cannot be read or has neither shape.
 */
export function readOperations(path: string): Operations | undefined {
  let manifest: unknown
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
  const { format, operations } = Object(manifest) as { readonly format?: unknown; readonly operations?: unknown }
  const entries =
    format === 'apollo-persisted-query-manifest' && Array.isArray(operations)
      ? operations.map((operation) => [Object(operation).id, Object(operation).body])
      : Object.entries(Array.isArray(manifest) ? {} : Object(manifest))
  const known = entries.filter((entry): entry is [string, string] => entry.every((part) => typeof part === 'string'))
  return known.length > 0 && known.length === entries.length ? new Map(known) : undefined
}

/** Other names by which clients send a document's id. */
export const idParameters = ['documentId', 'doc_id', 'id']

/** Runs those operations alone, by their ids: everything else is refused. */
export function onlyPersisted(operations: Operations): Plugin {
  const refusal = (code: string, message: string) => ({ message, extensions: { code, http: { status: 400 } } })
  return usePersistedOperations({
    getPersistedOperation: (id) => operations.get(id) ?? null,
    extractPersistedOperationId: (params) => {
      const extensions = Object(params.extensions) as { readonly persistedQuery?: { readonly sha256Hash?: unknown } }
      const ids = [extensions.persistedQuery?.sha256Hash, ...idParameters.map((name) => Reflect.get(params, name))]
      return ids.find((id) => typeof id === 'string') ?? null
    },
    customErrors: {
      notFound: refusal('PERSISTED_QUERY_NOT_IN_LIST', 'There is no persisted operation with this id.'),
      keyNotFound: refusal('PERSISTED_QUERY_ID_REQUIRED', 'Send the id of a persisted operation.'),
      persistedQueryOnly: refusal(
        'PERSISTED_QUERY_ONLY',
        'Only persisted operations run here: send an id, and no document.',
      ),
    },
  })
}
