/** A schema as a document has it, as far as one that reads answers has to know it. */
export interface Schema {
  readonly $ref?: string
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly type?: string | readonly string[] | undefined
  readonly format?: string | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly nullable?: boolean
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
}

/** A schema with references followed and alternatives taken together. */
export interface Expanded extends Omit<Schema, '$ref' | 'allOf' | 'oneOf' | 'anyOf' | 'type'> {
  readonly type?: string | undefined
  readonly nullable: boolean
}

interface Parameter {
  readonly $ref?: string
  readonly name?: string
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly responses?: Readonly<Record<string, Response>>
}

interface Response {
  readonly $ref?: string
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}

interface PathItem {
  readonly parameters?: readonly Parameter[]
  readonly get?: Operation
  readonly delete?: Operation
}

/** What an authentik says of its API. */
export interface Document {
  readonly openapi: string
  readonly info?: { readonly version?: string }
  readonly paths: Readonly<Record<string, PathItem>>
}

/** An OpenAPI document, to be asked. */
export class OpenApi {
  readonly #document: Document
  readonly #paths: ReadonlyMap<string, PathItem>

  constructor(document: Document) {
    this.#document = document
    // Two releases may call the key in a path differently.
    this.#paths = new Map(Object.entries(document.paths).map(([path, item]) => [unnamed(path), item]))
  }

  has(method: 'get' | 'delete', path: string): boolean {
    return this.#paths.get(unnamed(path))?.[method] !== undefined
  }

  /** The names of the query parameters of a GET. */
  parametersOf(path: string): ReadonlySet<string | undefined> {
    const item: PathItem = this.#paths.get(unnamed(path)) ?? {}
    const parameters = [...(item.parameters ?? []), ...(item.get?.parameters ?? [])]
    return new Set(parameters.map((parameter) => this.#follow(parameter).name))
  }

  /** The schema of a GET's answer. */
  answerOf(path: string): Expanded {
    const response: Response = this.#paths.get(unnamed(path))?.get?.responses?.['200'] ?? {}
    return this.expand(this.#follow(response).content?.['application/json']?.schema ?? {})
  }

  /**
   * A schema with references followed and alternatives taken together. drf-spectacular writes an enum that may be null as
   * `oneOf` of itself and an enum with null, and version 3.1 of OpenAPI writes a `type` of two.
   */
  expand(schema: Schema, outer: readonly Schema[] = []): Expanded {
    if (outer.includes(schema)) return { nullable: false }
    const { $ref, allOf = [], oneOf = [], anyOf = [], ...own } = schema
    const inside = [...outer, schema]
    const parts = [...allOf, ...oneOf, ...anyOf].map((part) => this.expand(part, inside))
    if ($ref) parts.push(this.expand(this.#follow(schema), inside))
    return parts.reduce(joined, plain(own))
  }

  /** What a reference names; anything else is itself. What is named is of the same kind, as documents are written. */
  #follow<Value extends { readonly $ref?: string }>(value: Value): Value {
    if (typeof value.$ref !== 'string') return value
    const find = (found: object, name: string): object => Reflect.get(found, name) ?? {}
    return value.$ref.split('/').slice(1).reduce(find, this.#document) as Value
  }
}

function unnamed(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '{}')
}

function plain({ type, enum: values, nullable = false, ...rest }: Schema): Expanded {
  const types: readonly string[] = [type ?? []].flat()
  return {
    ...rest,
    type: types.find((one) => one !== 'null'),
    enum: values?.filter((value) => value !== null),
    nullable: nullable || types.includes('null') || (values?.includes(null) ?? false),
  }
}

function joined(one: Expanded, other: Expanded): Expanded {
  return {
    ...other,
    ...one,
    type: one.type ?? other.type,
    format: one.format ?? other.format,
    nullable: one.nullable || other.nullable,
    enum: one.enum && other.enum ? [...one.enum, ...other.enum] : (one.enum ?? other.enum),
    properties: { ...other.properties, ...one.properties },
    required: [...(one.required ?? []), ...(other.required ?? [])],
  }
}
