import { inputError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import type { Dates } from '../graph/lists/date-window.ts'
import { readMoment } from '../graph/moment.ts'

// How lists of grants are filtered and ordered.

/** What a caller filters grants by. */
export interface GrantFilter {
  readonly user?: string | null | undefined
  readonly provider?: string | null | undefined
  readonly expires?:
    | { readonly after?: string | null | undefined; readonly before?: string | null | undefined }
    | null
    | undefined
}

/** One criterion of an order. */
export interface Order {
  readonly field: string
  readonly direction: string
}

const DateTimeWindow = builder.inputType('DateTimeWindow', {
  description: 'A stretch of time. It has its beginning and not its end: so two that adjoin have nothing in common.',
  fields: (t) => ({
    after: t.field({ type: 'DateTime', description: 'At this moment or later. Without it: from the first date on.' }),
    before: t.field({
      type: 'DateTime',
      description: 'Before this moment, and not at it. Without it: to the last date.',
    }),
  }),
})

export const AccessTokenFilter = builder.inputType('AccessTokenFilter', {
  description: 'Filters the list. If several fields are set, a grant must match all of them.',
  fields: (t) => ({
    user: t.id({ description: "Of this user: authentik's key or the global id." }),
    provider: t.id({ description: "Of this provider: authentik's key or the global id." }),
    expires: t.field({
      type: DateTimeWindow,
      description:
        'With a date of expiry in this window. The date alone counts: there are grants whose date is past and that do not expire. Grants without a date are in no window. The list is ordered by EXPIRES, which `orderBy` may turn round: any other order is BAD_USER_INPUT. Both ends are searched for, each by some log2(n) requests of one row among n grants, and never by more than 2 log2(n) + 3.',
    }),
  }),
})

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which way a list is ordered.',
  values: {
    ASC: { value: '', description: 'The smallest first.' },
    DESC: { value: '-', description: 'The largest first.' },
  },
})

const AccessTokenOrderField = builder.enumType('AccessTokenOrderField', {
  description: 'What tokens can be ordered by.',
  values: {
    PK: { value: 'pk', description: "authentik's key: the order in which they were issued." },
    EXPIRES: { value: 'expires', description: 'When their time is over.' },
    PROVIDER: { value: 'provider', description: "The provider's key." },
    USER: { value: 'user', description: "The user's key." },
    REVOKED: { value: 'revoked', description: 'Whether a newer one replaced them.' },
  },
})

const AccessTokenOrder = builder.inputType('AccessTokenOrder', {
  description: 'One criterion of an order of tokens.',
  fields: (t) => ({
    field: t.field({ type: AccessTokenOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirection, required: true, defaultValue: '', description: 'Which way.' }),
  }),
})

/** The argument by which a list of grants is filtered. */
export const grantFilter = builder.args((t) => ({
  filter: t.field({ type: AccessTokenFilter, description: 'Which of them to list. Without it: all.' }),
}))

/** The argument by which a list of tokens is ordered. */
export const tokenOrder = builder.args((t) => ({
  orderBy: t.field({ type: [AccessTokenOrder], description: 'By what to order, the first criterion first.' }),
}))

/** authentik's `ordering`, undefined where no order is given. It ends in the key, so that it is total. */
export function orderingOf(orders: readonly Order[] | null | undefined, direction = '-'): string | undefined {
  if (!orders?.length) return undefined
  const terms = new Map<string, string>()
  for (const order of [...orders, { field: 'pk', direction }]) {
    if (!terms.has(order.field)) terms.set(order.field, `${order.direction}${order.field}`)
  }
  return [...terms.values()].join(',')
}

/** The same for a list in which dates are searched for. */
export const byDate = 'expires,pk'

/** The same, as a caller orders such a list. Throws BAD_USER_INPUT where it is not ordered by date. */
export function orderingByDate(orders: readonly Order[] | null | undefined): string {
  const [first] = orders ?? []
  if (!first) return byDate
  if (first.field === 'expires') return orderingOf(orders, first.direction) ?? byDate
  throw inputError('"orderBy" to begin with EXPIRES, as "filter.expires" needs it', first.field.toUpperCase())
}

/** The dates in a window; undefined without one. */
export function datesOf(window: GrantFilter['expires']): Dates | undefined {
  if (!window) return undefined
  return {
    from: readMoment(window.after) ?? Number.NEGATIVE_INFINITY,
    to: readMoment(window.before) ?? Number.POSITIVE_INFINITY,
  }
}
