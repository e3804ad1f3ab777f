import { listen } from './start.ts'

/**
 * An authentik with so many rows of each list, by the name of the list in its path, all of the user 1. A superuser asks. What happens
 * before a request is answered, `happen` says.
 */
export async function startRows(
  counts: Readonly<Record<string, number>>,
  happen: (method: string, path: string) => void = () => {},
) {
  const rows = new Map(
    Object.entries(counts).map(([list, count]) => [list, Array.from({ length: count }, (_, index) => index + 1)]),
  )
  const asked: string[] = []
  const { url } = await listen((request, response) => {
    const { method = 'GET' } = request
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const [, , , , list = '', key = ''] = pathname.split('/')
    const send = (status: number, body?: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body))
    asked.push(`${method} ${pathname}`)
    const user = { pk: 1, username: 'ada', name: '', uid: 'u' }
    if (list === 'users') return send(200, key === 'me' ? { user: { ...user, pk: 9, is_superuser: true } } : user)
    const all = rows.get(list) ?? []
    const pk = list === 'authenticated_sessions' ? Number.parseInt(key.slice(-12), 16) : Number(key)
    if (method === 'DELETE') {
      rows.set(
        list,
        all.filter((row) => row !== pk),
      )
      happen(method, pathname)
      return send(204)
    }
    happen(method, pathname)
    if (key) return all.includes(pk) ? send(200, bodyOf(list, pk)) : send(404, { detail: 'Not found.' })
    const [page, size] = [Number(searchParams.get('page')), Number(searchParams.get('page_size'))]
    const sorted = searchParams.get('ordering') === '-pk' ? all.toSorted((one, other) => other - one) : all
    const found = sorted.slice((page - 1) * size, page * size)
    const pagination = {
      count: all.length,
      total_pages: Math.max(1, Math.ceil(all.length / size)),
      start_index: found.length ? (page - 1) * size + 1 : 0,
    }
    return send(200, { pagination, results: found.map((row) => bodyOf(list, row)) })
  })
  return { url, rows, asked }
}

function bodyOf(list: string, pk: number): object {
  const user = { pk: 1, username: 'ada', name: '', uid: 'u' }
  const provider = { pk: 1, name: 'p' }
  if (list === 'authenticated_sessions') {
    const hex = pk.toString(16).padStart(12, '0')
    return { uuid: `00000000-0000-4000-8000-${hex}`, user: 1 }
  }
  return { pk, user, provider, is_expired: false, expires: '2036-01-01T00:00:00Z', scope: [], id_token: '{}' }
}
