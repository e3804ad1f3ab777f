import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Dated, dateOf, startDateList } from './date-list.ts'
import { startGateway, startGatewayOver } from './start.ts'

const day = 24 * 60 * 60 * 1_000_000
const dateListBegins = Date.UTC(2036, 0, 1)

/** The microseconds of a date list for a moment so many days from now. */
const daysFromNow = (days: number) => (Date.now() - dateListBegins) * 1000 + days * day

const query = `query ($filter: AccessTokenFilter, $days: Int! = 7) {
  accessTokenStatistics(filter: $filter) { total datePast dateAhead withoutDate expiringWithin(days: $days) }
}`

describe('Statistics of grants', () => {
  it('count what a scan counts, in any window', async () => {
    const { url, list } = await startDateList()
    // No date is near the moment of the question.
    const far = fc.constantFrom(-4000, -30, -1, 1, 3, 10, 3000)
    const compare = fc.asyncProperty(
      fc.array(fc.option(far, { freq: 4 }), { maxLength: 120, size: 'max' }),
      fc.boolean(),
      fc.option(far, { nil: undefined }),
      fc.option(far, { nil: undefined }),
      fc.constantFrom(2, 7, 3650),
      async (days, nullsSmallest, after, before, within) => {
        const rows: Dated[] = days.map((some, index) => ({
          pk: index + 1,
          at: some === null ? null : daysFromNow(some),
        }))
        Object.assign(list, { rows, nullsSmallest })
        const { ask } = await startGatewayOver(url)
        const isWindow = after !== undefined || before !== undefined
        // A window that begins and ends half a day before the dates that it names.
        const bound = (some: number | undefined) => (some === undefined ? null : dateOf(daysFromNow(some - 0.5)))
        const filter = isWindow ? { expires: { after: bound(after), before: bound(before) } } : undefined
        const { data, errors } = await ask(query, { variables: { filter, days: within } })
        expect(errors).toBeUndefined()
        const isIn = (some: number | null) =>
          !isWindow || (some !== null && some >= (after ?? -Infinity) && some < (before ?? Infinity))
        const kept = days.filter(isIn)
        const count = (fits: (some: number) => boolean) => kept.filter((some) => some !== null && fits(some)).length
        expect(data.accessTokenStatistics).toEqual({
          total: kept.length,
          datePast: count((some) => some < 0),
          dateAhead: count((some) => some >= 0),
          withoutDate: kept.filter((some) => some === null).length,
          expiringWithin: count((some) => some > 0 && some < within),
        })
      },
    )
    await fc.assert(compare, { numRuns: 80 })
  }, 120_000)

  it('ask one request of one row for the total alone, and nothing for what is not selected', async () => {
    const { url, list } = await startDateList()
    list.rows = Array.from({ length: 5000 }, (_, index) => ({ pk: index + 1, at: index }))
    const { ask } = await startGatewayOver(url)
    expect((await ask('{ accessTokenStatistics { total } }')).data.accessTokenStatistics).toEqual({ total: 5000 })
    expect(list.asked).toEqual(['expires,pk 1x1'])
    await ask('{ accessTokenStatistics { __typename } }')
    expect(list.asked).toHaveLength(1)
  })

  it.each([true, false])(
    'need some 45 requests of one row for 10,000 tokens (nulls first: %s)',
    async (nullsSmallest) => {
      const { url, list } = await startDateList()
      const at = (index: number) => (index % 50 === 0 ? null : daysFromNow((index - 3000) / 40))
      list.rows = Array.from({ length: 10_000 }, (_, index) => ({ pk: index + 1, at: at(index) }))
      list.nullsSmallest = nullsSmallest
      const { ask } = await startGatewayOver(url)
      const { data } = await ask(query)
      const { total, datePast, dateAhead, withoutDate } = data.accessTokenStatistics
      expect([total, withoutDate, datePast + dateAhead]).toEqual([10_000, 200, 9800])
      expect(list.asked.every((line) => line.endsWith('x1'))).toBe(true)
      expect(new Set(list.asked).size).toBe(list.asked.length)
      expect(list.asked.length).toBeLessThanOrEqual(45)
    },
  )

  it('count on each release what its list tells, for refresh tokens too, and for a filter', async () => {
    for (const release of ['2024.10', '2026.8'] as const) {
      const { ask } = await startGateway({ release })
      const { data, errors } = await ask(`{
        accessTokens(first: 300, filter: { user: 15 }) { nodes { expires } }
        accessTokenStatistics(filter: { user: 15 }) { total datePast dateAhead withoutDate }
        refreshTokens(first: 300) { nodes { expires } }
        refreshTokenStatistics { total datePast dateAhead withoutDate }
      }`)
      expect(errors).toBeUndefined()
      const now = new Date().toISOString()
      const counted = ({ nodes }: { nodes: { expires: string | null }[] }) => ({
        total: nodes.length,
        datePast: nodes.filter(({ expires }) => expires !== null && expires < now).length,
        dateAhead: nodes.filter(({ expires }) => expires !== null && expires >= now).length,
        withoutDate: nodes.filter(({ expires }) => expires === null).length,
      })
      expect(data.accessTokenStatistics).toEqual(counted(data.accessTokens))
      expect(data.refreshTokenStatistics).toEqual(counted(data.refreshTokens))
      expect(data.accessTokenStatistics.withoutDate).toBeGreaterThan(0)
    }
  })

  it("count an ordinary caller's own, and nothing without a token", async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask('{ accessTokenStatistics { total } }', { token: 'demo-plain' })
    expect(data.accessTokenStatistics).toEqual({ total: 12 })
    asked()
    const { errors } = await ask('{ accessTokenStatistics { total datePast } }', { token: null })
    expect(errors).toMatchObject([{ path: ['accessTokenStatistics'], extensions: { code: 'UNAUTHENTICATED' } }])
    expect(asked()).toEqual([])
  })

  it.each([0, -1, 3651])('of %i days ahead are refused, and nothing is asked', async (days) => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask(`{ accessTokenStatistics { expiringWithin(days: ${days}) } }`)
    expect(errors).toMatchObject([
      { message: `Expected "days" from 1 to 3650, got ${days}.`, extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(asked()).toEqual([])
  })
})
