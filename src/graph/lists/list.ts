import type { GraphQLError } from 'graphql'
import type { Query } from '../../authentik/address.ts'
import type { Endpoint, Include } from '../../authentik/endpoints.ts'
import { type Context, keep } from '../../context.ts'
import { codedError, invalidAnswer, UpstreamError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { getMe } from '../caller.ts'
import { charge } from '../charges.ts'
import type { Lookup, PageOfMany } from '../loading/lookup.ts'
import type { Wanted } from '../loading/wanted.ts'
import { Connection, type Hint } from './connection.ts'
import { fingerprintOf } from './cursor.ts'
import { type Dates, DateWindow } from './date-window.ts'
import { type Criteria, type Filters, readCriteria } from './filter.ts'
import { comparing, KeyedRows } from './keyed-rows.ts'
import { type AskedFor, type PageArgs, readArgs } from './page-args.ts'
import { FilteredPages, Pages } from './pages.ts'
import { orderOf, readWindow } from './read-window.ts'
import { Walk } from './walk.ts'
import { type PageRequest, windowOf } from './window.ts'

export interface ListOptions<K extends string | number, B extends object> {
  /** The look-up of the rows. It is given each row that came, so that none is asked for again. */
  readonly lookup: Lookup<K, B>
  readonly endpoint: Endpoint
  /** authentik's `ordering` where the caller names none. It is total, so that pages do not overlap. */
  readonly ordering: string
  readonly filters: Filters<B>
  /** What is hidden from some callers, but never from superusers, nor of what is their own. */
  readonly hidden?: string
  /** Parameters of every request. */
  readonly always?: Query
  /** How one page may answer for many objects that are wanted by their keys. */
  readonly forMany?: Omit<PageOfMany<B>, 'load'>
}

/** What a list is asked for beside its filter. */
export interface ConnectOptions<B> {
  /** authentik's `ordering`, where it is not the usual one. */
  readonly ordering?: string | undefined
  /** Only rows with such a date: the first term of the ordering. */
  readonly dates?: Dates | undefined
  /** Whose rows they are, by the user's key, where the criteria do not say so. */
  readonly owner?: number | undefined
  /** What becomes of each row that came. Throws UpstreamError where it is none that was asked for. */
  readonly take?: (row: B) => B
}

/** A list of authentik's as Relay connections: rows by offset, on as few and as small pages as hold them. */
export class List<K extends string | number, B extends object> {
  readonly endpoint: Endpoint
  readonly #lookup: Lookup<K, B>
  readonly #ordering: string
  readonly #filters: Filters<B>
  readonly #pages: Pages<K, B>
  readonly #always: Query
  readonly #hidden: string | undefined

  constructor({ lookup, endpoint, ordering, filters, hidden, always = {}, forMany }: ListOptions<K, B>) {
    this.endpoint = endpoint
    this.#lookup = lookup
    this.#ordering = ordering
    this.#filters = filters
    this.#pages = new Pages(endpoint, lookup, filters)
    this.#always = always
    this.#hidden = hidden
    if (!forMany) return
    const load: PageOfMany<B>['load'] = async (context, asked, includes) => {
      const query = { ordering: lookup.key.property, ...asked }
      return (await this.#pages.ask(context, query, includes))?.results ?? []
    }
    lookup.pageOfMany = { ...forMany, load }
  }

  /** The rows that fit the criteria, as far as the arguments and the selection ask for them. Throws UpstreamError. */
  async connect(
    context: Context,
    criteria: Criteria,
    args: PageArgs,
    wanted: Wanted,
    { ordering = this.#ordering, dates, owner, take }: ConnectOptions<B> = {},
  ): Promise<Connection<B>> {
    if (!context.tab.payFields(limits.fieldsOfConnection)) return context.account.never
    const query = this.#queryOf(criteria, ordering)
    const fingerprint = this.#fingerprintOf(query, dates)
    const asked = readArgs(args, fingerprint)
    const pages = new FilteredPages(this.#pages, context, query)
    const walk = this.#walk(context, pages, wanted, asked, take)
    const rows = dates ? new DateWindow(walk, pages, dates) : walk
    const window = await readWindow(rows, asked, orderOf(this.#lookup.key, ordering), wanted)
    if (wanted.rows) charge(context, window.to - window.from)
    return new Connection(rows, window, fingerprint, this.#lookup.key).withHint(this.#hint(context, criteria, owner))
  }

  /** How many rows fit the criteria and have such a date. No row is read but those that tell. Throws UpstreamError. */
  async count(context: Context, criteria: Criteria, ordering: string, dates: Dates | undefined): Promise<number> {
    if (!context.tab.payFields(limits.fieldsOfConnection)) return context.account.never
    const pages = new FilteredPages(this.#pages, context, this.#queryOf(criteria, ordering))
    const walk = new Walk((page) => pages.ask(page), context.authentik.pageLimit, 1)
    const rows = dates ? new DateWindow(walk, pages, dates) : walk
    await rows.askLength()
    return rows.length
  }

  /** The one row whose properties are these; null without one. Throws UpstreamError, BAD_USER_INPUT if there are several. */
  async findOne(context: Context, criteria: Criteria, wanted: Wanted): Promise<B | null> {
    charge(context, 1)
    const properties = readCriteria(criteria, this.#filters, 'by')
    const query = { ...this.#always, ...properties, ordering: this.#ordering, page: 1, page_size: 2 }
    const page = await this.#pages.ask(context, query, wanted.includes)
    // authentik strips what it gets, and ignores parameters that a release does not know.
    const isMeant = (row: B) =>
      Object.entries(properties).every(([property, value]) => Reflect.get(row, property) === value)
    const [row, other] = (page?.results ?? []).filter(isMeant)
    if (other) throw severalOf(this.#lookup.typename, Object.keys(criteria), page?.pagination.count)
    return row ?? null
  }

  /**
   * The same, in the usual order, where the keys of all rows are at hand: their number and places are known. `read` gives the
   * bodies of rows, where more than their keys is selected. Throws UpstreamError.
   */
  async connectKeys(
    context: Context,
    criteria: Criteria,
    args: PageArgs,
    wanted: Wanted,
    keys: readonly unknown[],
    read: () => Promise<readonly B[]>,
  ): Promise<Connection<B>> {
    if (!context.tab.payFields(limits.fieldsOfConnection)) return context.account.never
    const fingerprint = this.#fingerprintOf(this.#queryOf(criteria, this.#ordering))
    const asked = readArgs(args, fingerprint)
    const order = orderOf(this.#lookup.key, this.#ordering)
    const rows = new KeyedRows(this.#lookup, order, keys.length, () => this.#sorted(context, keys))
    const [after, before] = [asked.after && rows.find(asked.after), asked.before && rows.find(asked.before)]
    const window = windowOf({ ...asked, after: after?.after, before: before?.before }, rows.length)
    if (wanted.rows) {
      charge(context, window.to - window.from)
      if (window.from < window.to && !this.#lookup.isKeyAlone(wanted)) rows.take(await read())
    }
    return new Connection(rows, window, fingerprint, this.#lookup.key)
  }

  /** The same, of a list that is read whole. Throws what `readAll` throws. */
  async connectAll(context: Context, criteria: Criteria, args: PageArgs, wanted: Wanted): Promise<Connection<B>> {
    // Wrong arguments cost no request.
    readArgs(args, this.#fingerprintOf(this.#queryOf(criteria, this.#ordering)))
    const rows = await this.readAll(context, criteria)
    const keys = rows.map((row) => this.#lookup.keyOf(row))
    const connection = await this.connectKeys(context, criteria, args, wanted, keys, async () => rows)
    return connection.withHint(this.#hint(context, criteria))
  }

  /**
   * All rows that fit the criteria, with what they include, of a list that is short: its count may tell of rows that the caller may
   * not see. Of more than `most` pages it gives the first. Throws UpstreamError, QUERY_TOO_COMPLEX where it is long.
   */
  async readAll(
    context: Context,
    criteria: Criteria,
    includes: ReadonlySet<Include> = new Set(),
    most = Number.POSITIVE_INFINITY,
  ): Promise<readonly B[]> {
    const query = this.#queryOf(criteria, this.#ordering)
    const ask = (page: number) => {
      return this.#pages.ask(context, { ...query, page, page_size: limits.rowsPerPage }, includes)
    }
    const first = await ask(1)
    const { total_pages: pages = 1, count = 0 } = first?.pagination ?? {}
    if (pages > most) return first?.results ?? []
    if (count > limits.rowsOfWholeList) throw tooLong(count)
    // Each page but the first has a row at least.
    if (pages > Math.max(count, 1)) throw invalidAnswer('more pages of a list than it has rows')
    const rest = Array.from({ length: pages - 1 }, (_, index) => ask(index + 2))
    return [first, ...(await Promise.all(rest))].flatMap((page) => page?.results ?? [])
  }

  #hint(context: Context, criteria: Criteria, owner?: number): Hint {
    return async () => {
      if (this.#hidden === undefined) return null
      const { pk, is_superuser: seesAll } = await getMe(context)
      const isOwn = String(owner ?? readCriteria(criteria, this.#filters)['user']) === String(pk)
      return seesAll || isOwn ? null : this.#hidden
    }
  }

  /** The keys in the list's order: sorted and paid for once, however many connections show them. */
  #sorted(context: Context, keys: readonly unknown[]): readonly K[] {
    const known = keep(context, KeyedRows, () => new Map<readonly unknown[], readonly K[]>())
    const before = known.get(keys)
    if (before) return before
    // Nobody gets them if they cannot be paid.
    if (!context.tab.payFields(Math.ceil(keys.length / limits.keysOfField))) return []
    const order = orderOf(this.#lookup.key, this.#ordering)
    const sorted = keys.map((value) => this.#lookup.checkKey(value)).sort(comparing(order))
    known.set(keys, sorted)
    return sorted
  }

  #queryOf(criteria: Criteria, ordering: string): Query {
    return { ...this.#always, ...readCriteria(criteria, this.#filters), ordering }
  }

  #fingerprintOf(query: Query, dates?: Dates): string {
    const { from, to } = dates ?? {}
    return fingerprintOf([`${this.#lookup.typename}Connection`, query, ...(dates ? [`${from} ${to}`] : [])])
  }

  #walk(
    context: Context,
    pages: FilteredPages<K, B>,
    wanted: Wanted,
    { last }: AskedFor,
    take: ConnectOptions<B>['take'],
  ): Walk<B> {
    const ask = (page: PageRequest) => {
      const load = pages.ask(page, wanted.includes)
      return take ? load.then((came) => came && { ...came, results: came.results.map(take) }) : load
    }
    // A list at the root, from its start, is worth a guess at its length; along edges many are short.
    const ahead = wanted.nested || last !== undefined ? 1 : limits.pagesAhead
    return new Walk(ask, context.authentik.pageLimit, ahead)
  }
}

function severalOf(typename: string, fields: readonly string[], count = 2): GraphQLError {
  const text = `There are ${count} objects of type ${typename} with this ${fields.join(' and ')}, where one was expected.`
  return codedError('BAD_USER_INPUT', text)
}

function tooLong(count: number): UpstreamError {
  const text = `The list has ${count} rows. It is read whole, up to ${limits.rowsOfWholeList}.`
  return new UpstreamError('QUERY_TOO_COMPLEX', text, { sent: 'yes' })
}
