import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listen, startGateway, startGatewayOver } from './start.ts'

const ada = { pk: 1, username: 'ada', name: '', uid: 'u' }
const token = (pk: number) => ({ pk, provider: { pk: 1, name: 'p' }, user: ada, is_expired: false, scope: [] })

/** An authentik with so many access tokens, the newest first, that cuts its pages to a size. */
async function startList() {
  const list = { pks: [] as number[], cut: Number.POSITIVE_INFINITY, asked: [] as string[], onPage: () => {} }
  const { url } = await listen((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost')
    const [page, size] = [Number(searchParams.get('page')), Math.min(Number(searchParams.get('page_size')), list.cut)]
    list.asked.push(`${page}x${searchParams.get('page_size')}`)
    const { pks } = list
    const pages = Math.max(1, Math.ceil(pks.length / size))
    const rows = pks.slice((page - 1) * size, page * size)
    const start = rows.length ? (page - 1) * size + 1 : 0
    const pagination = {
      next: page < pages ? page + 1 : 0,
      previous: page - 1,
      count: pks.length,
      current: page,
      total_pages: pages,
      start_index: start,
      end_index: rows.length ? start + rows.length - 1 : 0,
    }
    response.writeHead(page > pages ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(page > pages ? { detail: 'Invalid page.' } : { pagination, results: rows.map(token) }))
    list.onPage()
  })
  const set = (size: number, cut = Number.POSITIVE_INFINITY) => {
    list.pks = Array.from({ length: size }, (_, index) => size - index)
    list.cut = cut
    list.asked = []
    list.onPage = () => {}
  }
  return { url, list, set }
}

