import { parseJson } from './wire/json.ts'

/** What a signed token says. */
export type Claims = Readonly<Record<string, unknown>>

/** The claims of a bearer token, if by its look it is a signed one of some OAuth2 client. Nobody checks the signature here. */
export function claimsOf(authorization: string): Claims | undefined {
  const [, payload] = /^Bearer [\w-]+\.([\w-]+)\.[\w-]+$/.exec(authorization) ?? []
  return payload === undefined ? undefined : readClaims(Buffer.from(payload, 'base64url').toString())
}

/** The claims in a text of JSON; none if it is something else. */
export function readClaims(text: string | undefined): Claims {
  try {
    const claims = parseJson(text ?? '')
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? (claims as Claims) : {}
  } catch {
    return {}
  }
}

/**
 * Whether a signed token may be the one that authentik keeps with these claims: all that both have are equal, the moment of issue among
 * them. authentik adds some to the signed one.
 */
export function isOfClaims(signed: Claims, kept: Claims): boolean {
  const shared = Object.keys(kept).filter((name) => name in signed)
  return shared.includes('iat') && shared.every((name) => JSON.stringify(kept[name]) === JSON.stringify(signed[name]))
}
