/** Every number that bounds something, with its reason. */
export const limits = {
  // What one HTTP request may hold.

  /** The body of a request. Operations written by people and by compilers have a few kB. */
  requestBytes: 256 * 1024,
  /** Bytes of all bodies that are being received at once. Half are for callers whom authentik has accepted lately. */
  receivedRequestBytes: 48 * 1024 * 1024,
  /** Operations in one request: what composers send together. */
  operationsPerRequest: 10,

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

  // What one document may hold.

  /** The parser and the rules take time for every character. */
  documentCharacters: 32 * 1024,
  /** Characters of all documents in one request: ten operations of a usual size have less than one of the largest. */
  requestCharacters: 64 * 1024,
  /** The largest document of a real front end had 900 tokens. */
  documentTokens: 2000,
  /** The parser recurses at each open bracket, and would run out of stack. */
  documentBrackets: 100,
  /** Levels of fields. GraphiQL's question for the whole schema has 13. */
  documentDepth: 15,
  /** Each alias may be a look-up of its own. */
  documentAliases: 100,
  /** `@include`, `@skip` and others. Each is read for every object. */
  documentDirectives: 100,
  /** Comparisons of fields of one name in one place, and of their arguments: some 190 fields need as many, and 15 ms. */
  documentComparisons: 20_000,
  /** Bytes of the heap for documents that are kept parsed: some hundred of a usual size, and no less than ten of the largest. */
  documentCacheBytes: 16 * 1024 * 1024,
  /** Different Accept headers whose meaning is kept: clients send few. */
  acceptHeaders: 100,
  /** Fields of one document that are compiled into plans. Each takes some 700 bytes: together no more than the parsed document. */
  plannedFields: 1000,
  /** Bytes of documents that are remembered by their hashes: some 3000 of a usual size. */
  rememberedDocumentBytes: 8 * 1024 * 1024,
  /** Bytes of those that one credential brought: more than a front end has, and an eighth of all. */
  rememberedDocumentBytesOfOne: 1024 * 1024,
  /** Bytes that a remembered document takes beside its text: its hash, and its places in two lists. */
  rememberedDocumentOverheadBytes: 500,

  // What one operation may cost.

  /** Requests to authentik, which answers some 20 in a second. */
  upstreamRequests: 500,
  /** Objects looked up and listed. Repeated ones count each time: they cost the gateway time and memory. */
  objects: 5000,
  /** Fields of all objects given, those inside others too, and the objects: a page of 1000 tokens with all that is usual around them. */
  fields: 55_000,
  /** The same for all HTTP requests under way, until their answers are sent. One caller may have half. */
  fieldsAtOnce: 400_000,
  /** How many of them a request takes at once, at least. */
  fieldsTaken: 100,
  /** How much of the heap they may take. The requests themselves, the answers of authentik and the program need the rest. */
  fieldsShare: 0.25,
  /** Bytes of memory that a field takes, with its share of all around it, until its answer is sent. */
  fieldBytes: 1500,
  /** How many of them before authentik has answered anything: answering them takes some 60 ms of CPU. */
  fieldsAtFirst: 22_000,
  /** How many more for each answer of authentik: with the answer itself, they take some 15 ms. */
  fieldsForAnswer: 4000,
  /** Rows, and objects that came for a field, that are answered before others are served: usual ones take some 10 ms. */
  rowsAtOnce: 50,
  /** Waiting for the object that has a field, where another one lacks it, costs as much as so many fields. */
  fieldsOfLoading: 5,
  /** An object that is looked up by an id of the caller's costs as much as so many fields, before its own; `objects` bounds them. */
  fieldsOfLookup: 3,
  /** An error costs as much as so many fields. */
  fieldsOfError: 12,
  /** A connection costs as much as so many fields, before its rows. */
  fieldsOfConnection: 20,
  /** Characters of a field's name, and of the path in its error, that are paid for with the field. More cost as much again. */
  charactersOfField: 64,
  /** Characters of a field's value that are paid for with the field. As many more cost as much as a field: they are all held at once. */
  charactersOfText: 256,
  /** Ids in one argument: as many as one operation can look up, by `upstreamRequests`. */
  ids: 500,
  /** Characters of the answers that the operations of one HTTP request hold: 5000 tokens have some 15 million. */
  heldCharacters: 16 * 1024 * 1024,

  // What waits for authentik.

  /** Reads of one credential that wait at once: more than one operation can need, by `upstreamRequests`. */
  waitingReadsOfOne: 600,
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

  // Lists.

  /** Rows that one connection gives at once. */
  rows: 1000,
  /** Rows of a connection without `first` and `last`: one page. */
  rowsByDefault: 100,
  /** Rows of one page of authentik: from 2025.12 on it sends no more, and before, more at once only took longer. */
  rowsPerPage: 100,
  /** Pages of a root list that are asked for before its length is known. A wrong guess costs two requests. */
  pagesAhead: 3,
  /** Rounds of requests for one window. A list that has not settled by then changes faster than it can be read. */
  rounds: 10,
  /** Providers asked for one by one. For more, one page of all of them is cheaper, since an installation has few. */
  providersOneByOne: 3,

  // What authentik may send.

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

  // What an answer tells of what went wrong.

  /** Mistakes in variables. Each repeats the whole variable, as long as it is, before the text is cut. */
  variableErrors: 5,
  /** Characters of an error's message. */
  errorCharacters: 1000,
  /** Errors that are told in full. A further one has its path and its code alone. */
  fullErrors: 100,

  // Coming and going.

  /** Milliseconds that the start waits for authentik before it warns. */
  probeMilliseconds: 3000,
  /** Milliseconds for what callers sent at the last moment to be read, after the last new connection is taken. */
  lastRequestsMilliseconds: 500,
  /** Milliseconds for the last lines to be read before the process ends. */
  lastLinesMilliseconds: 1000,
  /** Bytes of the log that wait for a reader of standard error. Further lines are lost, and counted. */
  waitingLogBytes: 256 * 1024,
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
  /** Bytes of LOG_HASH_KEY at least: as many as the hash has. */
  hashKeyBytes: 32,

  // Turns of the event loop.

  /** Milliseconds from which on a turn is a long one, after which others are looked for. Usual operations take less. */
  longTurnMilliseconds: 5,
  /** Milliseconds for which others are looked for at most. */
  lookMilliseconds: 20,
  /** Rounds without anybody new after which nobody more is looked for: a new connection needs some for its request. */
  quietRounds: 5,

  // Connections from callers.

  /** Seconds for which a browser may remember that an origin may ask: as long as browsers do at most. */
  preflightSeconds: 7200,
  /** Connections that are open at once, of the files that the process may open. Each takes some 10 kB. */
  connections: 10_000,
  /** Requests that are not answered yet on one connection. Browsers send no request ahead. */
  requestsOfConnection: 10,
  /** Files that the process may open beside its connections: the program's own, and both ends of those to the embedded authentik. */
  filesBeside: 64,
  /** Milliseconds from the first byte of a request until its headers have come. */
  headersMilliseconds: 10_000,
  /** Milliseconds from the first byte of a request until all of it has come. */
  requestMilliseconds: 30_000,
  /** Milliseconds that a connection is kept open without a request: more than the usual minute of proxies, which must close first. */
  keepAliveMilliseconds: 65_000,
  /** Milliseconds between two looks for requests that are late. */
  lateMilliseconds: 500,
} as const
