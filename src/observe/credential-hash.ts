import { createHmac, randomBytes } from 'node:crypto'

/** The keyed hash of a credential, which tells callers apart in logs: without the key it finds no token. */
export type CredentialHash = (credential: string) => string

/** Hashes by that key: equal keys give equal hashes. Without one, the hashes change with each start. */
export function createCredentialHash(key: string | undefined): CredentialHash {
  const secret = key ?? randomBytes(32)
  return (credential) => createHmac('sha256', secret).update(credential).digest('base64url').slice(0, 22)
}
