import type { Endpoint } from './endpoints.ts'

/** Query parameters; one with several values is repeated. */
export type Query = Readonly<Record<string, Value | readonly Value[]>>
type Value = string | number | boolean

/** The endpoint's path, for the key where it has one. */
export function pathOf({ path }: Endpoint, key: string | number = ''): string {
  return path.replace(/\{\w+\}/, encodeURIComponent(key))
}

/** `?a=1&b=2`, sorted: equal queries have equal text. */
export function searchOf(query: Query): string {
  const names = Object.keys(query).sort()
  const isPlain = names.every((name) => typeof query[name] !== 'object' && /^[\w-]*$/.test(String(query[name] ?? '?')))
  // To encode what needs none takes several times as long.
  if (isPlain) return names.length === 0 ? '' : `?${names.map((name) => `${name}=${query[name]}`).join('&')}`
  const search = new URLSearchParams()
  for (const name of names) {
    for (const value of [query[name] ?? []].flat()) search.append(name, String(value))
  }
  return search.size === 0 ? '' : `?${search}`
}
