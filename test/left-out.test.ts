import { buildClientSchema, buildSchema, type GraphQLSchema, getIntrospectionQuery, isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { examples, examplesFor } from '../src/http/examples.ts'
import { createSchema } from '../src/schema/index.ts'
import { compose } from './compose.ts'
import { startGateway } from './start.ts'

const whole = createSchema()
const secrets = ['clientSecret', 'idToken', 'idTokenClaims', 'context']

/** Every field of every object and interface, and the name of every type. */
function contentsOf(schema: GraphQLSchema): string[] {
  // Pothos has a Float in every schema, whether a field needs it or not.
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('_') && name !== 'Float')
  return types.flatMap((type) => [
    type.name,
    ...('getFields' in type ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : []),
  ])
}

type Gateway = Awaited<ReturnType<typeof startGateway>>

/** The schema as introspection and both SDLs for composers tell it. */
async function toldBy({ ask }: Gateway) {
  const tell = async (query: string) => (await ask(query, { token: null })).data
  const sdl: string = (await tell('{ _service { sdl } }'))._service.sdl
  expect(compose([{ name: 'authentik', url: 'http://127.0.0.1', sdl }]).errors).toEqual([])
  return {
    introspected: buildClientSchema(await tell(getIntrospectionQuery())),
    stitched: buildSchema((await tell('{ _sdl }'))._sdl),
    sdl,
  }
}

describe('With MUTATIONS=off', () => {
  const revocation = 'mutation { revokeAccessTokens(ids: [42]) { revokedCount } }'

  it('there are no mutations, and no types of theirs, in introspection and in what composers get', async () => {
    const { introspected, stitched, sdl } = await toldBy(await startGateway({ mutations: false }))
    expect(introspected.getMutationType()).toBeFalsy()
    const left = contentsOf(whole).filter((name) => !contentsOf(introspected).includes(name))
    expect([...new Set(left.map((name) => name.split('.')[0]))].sort()).toEqual([
      'Mutation',
      'RevokeOutcome',
      'RevokePayload',
      'RevokeResult',
    ])
    expect(stitched.getMutationType()).toBeFalsy()
    expect(sdl).not.toMatch(/Mutation|Revoke/)
  })

  it('nothing is deleted', async () => {
    const { ask, asked } = await startGateway({ mutations: false })
    const { data, errors } = await ask(revocation)
    expect(data).toBeUndefined()
    expect(errors).toMatchObject([
      { message: 'The schema has no mutation.', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
    expect(asked()).toEqual([])
  })

  it('all that is asked by queries is answered as before', async () => {
    const { ask } = await startGateway({ mutations: false })
    const query = `{
      node(id: "AccessToken:42") { __typename ... on Grant { user { username groups { name } } provider { clientSecret } } }
      _entities(representations: [{ __typename: "Group", pk: "67726f75-7000-4000-8000-000000000003" }]) { ... on Group { name } }
    }`
    const { data, errors } = await ask(query)
    expect(errors).toBeUndefined()
    expect(data).toEqual((await (await startGateway()).ask(query)).data)
  })
})

describe('With HIDE_SECRETS=on', () => {
  it('no type has a secret, in introspection and in what composers get, and nothing else is missing', async () => {
    const { introspected, stitched, sdl } = await toldBy(await startGateway({ hideSecrets: true }))
    const isSecret = (name: string) => secrets.includes(name.split('.')[1] ?? '')
    for (const schema of [introspected, stitched]) expect(contentsOf(schema).filter(isSecret)).toEqual([])
    expect(contentsOf(introspected)).toEqual(contentsOf(whole).filter((name) => !isSecret(name)))
    expect(buildSchema(sdl, { assumeValidSDL: true }).getType('OAuth2Provider')).toSatisfy(
      (type) => isObjectType(type) && !('clientSecret' in type.getFields()) && 'clientId' in type.getFields(),
    )
    expect(sdl).not.toMatch(/\b(clientSecret|idToken|idTokenClaims|context):/)
  })

  it.each([
    '{ oauth2Provider(id: 1) { clientSecret } }',
    '{ accessToken(id: 42) { provider { clientSecret } } }',
    '{ accessToken(id: 42) { idToken } }',
    '{ refreshToken(id: 1) { idTokenClaims } }',
    '{ events { nodes { context } } }',
    '{ node(id: "AccessToken:42") { ... on AccessToken { idToken } } }',
    '{ _entities(representations: [{ __typename: "OAuth2Provider", pk: 1 }]) { ... on OAuth2Provider { clientSecret } } }',
  ])('authentik is not asked for %s', async (query) => {
    const { ask, asked } = await startGateway({ hideSecrets: true })
    const { data, errors } = await ask(query)
    expect(data).toBeUndefined()
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    expect(asked()).toEqual([])
  })
})

describe('GraphiQL', () => {
  it('shows no example that the schema does not have the fields for, and all others', () => {
    expect(examplesFor(whole, true)).toEqual(examples)
    const shown = examplesFor(createSchema({ leaveOut: ['Query.me', 'OAuth2Provider.redirectUris'] }), true)
    expect(shown).toEqual(examples.filter(({ query }) => !/WhoAmI|redirectUris/.test(query)))
    expect(shown.length).toBe(examples.length - 2)
  })

  it('authentik still finds events by their hidden contexts', async () => {
    const { ask } = await startGateway({ hideSecrets: true })
    const count = async (search: string) =>
      (await ask(`{ events(filter: { search: "${search}" }) { totalCount } }`)).data.events.totalCount
    expect(await count('demo-secret-of-a-prompt')).toBeGreaterThan(0)
    expect(await count('demo-secret-of-nothing')).toBe(0)
  })

  it.each([{ mutations: false }, { hideSecrets: true }, { mutations: false, hideSecrets: true }])(
    'shows examples on its page that run: with %j',
    async (options) => {
      const { url, ask } = await startGateway({ graphiql: true, demonstrationToken: 'demo-superuser', ...options })
      const page = await (await fetch(url, { headers: { accept: 'text/html' } })).text()
      const shown = examples.filter((example) => page.includes(JSON.stringify(example.query)))
      expect(shown.length).toBeGreaterThan(0)
      for (const { query, variables = '{}' } of shown) {
        expect((await ask(query, { variables: JSON.parse(variables) })).errors).toBeUndefined()
      }
    },
  )
})
