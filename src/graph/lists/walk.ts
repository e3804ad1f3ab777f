import { invalidAnswer } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { isListOfObjects } from '../checks.ts'
import { gapsOf, type PageRequest, pagesOf, type Window, type WindowArgs, windowOf } from './window.ts'

/** One of authentik's pages. */
export interface Page<B> {
  readonly pagination: Pagination
  readonly results: readonly B[]
}

interface Pagination {
  readonly count: number
  readonly total_pages: number
  /** The place of the page's first row in the list, from 1; 0 where there is none. */
  readonly start_index: number
}

/** Rows of one list, as far as they are known. */
export interface Rows<B> {
  /** How many rows the list has. */
  readonly length: number
  /** The row at that offset, if it is known. */
  readonly rowAt: (offset: number) => B | undefined
}

/** A list, or a part of one, of which windows are read: see `Walk`. */
export interface Readable extends Rows<object> {
  readonly askLength: () => Promise<void>
  readonly collect: (args: WindowArgs) => Promise<Window>
  readonly readEnds: (window: Window) => Promise<void>
}

/** How many rows authentik gives on a page: 100, or what a release was seen to cut its pages to. */
export interface PageLimit {
  largestPage: number
}

/** Gathers rows of one list, page by page. It trusts what came, not what was asked for. */
export class Walk<B> {
  /** How many rows the list has. Infinity while that is not known. */
  length = Number.POSITIVE_INFINITY
  readonly #ask: (page: PageRequest) => Promise<Page<B> | null>
  readonly #limit: PageLimit
  readonly #ahead: number
  /** The pages that came, the newest first. Many lists may share them, so their rows are not copied. */
  readonly #pages: Page<B>[] = []

  /** `ask` gives null for a page behind the last; `ahead` pages are asked for before it is known how many there are. */
  constructor(ask: (page: PageRequest) => Promise<Page<B> | null>, limit: PageLimit, ahead: number) {
    this.#ask = ask
    this.#limit = limit
    this.#ahead = ahead
  }

  /** Asks for the length alone, by the smallest page there is. */
  async askLength(): Promise<void> {
    const page = await this.#ask({ page: 1, page_size: 1 })
    this.length = page?.pagination.count ?? 0
  }

  /** Reads the rows that the arguments mean, and tells which they are. Throws UpstreamError. */
  async collect(args: WindowArgs): Promise<Window> {
    for (let round = 0; round < limits.rounds; round += 1) {
      const window = windowOf(args, this.length)
      const gaps = window.to === Number.POSITIVE_INFINITY ? [] : this.#gapsIn(window)
      if (gaps.length > 0) await this.#read(this.#pagesFor(gaps))
      else if (this.length === Number.POSITIVE_INFINITY) await this.askLength()
      else return window
    }
    throw invalidAnswer('pages that do not add up')
  }

  /**
   * Reads the rows of a window of a list whose length is known, by at most two requests. Where that many cannot hold them, it
   * reads those at both ends.
   */
  async readEnds(window: Window): Promise<void> {
    const missing = this.#gapsIn(window).flatMap((gap) => pagesOf(gap, this.#limit.largestPage))
    const [first, ...rest] = missing.length > 2 ? pagesOf(window, this.#limit.largestPage) : missing
    const last = rest.at(-1)
    await this.#read([first, last].filter((page) => page !== undefined))
  }

  /** The row at that offset, if it has been read. */
  rowAt(offset: number): B | undefined {
    for (const { pagination, results } of this.#pages) {
      const index = offset + 1 - pagination.start_index
      if (index >= 0 && index < results.length) return results[index]
    }
    return undefined
  }

  #gapsIn(window: Window): Window[] {
    return gapsOf(window, (offset) => this.rowAt(offset) !== undefined)
  }

  #pagesFor(gaps: readonly Window[]): PageRequest[] {
    const pages = gaps.flatMap((gap) => pagesOf(gap, this.#limit.largestPage))
    return this.length === Number.POSITIVE_INFINITY ? pages.slice(0, this.#ahead) : pages
  }

  async #read(pages: readonly PageRequest[]): Promise<void> {
    if (pages.length === 0) return
    const answers = await Promise.all(
      pages.map(async (page) => ({ asked: page.page_size, came: await this.#ask(page) })),
    )
    const lengths = answers.flatMap(({ asked, came }) => (came ? [this.#take(came, asked)] : []))
    if (lengths.length > 0) this.length = Math.min(...lengths)
    else await this.askLength()
  }

  /** Takes the rows of a page, and tells the length of the list. */
  #take(page: Page<B>, asked: number): number {
    const { pagination, results } = page
    const { count, total_pages: pages } = pagination
    this.#pages.unshift(page)
    // Newer releases may cut pages short: the number of pages tells a cut from a row that has just gone.
    const cut =
      results.length < asked && pages !== Math.ceil(count / asked) && pages === Math.ceil(count / results.length)
    if (cut) this.#limit.largestPage = Math.min(this.#limit.largestPage, results.length)
    return count
  }
}

/** The rows of a window that is known. */
export function rowsIn<B>(rows: Rows<B>, { from, to }: Window): B[] {
  const known = Array.from({ length: to - from }, (_, index) => rows.rowAt(from + index))
  return known.filter((row) => row !== undefined)
}

/** The page, whose numbers can be relied on. Throws UPSTREAM_INVALID_RESPONSE. */
export function checkPage<P extends Page<object>>(page: P): P {
  const { count, total_pages: pages, start_index: start } = page.pagination ?? {}
  const whole = [count, pages, start].every(
    (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31,
  )
  if (whole && isListOfObjects(page.results) && (page.results.length === 0 || start > 0)) return page
  throw invalidAnswer('a page without usable "pagination" and "results"')
}
