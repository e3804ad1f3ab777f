import { createHash } from 'node:crypto'
import type { Plugin } from 'graphql-yoga'
import { codedError } from '../errors.ts'
import { limits } from '../limits.ts'
import { recordOf, type Served } from './observing.ts'
import { badRequest } from './refusal.ts'

/**
 * Runs documents by their hashes, as Apollo's clients and others after them send these: a document that came once with its hash, and
 * that ran, is remembered for all callers. `isAccepted` tells by the Authorization header whether authentik has accepted a caller
 * lately: nothing is remembered for others.
 */
export function rememberDocuments(isAccepted: (authorization: string | null) => boolean): Plugin<Served> {
  const documents = new RememberedDocuments()
  return {
    onParams({ params, setParams }) {
      const { query, extensions } = params
      const hash = readHash(extensions)
      if (hash === undefined) return
      if (query === undefined || query === null || query === '') {
        const text = documents.get(hash)
        // Clients know these two by their messages, and some of them only with status 200.
        if (text === undefined) throw codedError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
        setParams({ ...params, query: text })
      } else if (typeof query === 'string' && hash !== hashOf(query)) {
        throw badRequest('provided sha does not match query')
      }
    },
    onExecute({ args }) {
      const { params, request, req } = args.contextValue
      const hash = readHash(params.extensions)
      const text = params.query
      if (hash === undefined || !text || documents.get(hash) !== undefined) return
      return {
        // Only now is a new credential known to be accepted.
        onExecuteDone() {
          const { credential } = recordOf(req)
          if (credential !== undefined && isAccepted(request.headers.get('authorization')))
            documents.add(hash, text, credential)
        },
      }
    },
  }
}

/** The hash that a request names. Throws PERSISTED_QUERY_NOT_SUPPORTED for an unknown version. */
function readHash(extensions: unknown): string | undefined {
  const { persistedQuery } = Object(extensions) as { readonly persistedQuery?: unknown }
  if (persistedQuery === undefined || persistedQuery === null) return undefined
  const { version, sha256Hash } = Object(persistedQuery) as Readonly<Record<string, unknown>>
  if (version !== 1) throw codedError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported')
  return typeof sha256Hash === 'string' ? sha256Hash : ''
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

interface Remembered {
  readonly text: string
  readonly bytes: number
  /** The keyed hash of the credential for which it is remembered. */
  readonly owner: string
}

/** Documents by their hashes, with a share for each credential: one that brings too many pushes out its own. */
class RememberedDocuments {
  /** The one that was asked for longest ago stands first, here and in each share. */
  readonly #documents = new Map<string, Remembered>()
  readonly #shares = new Map<string, { bytes: number; readonly hashes: Set<string> }>()
  #bytes = 0

  get(hash: string): string | undefined {
    const document = this.#documents.get(hash)
    if (!document) return undefined
    this.#documents.delete(hash)
    this.#documents.set(hash, document)
    const hashes = this.#shares.get(document.owner)?.hashes
    hashes?.delete(hash)
    hashes?.add(hash)
    return document.text
  }

  add(hash: string, text: string, owner: string): void {
    this.#remove(hash)
    const bytes = 2 * text.length + limits.rememberedDocumentOverheadBytes
    const share = this.#shares.get(owner) ?? { bytes: 0, hashes: new Set() }
    while (share.bytes + bytes > limits.rememberedDocumentBytesOfOne) this.#removeFirst(share.hashes)
    while (this.#bytes + bytes > limits.rememberedDocumentBytes) this.#removeFirst(this.#documents.keys())
    // A copy: the text may be a part of a URL, all of which would be kept.
    this.#documents.set(hash, { text: Buffer.from(text).toString(), bytes, owner })
    share.hashes.add(hash)
    share.bytes += bytes
    this.#shares.set(owner, share)
    this.#bytes += bytes
  }

  #removeFirst(hashes: Iterable<string>): void {
    const [first] = hashes
    if (first !== undefined) this.#remove(first)
  }

  #remove(hash: string): void {
    const document = this.#documents.get(hash)
    if (!document) return
    this.#documents.delete(hash)
    this.#bytes -= document.bytes
    const share = this.#shares.get(document.owner)
    if (!share) return
    share.hashes.delete(hash)
    share.bytes -= document.bytes
    if (share.hashes.size === 0) this.#shares.delete(document.owner)
  }
}