const fields = 'totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor } nodes { pk }'
const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
  accessTokens(first: $first, after: $after, last: $last, before: $before) { ${fields} }
}`
const cuts = fc.constantFrom(Number.POSITIVE_INFINITY, 100, 20, 7)
const pksOf = ({ nodes }: { nodes: { pk: number }[] }) => nodes.map(({ pk }) => pk)

describe('A connection over any list', () => {
  it('visits every row once, in order, forward and backward, with true flags', async () => {
    const { url, list, set } = await startList()
    const walk = fc.asyncProperty(
      fc.nat(350),
      cuts,
      fc.integer({ min: 1, max: 130 }),
      fc.boolean(),
      async (size, cut, step, forward) => {
        set(size, cut)
        const { ask } = await startGatewayOver(url)
        const seen: number[][] = []
        let cursor: string | null = null
        for (let more = true; more; ) {
          const variables = forward
            ? { first: Math.max(step, (size / 10 + 1) | 0), after: cursor }
            : { last: Math.max(step, (size / 10 + 1) | 0), before: cursor }
          const { data, errors } = await ask(query, { variables })
          expect(errors).toBeUndefined()
          const { pageInfo, totalCount, edges } = data.accessTokens
          const pks = pksOf(data.accessTokens)
          expect(totalCount).toBe(size)
          expect(pageInfo.hasPreviousPage).toBe(size > 0 && pks[0] !== size)
          expect(pageInfo.hasNextPage).toBe(size > 0 && pks.at(-1) !== 1)
          expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([
            edges[0]?.cursor ?? null,
            edges.at(-1)?.cursor ?? null,
          ])
          seen.push(pks)
          cursor = forward ? pageInfo.endCursor : pageInfo.startCursor
          more = forward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage
        }
        expect((forward ? seen : seen.reverse()).flat()).toEqual(list.pks)
      },
    )
    await fc.assert(walk, { numRuns: 60 })
  }, 120_000)

  it("gives what Relay's algorithm gives over a plain array, whatever the arguments", async () => {
    const { url, list, set } = await startList()
    const count = fc.option(fc.nat(220), { nil: undefined })
    const place = fc.option(fc.nat(), { nil: undefined })
    const compare = fc.asyncProperty(
      fc.nat(350),
      cuts,
      count,
      place,
      count,
      place,
      async (size, cut, first, after, last, before) => {
        set(size, cut)
        const { ask } = await startGatewayOver(url)
        const all = await ask(query, { variables: { first: 350 } })
        const placeOf = (some: number | undefined) => (some === undefined || size === 0 ? undefined : some % size)
        const [start, end] = [placeOf(after), placeOf(before)]
        const cursorAt = (offset: number | undefined) =>
          offset === undefined ? undefined : all.data.accessTokens.edges[offset].cursor
        list.asked = []
        const { data, errors } = await ask(query, {
          variables: { first, after: cursorAt(start), last, before: cursorAt(end) },
        })
        expect(errors).toBeUndefined()
        let rows = list.pks.filter((_, offset) => offset > (start ?? -1) && offset < (end ?? 1000))
        if (first !== undefined || last === undefined) rows = rows.slice(0, first ?? 100)
        if (last !== undefined) rows = last === 0 ? [] : rows.slice(-last)
        expect(pksOf(data.accessTokens)).toEqual(rows)
        if (rows.length === 0) return
        expect(data.accessTokens.pageInfo).toMatchObject({
          hasPreviousPage: rows[0] !== size,
          hasNextPage: rows.at(-1) !== 1,
        })
        if (cut !== Number.POSITIVE_INFINITY) return
        expect(list.asked.length).toBeLessThanOrEqual(Math.ceil(rows.length / 100) + 3)
      },
    )
    await fc.assert(compare, { numRuns: 150 })
  }, 120_000)
})

describe('The pages that are asked for', () => {
  it.each<[string, Record<string, unknown>, number, number, string[]]>([
    ['the first rows', { first: 20 }, 300, Infinity, ['1x20']],
    ['a hundred rows', { first: 100 }, 300, Infinity, ['1x100']],
    ['nothing told', {}, 300, Infinity, ['1x100']],
    ['three hundred of three hundred', { first: 300 }, 300, Infinity, ['1x100', '2x100', '3x100']],
    ['a thousand of three hundred', { first: 1000 }, 300, Infinity, ['1x100', '2x100', '3x100']],
    [
      'a thousand of a thousand',
      { first: 1000 },
      1000,
      Infinity,
      Array.from({ length: 10 }, (_, index) => `${index + 1}x100`),
    ],
    ['the rest of a page, after row 0', { first: 99, after: 0 }, 300, Infinity, ['1x100']],
    ['the last rows', { last: 20 }, 300, Infinity, ['1x1', '15x20']],
    ['an empty list', { first: 20 }, 0, Infinity, ['1x20']],
    ['no rows', { first: 0 }, 300, Infinity, ['1x1']],
    ['pages cut to 20', { first: 60 }, 300, 20, ['1x60', '2x20', '3x20']],
  ])('for %s are the fewest', async (_what, variables, size, cut, pages) => {
    const { url, list, set } = await startList()
    set(size, cut)
    const { ask } = await startGatewayOver(url)
    const first = await ask(query, { variables: { first: 1 } })
    const after = 'after' in variables ? first.data.accessTokens.edges[0].cursor : undefined
    list.asked = []
    const { data, errors } = await ask(query, { variables: { ...variables, after } })
    expect(errors).toBeUndefined()
    expect(data.accessTokens.totalCount).toBe(size)
    // Side by side, they may arrive in any order.
    expect(list.asked.toSorted()).toEqual(pages.toSorted())
  })

  it('are aligned where the caller walks with one size', async () => {
    const { url, list, set } = await startList()
    set(300)
    const { ask } = await startGatewayOver(url)
    let after: string | null = null
    for (let page = 0; page < 4; page += 1)
      after = (await ask(query, { variables: { first: 25, after } })).data.accessTokens.pageInfo.endCursor
    expect(list.asked).toEqual(['1x25', '2x25', '3x25', '4x25'])
  })

  it('are of the size that authentik was seen to cut them to, from then on', async () => {
    const { url, list, set } = await startList()
    set(300, 20)
    const { ask } = await startGatewayOver(url)
    await ask(query, { variables: { first: 60 } })
    list.asked = []
    await ask(query, { variables: { first: 60 } })
    expect(list.asked).toEqual(['1x20', '2x20', '3x20'])
  })

  it.each(['totalCount', 'pageInfo { hasNextPage }'])('for %s alone are the smallest there is', async (selected) => {
    const { url, list, set } = await startList()
    set(300)
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(`{ accessTokens(first: 30) { ${selected} } }`)
    expect(data.accessTokens).toEqual(
      selected === 'totalCount' ? { totalCount: 300 } : { pageInfo: { hasNextPage: true } },
    )
    expect(list.asked).toEqual(['1x1'])
  })

  it('for the same rows are asked for once in an operation', async () => {
    const { url, list, set } = await startList()
    set(300)
    const { ask } = await startGatewayOver(url)
    await ask(
      '{ a: accessTokens(first: 10) { nodes { pk } } b: accessTokens(first: 10) { edges { node { user { groups { pk } } } } } }',
    )
    // And who the caller is, who may be the user that this authentik does not have.
    expect(list.asked).toEqual(['1x10', '0xnull'])
  })
})

describe('A list that changes between pages', () => {
  it('loses or repeats no more than the shift makes unavoidable, and ends', async () => {
    const { url, list, set } = await startList()
    const change = fc.asyncProperty(
      fc.integer({ min: 120, max: 350 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 3 }),
      async (size, grows, at) => {
        set(size)
        let pages = 0
        list.onPage = () => {
          pages += 1
          if (pages === at) list.pks = grows ? [size + 1, ...list.pks] : list.pks.slice(1)
        }
        const { ask } = await startGatewayOver(url, { concurrency: 1 })
        const { data, errors } = await ask(query, { variables: { first: 350 } })
        expect(errors).toBeUndefined()
        const pks = pksOf(data.accessTokens)
        const missing = Array.from({ length: size }, (_, index) => index + 1).filter((pk) => !pks.includes(pk))
        expect(missing.length).toBeLessThanOrEqual(2)
        expect(pks.length - new Set(pks).size).toBeLessThanOrEqual(1)
      },
    )
    await fc.assert(change, { numRuns: 40 })
  }, 60_000)

  it.each<[string, object]>([
    ['never adds up', { count: 1000, total_pages: 10, start_index: 1 }],
    ['grows without end', { count: 1e15, total_pages: 1e13, start_index: 1 }],
    ['has no numbers', { count: 'many' }],
    ['has negative numbers', { count: -1, total_pages: 1, start_index: 0 }],
    ['has no pagination', {}],
  ])('and %s is UPSTREAM_INVALID_RESPONSE', async (_what, pagination) => {
    let asked = 0
    const { url } = await listen((_request, response) => {
      asked += 1
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ pagination, results: [token(1)] }))
    })
    const { ask } = await startGatewayOver(url)
    const { errors } = await ask(query, { variables: { first: 50 } })
    expect(errors).toMatchObject([{ path: ['accessTokens'], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
    expect(asked).toBeLessThan(20)
  })
})

describe('Bad arguments', () => {
  it.each<[string, string]>([
    ['first: -1', '"first" from 0 to 1000, got -1'],
    ['first: 100000', '"first" from 0 to 1000, got 100000'],
    ['last: -1', '"last" from 0 to 1000, got -1'],
    ['first: 1, last: 1001', '"last" from 0 to 1000, got 1001'],
    ['after: ""', 'a cursor for "after", got ""'],
    ['after: "abc"', 'a cursor for "after", got "abc"'],
    ['before: "MTIzNDU2Nzg6LTE"', 'a cursor for "before", got "MTIzNDU2Nzg6LTE"'],
    ['filter: { user: "abc" }', 'the id of one User'],
    ['filter: { provider: "User:1" }', 'the id of one OAuth2Provider'],
    ['filter: { user: "" }', '"filter.user" with a value, got ""'],
  ])('(%s) are BAD_USER_INPUT, and upstream is not asked', async (args, message) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(`{ accessTokens(${args}) { totalCount } }`)
    expect(data).toEqual({ accessTokens: null })
    expect(errors).toMatchObject([{ path: ['accessTokens'], extensions: { code: 'BAD_USER_INPUT' } }])
    expect(errors?.[0]?.message).toContain(`Expected ${message}`)
    expect(asked()).toEqual([])
  })

  it.each(['groups: []', 'type: []', 'name: ""', 'username: ""', 'username: " "'])(
    '(filter: { %s }) never list everything',
    async (filter) => {
      const { ask, asked } = await startGateway()
      expect((await ask(`{ users(filter: { ${filter} }) { totalCount } }`)).errors).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT' } },
      ])
      expect(asked()).toEqual([])
    },
  )

  it('(10,000 ids) are BAD_USER_INPUT', async () => {
    const { ask, asked } = await startGateway()
    const members = Array.from({ length: 10_000 }, (_, index) => `${index + 1}`)
    const { errors } = await ask('query ($members: [ID!]) { groups(filter: { members: $members }) { totalCount } }', {
      variables: { members },
    })
    expect(errors).toMatchObject([
      { message: 'Expected "filter.members" with 1 to 500 values, got 10000.', extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(asked()).toEqual([])
  })

  it('(a cursor of another list) are BAD_USER_INPUT', async () => {
    const { ask } = await startGateway()
    const { data } = await ask('{ accessTokens(first: 1) { pageInfo { endCursor } } }')
    const { endCursor } = data.accessTokens.pageInfo
    for (const other of [
      `accessTokens(after: "${endCursor}", filter: { user: 4 })`,
      `accessTokens(after: "${endCursor}", orderBy: { field: EXPIRES })`,
      `refreshTokens(after: "${endCursor}")`,
      `users(after: "${endCursor}")`,
    ]) {
      const { errors } = await ask(`{ ${other} { totalCount } }`)
      expect(errors?.[0]?.message).toContain('Expected a cursor of this list')
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    }
  })

  it.each([
    ['offset', 1],
    ['count', 2],
  ])('(a forged %s) are harmless', async (_what, part) => {
    const { ask, asked } = await startGateway()
    const { data } = await ask('{ accessTokens(first: 1) { edges { cursor } } }')
    const parts = Buffer.from(data.accessTokens.edges[0].cursor, 'base64url').toString().split(':')
    parts[part] = '99999999'
    const forged = Buffer.from(parts.join(':')).toString('base64url')
    asked()
    const behind = await ask(
      `{ accessTokens(first: 10, after: "${forged}") { totalCount nodes { pk } pageInfo { hasPreviousPage } } }`,
    )
    expect(behind.errors).toBeUndefined()
    expect(behind.data.accessTokens).toMatchObject({ totalCount: 300, pageInfo: { hasPreviousPage: true } })
    expect(asked().length).toBeLessThanOrEqual(4)
  })

  it('(a cursor of an older version) are BAD_USER_INPUT', async () => {
    const { ask } = await startGateway()
    const old = Buffer.from('abcdefgh:12').toString('base64url')
    expect((await ask(`{ accessTokens(after: "${old}") { totalCount } }`)).errors?.[0]?.message).toContain(
      'Expected a cursor for "after"',
    )
  })
})

describe('A cursor', () => {
  type Change = { readonly deleted: readonly number[] } | { readonly inserted: readonly number[] }
  const some = fc.uniqueArray(fc.nat(399), { minLength: 1, maxLength: 100 })
  /** Rows one beside the other, where most come and go in reality: at the head, for example. */
  const beside = fc
    .tuple(fc.constantFrom(0, 0.5, 0.9, 1), fc.integer({ min: 1, max: 100 }))
    .map(([at, rows]) => Array.from({ length: rows }, (_, index) => Math.floor(at * 300) + index))
  const change: fc.Arbitrary<Change> = fc.oneof(
    some.map((deleted) => ({ deleted })),
    some.map((inserted) => ({ inserted })),
    beside.map((deleted) => ({ deleted })),
    beside.map((inserted) => ({ inserted })),
  )

  /** The list with rows gone, or with rows between the others: those have odd keys. */
  function changed(pks: readonly number[], made: Change): number[] {
    if ('deleted' in made) {
      const gone = new Set(made.deleted.map((index) => pks[index % pks.length]))
      return pks.filter((pk) => !gone.has(pk))
    }
    // At the head there is room for as many as come.
    const keyAt = (index: number) => (index < 100 ? 2 * pks.length + 1 + index : 2 * (index % pks.length) + 1)
    return [...new Set([...pks, ...made.inserted.map(keyAt)])].sort((one, other) => other - one)
  }

  it.each(['forward', 'backward'])(
    'finds its row again where up to 100 rows came or went: %s',
    async (direction) => {
      const { url, list, set } = await startList()
      const find = fc.asyncProperty(
        fc.integer({ min: 1, max: 400 }),
        fc.nat(),
        fc.integer({ min: 1, max: 120 }),
        change,
        async (size, at, rows, made) => {
          set(size)
          list.pks = list.pks.map((pk) => 2 * pk)
          const { ask } = await startGatewayOver(url)
          const all = await ask(query, { variables: { first: size } })
          const { cursor } = all.data.accessTokens.edges[at % size]
          const pk = list.pks[at % size] as number
          list.pks = changed(list.pks, made)
          list.asked = []
          const variables = direction === 'forward' ? { first: rows, after: cursor } : { last: rows, before: cursor }
          const { data, errors } = await ask(query, { variables })
          expect(errors).toBeUndefined()
          const expected =
            direction === 'forward'
              ? list.pks.filter((other) => other < pk).slice(0, rows)
              : list.pks.filter((other) => other > pk).slice(-rows)
          expect(pksOf(data.accessTokens)).toEqual(expected)
          expect(data.accessTokens.totalCount).toBe(list.pks.length)
          // Its page or two, two that look for the row, and its page or two once more where it has moved.
          expect(list.asked.length).toBeLessThanOrEqual(2 * Math.ceil(rows / 100 + 1) + 2)
        },
      )
      await fc.assert(find, { numRuns: 200 })
    },
    120_000,
  )

  it.each([100, 20, 7])('is searched for by two requests at most, where pages are cut to %s rows', async (cut) => {
    const { url, list, set } = await startList()
    set(400, cut)
    const { ask } = await startGatewayOver(url)
    const first = await ask(query, { variables: { first: 10 } })
    const { endCursor } = first.data.accessTokens.pageInfo
    list.pks = [...Array.from({ length: 100 }, (_, index) => 500 - index), ...list.pks]
    list.asked = []
    const { data } = await ask(
      'query ($after: String) { accessTokens(first: 5, after: $after) { pageInfo { hasNextPage } } }',
      {
        variables: { after: endCursor },
      },
    )
    expect(data.accessTokens.pageInfo.hasNextPage).toBe(true)
    expect(list.asked.filter((page) => page !== '1x1').length).toBeLessThanOrEqual(2)
  })

  it('is searched for at both ends where pages are too short for all places between', async () => {
    const { url, list, set } = await startList()
    set(400, 20)
    const { ask } = await startGatewayOver(url)
    // From this the gateway learns how long pages are.
    await ask(query, { variables: { first: 60 } })
    const before = list.pks
    const first = await ask(query, { variables: { first: 10 } })
    list.pks = [...Array.from({ length: 60 }, (_, index) => 460 - index), ...list.pks]
    const next = await ask(query, { variables: { first: 10, after: first.data.accessTokens.pageInfo.endCursor } })
    expect(pksOf(next.data.accessTokens)).toEqual(before.slice(10, 20))
  })

  it('has its key where no rows are selected, too', async () => {
    const { url, list, set } = await startList()
    set(300)
    const { ask } = await startGatewayOver(url)
    const page =
      'query ($after: String, $last: Int, $before: String) { accessTokens(first: 10, after: $after, last: $last, before: $before) { pageInfo { startCursor endCursor } } }'
    const { data } = await ask(page)
    expect(list.asked.sort()).toEqual(['10x1', '1x1'])
    list.pks = [303, 302, 301, ...list.pks]
    const next = await ask(query, { variables: { first: 10, after: data.accessTokens.pageInfo.endCursor } })
    expect(pksOf(next.data.accessTokens)).toEqual(list.pks.slice(13, 23))
  })

  it('passes no row over where 2,000 old rows went at once, and gives none twice', async () => {
    const { url, list, set } = await startList()
    set(3000)
    const { ask } = await startGatewayOver(url)
    const first = await ask(query, { variables: { first: 50 } })
    list.pks = list.pks.slice(0, 1000)
    const next = await ask(query, { variables: { first: 50, after: first.data.accessTokens.pageInfo.endCursor } })
    expect(pksOf(next.data.accessTokens)).toEqual(list.pks.slice(50, 100))
  })

  it.each([
    ['forward', 'first', 'after', 'endCursor', 'hasNextPage'],
    ['backward', 'last', 'before', 'startCursor', 'hasPreviousPage'],
  ])('passes no row over where more came than it looks through: %s', async (_way, count, place, cursor, flag) => {
    const { url, list, set } = await startList()
    set(300)
    const { ask } = await startGatewayOver(url)
    const before = list.pks
    const given = new Set<number>()
    let at: string | null = null
    for (let more = true; more; ) {
      const { data } = await ask(query, { variables: { [count]: at ? 100 : 50, [place]: at } })
      for (const pk of pksOf(data.accessTokens)) given.add(pk)
      if (!at) list.pks = [...Array.from({ length: 500 }, (_, index) => 800 - index), ...list.pks]
      at = data.accessTokens.pageInfo[cursor]
      more = data.accessTokens.pageInfo[flag]
    }
    expect(before.filter((pk) => !given.has(pk))).toEqual([])
  })

  it('is not looked for where its row has come already', async () => {
    const { url, list, set } = await startList()
    set(300)
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(query, { variables: { first: 25 } })
    list.pks = [303, 302, 301, ...list.pks]
    list.asked = []
    const next = await ask(query, { variables: { first: 25, after: data.accessTokens.pageInfo.endCursor } })
    expect(pksOf(next.data.accessTokens)).toEqual(list.pks.slice(28, 53))
    expect(list.asked).toEqual(['2x25', '11x5'])
  })

  it('costs nothing more where the list has the length that it had', async () => {
    const { url, list, set } = await startList()
    set(300)
    const { ask } = await startGatewayOver(url)
    const { data } = await ask(query, { variables: { first: 25 } })
    list.asked = []
    await ask(query, { variables: { first: 25, after: data.accessTokens.pageInfo.endCursor } })
    expect(list.asked).toEqual(['2x25'])
  })
})
