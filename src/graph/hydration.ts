import { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql'
import { mayLack } from '../authentik/bodies.ts'
import { type Include, listOf } from '../authentik/endpoints.ts'
import { type Context, keep } from '../context.ts'
import { invalidAnswer } from '../errors.ts'
import { limits } from '../limits.ts'
import { charged, chargedForFailure } from './charges.ts'
import { type Check, checkOf } from './checks.ts'
import { type Declaration, declarationOf, type Shortened } from './declaration.ts'
import { lookups } from './loading/lookup.ts'
import { inTurn } from './pace.ts'

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      bodies: BodyPlugin<Types>
    }
  }
}

type Body = Readonly<Record<string, unknown>>
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
    const { reads, include, fromOwnEndpoint = false, shortened } = declaration
    const marking = shortened ? marked(resolve, shortened) : resolve
    if (!reads) return chargedForFailure(marking)
    const answer = chargedForFailure(checked(marking, parentType, declaration, reads))
    const lookup = lookups.get(parentType)
    if (!lookup) return answer
    return (body, args, context, info) => {
      const needsOwn =
        fromOwnEndpoint || (isShortened(context as Context, body) && !hasAny(body as Body, reads, include))
      if (!needsOwn) return answer(body, args, context, info)
      const { account } = context as Context
      if (!account.payFields(limits.fieldsOfLoading)) return account.never
      const own = lookup.load(context as Context, lookup.keyOf(body as object), including(include))
      const inItsTurn = own.then((found) => inTurn(context as Context, found))
      return inItsTurn.then((found) => answer(found, args, context, info))
    }
  }
}

function including(include: Include | undefined): ReadonlySet<Include> {
  return new Set(include ? [include] : [])
}

/** The bodies that stand shortened inside others, as far as this operation has come across them. */
function shortenedOf(context: Context): Set<unknown> {
  return keep(context, shortenedOf, () => new Set())
}

function isShortened(context: Context, body: unknown): boolean {
  return shortenedOf(context).has(body)
}

/** The resolver, which also tells the fields below it which of its objects stand shortened. */
function marked<C>(resolve: Resolver<C>, shortened: Shortened): Resolver<C> {
  const mark = (value: unknown, context: C) => {
    for (const body of Array.isArray(value) ? value : [value]) {
      if (typeof body !== 'object' || body === null) continue
      if (shortened === true || shortened(body)) shortenedOf(context as Context).add(body)
    }
    return value
  }
  return (body, args, context, info) => {
    const value = resolve(body, args, context, info)
    return value instanceof Promise ? value.then((came) => mark(came, context)) : mark(value, context)
  }
}

/** The resolver, with a value of the wrong type told as UPSTREAM_INVALID_RESPONSE instead of a masked internal error. */
function checked<C>(
  resolve: Resolver<C>,
  typename: string,
  { include }: Declaration,
  reads: readonly string[],
): Resolver<C> {
  const unusable = (cause?: unknown) => invalidAnswer(`no usable "${reads.join('" or "')}"`, undefined, cause)
  // One for all: it may be told of each row.
  const lacking = unusable()
  const may = mayLack(typename, reads)
  let fits: Check | undefined
  return (body, args, context, info) => {
    fits ??= checkOf(info.returnType)
    if (!fitsIn(body as Body, reads, may, include)) throw lacking
    let value: unknown
    try {
      value = resolve(body, args, context, info)
    } catch (error) {
      // A list that is no list, or has a null in it.
      throw error instanceof TypeError ? unusable(error) : error
    }
    if (fits(value)) return value
    throw lacking
  }
}

/**
 * Whether the body can answer the field: it has one of the properties, or may be without them (see `lacks` in bodies.ts). A list
 * that was asked for and came as null cannot answer it.
 */
function fitsIn(
  body: Body,
  reads: readonly string[],
  may: { readonly beAbsent: boolean; readonly beNull: boolean },
  include: Include | undefined,
): boolean {
  if (!hasAny(body, reads, include)) return may.beAbsent && !(include && reads.some((property) => property in body))
  return may.beNull || reads.some((property) => body[property] != null)
}

/** `null` is a value, except for the list that is included on request: authentik sends `null` there when it was not requested. */
function hasAny(body: Body, reads: readonly string[], include: Include | undefined): boolean {
  const list = include && listOf(include)
  return reads.some((property) => (property === list ? body[property] != null : body[property] !== undefined))
}
