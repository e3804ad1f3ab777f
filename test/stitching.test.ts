import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildHTTPExecutor } from '@graphql-tools/executor-http'
import { stitchSchemas } from '@graphql-tools/stitch'
import { stitchingDirectives } from '@graphql-tools/stitching-directives'
import { buildSchema, execute, parse } from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
import { describe, expect, it } from 'vitest'
import { listen, startGateway } from './start.ts'

const { stitchingDirectivesTransformer, stitchingDirectivesValidator } = stitchingDirectives()

const platform = '67726f75-7000-4000-8000-000000000003'

/** A second service, that knows of authentik's objects only their keys: here authentik's own, or the global ids. */
async function startDevices() {
  const typeDefs = `
    scalar UUID
    type Device { name: String! owner: User team: Group issuer: OAuth2Provider token: AccessToken refreshToken: RefreshToken }
    type User { pk: Int! }
    type Group { pk: UUID! }
    type OAuth2Provider { pk: Int! }
    type AccessToken { id: ID! }
    type RefreshToken { id: ID! }
    type Query { devices: [Device!]! }`
  const device = (name: string, owner: number, issuer: number, token: number) => ({
    name,
    owner: { pk: owner },
    team: { pk: platform },
    issuer: { pk: issuer },
    token: { id: `AccessToken:${token}` },
    refreshToken: { id: `RefreshToken:${token}` },
  })
  const devices = [
    device('anemometer', 8, 1, 1),
    device('barometer', 9, 2, 2),
    device('ceilometer', 8, 1, 1),
    device('disdrometer', 99999, 1, 2),
  ]
  const schema = createSchema({ typeDefs, resolvers: { Query: { devices: () => devices } } })
  const yoga = createYoga<object>({ schema, logging: false })
  const { url } = await listen((request, response) => void yoga(request, response))
  return { schema: buildSchema(typeDefs), executor: buildHTTPExecutor({ endpoint: `${url}/graphql` }) }
}

/** Both services as one graph, configured by the SDL that the gateway serves and by nothing else. */
async function startLargerGraph() {
  const gateway = await startGateway()
  const sdl = (await gateway.ask('{ _sdl }', { token: null })).data._sdl
  const bodies: unknown[] = []
  const executor = buildHTTPExecutor({
    endpoint: gateway.url,
    headers: (request) => ({ authorization: request?.context?.authorization ?? '' }),
    fetch: (url: string, init?: RequestInit) => {
      bodies.push(JSON.parse(String(init?.body)))
      return fetch(url, init)
    },
  })
  const schema = stitchSchemas({
    subschemaConfigTransforms: [stitchingDirectivesTransformer],
    subschemas: [{ schema: buildSchema(sdl), executor, batch: true }, await startDevices()],
  })
  const askLarger = async (query: string, token = 'demo-superuser') => {
    const contextValue = { authorization: `Bearer ${token}` }
    // biome-ignore lint/suspicious/noExplicitAny: an answer of any query
    return JSON.parse(JSON.stringify(await execute({ schema, document: parse(query), contextValue }))) as any
  }
  return { ...gateway, sdl, askLarger, bodies }
}

it('serves the SDL in stitching.graphql, which the validator of the stitching directives accepts', async () => {
  const { ask } = await startGateway()
  const { data } = await ask('{ _sdl }', { token: null })
  expect(data._sdl).toBe(readFileSync(join(import.meta.dirname, '../stitching.graphql'), 'utf8'))
  expect(() => stitchingDirectivesValidator(buildSchema(data._sdl))).not.toThrow()
})

describe('A larger graph', () => {
  it('asks for the owners that it knows by key in one batch, each once, and an unknown one is null', async () => {
    const { askLarger, asked, bodies } = await startLargerGraph()
    const { data, errors } = await askLarger('{ devices { name owner { username groups { name } } } }')
    const zoe = { username: 'zoe', groups: [{ name: 'Engineering' }, { name: 'Platform' }, { name: 'Design' }] }
    expect(data.devices).toEqual([
      { name: 'anemometer', owner: zoe },
      { name: 'barometer', owner: { username: 'haruka', groups: [{ name: 'Design' }] } },
      { name: 'ceilometer', owner: zoe },
      { name: 'disdrometer', owner: null },
    ])
    // The unknown one has a key, but not the name that every user has.
    expect(errors).toMatchObject([{ path: ['devices', 3, 'owner', 'username'] }])
    expect(bodies).toMatchObject([{ variables: { ids: [8, 9, 99999] } }])
    const ofUsers = [8, 9, 99999].map((pk) => `GET /core/users/${pk}/?include_groups=true&include_roles=false`)
    // The unknown one may be the caller.
    expect(asked()).toEqual([...ofUsers, 'GET /core/users/me/'])
  })

  it('merges users, groups, providers and grants by either key, in one request', async () => {
    const { askLarger, asked, bodies } = await startLargerGraph()
    const { data, errors } = await askLarger(`{
      devices { owner { email } team { name } issuer { name } token { isExpired user { username } } refreshToken { scope } }
    }`)
    expect(errors).toBeUndefined()
    expect(data.devices[0]).toEqual({
      owner: { email: 'zoe@nordlicht.example' },
      team: { name: 'Platform' },
      issuer: { name: 'Grafana' },
      token: { isExpired: false, user: { username: expect.any(String) } },
      refreshToken: { scope: expect.any(Array) },
    })
    expect(data.devices[3].owner).toEqual({ email: null })
    expect(bodies).toHaveLength(1)
    expect(asked()).toHaveLength(3 + 1 + 1 + 2 + 2 + 2)
  })

  it("asks in the caller's name", async () => {
    const { askLarger, sandbox } = await startLargerGraph()
    const { data, errors } = await askLarger('{ devices { owner { email } } me { username } }', 'demo-plain')
    expect(data.me).toEqual({ username: 'paul' })
    expect(data.devices[0].owner).toEqual({ email: null })
    expect(errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code)).toContain('FORBIDDEN')
    expect(new Set(sandbox.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer demo-plain']),
    )
  })
})

describe('Several operations in one HTTP request', () => {
  const operations = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ query: `{ accessToken(id: ${index + 1}) { pk } }` }))
  const post = async (url: string, body: unknown) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, answer: await response.json() }
  }

  it('are answered in their order, up to ten', async () => {
    const { url } = await startGateway()
    const { answer } = await post(url, operations(10))
    expect(answer).toEqual(Array.from({ length: 10 }, (_, index) => ({ data: { accessToken: { pk: index + 1 } } })))
  })

  it('are each judged by themselves', async () => {
    const { url } = await startGateway()
    const { answer } = await post(url, [
      { query: '{ nope }' },
      { query: '{ __typename }' },
      { query: '{ user(id: "x") { pk } }' },
    ])
    expect(answer).toMatchObject([
      { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
      { data: { __typename: 'Query' } },
      { data: { user: null }, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    ])
  })

  it('are refused when there are more', async () => {
    const { url, asked } = await startGateway()
    const { status, answer } = await post(url, operations(11))
    expect(status).toBe(413)
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
    expect(asked()).toEqual([])
  })
})
