import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import type * as IoRedis from 'ioredis'
import type * as RateLimiters from 'rate-limiter-flexible'
import { limits } from '../limits.ts'
import type { Log } from '../observe/log.ts'
import { OwnSpending, type Spending, type Spent } from './spending.ts'

const require = createRequire(import.meta.url)

/**
 * What credentials spend in all replicas, counted in a Redis. While it is gone, or slower than 250 ms, what this process has counted
 * decides; the log tells when that begins and when it ends. What is spent meanwhile is not told to it later.
 */
export class SharedSpending implements Spending {
  readonly #own = new OwnSpending()
  readonly #log: Log
  readonly #redis: IoRedis.Redis
  readonly #counts: RateLimiters.RateLimiterRedis
  /** Undefined until it is known. */
  #isThere: boolean | undefined

  constructor(url: string, log: Log) {
    // Loaded only where they are needed: they delay the start.
    const { Redis }: typeof IoRedis = require('ioredis')
    const { RateLimiterRedis }: typeof RateLimiters = require('rate-limiter-flexible')
    this.#log = log
    this.#redis = new Redis(url, {
      // Whoever waits would rather be judged by this process alone.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: limits.redisMilliseconds,
      disconnectTimeout: limits.redisMilliseconds,
      connectTimeout: limits.redisConnectMilliseconds,
      retryStrategy: () => limits.redisRetryMilliseconds,
      // Its first write tells whether it is ready.
      enableReadyCheck: false,
      disableClientInfo: true,
    })
    this.#counts = new RateLimiterRedis({
      storeClient: this.#redis,
      keyPrefix: 'authentik-graphql:rate',
      points: limits.spentInMinute,
      duration: limits.rateMilliseconds / 1000,
    })
    this.#redis.on('ready', () => this.#greet())
    this.#redis.on('error', (error) => this.#learn(false, error))
    this.#redis.on('close', () => this.#learn(false))
  }

  /** Whether all replicas are counted together at the moment. */
  get isShared(): boolean {
    return this.#isThere === true
  }

  add(credential: string, amount: number): void {
    this.#own.add(credential, amount)
    if (this.#isThere) this.#counts.penalty(credential, amount).catch((error) => this.#lose(error))
  }

  find(credential: string): Spent | undefined | Promise<Spent | undefined> {
    if (!this.#isThere) return this.#own.find(credential)
    return this.#counts.get(credential).then(
      (found) => (found ? { sum: found.consumedPoints, rest: found.msBeforeNext } : undefined),
      (error) => {
        this.#lose(error)
        return this.#own.find(credential)
      },
    )
  }

  close(): void {
    this.#redis.removeAllListeners()
    // Without a listener, ioredis prints errors.
    this.#redis.on('error', () => {})
    this.#redis.disconnect()
  }

  /** It is there when it has counted something: one that is full, or a replica of one, takes connections as well. */
  #greet(): void {
    const nobody = randomBytes(16).toString('base64url').slice(0, 22)
    this.#counts.penalty(nobody, 0).then(
      () => this.#learn(true),
      (error) => this.#lose(error),
    )
  }

  /** Connects anew, since nothing is to wait for this connection any more. */
  #lose(error: unknown): void {
    this.#learn(false, error)
    if (this.#redis.status === 'ready') this.#redis.disconnect(true)
  }

  #learn(isThere: boolean, error?: unknown): void {
    if (this.#isThere === isThere) return
    this.#isThere = isThere
    if (isThere) this.#log.info({}, 'Redis counts RATE_LIMIT for all replicas')
    else
      this.#log.warn(
        { reason: reasonOf(error) },
        'Redis is gone: each replica counts RATE_LIMIT for itself until it is back',
      )
  }
}

/** Why it is gone, in a word. Messages may hold its address, and errors a command with its arguments. */
function reasonOf(error: unknown): string {
  const { code, message = '' } = Object(error) as { readonly code?: unknown; readonly message?: string }
  if (typeof code === 'string') return code
  if (message === 'Command timed out') return `slower than ${limits.redisMilliseconds} ms`
  // Redis's own errors begin with a word in capitals: NOAUTH, OOM, READONLY.
  return /^[A-Z]+(?= )/.exec(message)?.[0] ?? 'closed'
}
