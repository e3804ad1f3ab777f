import { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql'
import { type Context, keep } from '../context.ts'
import { limits } from '../limits.ts'
import { charged, chargedForFailure } from './charges.ts'
import { type Check, checkOf } from './checks.ts'
import { declarationOf, type Shortened } from './declaration.ts'
import { inTurn } from './pace.ts'
import { isShortened, Reading } from './reading.ts'

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      bodies: BodyPlugin<Types>
    }
  }
}

type Resolver<C> = GraphQLFieldResolver<unknown, C, object>

/** Wraps the resolvers of fields that declare what they read: see declaration.ts. */
export class BodyPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  readonly #leftOut = new Set<string>()

  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> | null {
    const coordinate = `${field.parentType}.${field.name}`
    if (!this.buildCache.options.leaveOut?.includes(coordinate)) return field
    this.#leftOut.add(coordinate)
    return null
  }

  override afterBuild(schema: GraphQLSchema): GraphQLSchema {
    const unknown = this.buildCache.options.leaveOut?.filter((coordinate) => !this.#leftOut.has(coordinate)) ?? []
    if (unknown.length > 0) throw new Error(`The schema has no field ${unknown.join(', ')} to leave out`)
    return schema
  }

  override wrapResolve(
    resolve: Resolver<Types['Context']>,
    field: PothosOutputFieldConfig<Types>,
  ): Resolver<Types['Context']> {
    const { kind } = field.type.kind === 'List' ? field.type.type : field.type
    return charged(this.#hydrated(resolve, field), kind === 'Scalar' || kind === 'Enum')
  }

  #hydrated(
    resolve: Resolver<Types['Context']>,
    { parentType, extensions, pothosOptions }: PothosOutputFieldConfig<Types>,
  ): Resolver<Types['Context']> {
    const declaration = declarationOf({ extensions: { ...extensions, pothosOptions } })
    const { reads, shortened } = declaration
    const marking = shortened ? marked(resolve, shortened) : resolve
    if (!reads) return chargedForFailure(marking)
    const reading = new Reading(parentType, declaration, reads)
    const answer = chargedForFailure(checked(marking, reading))
    const { lookup } = reading
    if (!lookup) return answer
    return (body, args, operation, info) => {
      const context = operation as Context
      const stands = shortenedOf(context).has(body) ? true : undefined
      if (!reading.needsOwn(body as object, stands)) return answer(body, args, context, info)
      if (!context.tab.payFields(limits.fieldsOfLoading)) return context.account.never
      const own = reading.loadOwn(context, lookup, body as object)
      const inItsTurn = own.then((found) => inTurn(context, found))
      return inItsTurn.then((found) => answer(found, args, context, info))
    }
  }
}

/** The bodies that stand shortened inside others, as far as this operation has come across them. */
function shortenedOf(context: Context): Set<unknown> {
  return keep(context, shortenedOf, () => new Set())
}

/** The resolver, which also tells the fields below it which of its objects stand shortened. */
function marked<C>(resolve: Resolver<C>, shortened: Shortened): Resolver<C> {
  const mark = (value: unknown, context: C) => {
    for (const body of Array.isArray(value) ? value : [value]) {
      if (typeof body !== 'object' || body === null) continue
      if (isShortened(body, shortened)) shortenedOf(context as Context).add(body)
    }
    return value
  }
  return (body, args, context, info) => {
    const value = resolve(body, args, context, info)
    return value instanceof Promise ? value.then((came) => mark(came, context)) : mark(value, context)
  }
}

/** The resolver, with a value of the wrong type told as UPSTREAM_INVALID_RESPONSE instead of a masked internal error. */
function checked<C>(resolve: Resolver<C>, reading: Reading): Resolver<C> {
  let fits: Check | undefined
  return (body, args, context, info) => {
    fits ??= checkOf(info.returnType)
    return reading.check(body as object, fits, () => resolve(body, args, context, info))
  }
}
