import { listen } from './start.ts'

/** A token, by the microseconds of its date after the first second of 2036; null for none. */
export interface Dated {
  readonly pk: number
  readonly at: number | null
}

const start = Date.UTC(2036, 0, 1)

/** The date as authentik writes it: with microseconds, unless they are zero. */
export function dateOf(at: number): string {
  const seconds = new Date(start + Math.floor(at / 1_000_000) * 1000).toISOString().slice(0, 19)
  const fraction = at - Math.floor(at / 1_000_000) * 1_000_000
  return fraction === 0 ? `${seconds}Z` : `${seconds}.${String(fraction).padStart(6, '0')}Z`
}

/**
 * An authentik that lists access tokens by date and key, and cuts its pages to a size. Null is the smallest or the largest: releases
 * differ. `onAsked` is called before each page is made, with the size that is asked for.
 */
export async function startDateList() {
  const list = {
    rows: [] as readonly Dated[],
    nullsSmallest: false,
    cut: Number.POSITIVE_INFINITY,
    asked: [] as string[],
    onAsked: (_size: number) => {},
  }
  const { url } = await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    list.onAsked(Number(searchParams.get('page_size')))
    list.asked.push(`${searchParams.get('ordering')} ${searchParams.get('page')}x${searchParams.get('page_size')}`)
    const rows = pathname.includes('access_tokens') ? inOrder(list, searchParams.get('ordering') ?? '') : []
    const [page, size] = [Number(searchParams.get('page')), Math.min(Number(searchParams.get('page_size')), list.cut)]
    const pages = Math.max(1, Math.ceil(rows.length / size))
    const results = rows.slice((page - 1) * size, page * size).map(bodyOf)
    const pagination = {
      next: page < pages ? page + 1 : 0,
      previous: page - 1,
      count: rows.length,
      current: page,
      total_pages: pages,
      start_index: results.length ? (page - 1) * size + 1 : 0,
      end_index: (page - 1) * size + results.length,
    }
    response.writeHead(page > pages ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(page > pages ? { detail: 'Invalid page.' } : { pagination, results }))
  })
  return { url, list }
}

/** All rows, as authentik orders them by "expires,pk" or "-expires,-pk". */
export function inOrder(
  { rows, nullsSmallest }: { readonly rows: readonly Dated[]; readonly nullsSmallest: boolean },
  ordering: string,
): Dated[] {
  const sign = ordering.startsWith('-') ? -1 : 1
  const rank = ({ at }: Dated) => at ?? (nullsSmallest ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)
  const compare = (one: number, other: number) => (one < other ? -1 : Number(one > other))
  return rows.toSorted(
    (one, other) =>
      sign * compare(rank(one), rank(other)) || (ordering.includes('-pk') ? -1 : 1) * compare(one.pk, other.pk),
  )
}

function bodyOf({ pk, at }: Dated) {
  return {
    pk,
    provider: { pk: 1, name: 'p' },
    user: { pk: 1, username: 'ada', name: '', uid: 'u' },
    is_expired: false,
    expires: at === null ? null : dateOf(at),
    scope: [],
    id_token: '{}',
    revoked: false,
  }
}
