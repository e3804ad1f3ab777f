import SchemaBuilder from '@pothos/core'
import type { Context } from '../context.ts'
import { inputError } from '../errors.ts'
import { BodyPlugin } from './body.ts'
import { uuidKeys } from './loading/keys.ts'

SchemaBuilder.registerPlugin('body', BodyPlugin)

interface SchemaTypes {
  Context: Context
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: string; Output: string }
    JSON: { Input: unknown; Output: unknown }
    UUID: { Input: string; Output: string }
    _Any: { Input: unknown; Output: unknown }
  }
}

export type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>

/** The one Pothos builder; every resource adds its types to it. */
export const builder = new SchemaBuilder<SchemaTypes>({ plugins: ['body'] })

builder.scalarType('DateTime', {
  description: 'A moment, as RFC 3339 has it ("2036-12-01T02:59:34.011099Z"): exactly the text that authentik sent.',
})
builder.scalarType('JSON', {
  description: 'Any JSON value, as authentik sent it.',
})
builder.scalarType('UUID', {
  description: 'A universally unique identifier, 32 hexadecimal digits in groups of 8-4-4-4-12.',
  parseValue: (value) => {
    const key = typeof value === 'string' ? uuidKeys.read(value) : undefined
    if (key === undefined) throw inputError(uuidKeys.example, value)
    return key
  },
})

builder.queryType({
  description:
    "What can be asked. Every look-up is made at authentik in the caller's name and shows what authentik would show.",
})
