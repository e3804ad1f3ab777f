/** What callers may send and ask for, and what an answer may tell. */
export const callersLimits = {
  // What one HTTP request may hold.

  /** The body of a request. Operations written by people and by compilers have a few kB. */
  requestBytes: 256 * 1024,
  /** Bytes of all bodies that are being received at once. Half are for callers whom authentik has accepted lately. */
  receivedRequestBytes: 48 * 1024 * 1024,
  /** Operations in one request: what composers send together. */
  operationsPerRequest: 10,

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
  /** Fields of one document that are compiled into plans, at most. Each takes some 700 bytes. */
  plannedFields: 1000,
  /** Characters of a document for each of them: so plans take no more than the parsed document. */
  charactersOfPlannedField: 4,
  /** Fields that a plan counts as beside its own: one for each set of values of `@skip` and `@include` is kept. */
  plannedFieldsOfEach: 10,
  /** Bytes of documents that are remembered by their hashes: some 3000 of a usual size. */
  rememberedDocumentBytes: 8 * 1024 * 1024,
  /** Bytes of those that one credential brought: more than a front end has, and an eighth of all. */
  rememberedDocumentBytesOfOne: 1024 * 1024,
  /** Bytes that a remembered document takes beside its text: its hash, and its places in two lists. */
  rememberedDocumentOverheadBytes: 500,

  /** Fields of one document that an estimate looks at, as often as fragments repeat them. With more, a query may cost all that is allowed. */
  estimatedFields: 2000,
  /** Estimates that are kept of one document, by the values of its variables: together they take less than the parsed document. */
  estimatesOfDocument: 20,

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
  /** Keys that are put in order for the cost of a field. */
  keysOfField: 10,
  /** Characters of a field's name, and of the path in its error, that are paid for with the field. More cost as much again. */
  charactersOfField: 64,
  /** Characters of a field's value that are paid for with the field. As many more cost as much as a field: they are all held at once. */
  charactersOfText: 256,
  /** Ids in one argument: as many as one operation can look up, by `upstreamRequests`. */
  ids: 500,
  /** What mutations that search for it may revoke in one request, beside what they are given by ids: some minutes of authentik's time. */
  revocations: 3000,
  /** What a credential may spend in a minute by `RATE_LIMIT`, at most: more than authentik can answer. */
  spentInMinute: 999_999,
  /** Milliseconds for which `RATE_LIMIT` counts. */
  rateMilliseconds: 60_000,
  /** Credentials for which it counts: as many as are remembered as accepted. Each takes some 200 bytes. */
  countedCredentials: 50_000,
  /** Milliseconds within which Redis must answer: one that is slower counts as gone. */
  redisMilliseconds: 250,
  /** Milliseconds within which it must be connected to. Nobody waits meanwhile. */
  redisConnectMilliseconds: 2000,
  /** Milliseconds before it is connected to again. */
  redisRetryMilliseconds: 1000,
  /** Characters of the answers that the operations of one HTTP request hold: 5000 tokens have some 15 million. */
  heldCharacters: 16 * 1024 * 1024,

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
  /** Distinct objects in a list without pages, for estimates: the groups of a user, say, or of few users. Most have fewer. */
  assumedObjects: 6,
  /** Rows of a list in which dates are searched for, for estimates. Ten times as many take six or seven requests more. */
  searchedRows: 100_000,
  /** Objects of one type that are asked for one by one. For more, one page is cheaper if it is known to hold them. */
  oneByOne: 3,
  /** Rows of a list that is read whole, of applications say: an installation has tens of them. */
  rowsOfWholeList: 1000,
  /** Days ahead for which grants are counted: ten years. Nobody plans further. */
  daysAhead: 3650,
  /** Members of the groups on one page that are asked for with them: authentik sends all members of a group at once. */
  membersAtOnce: 1000,

  // What an answer tells of what went wrong.

  /** Mistakes in variables. Each repeats the whole variable, as long as it is, before the text is cut. */
  variableErrors: 5,
  /** Characters of an error's message. */
  errorCharacters: 1000,
  /** Errors that are told in full. A further one has its path and its code alone. */
  fullErrors: 100,

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
