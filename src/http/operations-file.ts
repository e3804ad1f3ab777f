import { readFileSync } from 'node:fs'
import { parse } from 'graphql'

/** Operations by id, as a file has them. */
export class OperationsFile {
  readonly path: string
  #documents: ReadonlyMap<string, string>
  #texts: ReadonlySet<string>

  constructor(path: string, documents: ReadonlyMap<string, string>) {
    this.path = path
    this.#documents = documents
    this.#texts = new Set(documents.values())
  }

  get size(): number {
    return this.#documents.size
  }

  /** The document with that id. */
  find(id: string): string | undefined {
    return this.#documents.get(id)
  }

  /** Whether the file has this document, letter by letter. */
  has(document: string): boolean {
    return this.#texts.has(document)
  }

  /** Reads the file again. False if it is not what is expected: what was read before stays. */
  readAgain(): boolean {
    const documents = readDocuments(this.path)
    if (!documents) return false
    this.#documents = documents
    this.#texts = new Set(documents.values())
    return true
  }
}

/**
 * The operations in a file, in the shape of Apollo's manifest ("apollo-persisted-query-manifest", version 1) or of Relay's
 * (one object, ids to documents). Undefined if the file has neither shape, a document does not parse, or an id is empty
 * or stands twice.
 */
export function readOperations(path: string): OperationsFile | undefined {
  const documents = readDocuments(path)
  return documents && new OperationsFile(path, documents)
}

function readDocuments(path: string): ReadonlyMap<string, string> | undefined {
  try {
    const entries = entriesOf(JSON.parse(readFileSync(path, 'utf8')))
    const documents = new Map(entries)
    for (const document of documents.values()) parse(document)
    return documents.size > 0 && documents.size === entries.length && !documents.has('') ? documents : undefined
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
