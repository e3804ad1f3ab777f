import { parseArgs } from 'node:util'
import { type Operations, readOperations } from './http/persisted-operations.ts'

/** What the process is told, each by a variable of the environment or by the flag of the same name, which wins. */
export interface Config<Release extends string = string> {
  readonly host: string
  readonly port: number
  /** The authentik to ask; undefined for the embedded one. */
  readonly authentikUrl: URL | undefined
  readonly upstreamConcurrency: number
  /** Milliseconds. */
  readonly upstreamTimeout: number
  readonly corsOrigins: readonly string[]
  readonly graphiql: boolean
  readonly introspection: boolean
  /** The operations that alone may run; undefined for any. */
  readonly persistedOperations: Operations | undefined
  readonly logLevel: string
  /** The release of authentik that the embedded one plays. */
  readonly sandboxRelease: Release
}

/** Every mistake of the configuration, a line for each. */
export class ConfigError extends Error {
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

interface Setting<T> {
  readonly name: string
  readonly fallback: T
  readonly expected: string
  /** Undefined where the text is not what is expected. */
  readonly read: (text: string) => T | undefined
  /** What came, in words, where it may hold a secret. */
  readonly describe?: (text: string) => string
}

const logLevels = ['silent', 'error', 'warn', 'info', 'debug']

/**
 * Reads the variables and the flags after the program's name; an empty variable counts as unset. Throws ConfigError
 * with every mistake at once: what was expected and what came, but never what may be a secret.
 */
export function readConfig<Release extends string>(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
  releases: readonly Release[],
): Config<Release> {
  const settings = {
    host: { name: 'HOST', fallback: '127.0.0.1', expected: 'an address or host name', read: readHost },
    port: { name: 'PORT', fallback: 4000, expected: 'a port from 0 to 65535', read: wholeNumber(0, 65_535) },
    authentikUrl: {
      name: 'AUTHENTIK_URL',
      fallback: undefined,
      expected: 'an http or https URL without userinfo, query and fragment',
      read: readUrl,
      describe: describeUrl,
    },
    upstreamConcurrency: {
      name: 'UPSTREAM_CONCURRENCY',
      fallback: 8,
      expected: 'a whole number from 1 to 1000',
      read: wholeNumber(1, 1000),
    },
    upstreamTimeout: {
      name: 'UPSTREAM_TIMEOUT',
      fallback: 15_000,
      expected: 'milliseconds from 1 to 600000',
      read: wholeNumber(1, 600_000),
    },
    corsOrigins: {
      name: 'CORS_ORIGINS',
      fallback: [],
      expected: 'origins such as https://app.example.com, separated by commas',
      read: readOrigins,
    },
    graphiql: { name: 'GRAPHIQL', fallback: true, expected: '"on" or "off"', read: readSwitch },
    introspection: { name: 'INTROSPECTION', fallback: true, expected: '"on" or "off"', read: readSwitch },
    persistedOperations: {
      name: 'PERSISTED_OPERATIONS',
      fallback: undefined,
      expected: "a JSON file with operations by id, in Apollo's or Relay's shape",
      read: readOperations,
    },
    logLevel: { name: 'LOG_LEVEL', fallback: 'info', expected: oneOf(logLevels), read: choice(logLevels) },
    sandboxRelease: {
      name: 'SANDBOX_RELEASE',
      fallback: releases[releases.length - 1] as Release,
      expected: oneOf(releases),
      read: choice(releases),
    },
  } satisfies { [Key in keyof Config]: Setting<Config<Release>[Key]> }

  const { flags, mistakes } = readFlags(
    argv,
    Object.values(settings).map(({ name }) => flagOf(name)),
  )
  const readSetting = <T>({ name, fallback, expected, read, describe = JSON.stringify }: Setting<T>): T => {
    const flag = flags.get(flagOf(name))
    const text = flag ?? env[name] ?? ''
    if (text === '' && flag === undefined) return fallback
    const value = read(text)
    if (value === undefined)
      mistakes.push(`${flag === undefined ? name : flagOf(name)}: expected ${expected}, got ${describe(text)}`)
    return value ?? fallback
  }
  const config: Config<Release> = {
    host: readSetting(settings.host),
    port: readSetting(settings.port),
    authentikUrl: readSetting<URL | undefined>(settings.authentikUrl),
    upstreamConcurrency: readSetting(settings.upstreamConcurrency),
    upstreamTimeout: readSetting(settings.upstreamTimeout),
    corsOrigins: readSetting<readonly string[]>(settings.corsOrigins),
    graphiql: readSetting(settings.graphiql),
    introspection: readSetting(settings.introspection),
    persistedOperations: readSetting<Operations | undefined>(settings.persistedOperations),
    logLevel: readSetting(settings.logLevel),
    sandboxRelease: readSetting(settings.sandboxRelease),
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return config
}

/** `--upstream-timeout` of UPSTREAM_TIMEOUT. */
function flagOf(name: string): string {
  return `--${name.toLowerCase().replaceAll('_', '-')}`
}

function readFlags(argv: readonly string[], known: readonly string[]) {
  const flags = new Map<string, string>()
  const mistakes: string[] = []
  const options = Object.fromEntries(known.map((flag) => [flag.slice(2), { type: 'string' }] as const))
  for (const token of parseArgs({ args: [...argv], options, strict: false, tokens: true }).tokens) {
    if (token.kind !== 'option') mistakes.push('expected flags only, got an argument or a bare "--"')
    else if (!known.includes(token.rawName)) mistakes.push(`${token.rawName}: expected one of ${known.join(', ')}`)
    else if (token.value === undefined) mistakes.push(`${token.rawName}: expected a value, got none`)
    else flags.set(token.rawName, token.value)
  }
  return { flags, mistakes }
}

function oneOf(choices: readonly string[]): string {
  return `one of ${choices.join(', ')}`
}

function choice<Choice extends string>(choices: readonly Choice[]) {
  return (text: string) => choices.find((one) => one === text)
}

function wholeNumber(least: number, most: number) {
  return (text: string) =>
    /^\d{1,6}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined
}

function readHost(text: string): string | undefined {
  return /^[\w.:-]+$/.test(text) ? text : undefined
}

function readSwitch(text: string): boolean | undefined {
  return text === 'on' ? true : text === 'off' ? false : undefined
}

function readUrl(text: string): URL | undefined {
  if (!URL.canParse(text) || /[?#@]/.test(text)) return undefined
  const url = new URL(text)
  return ['http:', 'https:'].includes(url.protocol) ? url : undefined
}

/** A URL may hold a password or a token, even where it is none yet, so it is not repeated. */
function describeUrl(text: string): string {
  if (!URL.canParse(text)) return 'no URL'
  const { protocol, username, password, search, hash } = new URL(text)
  const parts = { userinfo: username || password, 'a query': search, 'a fragment': hash }
  const [extra = 'something else'] = Object.entries(parts).flatMap(([part, value]) => (value ? [part] : []))
  return ['http:', 'https:'].includes(protocol) ? `one with ${extra}` : `one that begins with ${protocol}`
}

function readOrigins(text: string): string[] | undefined {
  const origins = text.split(',').map((part) => part.trim().replace(/\/$/, ''))
  const good = origins.every(
    (origin) => URL.canParse(origin) && /^https?:/.test(origin) && new URL(origin).origin === origin,
  )
  return good ? origins : undefined
}
