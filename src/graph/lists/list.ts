import type { Query } from '../../authentik/authentik.ts'
import type { Endpoint } from '../../authentik/endpoints.ts'
import { type Context, keep } from '../../context.ts'
import { inputError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { charge } from '../charges.ts'
import { type Included, Loader } from '../loading/loader.ts'
import type { Lookup } from '../loading/lookup.ts'
import type { Wanted } from '../loading/wanted.ts'
import { Connection } from './connection.ts'
import { fingerprintOf, readCursor } from './cursor.ts'
import { type Criteria, type Filters, inCallersWords, readCriteria } from './filter.ts'
import { type AskedFor, orderOf, readWindow } from './read-window.ts'
import { checkPage, type Page, Walk } from './walk.ts'
import type { PageRequest } from './window.ts'

export interface ListOptions<K extends string | number, B extends object> {
  /** The look-up of the rows. It is given each row that came, so that none is asked for again. */
  readonly lookup: Lookup<K, B>
  readonly endpoint: Endpoint
  /** authentik's `ordering` where the caller names none. It is total, so that pages do not overlap. */
  readonly ordering: string
  readonly filters: Filters
}

/** The arguments by which a caller moves through a connection. */
export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** A list of authentik's as Relay connections: rows by offset, on as few and as small pages as hold them. */
export class List<K extends string | number, B extends object> {
  readonly endpoint: Endpoint
  readonly #lookup: Lookup<K, B>
  readonly #ordering: string
  readonly #filters: Filters

  constructor({ lookup, endpoint, ordering, filters }: ListOptions<K, B>) {
    this.endpoint = endpoint
    this.#lookup = lookup
    this.#ordering = ordering
    this.#filters = filters
  }

  /** The rows that fit the criteria, as far as the arguments and the selection ask for them. Throws UpstreamError. */
  async connect(
    context: Context,
    criteria: Criteria,
    args: PageArgs,
    wanted: Wanted,
    ordering = this.#ordering,
  ): Promise<Connection<B>> {
    if (!context.tab.payFields(limits.fieldsOfConnection)) return context.account.never
    const query = { ...readCriteria(criteria, this.#filters), ordering }
    const fingerprint = fingerprintOf([`${this.#lookup.typename}Connection`, query])
    const asked = readArgs(args, fingerprint)
    const walk = this.#walk(context, query, wanted, asked)
    const window = await readWindow(walk, asked, orderOf(this.#lookup.key, ordering), wanted)
    if (wanted.rows) charge(context, window.to - window.from)
    return new Connection(walk, window, fingerprint, this.#lookup.key)
  }

  #walk(context: Context, query: Query, wanted: Wanted, { last }: AskedFor): Walk<B> {
    const pages = this.#pagesOf(context)
    const ask = (page: PageRequest) => pages.load(JSON.stringify({ ...query, ...page }), wanted.includes)
    // A list at the root, from its start, is worth a guess at its length; along edges many are short.
    const ahead = wanted.nested || last !== undefined ? 1 : limits.pagesAhead
    return new Walk(ask, context.authentik.pageLimit, ahead)
  }

  /** The pages of this list in one operation: each is asked for once, with all includes that are wanted in the same tick. */
  #pagesOf(context: Context): Loader<string, Page<B> | null> {
    const { includes = [] } = this.endpoint
    return keep(context, this, () => {
      const get = async (_authentik: unknown, key: string, included: Included) => {
        const came = new Set(includes.filter((include) => included[include]))
        const page = await this.#getPage(context, { ...JSON.parse(key), ...included })
        for (const row of page?.results ?? []) this.#lookup.prime(context, row, came)
        return page
      }
      return new Loader(context, { includes, get })
    })
  }

  async #getPage(context: Context, query: Query): Promise<Page<B> | null> {
    try {
      const page = (await context.authentik.findPage(this.endpoint, query)) as unknown as Page<B> | null
      return page && checkPage(page)
    } catch (error) {
      throw inCallersWords(error, this.#filters)
    }
  }
}

function readArgs({ first, after, last, before }: PageArgs, fingerprint: string): AskedFor {
  const counts = { first: first ?? undefined, last: last ?? undefined }
  for (const [name, count] of Object.entries(counts)) {
    if (count === undefined || (count >= 0 && count <= limits.rows)) continue
    throw inputError(`"${name}" from 0 to ${limits.rows}`, count)
  }
  if (counts.last === undefined) counts.first ??= limits.rowsByDefault
  return {
    ...counts,
    after: after == null ? undefined : readCursor('after', fingerprint, after),
    before: before == null ? undefined : readCursor('before', fingerprint, before),
  }
}
