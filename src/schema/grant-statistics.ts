import type { GrantBody } from '../authentik/bodies.ts'
import type { Context } from '../context.ts'
import { inputError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { charge } from '../graph/charges.ts'
import { earlierOf, laterOf, type Moment, momentOf } from '../graph/moment.ts'
import type { Types } from '../graph/types.ts'
import { limits } from '../limits.ts'
import { accessTokens } from './access-token.ts'
import type { GrantKind } from './grant.ts'
import { AccessTokenFilter, datesOf, type GrantFilter } from './grant-arguments.ts'
import { refreshTokens } from './refresh-token.ts'

const [ever, never] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
const day = 24 * 60 * 60 * 1000

/** Counts grants of one kind by their dates of expiry, as they are at one moment of the gateway's clock. */
class Statistics {
  readonly #context: Context
  readonly #kind: Pick<GrantKind<GrantBody>, 'count'>
  readonly #filter: GrantFilter
  readonly #now = Date.now()

  constructor(context: Context, kind: Pick<GrantKind<GrantBody>, 'count'>, filter: GrantFilter) {
    this.#context = context
    this.#kind = kind
    this.#filter = filter
  }

  get total(): Promise<number> {
    const { expires, ...criteria } = this.#filter
    return this.#kind.count(this.#context, criteria, datesOf(expires))
  }

  get past(): Promise<number> {
    return this.#countBetween(ever, momentOf(this.#now))
  }

  get ahead(): Promise<number> {
    return this.#countBetween(momentOf(this.#now), never)
  }

  /** In a window of dates there is none. */
  async undated(): Promise<number> {
    const [all, dated] = await Promise.all([this.total, this.#countBetween(ever, never)])
    return Math.max(0, all - dated)
  }

  /** Of those ahead, those of the next days. Throws BAD_USER_INPUT. */
  within(days: number): Promise<number> {
    const most = limits.daysAhead
    if (days < 1 || days > most) throw inputError(`"days" from 1 to ${most}`, days)
    return this.#countBetween(momentOf(this.#now), momentOf(this.#now + days * day))
  }

  async #countBetween(from: Moment, to: Moment): Promise<number> {
    const { expires, ...criteria } = this.#filter
    const window = datesOf(expires) ?? { from: ever, to: never }
    const dates = { from: laterOf(from, window.from), to: earlierOf(to, window.to) }
    return dates.from < dates.to ? this.#kind.count(this.#context, criteria, dates) : 0
  }
}

const GrantStatistics = builder.objectRef<Statistics>('GrantStatistics').implement({
  description:
    "How many grants there are, by their dates of expiry alone: there are grants whose date is past and that do not expire. Past and ahead are told by the gateway's clock. What is not selected is not asked for.",
  fields: (t) => ({
    total: t.int({
      nullable: false,
      description: 'How many there are, with a date or without. It takes one request of one row.',
      resolve: ({ total }) => total,
    }),
    datePast: t.int({
      nullable: false,
      asks: 'dates',
      description: 'How many have a date that is past.',
      resolve: ({ past }) => past,
    }),
    dateAhead: t.int({
      nullable: false,
      asks: 'dates',
      description: 'How many have a date that is not past.',
      resolve: ({ ahead }) => ahead,
    }),
    withoutDate: t.int({
      nullable: false,
      asks: 'dates',
      description: 'How many have no date.',
      resolve: (statistics) => statistics.undated(),
    }),
    expiringWithin: t.int({
      nullable: false,
      asks: 'dates',
      description: 'How many have a date that is not past, and will be in so many days.',
      args: {
        days: t.arg.int({
          required: true,
          defaultValue: 7,
          description: `Days of 24 hours, from 1 to ${limits.daysAhead}.`,
        }),
      },
      resolve: (statistics, { days }) => statistics.within(days),
    }),
  }),
})

type QueryFieldBuilder = PothosSchemaTypes.QueryFieldBuilder<Types, Types['Root']>

function statisticsField(t: QueryFieldBuilder, kind: Pick<GrantKind<GrantBody>, 'count'>, description: string) {
  return t.field({
    type: GrantStatistics,
    asks: 'length',
    description,
    args: {
      filter: t.arg({ type: AccessTokenFilter, description: 'Which of them to count. Without it: all.' }),
    },
    resolve: (_root, { filter }, context) => {
      charge(context, 1)
      return new Statistics(context, kind, filter ?? {})
    },
  })
}

builder.queryFields((t) => ({
  accessTokenStatistics: statisticsField(t, accessTokens, 'How many access tokens there are that the caller may see.'),
  refreshTokenStatistics: statisticsField(
    t,
    refreshTokens,
    'How many refresh tokens there are that the caller may see.',
  ),
}))
