import { Authentik, type Credential } from './authentik/authentik.ts'
import type { Upstream } from './authentik/wire/upstream.ts'
import type { Log } from './observe/log.ts'

/** What every resolver is given, for one operation: authentik, asked in the caller's name. */
export interface Context {
  readonly authentik: Authentik
}

/** The context of one operation. Of the request it keeps the bearer token, and the signal that the caller has hung up. */
export function createContext(request: Request, upstream: Upstream, log: Log): Context {
  const credential = readCredential(request.headers.get('authorization'))
  return { authentik: new Authentik(upstream, credential, request.signal, log) }
}

/** Reads a bearer token (RFC 6750). Only visible ASCII is forwarded: authentik answers 500 to any other character. */
function readCredential(header: string | null): Credential {
  if (header === null) return { missing: 'Send "Authorization: Bearer ..." with a token of authentik.' }
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1]
  if (token === undefined) return { missing: 'Authorization must be "Bearer", a space and a token of visible ASCII.' }
  return { authorization: `Bearer ${token}` }
}
