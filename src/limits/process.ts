/** What the process may be told, and what it tells and does by itself. */
export const processLimits = {
  // What the process may be told.

  /** Requests to authentik at once. More than eight only add to the wait. */
  upstreamConcurrency: 1000,
  /** Milliseconds for an answer of authentik: ten minutes. */
  upstreamMilliseconds: 600_000,

  /**
   * Operations under way at once, of all callers whom authentik has accepted lately. One caller may have half: a front end's server
   * may send one token for everybody.
   */
  operationsAtOnce: 600,
  /** Operations under way at once of everybody else: more than may wait in their line, so that the oldest make room. */
  operationsOfStrangers: 700,

  /** Revocations under way at once, those too whose callers have hung up. Each may hold some 50 kB. */
  revocationsAtOnce: 300,
  /** Revocations under way at once of one caller, and of all whom authentik has not accepted lately. */
  revocationsOfOne: 100,
  /** Revocations that wait at once to know whether authentik accepts the caller, some milliseconds: as many as strangers may ask for. */
  revocationsOfStrangers: 700,

  // Coming and going.

  /** Milliseconds that the start waits for authentik before it warns. */
  probeMilliseconds: 3000,
  /** Milliseconds that a check waits for each answer: a person waits with it, and the OpenAPI document takes authentik long. */
  checkMilliseconds: 60_000,
  /** Milliseconds for what callers sent at the last moment to be read, after the last new connection is taken. */
  lastRequestsMilliseconds: 500,
  /** Milliseconds for the last lines to be read before the process ends. */
  lastLinesMilliseconds: 1000,
  /** Bytes of the log that wait for a reader of standard error. Further lines are lost, and counted. */
  waitingLogBytes: 256 * 1024,
  /** Characters of lines that are gathered, from which on they are written. */
  gatheredLogCharacters: 16 * 1024,
  /** Bytes of lines for auditors that may wait beside those. */
  waitingAuditBytes: 1024 * 1024,

  // What is told of a request.

  /** Milliseconds that a deletion waits for the name of the caller, which its line for auditors has. */
  whoAsksMilliseconds: 3000,
  /** Characters of the name of an operation or of a client, as far as they are logged. */
  nameCharacters: 100,
  /** Characters of a caller's `x-request-id` that is taken over. */
  requestIdCharacters: 128,
  /** Documents that are logged once, since they are not persisted: more than all front ends have. Each takes some 150 bytes. */
  unlistedDocuments: 10_000,
  /** Credentials whose hash for the log is remembered. Each takes some 200 bytes. */
  knownHashes: 10_000,
  /** Bytes of LOG_HASH_KEY at least: as many as the hash has. */
  hashKeyBytes: 32,

  // Turns of the event loop.

  /** Milliseconds from which on a turn is a long one, after which others are looked for. Usual operations take less. */
  longTurnMilliseconds: 5,
  /** Requests to authentik up to which a query is short: such begin together in a turn. */
  requestsOfShortQuery: 10,
  /** Milliseconds for which others are looked for at most. */
  lookMilliseconds: 20,
  /** Rounds without anybody new after which nobody more is looked for: a new connection needs some for its request. */
  quietRounds: 5,
} as const
