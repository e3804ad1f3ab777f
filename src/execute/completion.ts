import { objectsIn } from '../graph/charges.ts'
import type { Run } from './run.ts'

/** Makes a part of the answer of a value, which stands in so many places of the answer. */
export type Complete = (value: unknown, run: Run, times: number) => unknown

/** An operation that graphql-js has to run: there can be no plan, or there is an error to tell. */
export class Unusual extends Error {}

/** Leaves the operation to graphql-js. */
export function fail(): never {
  throw new Unusual()
}

/** Completes what must not be null. */
export function required(complete: Complete): Complete {
  return (value, run, times) => complete(value, run, times) ?? fail()
}

/** Completes each item of a list. */
export function listOf(complete: Complete): Complete {
  return (value, run, times) => {
    if (value == null) return null
    if (!Array.isArray(value)) return fail()
    const answers = new Array<unknown>(value.length)
    for (let index = 0; index < value.length; index += 1) answers[index] = complete(value[index], run, times)
    return answers
  }
}

/** Completes objects that are paid for first, each with that weight. */
export function paid(complete: Complete, weight: number): Complete {
  return (value, run, times) => {
    const objects = objectsIn(value)
    if (objects > 0) run.pay(objects * weight * times)
    return complete(value, run, times)
  }
}
