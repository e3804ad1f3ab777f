import { describe, expect, it, onTestFinished } from 'vitest'
import { settings as all, readConfig } from '../src/config/config.ts'
import { ConfigError, helpOf, readOptions, readSettings, remarksOf, type Setting } from '../src/config/settings.ts'
import { createGateway } from '../src/gateway.ts'
import { releases } from '../src/releases.ts'
import { listen } from './start.ts'

const read = (env: Record<string, string>, argv: string[] = []) => readConfig(env, argv)

function mistakesOf(env: Record<string, string>, argv: string[] = []): readonly string[] {
  try {
    read(env, argv)
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}

it('has a default for everything', () => {
  expect(read({})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    authentikUrl: undefined,
    authentikPublicUrl: undefined,
    upstreamConcurrency: 8,
    upstreamTimeout: 15_000,
    queueTimeout: 60_000,
    operationTimeout: 90_000,
    corsOrigins: undefined,
    graphiql: undefined,
    introspection: true,
    mutations: true,
    hideSecrets: false,
    maxCost: undefined,
    rateLimit: undefined,
    redisUrl: undefined,
    explain: false,
    persistedOperations: undefined,
    persistedOperationsMode: 'enforce',
    logLevel: 'info',
    logFormat: 'json',
    logHashKey: undefined,
    metricsPort: undefined,
    metricsHost: '127.0.0.1',
    trustProxy: 'off',
    shutdownDelay: 1500,
    shutdownTimeout: 25_000,
    sandboxRelease: '2026.8',
  })
})

it('has the same defaults for a gateway that is told nothing but where authentik is', async () => {
  // Callers without strict types give undefined where they have nothing to say.
  const unsaid = { graphiql: undefined, introspection: undefined, upstreamTimeout: undefined } as unknown as object
  const gateway = createGateway({ authentikUrl: new URL('http://127.0.0.1:1'), ...unsaid })
  onTestFinished(() => gateway.close())
  const { url } = await listen(gateway.listener)
  const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })
  expect(page.headers.get('content-type')).toContain('text/html')
  const schema = await fetch(`${url}/graphql?query={__schema{queryType{name}}}`)
  expect(await schema.json()).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } })
  const headers = { authorization: 'Bearer x', accept: 'application/json' }
  const answer = await fetch(`${url}/graphql?query={me{pk}}`, { headers })
  expect(await answer.json()).toMatchObject({ errors: [{ message: 'authentik cannot be reached.' }] })
})

const settings = [
  ['HOST', '0.0.0.0', 'host', '0.0.0.0'],
  ['PORT', '0', 'port', 0],
  [
    'AUTHENTIK_URL',
    'https://auth.example.com/sub/path/',
    'authentikUrl',
    new URL('https://auth.example.com/sub/path/'),
  ],
  ['AUTHENTIK_PUBLIC_URL', 'https://auth.example.com/', 'authentikPublicUrl', new URL('https://auth.example.com/')],
  ['UPSTREAM_CONCURRENCY', '1000', 'upstreamConcurrency', 1000],
  ['UPSTREAM_TIMEOUT', '600000', 'upstreamTimeout', 600_000],
  ['QUEUE_TIMEOUT', '1', 'queueTimeout', 1],
  ['OPERATION_TIMEOUT', '600000', 'operationTimeout', 600_000],
  [
    'CORS_ORIGINS',
    'https://a.example, http://localhost:3000/',
    'corsOrigins',
    ['https://a.example', 'http://localhost:3000'],
  ],
  ['GRAPHIQL', 'off', 'graphiql', false],
  ['INTROSPECTION', 'off', 'introspection', false],
  ['MUTATIONS', 'off', 'mutations', false],
  ['HIDE_SECRETS', 'on', 'hideSecrets', true],
  ['MAX_COST', '20', 'maxCost', 20],
  ['RATE_LIMIT', '999999', 'rateLimit', 999_999],
  ['EXPLAIN', 'on', 'explain', true],
  [
    'PERSISTED_OPERATIONS',
    'test/persisted/relay.json',
    'persistedOperations',
    expect.objectContaining({ path: 'test/persisted/relay.json', size: 1 }),
  ],
  ['PERSISTED_OPERATIONS_MODE', 'log', 'persistedOperationsMode', 'log'],
  ['LOG_LEVEL', 'debug', 'logLevel', 'debug'],
  ['SANDBOX_RELEASE', '2024.10', 'sandboxRelease', '2024.10'],
] as const

