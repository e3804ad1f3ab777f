import { type GraphQLObjectType, getNamedType, isEnumType } from 'graphql'
import { expect } from 'vitest'
import { lookups } from '../src/graph/loading/lookup.ts'
import { fieldOf, isFromOwnEndpoint, keyOf, objectOf, readsOf, type Selection, typeOf } from './selection.ts'

export type Body = Readonly<Record<string, unknown>>

export interface Resource {
  /** The path of the list; an object's own has its key behind. */
  readonly path: string
  /** What the graph calls one of them, and many. */
  readonly one: string
  readonly many: string
}

/** The types whose objects have keys and endpoints of their own. */
export const resources: ReadonlyMap<string, Resource> = new Map(
  [...lookups].map(([name, { endpoint }]) => [
    name,
    { path: `/api/v3${endpoint.path.replace(/\{\w+\}\/$/, '')}`, ...queriesOf(name) },
  ]),
)

export function resourceOf(typename: string): Resource {
  const resource = resources.get(typename)
  if (!resource) throw new Error(`${typename} has no endpoint of its own`)
  return resource
}

function queriesOf(typename: string): { one: string; many: string } {
  const queries = Object.values(typeOf('Query').getFields())
  const one = queries.find(({ type, args }) => String(type) === typename && args[0]?.name === 'id')
  const many = queries.find(({ type }) => String(type) === `${typename}Connection`)
  if (!one || !many) throw new Error(`Query does not find one ${typename} and many`)
  return { one: one.name, many: many.name }
}

/** authentik's own answer, for comparison with the graph's. */
export async function getRest(url: string, path: string, token = 'demo-superuser'): Promise<Body> {
  const response = await fetch(`${url}/api/v3${path}`, { headers: { authorization: `Bearer ${token}` } })
  expect(response.status).toBe(200)
  return (await response.json()) as Body
}

/** Asserts that each field of the graph's object has the value of the body's property of the same name, null if absent. */
export function expectSameValues(fields: Body, body: Body, except: readonly string[] = []): void {
  const names = Object.keys(fields).filter((name) => !except.includes(name))
  expect(names.length).toBeGreaterThan(0)
  const values = names.map((name) => [name, fields[name]])
  expect(Object.fromEntries(values)).toEqual(
    Object.fromEntries(names.map((name) => [name, spell(name, body[snakeCase(name)] ?? null)])),
  )
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

const enums = ['clientType', 'subMode', 'issuerMode', 'logoutMethod', 'type', 'matchingMode', 'redirectUriType']

/** Of enums, the graph's spelling. */
function spell(name: string, value: unknown): unknown {
  return enums.includes(name) && typeof value === 'string' ? value.toUpperCase() : value
}

/** All that authentik answers of a world. */
export interface World {
  /** The user of /core/users/me/. */
  readonly me: Body
  /** The object's own body, undefined for what has none. */
  own(type: GraphQLObjectType, key: unknown): Body | undefined
}

/**
 * What the graph is to say of a body and of those inside: of each field the value of its property, of the object's own body
 * where this one lacks it; null where both do.
 */
export function graphOf(type: GraphQLObjectType, selection: Selection, body: Body, world: World): Body {
  const values = Object.entries(selection).map(([name, inner]) => {
    const value = sourceOf(type, name, body, world)
    if (!inner) return [name, isEnum(type, name) && typeof value === 'string' ? value.toUpperCase() : value]
    const innerType = objectOf(fieldOf(type, name).type) as GraphQLObjectType
    // Where authentik sends keys alone, each object is its own body.
    const bodyOf = (item: unknown) => (typeof item === 'object' ? (item as Body) : { [keyOf(innerType)]: item })
    const graph = (item: unknown) => graphOf(innerType, inner, bodyOf(item), world)
    if (Array.isArray(value)) return [name, value.map(graph)]
    return [name, value === null ? null : graph(value)]
  })
  return Object.fromEntries(values)
}

/** What a field shows, in authentik's spelling. */
function sourceOf(type: GraphQLObjectType, name: string, body: Body, world: World): unknown {
  const reads = readsOf(type, name)
  const shortened = !reads.some((property) => body[property] !== undefined)
  const whole = shortened || isFromOwnEndpoint(type, name) ? (world.own(type, body[keyOf(type)]) ?? body) : body
  const derive = derived[name]
  if (derive) return derive(whole, type, world)
  const property = reads.find((candidate) => whole[candidate] !== undefined)
  return property === undefined ? null : whole[property]
}

/** Fields that show something else than the property they read. */
const derived: Readonly<Record<string, (body: Body, type: GraphQLObjectType, world: World) => unknown>> = {
  id: (body, type) => `${type.name}:${body[keyOf(type)]}`,
  idTokenClaims: ({ id_token: text }) => JSON.parse(String(text)),
  issuedAt: ({ id_token: text }) => timeOf(JSON.parse(String(text)).iat),
  authenticatedAt: ({ id_token: text }) => timeOf(JSON.parse(String(text)).auth_time),
  parents: parentsOf,
  parent: (body) => parentsOf(body)[0] ?? null,
  parentName: (body) => parentsOf(body)[0]?.['name'] ?? null,
  effectiveGroups: ({ pk }, _type, { me }) => {
    const groups = me['groups'] as readonly Body[]
    return pk === me['pk'] ? [...new Map(groups.map((group) => [group['pk'], group])).values()] : null
  },
}

function timeOf(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString().replace('.000', '')
}

function parentsOf({ parents_obj: parents, parent, parent_name: name }: Body): readonly Body[] {
  if (Array.isArray(parents)) return parents
  return parent === null ? [] : [{ pk: parent, name }]
}

function isEnum(type: GraphQLObjectType, name: string): boolean {
  return isEnumType(getNamedType(fieldOf(type, name).type))
}
