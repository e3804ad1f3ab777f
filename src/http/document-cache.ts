import type { DocumentNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import { limits } from '../limits.ts'

/**
 * Keeps parsed documents that are valid: they are neither parsed nor validated again. Invalid ones are not kept, so that made-up
 * documents push out nothing.
 */
export function keepDocuments(): Plugin {
  const kept = new LRUCache<string, DocumentNode>({ maxSize: limits.documentCacheBytes, sizeCalculation: bytesOf })
  const valid = new WeakSet<DocumentNode>()
  return {
    onParse({ params, setParsedDocument }) {
      const document = kept.get(String(params.source))
      if (document) setParsedDocument(document)
    },
    onValidate({ params: { documentAST: document }, setResult }) {
      if (valid.has(document)) return setResult([])
      return ({ result }) => {
        const text = document.loc?.source.body
        if (result.length > 0 || text === undefined) return
        valid.add(document)
        kept.set(text, document)
      }
    },
  }
}

/** About so many bytes of the heap. A token and its node take up to 520. */
function bytesOf({ loc }: DocumentNode, text: string): number {
  let bytes = 2 * text.length
  for (let token = loc?.startToken ?? null; token; token = token.next) bytes += 520
  return bytes
}
