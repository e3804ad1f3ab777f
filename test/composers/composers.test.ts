import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parse } from 'graphql'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Composed, claiming, link, others, type Subgraph, startLogins, startSubgraph } from '../compose.ts'
import { blocksOf, startRelay } from '../recipes.ts'
import { startGateway } from '../start.ts'

const folder = import.meta.dirname
const load = createRequire(join(folder, 'package.json'))

/** Composes as Apollo's tools do. */
function composeAsApollo(subgraphs: readonly Subgraph[]): Composed {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }))
  const { errors = [], supergraphSdl = '' } = load('@apollo/composition').composeServices(services)
  return { errors: errors.map(({ message }: Error) => message), supergraph: supergraphSdl }
}

/** Composes as WunderGraph's tools do, whose supergraph is no text. */
function composeAsWunderGraph(given: readonly Subgraph[]): Composed {
  const { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE: version } = load('@wundergraph/composition')
  const subgraphs = given.map(({ name, url, sdl }) => ({ name, url, definitions: parse(sdl) }))
  const { errors = [], federatedGraphAST } = federateSubgraphs({ subgraphs, version })
  const supergraph = federatedGraphAST ? load('graphql').print(federatedGraphAST) : ''
  return { errors: errors.map(({ message }: Error) => message), supergraph }
}

async function getSdl(): Promise<string> {
  const { ask } = await startGateway()
  return (await ask('{ _service { sdl } }', { token: null })).data._service.sdl
}

describe.each([
  ['Apollo', composeAsApollo],
  ['WunderGraph', composeAsWunderGraph],
])('%s composes the SDL', (_judge, compose) => {
  const composeWith = async (...sdls: string[]) => {
    const all = [await getSdl(), ...sdls]
    return compose(all.map((sdl, index) => ({ name: `service${index}`, url: `http://127.0.0.1/${index}`, sdl })))
  }

  it('alone', async () => {
    const { errors, supergraph } = await composeWith()
    expect(errors).toEqual([])
    expect(supergraph).toMatch(/^type User\b/m)
  })

  it.each(Object.entries(others))('with that of %s', async (_name, sdl) => {
    expect((await composeWith(sdl)).errors).toEqual([])
  })

  it('with those of all at once', async () => {
    expect((await composeWith(...Object.values(others))).errors).toEqual([])
  })

  it('not with a copy of what nobody may copy', async () => {
    expect((await composeWith(claiming)).errors.join()).toMatch(
      /"?shareable"? field "Application.name"|"Application" defines/i,
    )
  })
})

/** 501 devices of 25 owners, with copies of what the owners are called. */
function startDevices() {
  const devices = Array.from({ length: 501 }, (_, index) => {
    const pk = (index % 25) + 4
    return { owner: { pk, username: `copy of ${pk}` } }
  })
  const sdl = `${link('@key', '@external', '@provides')}
    type Device { owner: User @provides(fields: "username") }
    type User @key(fields: "pk") { pk: Int! username: String! @external }
    type Query { devices: [Device!]! }`
  return startSubgraph('devices', sdl, { devices })
}

/** Apollo's gateway over authentik's, and over other services. */
async function startApollo(...services: readonly Subgraph[]) {
  const gateway = await startGateway()
  const { sdl } = (await gateway.ask('{ _service { sdl } }', { token: null })).data._service
  const { errors, supergraph } = composeAsApollo([{ name: 'authentik', url: gateway.url, sdl }, ...services])
  expect(errors).toEqual([])
  const { createGateway } = await import(join(folder, 'gateway.js'))
  const apollo = createGateway(supergraph)
  const { executor, schema } = await apollo.load()
  onTestFinished(() => apollo.stop())
  const ask = async (query: string, token = 'demo-superuser') => {
    const request = { query, variables: {} }
    const context = { authorization: `Bearer ${token}` }
    const document = load('graphql').parse(query)
    const given = { document, request, context, schema, queryHash: query, metrics: {}, operationName: null }
    return JSON.parse(JSON.stringify(await executor(given)))
  }
  return { ...gateway, ask }
}

describe("Apollo's gateway", () => {
  it('gives all owners of 501 devices, and has authentik asked for each of the 25 once', async () => {
    const { ask, asked } = await startApollo(await startDevices())
    const { data, errors } = await ask('{ devices { owner { uid } } }')
    expect(errors).toBeUndefined()
    expect(data.devices.filter(({ owner }: { owner: { uid: string } | null }) => owner?.uid)).toHaveLength(501)
    expect(asked()).toHaveLength(25)
  })

  it('takes copies where a service provides them, and asks nothing', async () => {
    const { ask, asked } = await startApollo(await startDevices())
    const { data } = await ask('{ devices { owner { pk username } } }', 'demo-plain')
    expect(data.devices[0].owner).toEqual({ pk: 4, username: 'copy of 4' })
    expect(asked()).toEqual([])
  })

  it('gives grants of which another service knows the id alone', async () => {
    const { ask, asked } = await startApollo(await startLogins())
    const { data, errors } = await ask(
      '{ logins { grant { __typename id user { username } ... on AccessToken { revoked } } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.logins.map(({ grant }: { grant: unknown }) => grant)).toEqual([
      { __typename: 'AccessToken', id: 'AccessToken:42', user: { username: 'zoe' }, revoked: false },
      { __typename: 'RefreshToken', id: 'RefreshToken:1', user: { username: 'ada' } },
      { __typename: 'AuthorizationCode', id: 'AuthorizationCode:1', user: { username: 'ada' } },
    ])
    expect(asked()).toHaveLength(3)
  })

  it('finds any object by its global id, through a subgraph of twelve lines', async () => {
    const { ask } = await startApollo(await startRelay())
    const { data, errors } = await ask(`{
      node(id: "User:8") { __typename id ... on User { username } }
      nodes(ids: ["Group:67726f75-7000-4000-8000-000000000003", "User:99999", "nothing"]) { id ... on Group { name } ... on User { username } }
      unknown: node(id: "User:99999") { id }
    }`)
    expect(data).toEqual({
      node: { __typename: 'User', id: 'User:8', username: 'zoe' },
      nodes: [{ id: 'Group:67726f75-7000-4000-8000-000000000003', name: 'Platform' }, null, null],
      unknown: { id: 'User:99999' },
    })
    expect(errors).toMatchObject([{ path: ['nodes', 1], extensions: { code: 'NOT_FOUND' } }])
  })

  it("asks in each caller's name, whoever else asks the same at once", async () => {
    const { ask, sandbox } = await startApollo()
    const tokens = Array.from({ length: 10 }, (_, index) => (index % 2 ? 'demo-plain' : 'demo-superuser'))
    const answers = await Promise.all(tokens.map((token) => ask('{ me { username } }', token)))
    expect(answers.map(({ data }) => data.me.username)).toEqual(tokens.map((_, index) => (index % 2 ? 'paul' : 'mira')))
    expect(new Set(sandbox.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer demo-plain', 'Bearer demo-superuser']),
    )
  })

  it("lets more than one key of @oneOf through, which authentik's refuses", async () => {
    const { ask, asked } = await startApollo()
    const { data, errors } = await ask('{ userBy(by: { username: "zoe", id: "8" }) { pk } }')
    expect(data).toEqual({ userBy: null })
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    expect(asked()).toEqual([])
  })

  it('is made here as docs/composers.md shows', () => {
    expect(blocksOf('docs/composers.md', 'js')).toContain(readFileSync(join(folder, 'gateway.js'), 'utf8'))
  })
})
