import type { RequestListener } from 'node:http'
import { type Config, settings } from './config/config.ts'
import { readOptions } from './config/settings.ts'
import { createGateway as createGatewayOver } from './gateway.ts'
import { createFetch } from './http/fetch.ts'

export { ConfigError } from './config/settings.ts'

/** The settings of a gateway that is a part of another program: not those of a process. */
const { host, port, metricsPort, metricsHost, shutdownDelay, shutdownTimeout, sandboxRelease, ...ofGateway } = settings

type Name = Exclude<keyof typeof ofGateway, 'authentikUrl' | 'authentikPublicUrl' | 'persistedOperations'>

/** The settings in the README's table, by their names in camel case: `upstreamTimeout` for UPSTREAM_TIMEOUT. "on" is true. */
export type GatewayOptions = {
  /** The address of authentik. It may have a sub-path. */
  readonly authentikUrl: string | URL
  /** The address by which browsers reach it, if that is another one. */
  readonly authentikPublicUrl?: string | URL | undefined
  /** The path of a JSON file. */
  readonly persistedOperations?: string | undefined
} & { readonly [Key in Name]?: Config[Key] | undefined }

/** A gateway to be mounted in another server. */
export interface Gateway {
  /** For servers of the fetch standard, such as Hono: GraphQL at /graphql, and for supervisors /livez, /readyz and /health. */
  readonly fetch: (request: Request) => Promise<Response>
  /** The same for node's HTTP server, and for what is built on it, such as Express and Fastify. It reads the request's body itself. */
  readonly listener: RequestListener
  /** Resolves when all work has ended that was begun, and the connections to authentik are closed. */
  close(): Promise<void>
}

/** Creates a gateway over one authentik. Throws ConfigError with a line for each mistake in the options. */
export function createGateway(options: GatewayOptions): Gateway {
  const { authentikUrl = '' } = options
  const config = readOptions(ofGateway, { ...options, authentikUrl })
  const gateway = createGatewayOver({ ...config, authentikUrl: config.authentikUrl as URL })
  const { fetch, close } = createFetch(gateway.listener)
  return {
    fetch,
    listener: gateway.listener,
    close: async () => {
      await Promise.all([close(), gateway.drain()])
      await gateway.close()
    },
  }
}
