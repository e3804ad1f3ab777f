/** An OpenAPI document, as far as one that reads answers has to know it. */
export class OpenApi {
  #document
  #paths

  constructor(document) {
    this.#document = document
    // Two releases may call the key in a path differently.
    this.#paths = new Map(Object.entries(document.paths).map(([path, item]) => [unnamed(path), item]))
  }

  has(method, path) {
    return this.#paths.get(unnamed(path))?.[method] !== undefined
  }

  /** The names of the query parameters of a GET. */
  parametersOf(path) {
    const item = this.#paths.get(unnamed(path)) ?? {}
    const parameters = [...(item.parameters ?? []), ...(item.get?.parameters ?? [])]
    return new Set(parameters.map((parameter) => this.#follow(parameter).name))
  }

  /** The schema of a GET's answer. */
  answerOf(path) {
    const response = this.#paths.get(unnamed(path))?.get?.responses?.['200'] ?? {}
    return this.expand(this.#follow(response).content?.['application/json']?.schema ?? {})
  }

  /**
   * A schema with references followed and alternatives taken together. drf-spectacular writes an enum that may be null as
   * `oneOf` of itself and an enum with null, and version 3.1 of OpenAPI writes a `type` of two.
   */
  expand(schema, outer = []) {
    if (outer.includes(schema)) return {}
    const { $ref, allOf = [], oneOf = [], anyOf = [], ...own } = schema
    const inside = [...outer, schema]
    const parts = [...allOf, ...oneOf, ...anyOf].map((part) => this.expand(part, inside))
    if ($ref) parts.push(this.expand(this.#follow(schema), inside))
    return parts.reduce(joined, plain(own))
  }

  #follow(value) {
    if (typeof value.$ref !== 'string') return value
    return value.$ref
      .split('/')
      .slice(1)
      .reduce((found, name) => found?.[name] ?? {}, this.#document)
  }
}

function unnamed(path) {
  return path.replaceAll(/\{\w+\}/g, '{}')
}

function plain({ type, enum: values, nullable = false, ...rest }) {
  const types = [type ?? []].flat()
  return {
    ...rest,
    type: types.find((one) => one !== 'null'),
    enum: values?.filter((value) => value !== null),
    nullable: nullable || types.includes('null') || (values?.includes(null) ?? false),
  }
}

function joined(one, other) {
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
