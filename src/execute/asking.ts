import type { GraphQLObjectType } from 'graphql'
import type { Asks, Declaration } from '../graph/declaration.ts'
import { costOfDates, costOfList, hasDates } from '../graph/lists/cost.ts'
import { lookups } from '../graph/loading/lookup.ts'
import type { Wanted } from '../graph/loading/wanted.ts'
import { readEntity } from '../graph/subgraph.ts'
import { limits } from '../limits.ts'
import type { Bill } from './bill.ts'

// What the fields of a query ask authentik for, by what they declare.

/** Objects in one place of the answer. */
export interface Place {
  readonly type: GraphQLObjectType
  /** How many they are, at most. */
  readonly count: number
  /** Their bodies are whole and their own; or whole, but inside others; or have these properties. */
  readonly has: 'all' | 'whole' | ReadonlySet<string>
  /** Whether they stand in a list by which authentik tells them as well: a page of them can be asked for. */
  readonly isListed?: boolean
  /** The rows of the pages on which they came, if they came on pages. */
  readonly pageRows: number
}

/** A field selected of the objects in a place. */
export interface Selected {
  readonly place: Place
  readonly declaration: Declaration
  /** The name of the type of the objects that it gives. */
  readonly typename: string
  /** How many different ones it gives of one object in the place, where nothing tells. */
  readonly each: number
  readonly args: Readonly<Record<string, unknown>>
  readonly wanted: () => Wanted
}

/** Objects that a field gives, by the name of their type. */
export type Given = Omit<Place, 'type'> & { readonly typename: string }

/**
 * By what a field asks for: adds it to the bill, and tells which objects the field gives. Objects inside others repeat: those inside
 * many are taken to have no more different ones than they are themselves.
 */
export const ask: Readonly<Record<Asks | 'nothing', (bill: Bill, selected: Selected) => Given[]>> = {
  object: askForObjects,
  named(bill, selected) {
    const { typename } = selected
    const { id, ...names } = Object(selected.args['by'])
    if (id !== undefined) return askForObjects(bill, { ...selected, args: { id } })
    return askForNamed(bill, typename, Object.keys(names))
  },
  objects: askForObjects,
  rows(bill, { place, typename, args, wanted }) {
    const { size, ...cost } = costOfList(args, wanted())
    bill.add(cost, place.count)
    bill.addKnowledge(rowTypeOf(typename))
    return [{ typename, has: 'all', count: place.count * size, pageRows: place.count * cost.rows }]
  },
  owned(bill, selected) {
    const { user, application } = (selected.args['filter'] ?? {}) as Readonly<Record<string, unknown>>
    if (application != null) bill.addLoads('Application', 1)
    // The caller is asked first, since nobody needs a right for that.
    if (user != null) {
      bill.addCaller()
      bill.addLoads('User', 1)
    }
    return ask.rows(bill, selected)
  },
  whole(bill, { typename, args, wanted }) {
    bill.add({ requests: 1, rows: limits.rowsPerPage })
    const { size } = costOfList(args, wanted())
    return [{ typename, has: 'all', count: Math.min(size, limits.rowsPerPage), pageRows: limits.rowsPerPage }]
  },
  connected(bill, { place, typename, each }) {
    bill.add({ requests: 3, rows: 3 * limits.rowsPerPage }, place.count)
    // The list of applications, and a page of providers, whatever their number.
    bill.add({ requests: 1, rows: limits.rowsPerPage })
    bill.addKnowledge('OAuth2Provider')
    return [{ typename, has: 'whole', count: place.count * each, pageRows: 0 }]
  },
  members(bill, { place, declaration, typename, args, wanted }) {
    const { size, requests, rows } = costOfList(args, wanted())
    bill.addKnowledge(rowTypeOf(typename))
    // Few members come with their group, which is asked for again, on its page if it came on one; of many, a page is asked for.
    const rowsOfAll = Math.max(place.count * rows, place.pageRows)
    const isAsked = wanted().rows && size > 0 && !isKeyAlone(rowTypeOf(typename), wanted())
    if (isAsked) bill.add({ requests: place.count * requests, rows: rowsOfAll })
    return [{ typename, ...told(declaration), count: place.count * size }]
  },
  referred: (bill, selected) => askForReferred(bill, selected, true),
  keyed: (bill, selected) => askForReferred(bill, selected, false),
  listed(_bill, { place, declaration, typename, each }) {
    return [{ typename, ...told(declaration), count: Math.max(place.count, each), isListed: true }]
  },
  length(bill, { place, declaration, typename, args }) {
    bill.add(hasDates(args) ? costOfDates : { requests: 1, rows: 1 }, place.count)
    return [{ typename, ...told(declaration), count: place.count }]
  },
  dates(bill, { place }) {
    bill.add(costOfDates, place.count)
    return []
  },
  caller(bill, { declaration, typename, each }) {
    bill.addCaller()
    // Of all users, the caller alone has them.
    return [{ typename, ...told(declaration), count: each }]
  },
  nothing(_bill, { place, declaration, typename, each }) {
    const { embedded, reads } = declaration
    // The parts of a connection are as many as its rows.
    if (embedded && !reads) return [{ ...place, typename }]
    return [{ typename, ...told(declaration), count: Math.max(place.count, each) }]
  },
}

