import type { Query } from '../../authentik/address.ts'
import type { Endpoint, Include } from '../../authentik/endpoints.ts'
import { type Context, keep } from '../../context.ts'
import { type Included, includedOf, Loader } from '../loading/loader.ts'
import type { Lookup } from '../loading/lookup.ts'
import { checkRows, type Filters, inCallersWords } from './filter.ts'
import { checkPage, type Page } from './walk.ts'
import type { PageRequest } from './window.ts'

/** The parameters of a list of all that the caller may see. */
const unfiltered: ReadonlySet<string> = new Set(['ordering', 'page', 'page_size'])

/** The pages of one list of authentik's. */
export class Pages<K extends string | number, B extends object> {
  readonly #endpoint: Endpoint
  readonly #lookup: Lookup<K, B>
  readonly #filters: Filters<B>

  /** `lookup` is given each row that came, so that none is asked for again. */
  constructor(endpoint: Endpoint, lookup: Lookup<K, B>, filters: Filters<B>) {
    this.#endpoint = endpoint
    this.#lookup = lookup
    this.#filters = filters
  }

  /**
   * A page, asked for once in an operation, with all includes that are wanted in the same tick; null for one behind the last. Throws
   * UpstreamError.
   */
  ask(context: Context, query: Query, includes: ReadonlySet<Include>): Promise<Page<B> | null> {
    return this.#loaderOf(context).load(context, JSON.stringify(query), includes)
  }

  /** The same page as it is now. */
  askAnew(context: Context, query: Query, includes: ReadonlySet<Include>): Promise<Page<B> | null> {
    return this.#get(context, { ...query, ...includedOf(this.#endpoint.includes ?? [], includes) })
  }

  #loaderOf(context: Context): Loader<string, Page<B> | null> {
    const { includes = [] } = this.#endpoint
    return keep(context, this, () => {
      const get = async (asking: Context, key: string, included: Included) => {
        const came = new Set(includes.filter((include) => included[include]))
        const query: Query = JSON.parse(key)
        const page = await this.#get(asking, { ...query, ...included })
        if (!page) return null
        const askAgain = async (again: Context, more: ReadonlySet<Include>) =>
          (await pages.load(again, key, more))?.results ?? []
        this.#lookup.prime(context, page.results, came, askAgain)
        const isOfAll = Object.keys(query).every((name) => unfiltered.has(name))
        if (isOfAll) this.#lookup.learnCount(context, page.pagination.count)
        return page
      }
      const pages: Loader<string, Page<B> | null> = new Loader(context, { includes, get })
      return pages
    })
  }

  async #get(context: Context, query: Query): Promise<Page<B> | null> {
    try {
      const page = (await context.authentik.findPage(this.#endpoint, query)) as unknown as Page<B> | null
      if (!page) return null
      checkPage(page)
      checkRows(page.results, query, this.#filters)
      return page
    } catch (error) {
      throw inCallersWords(error, this.#filters)
    }
  }
}

/** The list with one filter and order, as one field reads it. Once it is seen to have changed, its pages are asked for anew. */
export class FilteredPages<K extends string | number, B extends object> {
  hasChanged = false
  readonly #pages: Pages<K, B>
  readonly #context: Context
  readonly #query: Query

  constructor(pages: Pages<K, B>, context: Context, query: Query) {
    this.#pages = pages
    this.#context = context
    this.#query = query
  }

  /** authentik's `ordering`. */
  get ordering(): string {
    return String(this.#query['ordering'])
  }

  /** A page; null for one behind the last. Throws UpstreamError. */
  ask(page: PageRequest, includes: ReadonlySet<Include> = new Set()): Promise<Page<B> | null> {
    const query = { ...this.#query, ...page }
    if (this.hasChanged) return this.#pages.askAnew(this.#context, query, includes)
    return this.#pages.ask(this.#context, query, includes)
  }
}
