import type { GraphQLFieldResolver } from 'graphql'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { weightOf } from './loading/wanted.ts'

type Resolver<C> = GraphQLFieldResolver<unknown, C, object>

/**
 * The resolver of a field that gives objects, which pays for them and for the fields selected of them before these are
 * answered: objects inside others cost authentik nothing, but the gateway time and memory. Once there are too many, no such
 * field is answered any more (see `Account.givenUp`): an error for each would cost more than the objects. What a mutation tells
 * is not charged: what was done must be told.
 */
export function charged<C>(resolve: Resolver<C>): Resolver<C> {
  return (body, args, context, info) => {
    if (info.operation.operation === 'mutation') return resolve(body, args, context, info)
    const { account } = context as Context
    const charge = (value: unknown) => {
      const objects = Array.isArray(value) ? value : value == null ? [] : [value]
      if (objects.length === 0) return value
      const waiting = objects[0] instanceof Promise ? limits.fieldsOfLoading : 0
      const fields = objects.length * (weightOf(context as Context, info) + waiting)
      return account.payFields(fields) ? value : account.never
    }
    if (account.isOverdrawn) return account.never
    const value = resolve(body, args, context, info)
    return value instanceof Promise ? value.then(charge) : charge(value)
  }
}
