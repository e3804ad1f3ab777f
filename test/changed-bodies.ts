import { type GraphQLObjectType, getNamedType, getNullableType, isEnumType, isListType, isNonNullType } from 'graphql'
import { onTestFinished } from 'vitest'
import { mayLack } from '../src/authentik/bodies.ts'
import { endpoints, listOf } from '../src/authentik/endpoints.ts'
import { type Release, startSandbox } from '../src/sandbox/server.ts'
import type { Body } from './rest.ts'
import {
  fieldOf,
  isFromOwnEndpoint,
  keyOf,
  objectOf,
  readsOf,
  type Selection,
  shortenedIn,
  typeOf,
} from './selection.ts'
import { listen } from './start.ts'

// authentik's bodies, changed in one property at a time, and what is to become of the answers.

export type Path = readonly (string | number)[]

/** An object of an answer and the body that it shows, and where they stand. */
export interface Place {
  readonly type: GraphQLObjectType
  readonly selection: Selection
  readonly body: Body
  readonly inBody: Path
  readonly inAnswer: Path
  /** What becomes null when this object has none of a required value. */
  readonly lost: Path
  /** The field that shows it, and whose it is; null for what was asked for itself. */
  readonly field: string
  readonly within: GraphQLObjectType | null
}

/** Fields that load their object by the key in the body inside, and show nothing else of that. */
const byKeyInside = ['Event.user']

/** The object that the body shows, and those inside that stand in the same body. */
export function placesIn(place: Place): Place[] {
  const inner = Object.entries(place.selection).flatMap(([name, selection]) => {
    const { type } = fieldOf(place.type, name)
    const innerType = objectOf(type)
    const property = readsOf(place.type, name).find((candidate) => isOfObjects(place.body[candidate]))
    if (!selection || !innerType || property === undefined || byKeyInside.includes(`${place.type.name}.${name}`))
      return []
    const value = place.body[property] as Body | readonly Body[]
    const lost = isNonNullType(type) ? place.lost : [...place.inAnswer, name]
    const common = { type: innerType, selection, lost, within: place.type, field: name }
    const inBody = [...place.inBody, property]
    const inAnswer = [...place.inAnswer, name]
    if (!isList(value)) return placesIn({ ...common, body: value, inBody, inAnswer })
    // Of several parents, `parent` is the first.
    const [first = {}] = value
    if (!isListType(getNullableType(type)))
      return placesIn({ ...common, body: first, inBody: [...inBody, 0], inAnswer })
    const rows = value.map((body, index) => ({ body, index }))
    // Up to 2025.10 the caller's groups are told once for each path to them, and shown once.
    const shown = name === 'effectiveGroups' ? [...new Map(rows.map((row) => [row.body['pk'], row])).values()] : rows
    return shown.flatMap(({ body, index }, position) =>
      placesIn({ ...common, body, inBody: [...inBody, index], inAnswer: [...inAnswer, position] }),
    )
  })
  return [place, ...inner]
}

function isList(value: Body | readonly Body[]): value is readonly Body[] {
  return Array.isArray(value)
}

function isOfObjects(value: unknown): boolean {
  const items = [value].flat()
  return items.length > 0 && items.every((item) => typeof item === 'object' && item !== null)
}

/** Whether what the body lacks is asked of the object's own endpoint. */
export function isShortened({ within, field, body }: Place): boolean {
  const shortened = shortenedIn(within ?? typeOf('Query'), within ? field : (field.split('(')[0] ?? ''))
  return typeof shortened === 'function' ? shortened(body) : shortened === true
}

/** Whether a field of that object shows what the object's own endpoint has, and not the body at hand. */
export function isLoaded(place: Place, name: string): boolean {
  if (place.within && isFromOwnEndpoint(place.type, name)) return true
  return isShortened(place) && !readsOf(place.type, name).some((property) => has(place.body, property))
}

/** The lists that are included on request. One that is null was not asked for. */
const lists = new Set(
  Object.values(endpoints).flatMap((endpoint) => ('includes' in endpoint ? endpoint.includes.map(listOf) : [])),
)

/** Whether the body has the property. */
function has(body: Body, property: string): boolean {
  return lists.has(property) ? body[property] != null : body[property] !== undefined
}

/** What can happen to a property. */
export const changes = { absent: undefined, null: null, unknown: 'of-the-next-release' } as const
export type Change = keyof typeof changes

/** What is to become of an answer: the places that show something else, and those that fail. */
export interface Consequence {
  readonly shown: readonly (readonly [place: Path, value: unknown])[]
  readonly lost: readonly Path[]
}

/** What fields show that also look at a property which another field reads, when that is gone. */
const beside: Readonly<Record<string, readonly [field: string, value: unknown]>> = {
  'Event.action': ['context', null],
  'UserConsent.expires': ['isExpired', false],
}

