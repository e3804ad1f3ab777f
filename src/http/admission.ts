import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import { limits } from '../limits.ts'
import { Shares } from '../shares.ts'
import { busyError, refuseBusy } from './busy.ts'
import type { Served } from './observing.ts'

const tooMany = 'Too many operations are under way.'

/**
 * Bounds the operations that are under way: of one caller, of all callers whom authentik has accepted lately, and of all
 * others. An HTTP request is one until its body has been read; a batch is as many as it has. Beyond the bounds the whole HTTP
 * request is answered 503, before any field runs.
 */
export class Admission {
  readonly #callerOf: (authorization: string | undefined) => string | undefined
  readonly #ofAccepted = new Shares(limits.operationsAtOnce)
  // They are one caller, who may have half.
  readonly #ofStrangers = new Shares(2 * limits.operationsOfStrangers)

  /** `callerOf` tells an accepted caller by the Authorization header; undefined is a stranger. */
  constructor(callerOf: (authorization: string | undefined) => string | undefined) {
    this.#callerOf = callerOf
  }

  /** The listener, for requests as far as they are admitted. */
  limitRequests(listener: RequestListener): RequestListener {
    return (request, response) => {
      if (this.#admit(request, response, 1)) listener(request, response)
      else refuseBusy(request, response, tooMany)
    }
  }

  /** Counts the further operations of a batch. */
  limitBatches(): Plugin<object, Served> {
    return {
      onRequestParse: ({ serverContext: { req, res } }) => ({
        onRequestParseDone: ({ requestParserResult: sent }) => {
          // Yoga refuses a longer batch.
          const length = Array.isArray(sent) ? Math.min(sent.length, limits.operationsPerRequest) : 1
          if (length > 1 && !this.#admit(req, res, length - 1)) throw busyError(tooMany)
        },
      }),
    }
  }

  /** Counts so many operations until the response is closed, unless they are too many. */
  #admit({ headers }: IncomingMessage, response: ServerResponse, operations: number): boolean {
    const caller = this.#callerOf(headers.authorization)
    const shares = caller === undefined ? this.#ofStrangers : this.#ofAccepted
    if (!shares.take(caller ?? '', operations)) return false
    response.once('close', () => shares.give(caller ?? '', operations))
    return true
  }
}
