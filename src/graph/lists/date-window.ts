import { type Moment, readMoment } from '../moment.ts'
import { Edge } from './edge.ts'
import type { Page, Readable, Walk } from './walk.ts'
import { type PageRequest, type Window, type WindowArgs, windowOf } from './window.ts'

/** Which rows are meant by their date: from one moment on, and before another. A row without a date is none of them. */
export interface Dates {
  readonly from: Moment
  readonly to: Moment
}

/** A list that is ordered by date: `ordering` begins with it. Once the list has changed, pages are to be asked for anew. */
export interface DatedList {
  readonly ordering: string
  hasChanged: boolean
  ask(page: PageRequest): Promise<Page<object> | null>
}

/** The rows of a list whose date is in a window, as a list of their own: they stand together where the list is ordered by it. */
export class DateWindow<B extends object> implements Readable {
  /** How many rows are in the window. Infinity while that is not known. */
  length = Number.POSITIVE_INFINITY
  readonly #walk: Walk<B>
  readonly #list: DatedList
  readonly #dates: Dates
  /** The property that holds the date. */
  readonly #property: string
  readonly #edges: readonly [start: Edge, end: Edge]
  /** How many rows the whole list had when it was asked last. */
  #listLength = Number.POSITIVE_INFINITY

  /** `walk` reads the rows, of the whole list, and asks `list` for them. */
  constructor(walk: Walk<B>, list: DatedList, dates: Dates) {
    this.#walk = walk
    this.#list = list
    this.#dates = dates
    const [, minus, property = ''] = /^(-?)(\w+)/.exec(list.ordering) ?? []
    this.#property = property
    const order = { property, descending: minus === '-' }
    const edges = [new Edge(order, dates.from), new Edge(order, dates.to)] as const
    this.#edges = order.descending ? [edges[1], edges[0]] : edges
  }

  /** Finds where the window begins and ends. Throws UpstreamError. */
  async askLength(): Promise<void> {
    if (this.#dates.from >= this.#dates.to) this.#listLength = 0
    else await this.#find()
    if (this.#listLength === 0) this.length = 0
    this.#walk.length = this.#listLength
  }

  /** Reads the rows of the window that the arguments mean, and tells which they are. Throws UpstreamError. */
  async collect(args: WindowArgs): Promise<Window> {
    if (this.length === Number.POSITIVE_INFINITY) await this.askLength()
    let window = await this.#read(args)
    if (this.#walk.length !== this.#listLength) {
      // Rows have come or gone since the window was found.
      this.#list.hasChanged = true
      this.#learn(this.#walk.length)
      await this.#find()
      window = await this.#read(args)
    }
    return this.#trimmed(window)
  }

  /** As `Walk.readEnds`. */
  async readEnds(window: Window): Promise<void> {
    await this.#walk.readEnds(this.#inList(window))
  }

  /** The row at that offset, if it has been read. One of another date, which moved in meanwhile, is none. */
  rowAt(offset: number): B | undefined {
    const row = this.#walk.rowAt(this.#edges[0].from + offset)
    const moment = row && readMoment(Reflect.get(row, this.#property))
    return moment !== undefined && moment >= this.#dates.from && moment < this.#dates.to ? row : undefined
  }

  async #find(): Promise<void> {
    while (this.#edges.some((edge) => edge.isOpen)) {
      await Promise.all(this.#edges.map((edge) => edge.find((request) => this.#look(request))))
      this.#learn(this.#listLength)
    }
    const [start, end] = this.#edges
    this.length = Math.max(0, end.to - start.from)
  }

  async #look(request: PageRequest): Promise<Page<object> | null> {
    const page = await this.#list.ask(request)
    const count = page?.pagination.count ?? this.#listLength
    this.#list.hasChanged ||= this.#listLength !== Number.POSITIVE_INFINITY && count !== this.#listLength
    this.#listLength = count
    return page
  }

  #learn(length: number): void {
    for (const edge of this.#edges) edge.learn(length)
  }

  async #read(args: WindowArgs): Promise<Window> {
    const window = windowOf(args, this.length)
    const { from, to } = this.#inList(window)
    await this.#walk.collect({ first: to - from, after: from - 1, last: undefined, before: undefined })
    return window
  }

  #inList({ from, to }: Window): Window {
    const start = this.#edges[0].from
    return { from: start + from, to: start + to }
  }

  /** Without offsets at its ends at which there is no such row. */
  #trimmed({ from, to }: Window): Window {
    let [start, end] = [from, to]
    while (start < end && !this.rowAt(start)) start += 1
    while (end > start && !this.rowAt(end - 1)) end -= 1
    return { from: start, to: end }
  }
}
