import { limits } from '../limits.ts'

/** What is expected of a text that is one of those. */
export function oneOf(choices: readonly string[]): string {
  return `one of ${choices.join(', ')}`
}

/** Reads one of those texts. */
export function choice<Choice extends string>(choices: readonly Choice[]) {
  return (text: string) => choices.find((known) => known === text)
}

/** Reads a whole number of digits alone, with both bounds included. */
export function wholeNumber(least: number, most: number) {
  return (text: string) =>
    /^\d{1,6}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined
}

/** Reads an address or a host name. */
export function readHost(text: string): string | undefined {
  return /^[\w.:-]+$/.test(text) ? text : undefined
}

/** Reads "on" or "off". */
export function readSwitch(text: string): boolean | undefined {
  return text === 'on' ? true : text === 'off' ? false : undefined
}

/** Reads an http or https URL that has only an origin and a path. */
export function readUrl(text: string): URL | undefined {
  if (!URL.canParse(text) || /[?#@]/.test(text)) return undefined
  const url = new URL(text)
  url.pathname = url.pathname.replace(apiRoot, '/')
  return ['http:', 'https:'].includes(url.protocol) ? url : undefined
}

/** The root of authentik's API, which people paste with its address. The gateway adds it. */
const apiRoot = /\/api\/v3\/?$/

/** What is to be said of such a URL. */
export function remarkOnUrl(text: string): string | undefined {
  if (!readUrl(text) || !apiRoot.test(new URL(text).pathname)) return undefined
  return '"/api/v3" is cut off at its end, since the gateway adds it.'
}

/** Reads the URL of a Redis. It has no query: its client would read options there. */
export function readRedisUrl(text: string): string | undefined {
  if (!URL.canParse(text) || !isEncoded(text)) return undefined
  const { protocol, hostname, pathname, href } = new URL(text)
  const isGood = /^rediss?:$/.test(protocol) && hostname !== '' && /^\/?\d*$/.test(pathname) && !/[?#]/.test(text)
  return isGood ? href : undefined
}

/** Whether all of a text that is encoded by "%" can be decoded. */
function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** A URL may hold a password or a token, even where it is not allowed to, so it is not repeated. */
export function describeUrl(text: string): string {
  if (!URL.canParse(text)) return 'no URL'
  const { protocol, username, password, search, hash } = new URL(text)
  const parts = { userinfo: username || password, 'a query': search, 'a fragment': hash }
  const [extra = 'something else'] = Object.entries(parts).flatMap(([part, value]) => (value ? [part] : []))
  return ['http:', 'https:'].includes(protocol) ? `one with ${extra}` : `one that begins with ${protocol}`
}

/** Reads web origins, separated by commas. */
export function readOrigins(text: string): string[] | undefined {
  const origins = text.split(',').map((part) => part.trim().replace(/\/$/, ''))
  const good = origins.every(
    (origin) => URL.canParse(origin) && /^https?:/.test(origin) && new URL(origin).origin === origin,
  )
  return good ? origins : undefined
}

/** Reads a key for keyed hashes. */
export function readHashKey(text: string): string | undefined {
  return Buffer.byteLength(text) >= limits.hashKeyBytes ? text : undefined
}
