import {
  type GraphQLArgument,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql'
import type { Random } from './random.ts'

/** Keys and cursors that exist. */
export interface Known {
  /** The keys of the objects of each type. */
  readonly keys: ReadonlyMap<string, readonly string[]>
  /** Cursors of the list that the field gives. */
  readonly cursors: ReadonlyMap<string, readonly string[]>
}

/** A value of an argument: as it stands in a document, and as it stands in the variables. */
export interface Value {
  readonly text: string
  readonly json: unknown
}

const words = ['', 'a', 'mira', 'demo', 'users', 'ada@example.com', 'ü"\\\n', 'x'.repeat(200)]
const moments = ['2024-11-01T00:00:00Z', '2036-11-05T19:09:42.554126Z', '2036-11-10T12:00:00.5+02:00']
const counts = [0, 1, 2, 3, 5, 20, 100, 101, 300, 1000]
const wrongCounts = [-1, 1001, 2 ** 31 - 1]

/** Values for arguments: most of them name what exists. */
export class Values {
  readonly #random: Random
  readonly #known: Known

  constructor(random: Random, known: Known) {
    this.#random = random
    this.#known = known
  }

  /** A value of the argument of a field that gives objects of the named type; `field` is the field's name. */
  of({ name, type }: Pick<GraphQLArgument, 'name' | 'type'>, field: string, typename: string): Value {
    const random = this.#random
    if (isNonNullType(type)) return this.of({ name, type: type.ofType }, field, typename)
    if (isListType(type)) {
      const most = random.chance(0.05) ? 40 : 6
      const items = Array.from({ length: random.between(random.chance(0.1) ? 0 : 1, most) }, () =>
        this.of({ name, type: type.ofType }, field, typename),
      )
      return { text: `[${items.map(({ text }) => text).join(', ')}]`, json: items.map(({ json }) => json) }
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields())
      const some = type.isOneOf && random.chance(0.9) ? [random.pick(fields)] : random.some(fields, 2)
      return this.#object(some, field, typename)
    }
    if (isEnumType(type)) {
      const value = random.pick(type.getValues()).name
      return { text: value, json: value }
    }
    if (String(type) === '_Any') return this.#representation()
    const json = this.#bare(name, type, field, typename)
    return { text: JSON.stringify(json), json }
  }

  #object(fields: readonly Pick<GraphQLArgument, 'name' | 'type'>[], field: string, typename: string): Value {
    const values = fields.map((one) => [one.name, this.of(one, field, typename)] as const)
    return {
      text: `{ ${values.map(([name, { text }]) => `${name}: ${text}`).join(', ')} }`,
      json: Object.fromEntries(values.map(([name, { json }]) => [name, json])),
    }
  }

  #representation(): Value {
    const typename = this.#random.pick([...this.#known.keys.keys(), 'Nothing'])
    const id = this.#key(typename)
    return { text: `{ __typename: "${typename}", id: ${JSON.stringify(id)} }`, json: { __typename: typename, id } }
  }

  #bare(name: string, type: GraphQLInputType, field: string, typename: string): unknown {
    const random = this.#random
    if (String(type) === 'Int') return random.pick(random.chance(0.05) ? wrongCounts : counts)
    if (String(type) === 'Boolean') return random.chance(0.5)
    if (String(type) === 'UUID') return random.chance(0.9) ? this.#key('Group') : random.pick(words)
    if (String(type) === 'DateTime') return random.pick(random.chance(0.05) ? words : moments)
    if (name === 'after' || name === 'before') {
      return random.chance(0.9) ? random.pick(this.#known.cursors.get(field) ?? ['']) : random.pick(words)
    }
    if (String(type) !== 'ID') return random.pick(words)
    const target =
      { user: 'User', members: 'User', groups: 'Group', provider: 'OAuth2Provider', application: 'Application' }[
        name
      ] ?? typename
    return this.#key(target)
  }

  /** A key of an object of that type, or its global id; of any type where it has none. */
  #key(typename: string): string {
    const random = this.#random
    if (random.chance(0.05)) return random.pick([...words, '-1', '99999', '9'.repeat(30), 'User:x'])
    const named = this.#known.keys.has(typename) ? typename : random.pick([...this.#known.keys.keys()])
    const key = random.pick(this.#known.keys.get(named) ?? [''])
    return named !== typename || random.chance(0.3) ? `${named}:${key}` : key
  }
}
