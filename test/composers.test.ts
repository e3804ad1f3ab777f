import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readOperations } from '../src/http/operations-file.ts'
import { run } from './program.ts'
import { blocksOf, makeFolder, startRecipe, startThousandUsers } from './recipes.ts'
import { startGateway, startGatewayOver } from './start.ts'

// What docs/composers.md says of schema stitching and of the SDL, as it stands there. test/hive and test/composers run the rest.

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/composers.md'), 'utf8')
const [stitching = '', prefixes = ''] = blocksOf('docs/composers.md', 'js')
const sdlFile = join(root, 'stitching.graphql')

/** A service of devices, each with the key of its owner. */
const devicesOf = (user: string) => `import { createSchema } from 'graphql-yoga'
export const devices = createSchema({
  typeDefs: 'type Device { owner: ${user} } type ${user} { pk: Int! } type Query { devices(count: Int!, owners: Int!, from: Int!): [Device!]! }',
  resolvers: {
    Query: {
      devices: (_, { count, owners, from }) => Array.from({ length: count }, (_, index) => ({ owner: { pk: from + (index % owners) } })),
    },
  },
})`

/** The recipe over a gateway and the devices, with some of its text replaced. */
function startStitched(gateway: string, replaced: Readonly<Record<string, string>> = {}, user = 'User') {
  const folder = makeFolder()
  writeFileSync(join(folder, 'devices.mjs'), devicesOf(user))
  const changes = { 'http://127.0.0.1:4000/graphql': gateway, ' /*, yours */': ', { schema: devices }', ...replaced }
  const text = Object.entries(changes).reduce((whole, [from, to]) => {
    expect(whole).toContain(from)
    return whole.replaceAll(from, to)
  }, stitching)
  return startRecipe(`import { devices } from './devices.mjs'\n${text}`, folder)
}

/** The recipe with the SDL of the file. */
const ofFile = {
  "const { data } = await executor({ document: parse('{ _sdl }') })": `import { readFileSync } from 'node:fs'\nconst data = { _sdl: readFileSync('${sdlFile}', 'utf8') }`,
}

const ownersOf = (count: number, owners: number, from: number) =>
  `{ me { username } devices(count: ${count}, owners: ${owners}, from: ${from}) { owner { username } } }`

const codesOf = (errors: readonly { extensions: { code: string } }[] = []) =>
  new Set(errors.map(({ extensions }) => extensions.code))

