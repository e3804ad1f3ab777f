import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config/config.ts'
import { demonstrationCallers } from '../sandbox/callers.ts'

/** Where a listening server answers GraphQL, or something else. */
export function addressOf(server: Server, path = '/graphql'): string {
  const { port, address, family } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}${path}`
}

/** The greeting of a gateway over an authentik that was named, with what its settings make of it. */
export function greetingOver(here: string, { authentikUrl, upstreamConcurrency, logHashKey }: Config): string {
  const few = 'UPSTREAM_CONCURRENCY is below 4: lists, or tokens that nobody knows, may keep other callers waiting.'
  const random = 'LOG_HASH_KEY is not set: the hashes of credentials in the log are other ones after each start.'
  return textOf([
    `authentik-graphql listens on ${here}`,
    `It asks ${authentikUrl?.href}, in each caller's name.`,
    ...(upstreamConcurrency < 4 ? [few] : []),
    ...(logHashKey === undefined ? [random] : []),
  ])
}

/** The greeting of a gateway over the embedded authentik: its tokens, and a line to paste. */
export function greetingOverSandbox(here: string, release: string): string {
  const [firstCaller] = demonstrationCallers
  const query = '{ accessToken(id: 42) { isExpired provider { name } user { username groups { name } } } }'
  return textOf([
    `authentik-graphql listens on ${here}`,
    `It asks an embedded authentik ${release} with sample data, since AUTHENTIK_URL is not set. Its tokens:`,
    ...tokensOf(),
    'Open the address in a browser, or paste:',
    `  curl -s ${here} -H 'authorization: Bearer ${firstCaller?.token}' -H 'content-type: application/json' -d '{"query":"${query}"}'`,
  ])
}

/** The tokens of the embedded authentik, a line for each. */
export function tokensOf(): string[] {
  return demonstrationCallers.map(({ token, username, rights }) => `  ${token}  (${username}: ${rights})`)
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
