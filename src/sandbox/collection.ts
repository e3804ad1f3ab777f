import { since } from '../releases.ts'
import type { ApiRequest, Route } from './api.ts'
import { refuse } from './errors.ts'
import { type Filter, filtered } from './filters.ts'
import type { Key } from './keys.ts'
import { ordered } from './order.ts'
import { pageOf } from './page.ts'
import { searched } from './search.ts'

/** Any row. Rights on a single object name it by its `pk`, whatever names it in its address. */
export interface AnyRow {
  pk: number | string
}

/** One of authentik's resources: its sample rows, who may see them, how they are selected and how they are written. */
export interface Resource<Row extends AnyRow> {
  /** Without "/api/v3/", for example "core/users/". */
  path: string
  /** authentik's own name for a row, which newer releases put into a 404. */
  model: string
  /** The property that names a row in its address. */
  key: Key<Row>
  rows: readonly Row[]
  /** The rows that the caller may see. Throws a `Refusal` where authentik refuses instead of sending an empty list. */
  visible(rows: readonly Row[], request: ApiRequest): readonly Row[]
  filters: readonly Filter<Row>[]
  /** The columns that `search` looks into. */
  search: readonly (keyof Row & string)[]
  /** The columns that `ordering` may name. */
  columns: readonly (keyof Row & string)[]
  /** The order of a list that asks for none. */
  order: readonly (keyof Row & string)[]
  /** The right to delete a row. Without it rows cannot be deleted here. */
  deleteRight?: string
  /** Whose a row is, by the user's key, if owners may delete their own rows without any right. */
  owner?(row: Row): number
  /** What happens when a row was deleted. */
  removed?(row: Row, request: ApiRequest): void
  /** The body that the requested release has for a row. */
  present(row: Row, request: ApiRequest): object
}

/** The list and the detail of a resource, over a copy of its rows. */
export function collectionRoutes<Row extends AnyRow>(resource: Resource<Row>): Route[] {
  const rows = [...resource.rows]

  // authentik applies the filters before it looks for a key, so they can hide the row that a path names.
  const select = (request: ApiRequest) => {
    const visible = resource.visible(rows, request)
    return searched(filtered(visible, resource.filters, request), resource.search, request)
  }
  const list = (request: ApiRequest) => {
    const { pagination, items } = pageOf(ordered(select(request), resource, request), request)
    const results = items.map((row) => resource.present(row, request))
    return { pagination, results, ...(since(request.release, '2025.8') && { autocomplete: {} }) }
  }
  const find = (request: ApiRequest) => {
    const selected = select(request)
    const key = resource.key.kind.read(request.key)
    if (key === null) throw refuse.notFound()
    const row = selected.find((candidate) => String(candidate[resource.key.property]) === key)
    if (!row) throw refuse.noSuchObject(resource.model, request.release)
    return row
  }
  const remove = (right: string) => (request: ApiRequest) => {
    const row = find(request)
    const isOwn = resource.owner !== undefined && resource.owner(row) === request.caller?.user.pk
    if (!isOwn && !request.caller?.may(right, row.pk)) throw refuse.forbidden()
    rows.splice(rows.indexOf(row), 1)
    resource.removed?.(row, request)
  }

  const name = spaced(resource.model)
  const description = `${resource.model} Viewset`
  return [
    { path: resource.path, name: `${name} List`, description, anonymous: false, get: list },
    {
      path: `${resource.path}{key}/`,
      name: `${name} Instance`,
      description,
      anonymous: true,
      get: (request) => resource.present(find(request), request),
      ...(resource.deleteRight !== undefined && { remove: remove(resource.deleteRight) }),
    },
  ]
}

/** The rows on which the caller holds the right. authentik refuses callers who hold it on none, but not its outposts. */
export function visibleByRight<Row extends AnyRow>(right: string) {
  return (rows: readonly Row[], { caller }: ApiRequest): readonly Row[] => {
    const visible = rows.filter((row) => caller?.may(right, row.pk))
    if (visible.length === 0 && caller?.user.type !== 'internal_service_account') throw refuse.forbidden()
    return visible
  }
}

/**
 * The caller's own rows, or all for whoever holds the right on every object; releases before `first` show all to superusers only. A
 * right on one object is not looked at. authentik crashes over a key where nobody is signed in.
 */
export function visibleToOwner<Row extends AnyRow & { user: number }>(right: string, first = '0') {
  return (rows: readonly Row[], { caller, release }: ApiRequest): readonly Row[] => {
    if (!caller) throw new TypeError('Field "id" expected a number but got an anonymous user')
    const showsAll = caller.superuser || (since(release, first) && caller.may(right))
    return showsAll ? rows : rows.filter((row) => row.user === caller.user.pk)
  }
}

/** OPTIONS calls an "AccessToken" an "Access Token". */
function spaced(model: string): string {
  return model.replace(/((?<=[a-z])[A-Z]|[A-Z](?![A-Z]|$))/g, ' $1').trim()
}