it('Every package in the code of the page is in one of its lines for npm install', () => {
  const code = [...blocksOf('docs/composers.md', 'js'), ...blocksOf('docs/composers.md', 'ts')].join('')
  const imported = [...code.matchAll(/^import .* from '(?!node:)([^']+)'/gm)].map(([, name = '']) => name)
  const installed = [...page.matchAll(/`npm install ([^`]+)`/g)].flatMap(([, names = '']) => names.split(' '))
  expect(imported.filter((name) => !installed.includes(name))).toEqual([])
})

describe('The recipe for schema stitching', () => {
  it('gives each of many callers at once what they may see, and joins none of them', async () => {
    const { url, sandbox, requestLines } = await startGateway()
    const { ask } = await startStitched(url)
    requestLines.splice(0)
    const tokens = Array.from({ length: 20 }, (_, index) => (index % 2 ? 'demo-plain' : 'demo-superuser'))
    const answers = await Promise.all(tokens.map((token) => ask(ownersOf(3, 2, 8), token)))
    for (const [index, { data, errors }] of answers.entries()) {
      const mayNot = index % 2 === 1
      const owners = ['zoe', 'haruka', 'zoe'].map((username) => ({ owner: mayNot ? null : { username } }))
      expect(data).toEqual({ me: { username: mayNot ? 'paul' : 'mira' }, devices: owners })
      expect(codesOf(errors)).toEqual(new Set(mayNot ? ['FORBIDDEN'] : []))
    }
    // Each asks who they are, and then for their owners, or for both at once.
    await expect.poll(() => requestLines.length).toBeGreaterThanOrEqual(20)
    expect(new Set(sandbox.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer demo-superuser', 'Bearer demo-plain']),
    )
  })

  it('gives 1000 rows with 1000 different owners by two operations', async () => {
    const { url, requestLines } = await startGatewayOver(await startThousandUsers())
    const { ask } = await startStitched(url)
    requestLines.splice(0)
    const { data, errors } = await ask(ownersOf(1000, 1000, 1001).replace('me { username }', ''))
    expect(errors).toBeUndefined()
    const names = data.devices.map(({ owner }: { owner: { username: string } }) => owner.username)
    expect(names).toEqual(Array.from({ length: 1000 }, (_, index) => `user-${index}`))
    await expect.poll(() => requestLines.length).toBe(2)
  })

  it.each([
    ['BAD_USER_INPUT', { 'maxBatchSize: 10': '', 'maxBatchSize: 50': '' }],
    ['QUERY_TOO_COMPLEX', { 'maxBatchSize: 10': '' }],
  ])('misses 500 of them without the two bounds, or without the first one: %s', async (code, replaced) => {
    const { url } = await startGatewayOver(await startThousandUsers())
    const { ask } = await startStitched(url, replaced)
    const { errors } = await ask(ownersOf(1000, 1000, 1001))
    expect(errors).toHaveLength(500)
    expect(codesOf(errors)).toEqual(new Set([code]))
  })

  it('finds objects by global ids', async () => {
    const { url } = await startGateway()
    const { ask } = await startStitched(url)
    const query = '{ node(id: "User:8") { id ... on User { username } } nodes(ids: ["Group:x", "User:9"]) { id } }'
    const { data } = await ask(query)
    expect(data).toEqual({ node: { id: 'User:8', username: 'zoe' }, nodes: [null, { id: 'User:9' }] })
  })

  it('renames types and fields, and no ids', async () => {
    const { url, sandbox } = await startGateway()
    const wrapped = { 'const schema =': `${prefixes}\nconst schema =`, '[authentik,': '[prefixed,' }
    const { ask } = await startStitched(url, wrapped, 'AuthentikUser')
    const node = (id: string) => `authentik_node(id: "${id}") { __typename id }`
    const { data, errors } = await ask(
      `{ authentik_me { __typename id } one: ${node('User:8')} other: ${node('AuthentikUser:8')} ${ownersOf(2, 2, 8).replace('me { username }', '').slice(1)}`,
      'demo-superuser',
    )
    expect(data).toMatchObject({
      authentik_me: { __typename: 'AuthentikUser', id: expect.stringMatching(/^User:/) },
      one: { __typename: 'AuthentikUser', id: 'User:8' },
      other: null,
      devices: [{ owner: { username: 'zoe' } }, { owner: { username: 'haruka' } }],
    })
    expect(codesOf(errors)).toEqual(new Set(['BAD_USER_INPUT']))
    expect(new Set(sandbox.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer demo-superuser']),
    )
  })
})

describe('A graph composed of the file', () => {
  it('is served over a gateway that hides its schema', async () => {
    const { url } = await startGateway({ introspection: false })
    const { ask } = await startStitched(url, ofFile)
    const { data, errors } = await ask(ownersOf(1, 1, 8))
    expect(errors).toBeUndefined()
    expect(data).toEqual({ me: { username: 'mira' }, devices: [{ owner: { username: 'zoe' } }] })
  })

  it('loses what is asked together with a field that the gateway does not have', async () => {
    const { url, ask: askGateway } = await startGateway({ hideSecrets: true, mutations: false })
    const { data: served } = await askGateway('{ _sdl _service { sdl } }', { token: null })
    for (const sdl of [served._sdl, served._service.sdl]) expect(sdl).not.toMatch(/clientSecret|type Mutation/)
    const { ask } = await startStitched(url, ofFile)
    const { data, errors } = await ask('{ me { username } oauth2Provider(id: 1) { clientSecret } }')
    expect(data).toEqual({ me: null, oauth2Provider: null })
    expect(codesOf(errors)).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']))
  })

  it.each([
    ['enforce', ['PERSISTED_QUERY_ONLY']],
    ['log', []],
  ] as const)('over a gateway with persisted operations, in the mode "%s"', async (mode, codes) => {
    const persistedOperations = readOperations('test/persisted/relay.json')
    const { url } = await startGateway({ persistedOperations, persistedOperationsMode: mode })
    const { ask } = await startStitched(url, ofFile)
    const { data, errors } = await ask(ownersOf(1, 1, 8))
    expect(codesOf(errors)).toEqual(new Set(codes))
    expect(data.me).toEqual(mode === 'log' ? { username: 'mira' } : null)
  })
})

describe('The page', () => {
  it('tells the keys that the SDL has', () => {
    const sdl = readFileSync(join(root, 'subgraph.graphql'), 'utf8')
    const rows = [...sdl.matchAll(/^(?:type|interface) (\w+).* @key.*\{$/gm)].map(([line, name]) => {
      const keys = [...line.matchAll(/@key\(fields: "(\w+)"/g)].map(([, field]) => `\`${field}\``)
      return `| \`${name}\` | ${keys.join(', ')} |`
    })
    expect(rows).toHaveLength(12)
    for (const row of rows) expect(page).toContain(`${row}\n`)
  })

  it('has commands that print the SDL', async () => {
    const [commands = ''] = blocksOf('docs/composers.md', 'sh')
    const lines = commands.trim().split('\n')
    expect(lines).toEqual(['federation', 'stitching'].map((name) => `npm start --silent -- schema --${name}`))
    for (const name of ['federation', 'stitching']) {
      const { stdout, ended } = run({}, ['schema', `--${name}`])
      expect(await ended).toBe(0)
      const file = name === 'federation' ? 'subgraph' : 'stitching'
      expect(stdout()).toBe(readFileSync(join(root, `${file}.graphql`), 'utf8'))
    }
  })
})

it('asks for each entity by one request, but for providers, of which a page has all', async () => {
  const { ask, asked } = await startGateway()
  const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }'
  const pks = Array.from({ length: 25 }, (_, index) => index + 4)
  await ask(query, { variables: { of: pks.map((pk) => ({ __typename: 'User', pk })) } })
  expect(asked()).toHaveLength(25)
  await ask(query, { variables: { of: [1, 2, 3, 4].map((pk) => ({ __typename: 'OAuth2Provider', pk })) } })
  expect(asked()).toHaveLength(1)
})
