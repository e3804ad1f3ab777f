import {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core'
import { type GraphQLFieldResolver, type GraphQLOutputType, isEnumType, isListType, isNonNullType } from 'graphql'
import type { Include } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { invalidAnswer } from '../errors.ts'
import { limits } from '../limits.ts'

// A field reads a property of a body: by `t.expose...`, or by naming what its resolver `reads`. From that declaration
// follow: the value is checked before the caller gets it; a body that lacks the property because it stands shortened
// inside another is replaced by the object's own; and authentik is told to leave out the lists that no selected field
// `include`s (includes.ts).

declare global {
  export namespace PothosSchemaTypes {
    export interface BuildSchemaOptions<Types extends SchemaTypes> {
      /** Fields that the schema is not to have, each by its coordinate. */
      leaveOut?: readonly string[]
    }
    export interface Plugins<Types extends SchemaTypes> {
      body: BodyPlugin<Types>
    }
    export interface FieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** The properties of the body that the resolver looks at, any of which will do. */
      reads?: readonly (keyof ParentShape & string)[]
      /** The field reads a list that authentik sends only if told so. */
      include?: Include
      /** The field's objects are part of the same body; others are loaded, and asked for, by themselves. Exposed ones are. */
      embedded?: boolean
      /** The object's own endpoint alone may answer the field, whatever body is at hand. */
      fromOwnEndpoint?: boolean
    }
    export interface ObjectTypeOptions<Types extends SchemaTypes, Shape> {
      /** Loads the object's own body, for a field that the body at hand cannot answer. Throws UpstreamError. */
      own?: (body: Shape, context: Context, include: Include | undefined) => Promise<Shape>
    }
  }
}

const partialBodies = new WeakSet<object>()

/** Marks a body that stands shortened inside another: what it lacks, the object's own endpoint has. */
export function partial<B extends object>(body: B): B {
  partialBodies.add(body)
  return body
}

/** Whether a list that came from upstream is one, of objects. */
export function isListOfObjects(list: unknown): boolean {
  return Array.isArray(list) && list.every((item) => typeof item === 'object' && item !== null)
}

type Body = Readonly<Record<string, unknown>>

/** What a field declares of the body it reads. */
interface Declaration {
  readonly reads?: readonly string[]
  readonly include?: Include
  readonly fromOwnEndpoint?: boolean
  readonly embedded?: boolean
}

/** What the field declares, from the extensions that Pothos keeps of it. */
export function declarationOf({ extensions }: { readonly extensions: Readonly<Record<string, unknown>> }): Declaration {
  const { pothosOptions, pothosExposedField: exposed } = extensions
  const options = pothosOptions as Declaration
  return typeof exposed === 'string' ? { ...options, reads: [exposed], embedded: true } : options
}

export class BodyPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> | null {
    return this.buildCache.options.leaveOut?.includes(`${field.parentType}.${field.name}`) ? null : field
  }

  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { parentType, extensions, pothosOptions }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const { reads, include, fromOwnEndpoint } = declarationOf({ extensions: { ...extensions, pothosOptions } })
    if (!reads) return resolve
    const { own } = this.buildCache.getTypeConfig(parentType).pothosOptions as { own?: LoadOwn }
    const answer = checked(resolve, reads, include !== undefined)
    if (!own) return answer
    return (body, args, context, info) => {
      const lacking = partialBodies.has(body as object) && !reads.some((property) => has(body as Body, property))
      if (!lacking && !fromOwnEndpoint) return answer(body, args, context, info)
      const whole = own(body as object, context as Context, include)
      return whole.then((found) => answer(found, args, context, info))
    }
  }
}

type LoadOwn = (body: object, context: Context, include: Include | undefined) => Promise<object>

/** The resolver, with what graphql itself would make a masked error of told as what it is. */
function checked<C>(
  resolve: GraphQLFieldResolver<unknown, C, object>,
  reads: readonly string[],
  askedFor: boolean,
): GraphQLFieldResolver<unknown, C, object> {
  const unusable = (cause?: unknown) => invalidAnswer(`no usable "${reads.join('" or "')}"`, undefined, cause)
  let fits: Check | undefined
  return (body, args, context, info) => {
    fits ??= checkOf(info.returnType)
    if (askedFor && isUntold(body as Body, reads)) throw unusable()
    let value: unknown
    try {
      value = resolve(body, args, context, info)
    } catch (error) {
      // A list that is none, or with a null in it.
      throw error instanceof TypeError ? unusable(error) : error
    }
    if (fits(value)) return value
    throw unusable()
  }
}

/** Null is an answer, but for the lists of objects, where it says that they were not asked for. */
function has(body: Body, property: string): boolean {
  const value = body[property]
  return property.endsWith('_obj') ? value != null : value !== undefined
}

/** Whether a body has but null where a list was asked for. */
function isUntold(body: Body, reads: readonly string[]): boolean {
  return reads.some((property) => property in body) && !reads.some((property) => has(body, property))
}

type Check = (value: unknown) => boolean

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const scalarChecks: Readonly<Record<string, Check>> = {
  ID: (value) => typeof value === 'string',
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  Int: (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  UUID: (value) => typeof value === 'string' && uuid.test(value),
  DateTime: (value) => typeof value === 'string' && dateTime.test(value),
  JSON: (value) => isJson(value, limits.jsonDepth),
}

/** JSON that can be written again: graphql and JSON.stringify recurse, and NaN stands for a number that cannot be kept. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((inner) => isJson(inner, depth - 1))
}

/** Whether a value may stand in a field of that type. */
function checkOf(type: GraphQLOutputType): Check {
  if (isNonNullType(type)) {
    const fits = checkOf(type.ofType)
    return (value) => value != null && fits(value)
  }
  const fits = isListType(type) ? checkOfList(checkOf(type.ofType)) : checkOfNamed(type)
  return (value) => value == null || fits(value)
}

function checkOfList(fits: Check): Check {
  return (value) => Array.isArray(value) && value.every(fits)
}

function checkOfNamed(type: GraphQLOutputType): Check {
  if (!isEnumType(type)) return scalarChecks[String(type)] ?? ((value) => typeof value === 'object')
  const known = new Set(type.getValues().map(({ value }) => value))
  return (value) => known.has(value)
}
