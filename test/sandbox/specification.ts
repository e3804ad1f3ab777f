import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'

interface Schema {
  type?: string | string[]
  nullable?: boolean
  required?: string[]
  enum?: unknown[]
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema
  allOf?: Schema[]
  oneOf?: Schema[]
  [keyword: string]: unknown
}

interface Operation {
  responses: Record<string, { content: { 'application/json': { schema: { $ref: string } } } }>
}

interface OpenApi {
  paths: Record<string, { get: Operation }>
  components: { schemas: Record<string, Schema> }
}

/**
 * What real answers leave out: the first two against the specification, where there is no such application, the third where
 * nobody is impersonated. Everything else is always sent, also what the specification does not require.
 */
const absentInReality = ['assigned_backchannel_application_slug', 'assigned_backchannel_application_name', 'original']

const formats = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/,
  // Both may be "", against the specification's own rule for such texts.
  email: /^([^@ ]+@[^@ ]+)?$/,
  uri: /^(https?:\/\/\S+)?$/,
  double: true,
} as const

/** Reads an official OpenAPI document. The validators it gives also refuse properties that it does not know. */
export function readSpecification(packageName: string): (path: string) => ValidateFunction {
  const file = `${import.meta.dirname}/../../node_modules/${packageName}/schema.yml`
  const { paths, components } = parse(readFileSync(file, 'utf8')) as OpenApi
  const schemas = Object.fromEntries(Object.entries(components.schemas).map(([name, schema]) => [name, plain(schema)]))
  const ajv = new Ajv({ allErrors: true, strict: false, validateSchema: false, formats })
  ajv.addSchema({ $id: 'authentik', components: { schemas } })
  return (path) => {
    const schema = paths[path]?.get.responses['200']?.content['application/json'].schema
    if (!schema) throw new Error(`The specification has no GET ${path}`)
    return ajv.compile({ $ref: `authentik${schema.$ref}` })
  }
}

/** OpenAPI 3.0 as plain JSON Schema. */
function plain(schema: Schema): Schema {
  const { nullable, properties = {}, items, allOf, oneOf, ...rest } = schema
  const names = Object.keys(properties)
  const result: Schema = {
    ...rest,
    ...(names.length > 0 && { additionalProperties: false, properties: mapped(properties) }),
    required: names.filter((name) => !absentInReality.includes(name)),
    ...(items && { items: plain(items) }),
    ...(allOf && { allOf: allOf.map(plain) }),
    ...(oneOf && { oneOf: oneOf.map(plain) }),
  }
  return nullable ? { anyOf: [result, { type: 'null' }] } : result
}

function mapped(properties: Record<string, Schema>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, plain(schema)]))
}
