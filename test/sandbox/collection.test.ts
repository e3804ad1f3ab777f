import { expect, it } from 'vitest'
import { collectionRoutes } from '../../src/sandbox/collection.ts'
import { dispatch } from '../../src/sandbox/dispatch.ts'
import { nameKey, uuid } from '../../src/sandbox/keys.ts'

const rows = [
  { pk: uuid('app', 1), slug: 'wiki' },
  { pk: uuid('app', 2), slug: 'chat' },
]

/** Asks for applications, which are looked up by slug. */
function ask(method: string, path: string) {
  const routes = collectionRoutes<(typeof rows)[number]>({
    path: 'core/applications/',
    model: 'Application',
    key: { property: 'slug', kind: nameKey },
    rows,
    visible: (all) => all,
    filters: [],
    search: [],
    columns: ['pk', 'slug'],
    order: ['slug'],
    deleteRight: 'delete_application',
    present: (row) => row,
  })
  const request = {
    method,
    path: `/api/v3/core/applications/${path}`,
    headers: { authorization: 'Bearer demo-superuser' },
  }
  return dispatch(request, routes, {
    release: '2026.8',
    maxPageSize: 100,
    gone: { sessions: new Set(), tokens: new Set(), accessTokens: new Set() },
  })
}

it('finds and deletes a row by the property that names it, and not by another', () => {
  expect(ask('GET', 'chat/')).toMatchObject({ status: 200, body: rows[1] })
  expect(ask('DELETE', 'chat/')).toMatchObject({ status: 204 })
  expect(ask('GET', `${rows[1]?.pk}/`)).toMatchObject({ status: 404 })
})
