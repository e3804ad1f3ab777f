import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildSchema,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  print,
  specifiedScalarTypes,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { codes } from '../src/errors.ts'
import { printForPeople } from '../src/graph/sdl.ts'
import { federationSdl, stitchingSdl } from '../src/graph/subgraph.ts'
import { createSchema } from '../src/schema/index.ts'
import { startGateway } from './start.ts'

const schema = createSchema()
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))

it('is printed in schema.graphql', async () => {
  await expect(printForPeople(schema)).toMatchFileSnapshot('../schema.graphql')
})

it('is printed for composers in subgraph.graphql and stitching.graphql', async () => {
  await expect(federationSdl(schema)).toMatchFileSnapshot('../subgraph.graphql')
  await expect(stitchingSdl(schema)).toMatchFileSnapshot('../stitching.graphql')
})

const directivesOf = (type: string, field: string) => {
  const found = buildSchema(printForPeople(schema)).getType(type)
  const { directives = [] } = (isObjectType(found) && found.getFields()[field]?.astNode) || {}
  return directives.map((directive) => print(directive))
}

it('tells what fields cost to people, who read the definitions with it, and not to composers', () => {
  expect(directivesOf('User', 'accessTokens')).toEqual([
    '@semanticNonNull',
    '@cost(weight: "1")',
    '@listSize(assumedSize: 100, slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)',
  ])
  expect(directivesOf('UserConnection', 'nodes')).toEqual(['@cost(weight: "0")'])
  expect(directivesOf('Group', 'parentName')).toEqual([])
  expect(federationSdl(schema) + stitchingSdl(schema)).not.toMatch(/@cost|@listSize/)
})

it('tells clients which fields are null only with an error, as every supported release sends what they read', () => {
  expect(directivesOf('OAuth2Provider', 'clientId')).toEqual(['@semanticNonNull'])
  expect(directivesOf('OAuth2Provider', 'jwtFederationProviders')[0]).toBe('@semanticNonNull(levels: [1])')
  // Not in all releases, null of some objects, null of itself, and null where there is nothing to see.
  const others = [
    ['OAuth2Provider', 'grantTypes'],
    ['AccessToken', 'expires'],
    ['AccessToken', 'idTokenClaims'],
    ['Query', 'accessToken'],
  ] as const
  for (const [type, field] of others) expect(directivesOf(type, field).join()).not.toContain('@semanticNonNull')
  expect(federationSdl(schema) + stitchingSdl(schema)).not.toContain('@semanticNonNull')
})

it('says of itself which ids to use, what its scalars are, and each code of an error', async () => {
  const { ask } = await startGateway()
  const { data } = await ask('{ __schema { description types { kind name } } }')
  const { description, types: told } = data.__schema
  expect(description).toContain('Use global ids.')
  for (const [code, { meaning }] of Object.entries(codes)) expect(description).toContain(`- \`${code}\`: ${meaning}`)
  const scalars = told.flatMap(({ kind, name }: { kind: string; name: string }) => (kind === 'SCALAR' ? [name] : []))
  const own = scalars.filter(
    (name: string) => !specifiedScalarTypes.some((type) => type.name === name) && name !== '_Any',
  )
  expect(own).toHaveLength(3)
  for (const name of own) expect(description).toContain(`- \`${name}\`: `)
  expect(federationSdl(schema) + stitchingSdl(schema)).not.toContain('Use global ids.')
})

it('is made without the fields that it is told to leave out, and no others', () => {
  const smaller = createSchema({ leaveOut: ['OAuth2Provider.clientSecret', 'AccessToken.idToken', 'Query.users'] })
  const fields = (made: GraphQLSchema) =>
    Object.values(made.getTypeMap()).flatMap((type) =>
      isObjectType(type) ? Object.keys(type.getFields()).map((name) => `${type.name}.${name}`) : [],
    )
  const left = ['OAuth2Provider.clientSecret', 'AccessToken.idToken', 'Query.users']
  expect(
    fields(schema)
      .filter((field) => !fields(smaller).includes(field))
      .sort(),
  ).toEqual(left.sort())
  expect(() => createSchema({ leaveOut: ['OAuth2Provider.clientSecrets'] })).toThrow('OAuth2Provider.clientSecrets')
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

describe('The contract', () => {
  const contract = buildSchema(readFileSync(join(import.meta.dirname, 'contract.graphql'), 'utf8'))
  const promised = Object.values(contract.getTypeMap()).filter(({ name }) => !name.startsWith('__'))

  it.each(promised.map((type) => [type.name, type] as const))('is kept: %s', (name, type) => {
    expect(linesOf(schema.getType(name))).toEqual(expect.arrayContaining(linesOf(type)))
  })

  /** Everything that a caller can rely on in a type, a line for each. */
  function linesOf(type: GraphQLNamedType | undefined): string[] {
    const lines = [`${type?.constructor.name} ${type?.name}`]
    if (isInputObjectType(type)) lines.push(`oneOf ${type.isOneOf}`)
    if (isEnumType(type)) lines.push(...type.getValues().map(({ name }) => `value ${name}`))
    if (isObjectType(type) || isInterfaceType(type))
      lines.push(...type.getInterfaces().map((one) => `implements ${one}`))
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return lines
    for (const field of Object.values(type.getFields())) {
      lines.push(`field ${field.name}: ${field.type}`)
      const args = 'args' in field ? field.args : [field]
      for (const arg of args) lines.push(`${field.name}(${arg.name}: ${arg.type} = ${JSON.stringify(defaultOf(arg))})`)
    }
    return lines
  }

  /** A default as it is written: the value behind an enum's name is our own affair. */
  function defaultOf({
    name,
    astNode,
    defaultValue,
  }: {
    name: string
    astNode?: unknown
    defaultValue?: unknown
  }): unknown {
    return name === 'direction' ? (defaultValue === '' || defaultValue === 'ASC' ? 'ASC' : astNode) : defaultValue
  }
})