/** The objects whose keys the objects in the place have; a list may tell of them as well, or else who the caller is is asked first. */
function askForReferred(bill: Bill, { place, typename, each, wanted }: Selected, isListed: boolean): Given[] {
  const count = Math.max(place.count, each)
  if (isKeyAlone(typename, wanted())) {
    return [{ typename, has: new Set([lookups.get(typename)?.key.property ?? '']), count, pageRows: 0 }]
  }
  if (!isListed) bill.addCaller()
  bill.addLoads(typename, count, isListed)
  return [{ typename, has: 'all', count, pageRows: 0 }]
}

/** The objects of each type that the field's argument names, by an id or a list of them. */
function askForObjects(bill: Bill, { typename, args }: Selected): Given[] {
  const ids = Object.values(args).flat()
  const counts = new Map<string, number>()
  const named = new Map<string, string[]>()
  // A repeated one is loaded once.
  for (const id of new Set(ids)) {
    const entity = typeof id === 'object' ? readEntity(id) : { typename: namedBy(id, typename), otherKey: undefined }
    if (entity?.typename === undefined) continue
    const { typename: type, otherKey } = entity
    if (otherKey === undefined) counts.set(type, (counts.get(type) ?? 0) + 1)
    else named.set(type, [...(named.get(type) ?? []), otherKey])
  }
  const loaded = [...counts].map(([type, count]): Given => {
    bill.addLoads(type, count)
    return { typename: type, has: 'all', count, pageRows: 0 }
  })
  return [...loaded, ...[...named].flatMap(([type, names]) => askForNamed(bill, type, names))]
}

/** The objects of a type that fields beside its key name, each on a list of its own. */
function askForNamed(bill: Bill, typename: string, names: readonly string[]): Given[] {
  bill.add({ requests: 1, rows: 2 }, names.length)
  const { tells } = lookups.get(typename)?.elsewhere ?? {}
  if (!tells) return [{ typename, has: 'all', count: names.length, pageRows: 2 * names.length }]
  // One may be the caller, who is hidden from the list.
  bill.addCaller()
  if (names.some((name) => !tells.includes(name))) bill.add({ requests: 2, rows: 2 })
  const others = names.length - 1
  const caller: Given = { typename, has: new Set(tells), count: 1, pageRows: 0 }
  return others === 0 ? [caller] : [caller, { typename, has: 'all', count: others, pageRows: 2 * others }]
}

/** The type of the object that an id may name, in a field of one type or of any; undefined where it names none. */
function namedBy(id: unknown, typename: string): string | undefined {
  const named = lookups.has(typename) ? typename : String(id).split(':', 1).join()
  return namesOf(id).includes(named) ? named : undefined
}

/** The types of which such an id may name an object: of a malformed one there are none, and nothing is asked for. */
export function namesOf(id: unknown): readonly string[] {
  const text = String(id)
  const names: string[] = []
  for (const [name, { key }] of lookups) {
    const keyText = text.startsWith(`${name}:`) ? text.slice(name.length + 1) : text
    if (key.read(keyText) !== undefined) names.push(name)
  }
  return names
}

/** The name of the type of a connection's rows. */
function rowTypeOf(connection: string): string {
  return connection.replace(/Connection$/, '')
}

function told({ tells }: Declaration): Pick<Place, 'has' | 'pageRows'> {
  return { has: tells ? new Set(tells) : 'whole', pageRows: 0 }
}

function isKeyAlone(typename: string, wanted: Wanted): boolean {
  return lookups.get(typename)?.isKeyAlone(wanted) === true
}
