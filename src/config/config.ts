import { readOperations } from '../http/operations-file.ts'
import { type PersistedOperationsMode, persistedOperationsModes } from '../http/persisted-operations.ts'
import { readTrustedProxies } from '../http/proxies.ts'
import { limits } from '../limits.ts'
import { type LogFormat, logFormats, logLevels } from '../observe/log.ts'
import { newestRelease, type Release, releases } from '../releases.ts'
import { ConfigError, readSettings, type Setting, type Values } from './settings.ts'
import {
  choice,
  describeUrl,
  oneOf,
  readHashKey,
  readHost,
  readOrigins,
  readRedisUrl,
  readSwitch,
  readUrl,
  remarkOnUrl,
  wholeNumber,
} from './values.ts'

/** What a shutdown takes after its delay, in milliseconds. */
const leastAfterDelay = limits.lastRequestsMilliseconds + limits.lastLinesMilliseconds

/** Every setting. The type `Config`, the flags, `--help` and the README's table follow from these rows. */
export const settings = {
  host: {
    name: 'HOST',
    default: '127.0.0.1',
    expected: 'an address or host name',
    read: readHost,
    meaning: 'The address to listen on.',
  },
  port: {
    name: 'PORT',
    default: '4000',
    expected: 'a port from 0 to 65535',
    read: wholeNumber(0, 65_535),
    meaning: 'The port to listen on; 0 for any that is free.',
  },
  authentikUrl: {
    name: 'AUTHENTIK_URL',
    otherwise: 'the embedded authentik',
    expected: 'an http or https URL without userinfo, query and fragment',
    read: readUrl,
    describe: describeUrl,
    remark: remarkOnUrl,
    meaning: 'The address of authentik. It may have a sub-path.',
  },
  authentikPublicUrl: {
    name: 'AUTHENTIK_PUBLIC_URL',
    otherwise: 'that of AUTHENTIK_URL',
    expected: 'an http or https URL without userinfo, query and fragment',
    read: readUrl,
    describe: describeUrl,
    meaning: 'The address by which browsers reach authentik, if it is another one. Icons of applications have it.',
  },
  upstreamConcurrency: {
    name: 'UPSTREAM_CONCURRENCY',
    default: '8',
    expected: `a whole number from 1 to ${limits.upstreamConcurrency}`,
    read: wholeNumber(1, limits.upstreamConcurrency),
    meaning: 'How many requests to authentik run at once, in the whole process. The others wait.',
  },
  upstreamTimeout: {
    name: 'UPSTREAM_TIMEOUT',
    default: '15000',
    expected: `milliseconds from 1 to ${limits.upstreamMilliseconds}`,
    read: wholeNumber(1, limits.upstreamMilliseconds),
    meaning: 'Milliseconds within which authentik must answer a request, from the moment when it is sent.',
  },
  queueTimeout: {
    name: 'QUEUE_TIMEOUT',
    default: '60000',
    expected: `milliseconds from 1 to ${limits.upstreamMilliseconds}`,
    read: wholeNumber(1, limits.upstreamMilliseconds),
    meaning: 'Milliseconds that a request to authentik may wait for its turn.',
  },
  operationTimeout: {
    name: 'OPERATION_TIMEOUT',
    default: '90000',
    expected: `milliseconds from 1 to ${limits.upstreamMilliseconds}`,
    read: wholeNumber(1, limits.upstreamMilliseconds),
    meaning: 'Milliseconds for a whole operation, from its arrival. A revocation that has begun is finished.',
  },
  corsOrigins: {
    name: 'CORS_ORIGINS',
    otherwise: 'no other origin',
    expected: 'origins such as https://app.example.com, separated by commas',
    read: readOrigins,
    meaning: 'Web origins whose pages may ask.',
  },
  graphiql: {
    name: 'GRAPHIQL',
    otherwise: 'on, unless persisted operations are enforced',
    expected: '"on" or "off"',
    read: readSwitch,
    meaning: 'Whether browsers are shown GraphiQL, a page for queries.',
  },
  introspection: {
    name: 'INTROSPECTION',
    default: 'on',
    expected: '"on" or "off"',
    read: readSwitch,
    meaning: 'Whether callers may ask for the schema.',
  },
  mutations: {
    name: 'MUTATIONS',
    default: 'on',
    expected: '"on" or "off"',
    read: readSwitch,
    meaning: 'Whether the schema has mutations.',
  },
  hideSecrets: {
    name: 'HIDE_SECRETS',
    default: 'off',
    expected: '"on" or "off"',
    read: readSwitch,
    meaning: 'Whether the schema is without `clientSecret`, `idToken`, `idTokenClaims` and the `context` of events.',
  },
  maxCost: {
    name: 'MAX_COST',
    otherwise: 'no limit',
    expected: `a whole number from 1 to ${limits.upstreamRequests - 1}`,
    read: wholeNumber(1, limits.upstreamRequests - 1),
    meaning:
      'How many requests to authentik a query may need at most by its estimate, which is made before it runs. Queries beyond are refused.',
  },
  rateLimit: {
    name: 'RATE_LIMIT',
    otherwise: 'no limit',
    expected: `a whole number from 1 to ${limits.spentInMinute}`,
    read: wholeNumber(1, limits.spentInMinute),
    meaning:
      'How many requests to authentik and rows of its answers, added up, each credential may have in a minute. Queries beyond are refused, deletions never.',
  },
  redisUrl: {
    name: 'REDIS_URL',
    otherwise: 'each replica counts for itself',
    secret: true,
    needs: 'logHashKey',
    uselessWithout: 'rateLimit',
    expected: 'a redis or rediss URL with at most a number as its path',
    read: readRedisUrl,
    meaning: 'The Redis or Valkey in which all replicas count `RATE_LIMIT` together, by hashes with `LOG_HASH_KEY`.',
  },
  explain: {
    name: 'EXPLAIN',
    default: 'off',
    expected: '"on" or "off"',
    read: readSwitch,
    meaning: 'Whether the header `x-explain` has queries explained: what they ask of authentik, and why.',
  },
  persistedOperations: {
    name: 'PERSISTED_OPERATIONS',
    otherwise: 'every operation may run',
    expected: "a JSON file with operations by id, in Apollo's or Relay's shape",
    read: readOperations,
    meaning: 'The only operations that run, by their ids. SIGHUP reads the file again.',
  },
  persistedOperationsMode: {
    name: 'PERSISTED_OPERATIONS_MODE',
    default: 'enforce',
    expected: oneOf(persistedOperationsModes),
    read: choice<PersistedOperationsMode>(persistedOperationsModes),
    meaning:
      'What becomes of other documents: `enforce` refuses them, `log` runs them and logs the hash of each once, as a warning.',
  },
  logLevel: {
    name: 'LOG_LEVEL',
    default: 'info',
    expected: oneOf(logLevels),
    read: choice(logLevels),
    meaning: 'How much is logged, in lines of JSON on standard error.',
  },
  logFormat: {
    name: 'LOG_FORMAT',
    default: 'json',
    expected: oneOf(logFormats),
    read: choice<LogFormat>(logFormats),
    meaning: 'How the log is written: `json` for machines, `pretty` where a person looks.',
  },
  logHashKey: {
    name: 'LOG_HASH_KEY',
    otherwise: 'a random one',
    secret: true,
    expected: `${limits.hashKeyBytes} bytes or more`,
    read: readHashKey,
    meaning:
      'The key of the hashes by which logs tell credentials apart. With the same key, all replicas write the same hashes.',
  },
  metricsPort: {
    name: 'METRICS_PORT',
    otherwise: 'no metrics',
    expected: 'a port from 0 to 65535',
    read: wholeNumber(0, 65_535),
    meaning: "The port on which metrics are told, in Prometheus' text format, at `/metrics`.",
  },
  metricsHost: {
    name: 'METRICS_HOST',
    default: '127.0.0.1',
    expected: 'an address or host name',
    read: readHost,
    meaning: 'The address to tell metrics on.',
  },
  trustProxy: {
    name: 'TRUST_PROXY',
    default: 'off',
    expected: '"off", a number of proxies from 1 to 9, or addresses and networks separated by commas',
    read: readTrustedProxies,
    meaning:
      "The proxies before the gateway whose `X-Forwarded-For` is believed. Unless `off`, authentik is told the caller's address.",
  },
  shutdownDelay: {
    name: 'SHUTDOWN_DELAY',
    default: '1500',
    expected: `milliseconds from 0 to ${limits.upstreamMilliseconds}`,
    read: wholeNumber(0, limits.upstreamMilliseconds),
    meaning:
      'Milliseconds after SIGTERM during which new requests are still answered, while `/readyz` sends supervisors elsewhere.',
  },
  shutdownTimeout: {
    name: 'SHUTDOWN_TIMEOUT',
    default: '25000',
    expected: `milliseconds from 1 to ${limits.upstreamMilliseconds}`,
    read: wholeNumber(1, limits.upstreamMilliseconds),
    meaning: `Milliseconds after SIGTERM or SIGINT at which the process ends, whatever is left. It must be more than SHUTDOWN_DELAY plus ${leastAfterDelay}, unless that delay is 0.`,
  },
  sandboxRelease: {
    name: 'SANDBOX_RELEASE',
    default: newestRelease,
    expected: oneOf(releases),
    read: choice<Release>(releases),
    meaning: 'The release that the embedded authentik plays.',
  },
} as const satisfies Readonly<Record<string, Setting>>

/** What the process is told, by variables of the environment and by flags. */
export type Config = Values<typeof settings>

/** Reads every setting. Throws ConfigError with all mistakes at once. */
export function readConfig(env: Readonly<Record<string, string | undefined>>, argv: readonly string[]): Config {
  const config = readSettings(settings, env, argv)
  const { shutdownDelay: delay, shutdownTimeout: timeout } = config
  const least = delay === 0 ? 0 : delay + leastAfterDelay
  if (timeout > least) return config
  throw new ConfigError([
    `SHUTDOWN_TIMEOUT: expected more than ${least}, since SHUTDOWN_DELAY is ${delay}, got ${timeout}`,
  ])
}
