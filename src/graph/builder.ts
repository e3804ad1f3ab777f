import SchemaBuilder from '@pothos/core'
import { inputError } from '../errors.ts'
import { BodyPlugin } from './hydration.ts'
import { uuidKey } from './loading/keys.ts'
import { readMoment } from './moment.ts'
import type { SchemaTypes } from './types.ts'

SchemaBuilder.registerPlugin('bodies', BodyPlugin)

/** The one Pothos builder. Every resource adds its types to it. */
export const builder = new SchemaBuilder<SchemaTypes>({ plugins: ['bodies'] })

const uuid = uuidKey('uuid')

builder.scalarType('DateTime', {
  description: 'A moment, as RFC 3339 has it ("2036-12-01T02:59:34.011099Z"): exactly the text that authentik sent.',
  parseValue: (value) => {
    if (typeof value === 'string' && readMoment(value) !== undefined) return value
    throw inputError('a moment such as "2036-12-01T02:59:34Z"', value)
  },
})
builder.scalarType('JSON', {
  description: 'Any JSON value, as authentik sent it.',
})
builder.scalarType('UUID', {
  description: 'A universally unique identifier, 32 hexadecimal digits in groups of 8-4-4-4-12.',
  parseValue: (value) => {
    const key = typeof value === 'string' ? uuid.read(value) : undefined
    if (key === undefined) throw inputError(uuid.example, value)
    return key
  },
})
