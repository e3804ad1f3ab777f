import { json } from 'node:stream/consumers'
import { composeServices } from '@theguild/federation-composition'
import { buildSchema, graphql, parse } from 'graphql'
import { listen } from './start.ts'

export interface Subgraph {
  readonly name: string
  readonly url: string
  readonly sdl: string
}

/** The supergraph of some subgraphs, empty where errors tell why there is none. */
export interface Composed {
  readonly errors: readonly string[]
  readonly supergraph: string
}

/** Composes as the Guild's tools do. */
export function compose(subgraphs: readonly Subgraph[]): Composed {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }))
  const { errors = [], supergraphSdl = '' } = composeServices(services)
  return { errors: errors.map(({ message }) => message), supergraph: supergraphSdl }
}

/** How a subgraph begins that uses these directives. */
export const link = (...directives: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ${JSON.stringify(directives)})\n`

/** Services that others may have, and what each of them knows of authentik's objects. */
export const others: Readonly<Record<string, string>> = {
  'one that knows users and groups by pk': `
    ${link('@key')}
    scalar UUID
    type Device { name: String! owner: User team: Group }
    type User @key(fields: "pk", resolvable: false) { pk: Int! }
    type Group @key(fields: "pk", resolvable: false) { pk: UUID! }
    type Query { devices: [Device!]! }`,
  'one that knows groups, providers and tokens by id': `
    ${link('@key')}
    type Incident { team: Group client: OAuth2Provider token: AccessToken }
    type Group @key(fields: "id", resolvable: false) { id: ID! }
    type OAuth2Provider @key(fields: "id", resolvable: false) { id: ID! }
    type AccessToken @key(fields: "id", resolvable: false) { id: ID! }
    type Query { incidents: [Incident!]! }`,
  'one that knows users by name, providers by client id, and all else by its own key': `
    ${link('@key')}
    scalar UUID
    type Ticket { by: User about: Application client: OAuth2Provider session: AuthenticatedSession token: ApiToken event: Event consent: UserConsent }
    type User @key(fields: "username", resolvable: false) { username: String! }
    type OAuth2Provider @key(fields: "clientId", resolvable: false) { clientId: String }
    type Application @key(fields: "slug", resolvable: false) { slug: String! }
    type AuthenticatedSession @key(fields: "uuid", resolvable: false) { uuid: UUID! }
    type ApiToken @key(fields: "identifier", resolvable: false) { identifier: String! }
    type Event @key(fields: "pk", resolvable: false) { pk: UUID! }
    type UserConsent @key(fields: "pk", resolvable: false) { pk: Int! }
    type Query { tickets: [Ticket!]! }`,
  'one that adds a field to users': `
    ${link('@key')}
    type Desk { floor: Int! }
    type User @key(fields: "id") { id: ID! desk: Desk }
    type Query { desks: [Desk!]! }`,
  'one that has copies of users, groups and providers': `
    ${link('@key', '@shareable')}
    scalar UUID
    type Badge { user: User group: Group client: OAuth2Provider }
    type User @key(fields: "pk") { pk: Int! username: String! @shareable email: String @shareable }
    type Group @key(fields: "pk") { pk: UUID! name: String! @shareable }
    type OAuth2Provider @key(fields: "pk") { pk: Int! name: String! @shareable clientId: String @shareable }
    type Query { badges: [Badge!]! }`,
  'one that provides the name of some users': `
    ${link('@key', '@external', '@provides')}
    type Door { openedBy: User @provides(fields: "username name") }
    type User @key(fields: "pk") { pk: Int! username: String! @external name: String! @external }
    type Query { doors: [Door!]! }`,
  'one that gives grants, and does not know their types': `
    ${link('@key', '@interfaceObject')}
    type Login { grant: Grant grants: [Grant!]! }
    type Grant @key(fields: "id", resolvable: false) @interfaceObject { id: ID! }
    type Query { logins: [Login!]! }`,
  'one that gives grants of types that it knows': `
    ${link('@key')}
    type Alarm { grant: Grant }
    interface Grant { id: ID! }
    type AccessToken implements Grant @key(fields: "id", resolvable: false) { id: ID! }
    type RefreshToken implements Grant @key(fields: "id", resolvable: false) { id: ID! }
    type Query { alarms: [Alarm!]! }`,
  'one with Relay of its own': `
    ${link('@key', '@shareable')}
    interface Node { id: ID! }
    type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
    type Room implements Node @key(fields: "id") { id: ID! name: String! }
    type RoomEdge { cursor: String! node: Room }
    type RoomConnection { edges: [RoomEdge!]! nodes: [Room!]! pageInfo: PageInfo! totalCount: Int! }
    type Query { node(id: ID!): Node nodes(ids: [ID!]!): [Node]! rooms(first: Int, after: String): RoomConnection! }`,
}

/** A service with fields that authentik has as well, and that nobody agreed to share. */
export const claiming = `
  ${link('@key', '@shareable')}
  type Application @key(fields: "slug") { slug: String! name: String! @shareable }
  type Query { sites: [Application!]! }`

const directives = `
  directive @key(fields: String!, resolvable: Boolean) repeatable on OBJECT | INTERFACE
  directive @shareable on OBJECT | FIELD_DEFINITION
  directive @external on FIELD_DEFINITION
  directive @provides(fields: String!) on FIELD_DEFINITION
  directive @interfaceObject on OBJECT
  type _Service { sdl: String! }
  extend type Query { _service: _Service! }`

/** A service that answers what its root fields are, and whose objects are known elsewhere. */
export async function startSubgraph(name: string, sdl: string, rootValue: object): Promise<Subgraph> {
  const schema = buildSchema(`${sdl.replace(/extend schema .*/, '')} ${directives}`)
  const { url } = await listen(async (request, response) => {
    const { query: source, variables: variableValues } = (await json(request)) as {
      query: string
      variables: Record<string, unknown>
    }
    const result = await graphql({ schema, source, variableValues, rootValue: { ...rootValue, _service: { sdl } } })
    response.setHeader('content-type', 'application/json').end(JSON.stringify(result))
  })
  return { name, url: `${url}/graphql`, sdl }
}

/** Logins, which know the ids of grants and not their types. */
export function startLogins() {
  const ids = ['AccessToken:42', 'RefreshToken:1', 'AuthorizationCode:1']
  const sdl = `${link('@key', '@interfaceObject')}
    type Login { grant: Grant! }
    type Grant @key(fields: "id", resolvable: false) @interfaceObject { id: ID! }
    type Query { logins: [Login!]! }`
  return startSubgraph('logins', sdl, { logins: ids.map((id) => ({ grant: { id } })) })
}
