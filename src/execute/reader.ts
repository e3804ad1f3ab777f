import { type GraphQLField, type GraphQLResolveInfo, getNullableType, isScalarType } from 'graphql'
import { checkOf } from '../graph/checks.ts'
import { declarationOf } from '../graph/declaration.ts'
import type { Reading } from '../graph/reading.ts'
import { limits } from '../limits.ts'
import { Unusual } from './completion.ts'
import type { Run } from './run.ts'

/** What a field gives of a body: what its resolver would give, checked like there. */
export type Read = (body: object, run: Run) => unknown

/** A property whose value may stand in the answer as it is. */
export interface Plain {
  readonly property?: string
  readonly isPlain?: (value: unknown) => boolean
}

/** How a scalar is read that stands in a body as it is to stand in the answer, short and of the right type. */
export function plainOf({ type, extensions }: GraphQLField<unknown, unknown>): Plain {
  const { pothosExposedField: exposed } = extensions
  const { fromOwnEndpoint } = declarationOf({ extensions })
  if (typeof exposed !== 'string' || fromOwnEndpoint || !isScalarType(getNullableType(type))) return {}
  const fits = checkOf(type)
  const isPlain = (value: unknown) => {
    const isShort = typeof value === 'string' && value.length < limits.charactersOfText
    return (isShort || typeof value === 'number' || typeof value === 'boolean') && fits(value)
  }
  return { property: exposed, isPlain }
}

/** What reads a field of a body, by the field's own resolver. Throws Unusual. */
export function readerOf(
  field: GraphQLField<unknown, unknown>,
  reading: Reading | undefined,
  info: GraphQLResolveInfo,
): Read {
  const { pothosExposedField: exposed, pothosOptions } = field.extensions
  const fits = reading ? checkOf(field.type) : () => true
  if (typeof exposed === 'string' && reading) {
    return (body) => {
      const value = (body as Readonly<Record<string, unknown>>)[exposed]
      // Most have a value that fits.
      return value != null && fits(value) ? value : reading.check(body, fits, () => value)
    }
  }
  const { resolve } = pothosOptions as Partial<Pick<GraphQLField<unknown, unknown>, 'resolve'>>
  const [node] = info.fieldNodes
  if (!resolve || !node) throw new Unusual()
  const isFixed = !field.args.length
  const call: Read = (body, run) => resolve(body, isFixed ? {} : run.argsOf(field, node), run.context, info)
  return reading ? (body, run) => reading.check(body, fits, () => call(body, run)) : call
}

/** The type that defines the field: an interface has its fields from itself. */
export function parentOf({ extensions }: GraphQLField<unknown, unknown>): string {
  return (extensions['pothosConfig'] as { readonly parentType: string }).parentType
}
