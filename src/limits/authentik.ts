/** What authentik is asked, and what it may send. */
export const authentikLimits = {
  // What waits for authentik.

  /** Reads of one credential that wait at once: more than two operations can need, by `upstreamRequests`, as composers ask for 1000 rows. */
  waitingReadsOfOne: 1010,
  /** Reads that wait at once, of all credentials. Each takes some 10 kB. */
  waitingReads: 4000,
  /** Rows of a page that count as a look-up: at 19 ms a row, authentik needs as long for it. */
  lookupRows: 3,
  /** How much the newest measurement counts towards the time for which a request holds a place. */
  holdWeight: 0.1,
  /** How long a credential counts as accepted since authentik accepted it last: 15 minutes. */
  acceptedMilliseconds: 15 * 60 * 1000,
  /** Accepted credentials that are remembered: an installation has tens of thousands of users. Each takes some 100 bytes. */
  acceptedCredentials: 50_000,
  /** Milliseconds for which the hash of a credential is kept beside it. */
  hashedMilliseconds: 1000,
  /** Of so many credentials: each may have 16 kB, as a header has. */
  hashedCredentials: 500,

  // When authentik fails.

  /** Milliseconds by which two clocks of one request may differ. */
  clockMilliseconds: 100,
  /** Milliseconds that a connection is kept open without a request: authentik closes it after 5 seconds. */
  idleMilliseconds: 4000,
  /** Further tries of a read. */
  retries: 2,
  /** Milliseconds before the second try, about; twice as many before the third. */
  retryMilliseconds: 150,
  /** Further tries for each request. */
  retryShare: 0.1,
  /** Further tries that quiet times save up. */
  retriesSaved: 20,
  /** Credentials whose further tries are counted. */
  retryBudgets: 1000,
  /** Milliseconds of what was seen of authentik that count for the circuit. */
  circuitMilliseconds: 10_000,
  /** Requests that count at most, the newest ones. */
  circuitSights: 1000,
  /** Requests that must have been seen before the circuit opens. */
  circuitRequests: 20,
  /** Credentials that must have seen authentik fail, unless fewer were there at all. */
  circuitCredentials: 3,
  /** Requests in a row that had no answer in time: as many as run at once, since each of them takes a place for `UPSTREAM_TIMEOUT`. */
  circuitLate: 8,
  /** Milliseconds during which an open circuit lets nothing through. */
  circuitOpenMilliseconds: 5000,
  /** Milliseconds after which another request may find out how authentik is, though the one before has no answer. */
  circuitProbeMilliseconds: 1000,

  // What authentik may send.

  /** Bytes of an answer, as it comes, that is read together with others: one object has some 2 kB, zipped. */
  readTogetherBytes: 4 * 1024,
  /** Bytes of a zipped answer that is unzipped at once: a page of a list has some 20 kB. */
  unzippedAtOnceBytes: 32 * 1024,
  /** Bytes that it may become then: to unzip them takes some milliseconds. */
  unzippedBytes: 1024 * 1024,
  /** One answer, unzipped. A page of 100 tokens has 0.3 MB. */
  answerBytes: 32 * 1024 * 1024,
  /** How much of the heap its text may have at most: read, it may take ten times as much. */
  answerShare: 1 / 32,
  /** Bytes of all answers that are being received at once. Beyond, the largest is given up. */
  receivedAnswerBytes: 48 * 1024 * 1024,
  /** Levels of free JSON. graphql and JSON.stringify recurse. */
  jsonDepth: 100,
  /** Characters of one of authentik's sentences, as far as it is repeated to a caller. */
  messageCharacters: 300,
  /** Sentences of one refusal. */
  messages: 20,
  /** Characters of the name of a parameter that authentik complains about. */
  parameterCharacters: 60,
  /** Characters of a header that is repeated to a caller; authentik's request ids have 32. */
  headerCharacters: 100,
  /** Seconds that authentik may ask a caller to wait: some eleven days. A longer wait is not repeated. */
  retrySeconds: 999_999,
  /** Characters of a caller's own value, as far as an error repeats it. */
  valueCharacters: 100,
} as const
