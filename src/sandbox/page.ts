import { since } from '../releases.ts'
import type { ApiRequest } from './api.ts'
import { refuse } from './errors.ts'

/** The page that `page` and `page_size` ask for. Throws a `Refusal` where there is no such page. */
export function pageOf<Row>(rows: readonly Row[], { query, maxPageSize, release }: ApiRequest) {
  const usual = since(release, '2025.12') ? 20 : 100
  const size = Math.min(readPositive(query.last('page_size')) ?? usual, maxPageSize)
  const total_pages = Math.max(1, Math.ceil(rows.length / size))
  const asked = query.last('page') || '1'
  const current = asked === 'last' ? total_pages : readPositive(asked)
  if (current === null || current > total_pages) throw refuse.invalidPage()

  const items = rows.slice((current - 1) * size, current * size)
  const pagination = {
    next: current < total_pages ? current + 1 : 0,
    previous: current - 1,
    count: rows.length,
    current,
    total_pages,
    start_index: rows.length === 0 ? 0 : (current - 1) * size + 1,
    end_index: rows.length === 0 ? 0 : (current - 1) * size + items.length,
  }
  return { pagination, items }
}

function readPositive(text = ''): number | null {
  return /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : null
}
