import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Release, type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { ask, askForPage, type Page } from './ask.ts'

const tokens = 'oauth2/access_tokens/'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

describe('pages', () => {
  it.each([
    ['', { next: 2, previous: 0, count: 300, current: 1, total_pages: 15, start_index: 1, end_index: 20 }],
    ['?page=', { next: 2, previous: 0, count: 300, current: 1, total_pages: 15, start_index: 1, end_index: 20 }],
    ['?page=15', { next: 0, previous: 14, count: 300, current: 15, total_pages: 15, start_index: 281, end_index: 300 }],
    [
      '?page_size=7&page=2',
      { next: 3, previous: 1, count: 300, current: 2, total_pages: 43, start_index: 8, end_index: 14 },
    ],
    [
      '?page_size=7&page=last',
      { next: 0, previous: 42, count: 300, current: 43, total_pages: 43, start_index: 295, end_index: 300 },
    ],
    [
      '?page_size=1000',
      { next: 2, previous: 0, count: 300, current: 1, total_pages: 3, start_index: 1, end_index: 100 },
    ],
    ['?user=21', { next: 0, previous: 0, count: 0, current: 1, total_pages: 1, start_index: 0, end_index: 0 }],
  ])('are counted for "%s"', async (query, pagination) => {
    const page = await askForPage(sandbox, tokens + query)
    expect(page.pagination).toEqual(pagination)
    expect(page.results).toHaveLength(pagination.end_index && pagination.end_index - pagination.start_index + 1)
  })

  it.each(['0', '-1', 'abc', ''])('hold 20 rows where %j is asked for', async (size) => {
    expect((await askForPage(sandbox, `${tokens}?page_size=${size}`)).results).toHaveLength(20)
  })

  it.each<[Release, number, number]>([
    ['2025.10', 100, 300],
    ['2025.12', 20, 100],
  ])('hold in %s %i rows where no size is asked for, and at most %i', async (release, usual, most) => {
    const other = await startSandbox({ release })
    expect((await askForPage(other, tokens)).results).toHaveLength(usual)
    expect((await askForPage(other, `${tokens}?page_size=1000`)).results).toHaveLength(most)
    await other.close()
  })

  it.each(['?page=16', '?page=0', '?page=-1', '?page=abc', '?page=1.0', '?user=21&page=2'])(
    'do not exist at "%s"',
    async (query) => {
      const reply = await ask(sandbox, tokens + query, { token: 'demo-superuser' })
      expect(reply).toMatchObject({ status: 404, body: { detail: 'Invalid page.' } })
    },
  )

  it('hold at most what an administrator allows', async () => {
    const clamped = await startSandbox({ maxPageSize: 20 })
    const page = await askForPage(clamped, `${tokens}?page_size=100&page=2`)
    expect(page.results).toHaveLength(20)
    expect(page.pagination).toMatchObject({ total_pages: 15, start_index: 21, end_index: 40 })
    await clamped.close()
  })

  it('partition the list', async () => {
    const numbers = Array.from({ length: 12 }, (_, index) => index + 1)
    const pages = await Promise.all(numbers.map((page) => askForPage(sandbox, `${tokens}?page_size=25&page=${page}`)))
    expect(new Set(pages.flatMap(keys)).size).toBe(300)
  })
})

describe('orders', () => {
  let whole: Sandbox
  beforeAll(async () => {
    whole = await startSandbox({ maxPageSize: 1000 })
  })
  afterAll(() => whole.close())

  it.each([
    ['pk', [1, 2, 3]],
    ['-pk', [300, 299, 298]],
    ['user,-pk', [298, 244, 227]],
    ['-revoked,pk', [7, 47, 87]],
    [' -pk , user', [300, 299, 298]],
    ['nope,-pk', [300, 299, 298]],
  ])('tokens by %s', async (ordering, first) => {
    expect(keys(await askForPage(sandbox, `${tokens}?page_size=3&ordering=${ordering}`))).toEqual(first)
  })

  it.each(['', 'id', '-id', 'scope', 'id_token', 'is_expired', 'nope'])(
    'tokens by provider and expiry where %j is asked for',
    async (ordering) => {
      const { results } = await askForPage(whole, `${tokens}?ordering=${ordering}&page_size=1000`)
      const placed = results.map((row) => [row.provider?.pk, row.expires])
      const sorted = placed.toSorted(
        ([provider, expires], [otherProvider, otherExpires]) =>
          Number(provider) - Number(otherProvider) || String(expires ?? '').localeCompare(String(otherExpires ?? '')),
      )
      expect(placed).toEqual(sorted)
    },
  )

  it.each([
    ['2026.5', 'expires', 'last'],
    ['2026.5', '-expires', 'first'],
    ['2026.8', 'expires', 'first'],
    ['2026.8', '-expires', 'last'],
  ] as const)('on %s, by %s, what never expires %s', async (release, ordering, place) => {
    const other = await startSandbox({ release, maxPageSize: 1000 })
    const { results } = await askForPage(other, `${tokens}?page_size=1000&ordering=${ordering}`)
    const [first, last] = [results[0]?.expires, results.at(-1)?.expires]
    expect(place === 'first' ? [first, typeof last] : [last, typeof first]).toEqual([null, 'string'])
    await other.close()
  })

  it.each([
    ['core/users/', 'username', ['ada', 'ak-outpost-tromso', 'bao']],
    ['core/users/?ordering=-pk', 'username', ['break-glass', 'ak-outpost-tromso', 'svc-deploy']],
    ['core/groups/', 'name', ['Administrators', 'Alumni', 'Customer care']],
    ['core/groups/?ordering=pk', 'name', ['Nordlicht', 'Engineering', 'Platform']],
    ['providers/oauth2/', 'name', ['Command line', 'Forge', 'Grafana']],
    ['providers/oauth2/?ordering=pk', 'name', ['Grafana', 'Wiki', 'Weather map']],
  ] as const)('%s by %s', async (path, property, first) => {
    const { results } = await askForPage(sandbox, path)
    expect(results.slice(0, 3).map((row) => row[property])).toEqual(first)
  })
})

function keys(page: Page) {
  return page.results.map((row) => row.pk)
}
