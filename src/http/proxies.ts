import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddress from 'proxy-addr'

/** Which proxies before the gateway are believed: none, so many, or those at certain addresses. */
export type TrustedProxies = 'off' | number | readonly string[]

/** Reads "off", a number of proxies, or addresses and networks separated by commas. */
export function readTrustedProxies(text: string): TrustedProxies | undefined {
  if (text === 'off') return text
  if (/^[1-9]$/.test(text)) return Number(text)
  if (/^\d+$/.test(text)) return undefined
  const networks = text.split(',').map((part) => part.trim())
  try {
    proxyAddress.compile(networks)
    return networks
  } catch {
    return undefined
  }
}

/** How to find a caller's address, as far as the proxies are believed. It gives undefined if authentik is not to be told. */
export function createAddressOf(trusted: TrustedProxies): (request: IncomingMessage) => string | undefined {
  if (trusted === 'off') return () => undefined
  const isTrusted =
    typeof trusted === 'number'
      ? (_address: string, hops: number) => hops < trusted
      : proxyAddress.compile([...trusted])
  return (request) => {
    // Some proxies tell the port as well: 192.0.2.1:5678, or [2001:db8::1]:5678.
    const known: string | undefined = proxyAddress(request, isTrusted)
    const address = (known ?? '').replace(/^\[(.+)\](:\d+)?$|^([\d.]+):\d+$/, '$1$3')
    return isIP(address) > 0 ? address : undefined
  }
}
