import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lookups } from '../src/graph/loading/lookup.ts'
import '../src/schema/index.ts'
import { claiming, compose, others } from './compose.ts'
import { startGateway } from './start.ts'

const entities = [...lookups.keys()]

const typenamesOf = (sdl: string) => [...sdl.matchAll(/^ +type (\w+)/gm)].map(([, name]) => name)

/** The SDL as a composing machine gets it: without a token. */
async function getSdl(): Promise<string> {
  const { ask } = await startGateway()
  return (await ask('{ _service { sdl } }', { token: null })).data._service.sdl
}

async function composeWith(...sdls: string[]) {
  const all = [await getSdl(), ...sdls]
  return compose(all.map((sdl, index) => ({ name: `service${index}`, url: `http://127.0.0.1/${index}`, sdl })))
}

describe('The SDL', () => {
  it('is served as it is in subgraph.graphql', async () => {
    expect(await getSdl()).toBe(readFileSync(join(import.meta.dirname, '../subgraph.graphql'), 'utf8'))
  })

  it.each(Object.entries(others))('composes with that of %s', async (_name, sdl) => {
    const { errors, supergraph } = await composeWith(sdl)
    expect(errors).toEqual([])
    for (const type of [...entities, ...typenamesOf(sdl)])
      expect(supergraph).toMatch(new RegExp(`^(type|interface) ${type}\\b`, 'm'))
  })

  it('composes alone, and with those of all at once', async () => {
    expect((await composeWith()).errors).toEqual([])
    expect((await composeWith(...Object.values(others))).errors).toEqual([])
  })

  it('does not compose with a copy of what nobody may copy', async () => {
    expect((await composeWith(claiming)).errors.join()).toMatch('Non-shareable field "Application.name"')
  })

  it('has nothing that any other may have by the same name, and no directive that composers may not know', async () => {
    const sdl = await getSdl()
    expect(sdl).not.toMatch(/\bNode\b|\bnodes?\(|ByIds\(|_entities|_Any/)
    expect(new Set(sdl.match(/@\w+/g))).toEqual(new Set(['@link', '@key', '@shareable']))
  })
})

const query = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on User { pk username }
    ... on Group { name }
    ... on OAuth2Provider { name }
    ... on Grant { pk }
  }
}`

const user = (pk: unknown) => ({ __typename: 'User', pk })
const zoe = { __typename: 'User', pk: 8, username: 'zoe' }
const haruka = { __typename: 'User', pk: 9, username: 'haruka' }
const accessToken = (pk: number) => ({ __typename: 'AccessToken', pk })
const platform = '67726f75-7000-4000-8000-000000000003'

/** What `_entities` gives for each, what failed at which path, and what that took. */
async function askEntities(representations: readonly unknown[], token?: string | null) {
  const { ask, asked } = await startGateway()
  const options = { variables: { representations }, ...(token !== undefined && { token }) }
  const { data, errors = [] } = await ask(query, options)
  const failures = errors.map(({ path, extensions }) => [path?.join('.'), extensions.code])
  return { found: data?._entities, failures, asked: asked() }
}

describe('_entities', () => {
  it('finds by either key: a number or text, a UUID in any case', async () => {
    const group = { __typename: 'Group', name: 'Platform' }
    const { found, failures, asked } = await askEntities([
      user(8),
      user('8'),
      { __typename: 'User', id: 'User:8' },
      { __typename: 'User', id: 'User:8', pk: 8 },
      { __typename: 'Group', pk: platform },
      { __typename: 'Group', pk: platform.toUpperCase() },
      { __typename: 'Group', id: `Group:${platform.toUpperCase()}` },
      { __typename: 'OAuth2Provider', pk: 1 },
      accessToken(42),
      { __typename: 'RefreshToken', id: 'RefreshToken:1' },
      { __typename: 'AuthorizationCode', pk: 1 },
    ])
    expect(failures).toEqual([])
    expect(found).toEqual([
      ...[zoe, zoe, zoe, zoe],
      ...[group, group, group],
      { __typename: 'OAuth2Provider', name: 'Grafana' },
      accessToken(42),
      { __typename: 'RefreshToken', pk: 1 },
      { __typename: 'AuthorizationCode', pk: 1 },
    ])
    expect(asked).toHaveLength(6)
  })

  it('finds by what other services know: a username, a UUID, a client id, each by one request', async () => {
    const { ask } = await startGateway()
    const { uuid } = (await ask('{ user(id: 8) { uuid } }')).data.user
    const representations = [
      { __typename: 'User', username: 'zoe' },
      { __typename: 'User', uuid: uuid.toUpperCase() },
      { __typename: 'OAuth2Provider', clientId: 'demo-client-grafana' },
      { __typename: 'User', username: 'nobody-of-that-name' },
    ]
    const { found, failures } = await askEntities(representations)
    expect(found).toEqual([zoe, zoe, { __typename: 'OAuth2Provider', name: 'Grafana' }, null])
    expect(failures).toEqual([['_entities.3', 'NOT_FOUND']])
    const { asked } = await askEntities([...representations.slice(0, 3), representations[0]])
    expect(asked).toHaveLength(3)
  })

  it('finds each type by its own key, whatever that is called', async () => {
    const { ask } = await startGateway()
    const { data } = await ask(`{
      authenticatedSessions(first: 1) { nodes { uuid } }
      apiTokens(first: 1) { nodes { identifier } }
      events(first: 1) { nodes { pk } }
      userConsents(first: 1) { nodes { pk } }
    }`)
    const representations = [
      { __typename: 'Application', slug: 'grafana' },
      { __typename: 'AuthenticatedSession', ...data.authenticatedSessions.nodes[0] },
      { __typename: 'ApiToken', ...data.apiTokens.nodes[0] },
      { __typename: 'Event', ...data.events.nodes[0] },
      { __typename: 'UserConsent', ...data.userConsents.nodes[0] },
    ]
    const { found, failures, asked } = await askEntities(representations)
    expect(failures).toEqual([])
    expect(found).toEqual(representations.map(({ __typename }) => expect.objectContaining({ __typename })))
    expect(asked).toHaveLength(5)
  })

  it('finds grants of which another service knows the global id and no type', async () => {
    const ids = ['AccessToken:42', 'RefreshToken:1', 'AuthorizationCode:1', 'AccessToken:42']
    const { found, failures, asked } = await askEntities(ids.map((id) => ({ __typename: 'Grant', id })))
    expect(failures).toEqual([])
    expect(found).toEqual([
      accessToken(42),
      { __typename: 'RefreshToken', pk: 1 },
      { __typename: 'AuthorizationCode', pk: 1 },
      accessToken(42),
    ])
    expect(asked).toHaveLength(3)
  })

  it('asks once for each distinct one, and answers in the order of the representations', async () => {
    // Of the keys 1 to 30, five are nobody's.
    const pks = Array.from({ length: 100 }, (_, index) => ((index * 7) % 30) + 1)
    const absent = [1, 2, 3, 29, 30]
    const { found, failures, asked } = await askEntities(pks.map(user))
    expect(found.map((one: { pk: number } | null) => one?.pk)).toEqual(
      pks.map((pk) => (absent.includes(pk) ? undefined : pk)),
    )
    expect(new Set(failures.map(([, code]) => code))).toEqual(new Set(['NOT_FOUND']))
    // And who the caller is, who may be one of those.
    expect(asked).toHaveLength(31)
  })

  it.each<[string, unknown, string]>([
    ['text', 'User:8', 'BAD_USER_INPUT'],
    ['a number', 8, 'BAD_USER_INPUT'],
    ['a list', [user(8)], 'BAD_USER_INPUT'],
    ['what has no type', { pk: 8 }, 'BAD_USER_INPUT'],
    ['an unknown type', { __typename: 'Nope', pk: 8 }, 'BAD_USER_INPUT'],
    ['a type without keys', { __typename: 'PageInfo', pk: 8 }, 'BAD_USER_INPUT'],
    ["a property of every object's", { __typename: 'constructor', pk: 8 }, 'BAD_USER_INPUT'],
    ['what has no key', { __typename: 'User' }, 'BAD_USER_INPUT'],
    ['a key that is null', user(null), 'BAD_USER_INPUT'],
    ['a key that is an object', user({ pk: 8 }), 'BAD_USER_INPUT'],
    ['a malformed key', user('08'), 'BAD_USER_INPUT'],
    ['a global id in the place of a key', user('User:8'), 'BAD_USER_INPUT'],
    ['a malformed UUID', { __typename: 'User', uuid: 'zoe' }, 'BAD_USER_INPUT'],
    ['a fraction', user(8.5), 'BAD_USER_INPUT'],
    ['a key with a path in it', user('8/../9'), 'BAD_USER_INPUT'],
    ['a key of another type', { __typename: 'User', id: 'Group:8' }, 'BAD_USER_INPUT'],
    ["a bare id, which may be another service's number", { __typename: 'User', id: '8' }, 'BAD_USER_INPUT'],
    ['a bare number as id', { __typename: 'User', id: 8 }, 'BAD_USER_INPUT'],
    ['a UUID where keys are numbers', user(platform), 'BAD_USER_INPUT'],
    [
      'a grant that is named by its key, of which each type has its own',
      { __typename: 'Grant', pk: 8 },
      'BAD_USER_INPUT',
    ],
    ['a user as a grant', { __typename: 'Grant', id: 'User:8' }, 'BAD_USER_INPUT'],
    ['an interface that is no key', { __typename: 'Node', id: 'User:8' }, 'BAD_USER_INPUT'],
    ['an absent object', user(99999), 'NOT_FOUND'],
  ])('gives null for %s, with an error of its own, and the others', async (_name, representation, code) => {
    const { found, failures, asked } = await askEntities([user(8), representation, user(9)])
    expect(found).toEqual([zoe, null, haruka])
    expect(failures).toEqual([['_entities.1', code]])
    expect(asked).toHaveLength(code === 'NOT_FOUND' ? 4 : 2)
  })

  it('gives null for what is hidden from the caller, with an error of its own, and the others', async () => {
    const { found, failures } = await askEntities([4, 5, 6].map(accessToken), 'demo-plain')
    expect(found).toEqual([null, accessToken(5), null])
    expect(failures).toEqual([
      ['_entities.0', 'NOT_FOUND'],
      ['_entities.2', 'NOT_FOUND'],
    ])
  })

  it('gives null for what is forbidden, with an error of its own, and the others', async () => {
    const { found, failures } = await askEntities([user(8), accessToken(5)], 'demo-plain')
    expect(found).toEqual([null, accessToken(5)])
    expect(failures).toEqual([['_entities.0', 'FORBIDDEN']])
  })

  it.each<[string, readonly unknown[], string | null, string]>([
    ['a null, which is no representation to Federation', [user(8), null], 'demo-superuser', 'BAD_USER_INPUT'],
    ['whoever sends no token', [user(8), user(9)], null, 'UNAUTHENTICATED'],
  ])('refuses %s, and asks nothing', async (_name, representations, token, code) => {
    const { found, failures, asked } = await askEntities(representations, token)
    expect(found).toBeUndefined()
    expect(failures.map(([, failed]) => failed)).toEqual([code])
    expect(asked).toEqual([])
  })

  it('answers many more than 500 representations of few entities, such as the owners of devices', async () => {
    const { found, failures, asked } = await askEntities(Array.from({ length: 1500 }, () => user(8)))
    expect(found).toEqual(Array.from({ length: 1500 }, () => zoe))
    expect(failures).toEqual([])
    expect(asked).toHaveLength(1)
  })

  it('refuses each beyond 500 distinct ones alone', async () => {
    const { found, failures } = await askEntities([
      ...Array.from({ length: 501 }, (_, pk) => accessToken(pk + 1)),
      accessToken(1),
    ])
    expect(failures.filter(([, code]) => code === 'BAD_USER_INPUT')).toEqual([['_entities.500', 'BAD_USER_INPUT']])
    expect(found.at(-1)).toEqual(accessToken(1))
  })

  it.each([
    ['... on User { username }', 'include_groups=false'],
    ['... on User { groups { name } }', 'include_groups=true'],
    ['... on Node { ... on User { groups { name } } }', 'include_groups=true'],
    ['... on Group { users { nodes { groups { name } } } }', 'include_groups=false'],
    ['... on User { groups @skip(if: true) { name } }', 'include_groups=false'],
  ])('asks with groups only where a user has them selected: %s', async (selection, includes) => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask(`{ _entities(representations: [{ __typename: "User", pk: 8 }]) { ${selection} } }`)
    expect(errors).toBeUndefined()
    expect(asked()).toEqual([`GET /core/users/8/?${includes}&include_roles=false`])
  })

  it('asks once for one that is wanted twice, with groups and without', async () => {
    const { ask, asked } = await startGateway()
    const { data } = await ask(`{
      named: _entities(representations: [{ __typename: "User", pk: 9 }]) { ... on User { username } }
      grouped: _entities(representations: [{ __typename: "User", id: "User:9" }]) { ... on User { groups { name } } }
    }`)
    expect(data).toEqual({ named: [{ username: 'haruka' }], grouped: [{ groups: [{ name: 'Design' }] }] })
    expect(asked()).toEqual(['GET /core/users/9/?include_groups=true&include_roles=false'])
  })
})

describe('Without introspection', () => {
  it.each(['{ _service { sdl } }', '{ shown: _sdl }', '{ ...on Query { _service { sdl } } }'])(
    '%s is refused',
    async (document) => {
      const { ask } = await startGateway({ introspection: false })
      const { data, errors } = await ask(document)
      expect(data).toBeUndefined()
      expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    },
  )

  it('_entities answers', async () => {
    const { ask } = await startGateway({ introspection: false })
    expect((await ask(query, { variables: { representations: [user(8)] } })).data).toEqual({ _entities: [zoe] })
  })
})
