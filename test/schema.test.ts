import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, printSchema } from 'graphql'
import { expect, it } from 'vitest'
import { schema } from '../src/schema/index.ts'

const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))

it('is printed in schema.graphql', async () => {
  await expect(`${printSchema(schema)}\n`).toMatchFileSnapshot('../schema.graphql')
})

it('describes every type, field, argument and value', () => {
  const bare: string[] = []
  const describes = (name: string, { description }: { description?: string | null | undefined }) => {
    if (!description || !/^([A-Z0-9"]|authentik).*[.]$/s.test(description)) bare.push(`${name}: ${description}`)
  }
  for (const type of types) {
    if (!['String', 'Int', 'Boolean', 'ID'].includes(type.name)) describes(type.name, type)
    if (isEnumType(type)) for (const value of type.getValues()) describes(`${type.name}.${value.name}`, value)
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      describes(`${type.name}.${field.name}`, field)
      if ('args' in field) for (const arg of field.args) describes(`${type.name}.${field.name}(${arg.name}:)`, arg)
    }
  }
  expect(bare).toEqual([])
})