describe('Every setting', () => {
  it.each(settings)('%s=%s is read from the environment', (name, text, key, value) => {
    expect(read({ [name]: text })[key]).toEqual(value)
  })

  it.each(settings)('%s=%s is read from the flag, which wins', (name, text, key, value) => {
    const flag = `--${name.toLowerCase().replaceAll('_', '-')}`
    expect(read({ [name]: 'nonsense?' }, [flag, text])[key]).toEqual(value)
    expect(read({}, [`${flag}=${text}`])[key]).toEqual(value)
  })

  it.each(settings)('%s may be empty, as if unset', (name, _text, key) => {
    expect(read({ [name]: '' })[key]).toEqual(read({})[key])
  })
})

describe('A mistake', () => {
  it.each([
    [{ HOST: 'a b' }, 'HOST: expected an address or host name, got "a b"'],
    [{ PORT: '65536' }, 'PORT: expected a port from 0 to 65535, got "65536"'],
    [{ PORT: '4e3' }, 'PORT: expected a port from 0 to 65535, got "4e3"'],
    [{ UPSTREAM_CONCURRENCY: '0' }, 'UPSTREAM_CONCURRENCY: expected a whole number from 1 to 1000, got "0"'],
    [{ MAX_COST: '500' }, 'MAX_COST: expected a whole number from 1 to 499, got "500"'],
    [{ RATE_LIMIT: '0' }, 'RATE_LIMIT: expected a whole number from 1 to 999999, got "0"'],
    [{ UPSTREAM_TIMEOUT: '1.5' }, 'UPSTREAM_TIMEOUT: expected milliseconds from 1 to 600000, got "1.5"'],
    [
      { AUTHENTIK_URL: 'auth.example.com' },
      'AUTHENTIK_URL: expected an http or https URL without userinfo, query and fragment, got no URL',
    ],
    [
      { AUTHENTIK_URL: 'ftp://auth.example.com' },
      'AUTHENTIK_URL: expected an http or https URL without userinfo, query and fragment, got one that begins with ftp:',
    ],
    [
      { CORS_ORIGINS: '*' },
      'CORS_ORIGINS: expected origins such as https://app.example.com, separated by commas, got "*"',
    ],
    [
      { CORS_ORIGINS: 'https://a.example/path' },
      'CORS_ORIGINS: expected origins such as https://app.example.com, separated by commas, got "https://a.example/path"',
    ],
    [{ GRAPHIQL: 'yes' }, 'GRAPHIQL: expected "on" or "off", got "yes"'],
    [
      { PERSISTED_OPERATIONS: 'package.json' },
      'PERSISTED_OPERATIONS: expected a JSON file with operations by id, in Apollo\'s or Relay\'s shape, got "package.json"',
    ],
    [
      { PERSISTED_OPERATIONS: 'nowhere.json' },
      'PERSISTED_OPERATIONS: expected a JSON file with operations by id, in Apollo\'s or Relay\'s shape, got "nowhere.json"',
    ],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL: expected one of silent, error, warn, info, debug, got "loud"'],
    [{ SANDBOX_RELEASE: '2023.1' }, `SANDBOX_RELEASE: expected one of ${releases.join(', ')}, got "2023.1"`],
  ])('%j is told in one line', (env, line) => {
    expect(mistakesOf(env as unknown as Record<string, string>)).toEqual([line])
  })

  it.each([
    [['--port'], '--port: expected a value, got none'],
    [['--port', ''], '--port: expected a port from 0 to 65535, got ""'],
    [['extra'], 'expected flags only, got an argument or a bare "--"'],
  ])('%j is told in one line', (argv, line) => {
    expect(mistakesOf({}, argv)).toEqual([line])
  })

  it.each([[['--token=s3cret']], [['--token', 's3cret']]])(
    'of an unknown flag names the known ones, but not its value: %j',
    (argv) => {
      const [line, ...more] = mistakesOf({}, argv)
      expect(more).toEqual([])
      expect(line).toMatch(/^--token: expected one of --host, --port, --authentik-url, /)
      expect(line).not.toContain('s3cret')
    },
  )

  it.each([
    'https://admin:s3cret@auth.example.com',
    'https://auth.example.com/?token=s3cret',
    'https://auth.example.com/#s3cret',
  ])('never repeats what may be a secret: %s', (url) => {
    const mistakes = mistakesOf({ AUTHENTIK_URL: url, AUTHENTIK_PUBLIC_URL: url })
    expect(mistakes).toHaveLength(2)
    expect(mistakes.join()).not.toContain('s3cret')
  })

  it.each([
    'http://s3cret@redis.example',
    'redis://:s3cret@redis.example/0?commandTimeout=1',
    'redis://:s3cret@redis.example/zero',
    'redis://:s3cret%zz@redis.example',
    'redis://:s3cret@',
    's3cret',
  ])('of REDIS_URL repeats nothing of it: %s', (url) => {
    const line = 'REDIS_URL: expected a redis or rediss URL with at most a number as its path, got something else'
    expect(mistakesOf({ REDIS_URL: url, LOG_HASH_KEY: 'k'.repeat(32) })).toEqual([line])
  })

  it('is REDIS_URL without LOG_HASH_KEY, and as a flag', () => {
    const url = 'rediss://user:s3cret@redis.example:6380/2'
    expect(mistakesOf({ REDIS_URL: url })).toEqual(['REDIS_URL: expected LOG_HASH_KEY as well'])
    expect(mistakesOf({ REDIS_URL: url, LOG_HASH_KEY: '' })).toHaveLength(1)
    expect(mistakesOf({ REDIS_URL: url, LOG_HASH_KEY: 'short' })).toEqual([
      'LOG_HASH_KEY: expected 32 bytes or more, got something else',
    ])
    expect(read({ REDIS_URL: url, LOG_HASH_KEY: 'k'.repeat(32) }).redisUrl).toBe(url)
    const [line = ''] = mistakesOf({}, [`--redis-url=${url}`])
    expect(line).toMatch(/^--redis-url: a secret has no flag, .* variable REDIS_URL$/)
    expect(line).not.toContain('s3cret')
  })

  it('comes with all the others', () => {
    expect(mistakesOf({ PORT: 'x', GRAPHIQL: 'x' }, ['--nope', '--log-level', 'x'])).toHaveLength(4)
  })
})

