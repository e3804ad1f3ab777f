import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Dated, dateOf, inOrder, startDateList } from './date-list.ts'
import { startGateway, startGatewayOver } from './start.ts'

const query = `query ($first: Int, $cursor: String, $after: DateTime, $before: DateTime, $orderBy: [AccessTokenOrder!]) {
  accessTokens(first: $first, after: $cursor, filter: { expires: { after: $after, before: $before } }, orderBy: $orderBy) {
    totalCount pageInfo { hasNextPage endCursor } nodes { pk }
  }
}`

// Few moments for many rows, so that many have the same one; some only a microsecond apart.
const moments = fc.constantFrom(0, 1, 2, 999_999, 1_000_000, 1_000_001, 86_400_000_000)
const rowsOf = (ats: readonly (number | null)[]): Dated[] => ats.map((at, index) => ({ pk: index + 1, at }))
const ats = (most: number) =>
  fc.array(fc.option(moments, { freq: 4 }), { maxLength: most, size: 'max' }).map((all) => rowsOf(all))
const bound = fc.option(moments, { nil: undefined })
const orders = fc.constantFrom<[orderBy: object | undefined, ordering: string]>(
  [undefined, 'expires,pk'],
  [{ field: 'EXPIRES' }, 'expires,pk'],
  [{ field: 'EXPIRES', direction: 'DESC' }, '-expires,-pk'],
)
const cuts = fc.constantFrom(Number.POSITIVE_INFINITY, 100, 20)

const isWithin = (at: number | null, after: number | undefined, before: number | undefined) =>
  at !== null && at >= (after ?? Number.NEGATIVE_INFINITY) && at < (before ?? Number.POSITIVE_INFINITY)
const variablesOf = (after: number | undefined, before: number | undefined) => ({
  ...(after !== undefined && { after: dateOf(after) }),
  ...(before !== undefined && { before: dateOf(before) }),
})
const pksOf = (rows: readonly { readonly pk: number }[]) => rows.map(({ pk }) => pk)

/** Requests of one row, and how many of them two boundaries may need. */
const looksOf = (asked: readonly string[]) => asked.filter((line) => line.endsWith('x1'))
const mostLooks = (length: number) => 2 * Math.max(1, Math.floor(2 * Math.log2(length) + 3))

