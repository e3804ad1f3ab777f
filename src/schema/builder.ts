import SchemaBuilder from '@pothos/core'
import type { Context } from '../context.ts'
import { BodyPlugin } from './body.ts'

SchemaBuilder.registerPlugin('body', BodyPlugin)

/** The one Pothos builder; every resource adds its types to it. */
export const builder = new SchemaBuilder<{
  Context: Context
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: string; Output: string }
    JSON: { Input: unknown; Output: unknown }
    UUID: { Input: string; Output: string }
  }
}>({ plugins: ['body'] })

builder.scalarType('DateTime', {
  description: 'A moment, as RFC 3339 has it ("2036-12-01T02:59:34.011099Z"): exactly the text that authentik sent.',
})
builder.scalarType('JSON', {
  description: 'Any JSON value, as authentik sent it.',
})
builder.scalarType('UUID', {
  description: 'A universally unique identifier, 32 hexadecimal digits in groups of 8-4-4-4-12.',
})

builder.queryType({
  description:
    "What can be asked. Every look-up is made at authentik in the caller's name and shows what authentik would show.",
})