describe('A secret', () => {
  const number = (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined)
  const settings = {
    size: { name: 'SIZE', default: '5', expected: 'a number', read: number, meaning: 'The `size`.' },
    slot: { name: 'PIN_SLOT', flag: '--slot', expected: 'a number', read: number, meaning: 'Where.' },
    pin: { name: 'PIN', otherwise: 'no pin', expected: 'a number', read: number, meaning: 'The pin.', secret: true },
  } as const satisfies Record<string, Setting>
  const mistakesWith = (env: Record<string, string>, argv: string[]) => {
    try {
      return readSettings(settings, env, argv)
    } catch (error) {
      return (error as ConfigError).mistakes
    }
  }

  it('is read from the environment', () => {
    expect(readSettings(settings, { PIN: '42' }, [])).toEqual({ size: 5, slot: undefined, pin: 42 })
    expect(readSettings(settings, {}, ['--size', '6'])).toMatchObject({ size: 6, pin: undefined })
  })

  it('is read beside a setting whose flag is not its name', () => {
    expect(readSettings(settings, { PIN_SLOT: '1' }, [])).toMatchObject({ slot: 1 })
    expect(readSettings(settings, { PIN_SLOT: '1' }, ['--slot', '2'])).toMatchObject({ slot: 2 })
    expect(mistakesWith({}, ['--slot', 'x'])).toEqual(['--slot: expected a number, got "x"'])
  })

  it.each([[['--pin=42']], [['--pin', '42']], [['--pin']]])('has no flag, but its variable is told: %j', (argv) => {
    const line = '--pin: a secret has no flag, since others can see flags. Set the variable PIN'
    expect(mistakesWith({}, argv)).toEqual([line])
    expect(mistakesWith({}, ['--nope'])).toEqual(['--nope: expected one of --size, --slot'])
  })

  it('is repeated in no mistake', () => {
    expect(mistakesWith({ PIN: 's3cret', SIZE: 'x' }, [])).toEqual([
      'SIZE: expected a number, got "x"',
      'PIN: expected a number, got something else',
    ])
  })

  it('is in the help by its variable, with what it may be', () => {
    expect(helpOf(settings)).toBe(
      '  --size  5        The size. Expected: a number.\n' +
        '  --slot  nothing  Where. Expected: a number. Its variable is PIN_SLOT.\n' +
        '  PIN     no pin   The pin. Expected: a number.\n',
    )
  })
})

