import type { Logger } from 'pino'
import { Authentik, type Credential } from './authentik/authentik.ts'
import type { Upstream } from './authentik/wire/upstream.ts'

/** What resolvers are given: authentik, in the caller's name. One for each operation. */
export interface Context {
  readonly authentik: Authentik
}

/** The context of one operation. Of the request, only its bearer token is taken along. */
export function createContext(request: Request, upstream: Upstream, log: Logger): Context {
  const credential = readCredential(request.headers.get('authorization'))
  return { authentik: new Authentik(upstream, credential, request.signal, log) }
}

/** A bearer token of RFC 6750. Others are not forwarded: authentik answers 500 to a token that is no visible ASCII. */
function readCredential(header: string | null): Credential {
  if (header === null) return { missing: 'Send "Authorization: Bearer ..." with a token of authentik.' }
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1]
  if (token === undefined) return { missing: 'Authorization must be "Bearer", a space and a token of visible ASCII.' }
  return { authorization: `Bearer ${token}` }
}
