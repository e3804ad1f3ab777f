import {
  type GraphQLFieldResolver,
  GraphQLNonNull,
  type GraphQLResolveInfo,
  locatedError,
  responsePathAsArray,
} from 'graphql'
import type { Payer } from '../authentik/account.ts'
import { because, type Context } from '../context.ts'
import { inputError, withoutStack } from '../errors.ts'
import { limits } from '../limits.ts'
import { weightOf } from './loading/wanted.ts'
import { inTurn } from './pace.ts'

type Resolver<C> = GraphQLFieldResolver<unknown, C, object>

/** Pays for objects that are to be given. Throws UNAUTHENTICATED without credentials, and what `Account.payObjects` throws. */
export function charge({ authentik, tab }: Context, objects: number, payer: Payer = 'queries'): void {
  authentik.requireCredential()
  tab.payObjects(objects, payer)
}

/** Throws BAD_USER_INPUT for more ids than one argument may hold, and what `charge` throws. */
export function chargeIds(context: Context, ids: readonly unknown[], what = 'ids', payer?: Payer): void {
  if (ids.length > limits.ids) throw inputError(`at most ${limits.ids} ${what}`, ids.length)
  charge(context, ids.length, payer)
}

// Objects inside others cost authentik nothing, but the gateway time and memory, and so do errors. A query pays for them before
// they are answered. Once there are too many, no field is answered any more (see `Account.whenGivenUp`): an error for each would cost
// more than the objects. What a mutation tells is paid for before it begins, since what was done must be told.

/**
 * The resolver of a field, which pays for the objects that it gives, with the fields selected of them; a leaf pays for long text.
 * An object that is looked up by itself pays for its fields when it has come.
 * Failures know their places: graphql would make each anew to tell its place, with a stack, which costs more than all the rest.
 *
 * Below the root it fails by a promise alone. If a field of a row failed at once, graphql would forget the promises of the rows
 * before it, and nobody would listen when one of them fails as well. At the root there are no rows, and graphql waits for the
 * other fields before it answers.
 */
export function charged<C>(resolve: Resolver<C>, isLeaf: boolean): Resolver<C> {
  return (body, args, operation, info) => {
    const context = because(operation as Context, () => [`${info.parentType}.${info.fieldName}`])
    const isFree = !isQuery(info)
    if (!isFree && context.account.isOverdrawn) {
      if (!isLeaf) return context.account.never
      if (!(info.returnType instanceof GraphQLNonNull)) return null
    }
    const take = (value: unknown) => {
      const lasting = isFree ? value : isLeaf ? payForText(value, context) : payFor(value, context, info)
      return isListOfPromises(lasting)
        ? lasting.map((item, index) => item.catch(failAt(context, info, index)))
        : lasting
    }
    try {
      const value = resolve(body, args, context as C, info)
      return value instanceof Promise ? value.then(take, failAt(context, info)) : take(value)
    } catch (error) {
      const failure = located(error, info)
      if (!info.path.prev) throw failure
      return Promise.reject(failure)
    }
  }
}

/** The resolver, which pays for its failure. */
export function chargedForFailure<C>(resolve: Resolver<C>): Resolver<C> {
  return (body, args, context, info) => {
    const fail = (error: unknown): Promise<never> => {
      const { account, tab } = context as Context
      if (!isQuery(info) || tab.payFields(limits.fieldsOfError)) throw error
      return account.never
    }
    try {
      const value = resolve(body, args, context, info)
      return value instanceof Promise ? value.catch(fail) : value
    } catch (error) {
      return fail(error)
    }
  }
}

/**
 * What becomes of each item by itself. Its failure is paid for; those that fail at once are not even tried when they cannot be
 * paid. `find` fails at once where the item alone shows that it is wrong.
 */
export function eachAlone<T, R>(
  { account, tab }: Context,
  items: readonly T[],
  find: (item: T) => Promise<R>,
): Promise<R>[] {
  const fail = (error: unknown): Promise<never> =>
    tab.payFields(limits.fieldsOfError) ? Promise.reject(error) : account.never
  return items.map((item) => {
    if (account.isOverdrawn) return account.never
    try {
      return find(item).catch(fail)
    } catch (error) {
      return fail(error)
    }
  })
}

/**
 * What becomes of each item that names an object, by itself. Objects may be named often; those beyond 500 distinct ones are refused, each
 * alone, as whoever joins graphs names the same few owners for many rows. `nameOf` throws where an item names none. Throws what `charge`
 * throws.
 */
export function eachNamed<T, R>(
  context: Context,
  items: readonly T[],
  nameOf: (item: T) => string,
  find: (item: T) => Promise<R>,
): Promise<R>[] {
  charge(context, items.length)
  const named = new Set<string>()
  return eachAlone(context, items, (item) => {
    const name = nameOf(item)
    if (named.size === limits.ids && !named.has(name)) throw inputError(`at most ${limits.ids} distinct objects`, item)
    named.add(name)
    return find(item)
  })
}

/** The object or the objects; never if they cannot be paid. */
function payFor(value: unknown, context: Context, info: GraphQLResolveInfo): unknown {
  const { account, tab } = context
  if (isListOfPromises(value)) {
    if (!tab.payFields(priceOfPromises(value, info))) {
      leave(value)
      return account.never
    }
    return value.map((item) => item.then((object) => payFor(object, context, info)))
  }
  const objects = objectsIn(value)
  if (objects > 0 && !tab.payFields(objects * weightOf(info))) return account.never
  return Array.isArray(value) && objects > limits.rowsAtOnce ? value.map((row) => inTurn(context, row)) : value
}

/** How many objects a field gives. */
export function objectsIn(value: unknown): number {
  return Array.isArray(value) ? value.length : value == null ? 0 : 1
}

/** What it costs to wait for each of these, in fields. */
export function priceOfPromises(promises: readonly unknown[], { path }: Pick<GraphQLResolveInfo, 'path'>): number {
  return promises.length * (path.prev ? limits.fieldsOfLoading : limits.fieldsOfLookup)
}

/** Nobody listens any more when one of them fails. */
export function leave(promises: readonly Promise<unknown>[]): void {
  for (const promise of promises) promise.catch(() => {})
}

/** The value of a leaf. If it cannot be paid, nobody gets it. */
function payForText(value: unknown, { tab }: Context): unknown {
  const fields = priceOfText(value)
  if (fields > 0) tab.payFields(fields)
  return value
}

/** What a leaf costs beside the field itself, in fields. */
export function priceOfText(value: unknown): number {
  return Math.floor(charactersOf(value) / limits.charactersOfText)
}

/** The characters of all texts and names in a value. */
function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce((sum, [name, inner]) => sum + name.length + charactersOf(inner), 0)
}

/** Whether each of them comes by itself. */
export function isListOfPromises(value: unknown): value is Promise<unknown>[] {
  return Array.isArray(value) && value[0] instanceof Promise
}

function isQuery({ operation }: GraphQLResolveInfo): boolean {
  return operation.operation === 'query'
}

/** Throws an error again, with the place of the field or of its item. */
function failAt(
  { account }: Context,
  info: GraphQLResolveInfo,
  ...index: number[]
): (error: unknown) => Promise<never> {
  return (error) => {
    if (isQuery(info) && account.isOverdrawn) return account.never
    throw located(error, info, ...index)
  }
}

function located(error: unknown, { fieldNodes, path }: GraphQLResolveInfo, ...index: number[]): Error {
  return withoutStack(() => locatedError(error, fieldNodes, [...responsePathAsArray(path), ...index]))
}