describe('A remark', () => {
  const remarks = (env: Record<string, string>, argv: string[] = []) => remarksOf(all, env, argv)

  it.each([
    ['https://auth.example.com/api/v3', 'https://auth.example.com/'],
    ['https://auth.example.com/api/v3/', 'https://auth.example.com/'],
    ['https://auth.example.com/sub/api/v3/', 'https://auth.example.com/sub/'],
  ])('says that the root of the API is cut off %s', (text, href) => {
    const line = 'AUTHENTIK_URL: "/api/v3" is cut off at its end, since the gateway adds it.'
    expect(read({ AUTHENTIK_URL: text }).authentikUrl?.href).toBe(href)
    expect(remarks({ AUTHENTIK_URL: text })).toEqual([line])
    expect(remarks({ AUTHENTIK_URL: 'https://auth.example.com' }, ['--authentik-url', text])).toEqual([line])
  })

  it.each(['https://auth.example.com/', 'https://auth.example.com/api/v31', 'https://api/v3', 'no URL'])(
    'is not made of %s',
    (text) => expect(remarks({ AUTHENTIK_URL: text })).toEqual([]),
  )

  it.each([
    ['AUTENTIK_URL', 'AUTHENTIK_URL'],
    ['AUTHENTIC_URL', 'AUTHENTIK_URL'],
    ['AUTHENTIK_ULR', 'AUTHENTIK_URL'],
    ['authentik_url', 'AUTHENTIK_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['GRAPHQL', 'GRAPHIQL'],
    ['PORTS', 'PORT'],
  ])('says that %s may be meant for %s, and not its value', (variable, meant) => {
    expect(remarks({ [variable]: 's3cret' })).toEqual([`${variable} is no setting. Did you mean ${meant}?`])
  })

  it('says that REDIS_URL is for RATE_LIMIT alone', () => {
    const line = 'REDIS_URL changes nothing without RATE_LIMIT.'
    const REDIS_URL = 'redis://:s3cret@redis.example'
    expect(remarks({ REDIS_URL })).toEqual([line])
    expect(remarks({ REDIS_URL, RATE_LIMIT: '' })).toEqual([line])
    for (const given of [remarks({ REDIS_URL, RATE_LIMIT: '9' }), remarks({ REDIS_URL }, ['--rate-limit', '9'])])
      expect(given).toEqual([])
  })

  it('is not made of what environments have beside, or of what is empty', () => {
    const usual = [
      'HOME',
      'PATH',
      'HOSTNAME',
      'USER',
      'SHELL',
      'LOGNAME',
      'NODE_ENV',
      'AUTHENTIK_TOKEN',
      'AUTHENTIK_PORT',
    ]
    const services = ['AUTHENTIK_SERVICE_PORT', 'AUTHENTIK_HOST', 'PORT_8080', 'LOG_FILE', 'HTTP_PROXY', 'NO_PROXY']
    const env = Object.fromEntries(
      [...usual, ...services, ...Object.values(all).map(({ name }) => name)].map((name) => [name, '1']),
    )
    expect(remarks({ ...env, AUTENTIK_URL: '' })).toEqual([])
  })
})

describe('What a program gives', () => {
  const rows = {
    graphiql: all.graphiql,
    corsOrigins: all.corsOrigins,
    maxCost: all.maxCost,
    logHashKey: all.logHashKey,
  }

  it('is read as the same text would be', () => {
    const given = { graphiql: false, corsOrigins: ['https://a.example', 'https://b.example'], maxCost: 20 }
    expect(readOptions(rows, given)).toEqual({ ...given, logHashKey: undefined })
    expect(readOptions(rows, { graphiql: true, maxCost: undefined })).toMatchObject({ graphiql: true })
    expect(readOptions(rows, {})).toMatchObject({ graphiql: undefined })
  })

  it('is refused where it needs something else that is not given', () => {
    const given = { redisUrl: 'redis://:s3cret@redis.example' }
    expect(() => readOptions({ ...rows, redisUrl: all.redisUrl }, given)).toThrow(
      /^redisUrl: expected logHashKey as well$/,
    )
  })

  it('is told with all mistakes at once, but for secrets', () => {
    const given = { graphiql: 1, logHashKey: 's3cret', color: 1 }
    expect(() => readOptions(rows, given)).toThrow(
      `color: expected one of graphiql, corsOrigins, maxCost, logHashKey
graphiql: expected "on" or "off", got "1"
logHashKey: expected ${all.logHashKey.expected}, got something else`,
    )
  })
})

it('leaves time after SHUTDOWN_DELAY', () => {
  expect(() => readConfig({ SHUTDOWN_DELAY: '5000', SHUTDOWN_TIMEOUT: '5000' }, [])).toThrow(
    'SHUTDOWN_TIMEOUT: expected more than 6500, since SHUTDOWN_DELAY is 5000, got 5000',
  )
  expect(readConfig({ SHUTDOWN_DELAY: '0', SHUTDOWN_TIMEOUT: '1' }, [])).toMatchObject({ shutdownTimeout: 1 })
})
