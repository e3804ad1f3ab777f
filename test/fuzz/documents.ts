import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import type { Random } from './random.ts'
import { type Known, Values } from './values.ts'

export interface Operation {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** A document that fits the schema, of random fields, arguments, aliases, fragments and directives. */
export function createOperation(schema: GraphQLSchema, random: Random, known: Known): Operation {
  return new Writer(schema, random, known).operation()
}

class Writer {
  readonly #schema: GraphQLSchema
  readonly #random: Random
  readonly #values: Values
  readonly #variables: Record<string, unknown> = {}
  readonly #declared: string[] = []
  readonly #fragments: string[] = []
  #names = 0
  /** How many fields the document may still have. */
  #left: number

  constructor(schema: GraphQLSchema, random: Random, known: Known) {
    this.#schema = schema
    this.#random = random
    this.#values = new Values(random, known)
    this.#left = random.between(5, 120)
  }

  operation(): Operation {
    const mutates = this.#random.chance(0.05)
    const root = mutates ? this.#schema.getMutationType() : this.#schema.getQueryType()
    const body = root ? this.#selection(root, this.#random.between(1, 6)) : ''
    const declared = this.#declared.length === 0 ? '' : `(${this.#declared.join(', ')})`
    const query = [`${mutates ? 'mutation' : 'query'} Fuzz${declared} ${body}`, ...this.#fragments].join('\n')
    return { query, variables: this.#variables }
  }

  /** Each object tells its type: so an answer can be checked where several types are possible. */
  #selection(type: GraphQLNamedType, depth: number): string {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []
    const usable = fields.filter((field) => depth > 0 || !isCompositeType(getNamedType(field.type)))
    const parts = usable.length === 0 ? [] : this.#random.some(usable, 10).map((field) => this.#field(field, depth))
    if (isAbstractType(type)) {
      const possible = this.#random.some(this.#schema.getPossibleTypes(type), 3)
      parts.push(...possible.map((one) => this.#fragment(one, depth)))
    } else if (depth > 0 && this.#left > 0 && this.#random.chance(0.2)) parts.push(this.#fragment(type, depth))
    return `{ ${this.#random.chance(0.5) ? ['__typename', ...parts].join(' ') : [...parts, '__typename'].join(' ')} }`
  }

  #fragment(type: GraphQLNamedType, depth: number): string {
    const body = this.#selection(type, depth - 1)
    if (this.#random.chance(0.5)) return `... on ${type.name}${this.#directive()} ${body}`
    const name = this.#name('F')
    this.#fragments.push(`fragment ${name} on ${type.name} ${body}`)
    return `...${name}${this.#directive()}`
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const type = getNamedType(field.type)
    this.#left -= 1
    // The whole schema in words tells nothing new.
    const heavy = field.name === '_sdl' || field.name === '_service'
    if (this.#left < 0 || (heavy && this.#random.chance(0.95))) return '__typename'
    const target = type.name.replace(/Connection$/, '')
    const given = field.args.filter(
      (arg) => (isNonNullType(arg.type) && arg.defaultValue === undefined) || this.#random.chance(0.3),
    )
    const args = given.map(
      (arg) => `${arg.name}: ${this.#argument(arg.type, this.#values.of(arg, field.name, target))}`,
    )
    // Two fields of one name must not differ, in their arguments or in their types.
    const alias = args.length > 0 || this.#random.chance(0.3) ? `${this.#name('f')}: ` : ''
    const body = isCompositeType(type) ? ` ${this.#selection(type, depth - 1)}` : ''
    return `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${this.#directive()}${body}`
  }

  #argument(type: unknown, { text, json }: { readonly text: string; readonly json: unknown }): string {
    return this.#random.chance(0.4) ? this.#variable(String(type), json) : text
  }

  #variable(type: string, value: unknown): string {
    const name = this.#name('v')
    this.#declared.push(`$${name}: ${type}`)
    this.#variables[name] = value
    return `$${name}`
  }

  #directive(): string {
    if (!this.#random.chance(0.08)) return ''
    const value = this.#random.chance(0.5)
    const text = this.#random.chance(0.5) ? this.#variable('Boolean!', value) : String(value)
    return ` @${this.#random.pick(['skip', 'include'])}(if: ${text})`
  }

  #name(prefix: string): string {
    this.#names += 1
    return `${prefix}${this.#names}`
  }
}
