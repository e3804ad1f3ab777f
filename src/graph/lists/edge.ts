import { invalidAnswer } from '../../errors.ts'
import { type Moment, readMoment } from '../moment.ts'
import type { Page } from './walk.ts'
import type { PageRequest } from './window.ts'

/** How a list is ordered by a date. Rows without a date stand at one end of it: releases of authentik differ at which. */
export interface DateOrder {
  /** The property of a row that holds the date. */
  readonly property: string
  readonly descending: boolean
}

/** Gives one page; null for one behind the last. */
type AskPage = (page: PageRequest) => Promise<Page<object> | null>

/**
 * The place where a list that is ordered by date passes a moment: how many rows stand before it. It is found by binary search, a
 * request for each look at one row. Rows may come and go meanwhile: each answer tells how many there are, and the place may have
 * moved by as many as the list grew or shrank.
 */
export class Edge {
  /** The place is known to be between these; they are equal once it is found. */
  from = 0
  to = 0
  /** How many rows the list had. */
  length = 0
  readonly #order: DateOrder
  readonly #moment: Moment
  #looks = 0
  #undatedFirst = false

  constructor(order: DateOrder, moment: Moment) {
    this.#order = order
    this.#moment = moment
  }

  /** Whether another look is needed and left: at a list of n rows at most 2 log2(n) + 3. */
  get isOpen(): boolean {
    return this.#looks === 0 || (this.from < this.to && this.#looks + 1 <= 2 * Math.log2(this.length) + 3)
  }

  /** Looks until it is found. Throws UpstreamError. */
  async find(ask: AskPage): Promise<void> {
    while (this.isOpen) await this.#look(ask, this.#next)
  }

  /** Learns how many rows the list has now. */
  learn(length: number): void {
    const growth = length - this.length
    this.to = Math.min(length, this.to + Math.max(growth, 0))
    this.from = Math.min(this.to, Math.max(0, this.from + Math.min(growth, 0)))
    this.length = length
  }

  /** The rows at both ends first: the one tells where rows without a date stand, the other often that no more looks are needed. */
  get #next(): number {
    if (this.#looks === 0) return 0
    return this.#looks === 1 ? this.length - 1 : Math.floor((this.from + this.to) / 2)
  }

  async #look(ask: AskPage, at: number): Promise<void> {
    this.#looks += 1
    const page = await ask({ page: at + 1, page_size: 1 })
    // Where the page is gone, the list has at most so many rows now.
    this.learn(page?.pagination.count ?? at)
    const [row] = page?.results ?? []
    if (!row) return
    const date: unknown = Reflect.get(row, this.#order.property)
    if (at === 0) this.#undatedFirst = date === null
    if (this.#isBehind(date)) this.to = Math.min(this.to, at)
    else this.from = Math.max(this.from, at + 1)
  }

  #isBehind(date: unknown): boolean {
    if (date === null) return !this.#undatedFirst
    const moment = readMoment(date)
    if (moment === undefined) throw invalidAnswer(`no usable "${this.#order.property}"`)
    return moment < this.#moment === this.#order.descending
  }
}