describe('A window of dates', () => {
  it('has the rows that a scan finds, in their order, with pages that hold each of them once', async () => {
    const { url, list } = await startDateList()
    const compare = fc.asyncProperty(
      ats(260),
      fc.boolean(),
      cuts,
      bound,
      bound,
      orders,
      fc.integer({ min: 20, max: 120 }),
      async (rows, nullsSmallest, cut, after, before, [orderBy, ordering], first) => {
        Object.assign(list, { rows, nullsSmallest, cut })
        const { ask } = await startGatewayOver(url)
        const expected = inOrder(list, ordering).filter(({ at }) => isWithin(at, after, before))
        const seen: number[] = []
        for (let cursor: string | undefined, more = true; more; ) {
          list.asked = []
          const variables = { first, cursor, orderBy, ...variablesOf(after, before) }
          const { data, errors } = await ask(query, { variables })
          expect(errors).toBeUndefined()
          const { totalCount, nodes, pageInfo } = data.accessTokens
          expect(totalCount).toBe(expected.length)
          seen.push(...pksOf(nodes))
          more = pageInfo.hasNextPage
          cursor = pageInfo.endCursor
          // A window that ends before it begins has no row, and nothing is asked.
          const asked = Number(after) >= Number(before) && after != null && before != null ? [] : [ordering]
          expect([...new Set(list.asked.map((line) => line.split(' ')[0]))]).toEqual(asked)
          expect(looksOf(list.asked).length).toBeLessThanOrEqual(mostLooks(rows.length))
        }
        expect(seen).toEqual(pksOf(expected))
      },
    )
    await fc.assert(compare, { numRuns: 150 })
  }, 120_000)

  it('has its beginning, and not its end', async () => {
    const { url, list } = await startDateList()
    list.rows = rowsOf([0, 1, 2])
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(query, { variables: variablesOf(1, 2) })
    expect(pksOf(data.accessTokens.nodes)).toEqual([2])
    // Written with another offset and more digits, it is the same moment.
    const same = { after: '2036-01-01T02:00:00.000001000+02:00', before: '2036-01-01T00:00:00.0000019Z' }
    expect(pksOf((await ask(query, { variables: same })).data.accessTokens.nodes)).toEqual([2])
  })

  it('without an end has all rows with a date, and is empty if it ends before it begins', async () => {
    const { url, list } = await startDateList()
    list.rows = rowsOf([0, null, 1, null])
    const { ask } = await startGatewayOver(url)
    expect((await ask(query)).data.accessTokens.totalCount).toBe(2)
    const { data } = await ask(query, { variables: variablesOf(2, 1) })
    expect(data.accessTokens).toEqual({ totalCount: 0, pageInfo: { hasNextPage: false, endCursor: null }, nodes: [] })
  })

  it.each([true, false])(
    'among 10,000 tokens is found by some 30 requests of one row (nulls first: %s)',
    async (nullsSmallest) => {
      const { url, list } = await startDateList()
      const rows = rowsOf(Array.from({ length: 10_000 }, (_, index) => (index % 50 === 0 ? null : index * 7_000_000)))
      Object.assign(list, { rows, nullsSmallest })
      const { ask } = await startGatewayOver(url)
      const { data } = await ask(query, { variables: { first: 25, ...variablesOf(21_000_000_000, 28_000_000_000) } })
      expect(data.accessTokens.totalCount).toBe(980)
      expect(looksOf(list.asked).length).toBeLessThanOrEqual(32)
      expect(list.asked.filter((line) => !line.endsWith('x1'))).toHaveLength(1)
    },
  )

  it.each([true, false])(
    'that is open at one end takes one look there, where all rows have dates (nulls first: %s)',
    async (nulls) => {
      const { url, list } = await startDateList()
      const rows = rowsOf(Array.from({ length: 1024 }, (_, index) => index))
      Object.assign(list, { rows, nullsSmallest: nulls })
      const { ask } = await startGatewayOver(url)
      for (const bounds of [variablesOf(300, undefined), variablesOf(undefined, 300)]) {
        list.asked = []
        await ask(query, { variables: { first: 0, ...bounds } })
        expect(list.asked.length).toBeLessThanOrEqual(2 + 10)
      }
    },
  )

  it('is asked for no rows where none are selected, and shares looks with another of the same operation', async () => {
    const { url, list } = await startDateList()
    list.rows = rowsOf(Array.from({ length: 500 }, (_, index) => index))
    const { ask } = await startGatewayOver(url)
    const window = 'filter: { expires: { after: "2036-01-01T00:00:00.000300Z" } }'
    await ask(`{ a: accessTokens(${window}) { totalCount } }`)
    const alone = list.asked.splice(0)
    expect(looksOf(alone)).toEqual(alone)
    await ask(`{ a: accessTokens(${window}) { totalCount } b: accessTokens(${window}) { pageInfo { hasNextPage } } }`)
    expect(list.asked.toSorted()).toEqual(alone.toSorted())
  })

  it('whose cursor is of another window is refused', async () => {
    const { url, list } = await startDateList()
    list.rows = rowsOf([0, 1, 2])
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(query, { variables: { first: 1, ...variablesOf(0, 2) } })
    const cursor = data.accessTokens.pageInfo.endCursor
    expect((await ask(query, { variables: { cursor, ...variablesOf(0, 2) } })).errors).toBeUndefined()
    const { errors } = await ask(query, { variables: { cursor, ...variablesOf(0, 3) } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it.each([
    ['[{ field: PK }]', '"PK"'],
    ['[{ field: USER }, { field: EXPIRES }]', '"USER"'],
  ])('in the order %s is refused, and nothing is asked', async (orderBy, named) => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask(`{ accessTokens(filter: { expires: {} }, orderBy: ${orderBy}) { totalCount } }`)
    expect(errors).toMatchObject([
      { message: expect.stringContaining(named), path: ['accessTokens'], extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(asked()).toEqual([])
  })

  it.each(['tomorrow', '2036-02-30T00:00:00Z', '2036-01-01', '2036-01-01T00:00:00', 7])(
    'that begins at %j is refused, and nothing is asked',
    async (after) => {
      const { ask, asked } = await startGateway()
      const { errors } = await ask(query, { variables: { after } })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      expect(asked()).toEqual([])
    },
  )

  it.each(['accessTokens', 'refreshTokens', 'authorizationCodes'])(
    'of %s has on each release what all of them tell, within a filter',
    async (list) => {
      for (const release of ['2024.10', '2026.5', '2026.8'] as const) {
        const { ask } = await startGateway({ release })
        const { data, errors } = await ask(`{
          all: ${list}(first: 300, filter: { user: 15 }) { nodes { pk expires } }
          some: ${list}(filter: { user: 15, expires: { after: "2036-11-01T00:00:00Z" } }) { nodes { pk expires } }
        }`)
        expect(errors).toBeUndefined()
        type Row = { pk: number; expires: string | null }
        const expected = data.all.nodes.filter(({ expires }: Row) => expires !== null && expires >= '2036-11')
        const ordered = expected.sort(
          (one: Row, other: Row) => Date.parse(`${one.expires}`) - Date.parse(`${other.expires}`),
        )
        expect(ordered.length).toBeGreaterThan(0)
        expect(data.some.nodes).toEqual(ordered)
      }
    },
  )
})

describe('A window of dates whose list changes while it is searched', () => {
  const change = fc.record({
    at: fc.integer({ min: 1, max: 12 }),
    grows: fc.boolean(),
    rows: fc.array(fc.tuple(fc.nat(), fc.option(moments, { freq: 4 })), { minLength: 1, maxLength: 6 }),
  })

  function changed(rows: readonly Dated[], { grows, rows: by }: { grows: boolean; rows: [number, number | null][] }) {
    if (grows) return [...rows, ...by.map(([, at], index) => ({ pk: 1000 + index, at }))]
    const gone = new Set(by.map(([place]) => rows[place % rows.length]?.pk))
    return rows.filter(({ pk }) => !gone.has(pk))
  }

  it('has the rows that are there at the end, if they came or went before rows were read', async () => {
    const { url, list } = await startDateList()
    const compare = fc.asyncProperty(
      ats(200).filter((rows) => rows.length >= 40),
      fc.boolean(),
      moments,
      moments,
      change,
      async (rows, nullsSmallest, after, before, then) => {
        let looks = 0
        Object.assign(list, { rows, nullsSmallest })
        list.onAsked = () => {
          looks += 1
          if (looks === then.at) list.rows = changed(rows, then)
        }
        const { ask } = await startGatewayOver(url, { concurrency: 1 })
        list.asked = []
        const { data, errors } = await ask(query, { variables: { first: 300, ...variablesOf(after, before) } })
        expect(errors).toBeUndefined()
        expect(looksOf(list.asked).length).toBeLessThanOrEqual(mostLooks(rows.length + 6))
        if (looks < then.at || list.asked.slice(0, then.at).some((line) => !line.endsWith('x1'))) return
        const expected = inOrder(list, 'expires,pk').filter(({ at }) => isWithin(at, after, before))
        expect(pksOf(data.accessTokens.nodes)).toEqual(pksOf(expected))
        expect(data.accessTokens.totalCount).toBe(expected.length)
      },
    )
    await fc.assert(compare, { numRuns: 200 })
  }, 120_000)

  it('has the rows that are there at the end, if they came or went as rows were read', async () => {
    const { url, list } = await startDateList()
    const compare = fc.asyncProperty(
      ats(80).filter((rows) => rows.length >= 40),
      fc.boolean(),
      moments,
      moments,
      change,
      async (rows, nullsSmallest, after, before, then) => {
        let isChanged = false
        Object.assign(list, { rows, nullsSmallest })
        list.onAsked = (size) => {
          if (isChanged || size === 1) return
          isChanged = true
          list.rows = changed(rows, then)
        }
        const { ask } = await startGatewayOver(url, { concurrency: 1 })
        const { data, errors } = await ask(query, { variables: { first: 300, ...variablesOf(after, before) } })
        expect(errors).toBeUndefined()
        if (!isChanged) return
        const expected = inOrder(list, 'expires,pk').filter(({ at }) => isWithin(at, after, before))
        expect(pksOf(data.accessTokens.nodes)).toEqual(pksOf(expected))
      },
    )
    await fc.assert(compare, { numRuns: 200 })
  }, 120_000)

  it('never has a row of another date, and ends, whatever comes and goes', async () => {
    const { url, list } = await startDateList()
    const compare = fc.asyncProperty(
      ats(200).filter((rows) => rows.length >= 40),
      fc.boolean(),
      moments,
      moments,
      fc.infiniteStream(change),
      async (rows, nullsSmallest, after, before, changes) => {
        Object.assign(list, { rows, nullsSmallest })
        list.onAsked = () => {
          const { value } = changes.next()
          if (list.rows.length > 20 && value.at > 6) list.rows = changed(list.rows, value)
        }
        const { ask } = await startGatewayOver(url)
        list.asked = []
        const { data, errors } = await ask(query, { variables: { first: 300, ...variablesOf(after, before) } })
        expect(errors?.filter(({ extensions }) => extensions.code !== 'UPSTREAM_INVALID_RESPONSE') ?? []).toEqual([])
        const places = new Map([...rows, ...list.rows].map(({ pk, at }) => [pk, at]))
        for (const { pk } of data.accessTokens?.nodes ?? []) {
          if (pk < 1000) expect(isWithin(places.get(pk) ?? null, after, before)).toBe(true)
        }
        expect(list.asked.length).toBeLessThan(60)
      },
    )
    await fc.assert(compare, { numRuns: 100 })
  }, 120_000)
})
