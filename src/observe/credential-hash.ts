import { createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { limits } from '../limits.ts'

/** The keyed hash of a credential, which tells callers apart in logs: without the key it finds no token. */
export type CredentialHash = (credential: string) => string

/**
 * Hashes by that key: equal keys give equal hashes. Without one, the hashes change with each start. What was hashed is remembered by
 * `cheap`, another keyed hash, which takes a fifth of the time.
 */
export function createCredentialHash(key: string | undefined, cheap: CredentialHash): CredentialHash {
  const secret = key ?? randomBytes(32)
  const known = new LRUCache<string, string>({ max: limits.knownHashes })
  return (credential) => {
    const short = cheap(credential)
    const hash = known.get(short) ?? createHmac('sha256', secret).update(credential).digest('base64url').slice(0, 22)
    known.set(short, hash)
    return hash
  }
}
