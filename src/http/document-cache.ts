import type { DocumentNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import { limits } from '../limits.ts'
import type { Find } from './straight.ts'

/**
 * Keeps parsed documents that are valid: they are neither parsed nor validated again. Invalid ones are not kept, so that made-up
 * documents push out nothing.
 */
export class Documents {
  readonly #kept = new LRUCache<string, DocumentNode>({
    maxSize: limits.documentCacheBytes,
    sizeCalculation: bytesOf,
  })

  /** The document of that text, if it has passed everything that looks at documents. */
  find(text: string): DocumentNode | undefined {
    return this.#kept.get(text)
  }

  plugin(): Plugin {
    const valid = new WeakSet<DocumentNode>()
    return {
      onParse: ({ params, setParsedDocument }) => {
        const document = this.#kept.get(String(params.source))
        if (document) setParsedDocument(document)
      },
      onValidate: ({ params: { documentAST: document }, setResult }) => {
        if (valid.has(document)) return setResult([])
        return ({ result }) => {
          const text = document.loc?.source.body
          if (result.length > 0 || text === undefined) return
          valid.add(document)
          this.#kept.set(text, document)
        }
      },
    }
  }
}

/** Finds the document of a plain request that sends its text, and nothing that needs more than to be executed. */
export function findSent(documents: Documents): Find {
  return ({ query, extensions, operationName: _name, variables: _variables, ...more }) => {
    const isPlain = Object.keys(more).length === 0 && Object(extensions).persistedQuery === undefined
    const isRead = extensions == null || (typeof extensions === 'object' && !Array.isArray(extensions))
    return typeof query === 'string' && isPlain && isRead ? documents.find(query) : undefined
  }
}

/** About so many bytes of the heap. A token and its node take up to 520. */
function bytesOf({ loc }: DocumentNode, text: string): number {
  let bytes = 2 * text.length
  for (let token = loc?.startToken ?? null; token; token = token.next) bytes += 520
  return bytes
}