/**
 * What is to become of the object's fields when a property of its body changed so. `own` says that it is the body which
 * the object's own endpoint sent, for the fields that the body at hand does not answer.
 */
export function consequenceOf(place: Place, property: string, change: Change, own: boolean): Consequence {
  const shown: (readonly [Path, unknown])[] = []
  const lost: Path[] = []
  for (const name of Object.keys(place.selection)) {
    if (isLoaded(place, name) !== own) continue
    const key = keyOf(place.type)
    const reads = own && property === key ? [key] : readsOf(place.type, name)
    if (!reads.includes(property) || (name === 'effectiveGroups' && place.field !== 'me')) continue
    const outcome = outcomeOf(place, name, property, change, own)
    const path = [...place.inAnswer, name]
    if (outcome === 'failed') lost.push(isNonNullType(fieldOf(place.type, name).type) ? place.lost : path)
    else if (outcome !== 'same') shown.push([path, outcome === 'empty' ? [] : null])
  }
  const [name, value] = beside[`${place.type.name}.${property}`] ?? []
  if (name !== undefined) shown.push([[...place.inAnswer, name], value])
  // Beside the object, the name of a first parent stands in the group itself.
  const parentName = [...place.inAnswer.slice(0, -1), 'parentName']
  if (place.field === 'parent' && property === 'name') shown.push([parentName, null])
  return { shown, lost }
}

function outcomeOf(place: Place, name: string, property: string, change: Change, own: boolean) {
  if (property === keyOf(place.type) || name === 'effectiveGroups') return 'failed'
  const listOfObjects = lists.has(property)
  // Without its client id, a provider inside a grant counts as shortened.
  const shortened = !own && (isShortened(place) || (place.within !== null && property === 'client_id'))
  if (shortened && (change === 'absent' || (change === 'null' && listOfObjects))) return 'same'
  if (change === 'unknown' || isNonNullType(fieldOf(place.type, name).type)) return 'failed'
  if (change === 'null' && listOfObjects) return 'failed'
  // A file's name beside its address is not needed, and without an icon there is no address.
  const isNeeded = property === 'meta_icon' ? !('meta_icon_url' in place.body) : Boolean(place.body['meta_icon'])
  if (name === 'metaIconUrl' && !isNeeded) return 'same'
  const may = mayLack(place.type.name, readsOf(place.type, name))
  if (change === 'null' ? !may.beNull : !may.beAbsent) return 'failed'
  // Up to 2025.10, null is the parent of a group that has none.
  return change === 'null' && property === 'parent' && name === 'parents' ? 'empty' : 'null'
}

/** What can happen to the property, as far as the object's fields tell. */
export function changesOf({ type, selection }: Place, property: string): Change[] {
  const readers = Object.keys(selection).filter((name) => readsOf(type, name).includes(property))
  if (readers.length === 0) return []
  const closed = readers.some((name) => isEnumType(getNamedType(fieldOf(type, name).type)))
  return closed ? ['absent', 'null', 'unknown'] : ['absent', 'null']
}

/** An embedded authentik, whose answers come through a server that may change them. */
export async function startMirror(release: Release) {
  const sandbox = await startSandbox({ release })
  onTestFinished(() => sandbox.close())
  const texts = new Map<string, string>()
  const mirror = {
    url: '',
    /** What is changed, in the answers of which path. */
    edit: null as { readonly path: string; readonly change: (body: unknown) => unknown } | null,
    /** The path, without its query, and the body of each answer so far. */
    bodies: () => new Map([...texts].map(([path, text]) => [path.split('?')[0] ?? '', JSON.parse(text) as Body])),
  }
  const { url } = await listen(async ({ url: path = '', headers }, response) => {
    const text = texts.get(path) ?? (await ask(`${sandbox.url}${path}`, headers.authorization ?? ''))
    texts.set(path, text)
    const { edit } = mirror
    const edited = edit && (edit.path === '*' || edit.path === path.split('?')[0])
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(edited ? JSON.stringify(edit.change(JSON.parse(text))) : text)
  })
  return Object.assign(mirror, { url })
}

async function ask(url: string, authorization: string): Promise<string> {
  const response = await fetch(url, { headers: { authorization } })
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
  return response.text()
}

/** The value with another one at that place of it; undefined leaves the property out. */
export function withValue(value: unknown, path: Path, other: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return other
  if (value === null) return null
  const copy = (Array.isArray(value) ? [...value] : { ...(value as Body) }) as Record<string | number, unknown>
  copy[step] = withValue(copy[step], rest, other)
  return copy
}

/** The value with a property more in each object that is not free JSON. */
export function withMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMore)
  if (typeof value !== 'object' || value === null) return value
  const more = Object.entries(value).map(([name, inner]) => [
    name,
    ['attributes', 'settings'].includes(name) ? inner : withMore(inner),
  ])
  return { ...Object.fromEntries(more), of_the_next_release: { pk: 1, name: [null] } }
}
