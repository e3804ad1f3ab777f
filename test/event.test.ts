import { describe, expect, it } from 'vitest'
import { type Recording, readRecordings } from './recordings.ts'
import { type Body, expectSameValues } from './rest.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

const event = (number: number) => `6576656e-7400-4000-8000-${String(number).padStart(12, '0')}`
const wiki = { pk: '61707000000040008000000000000002', app: 'authentik_core', name: 'Wiki', model_name: 'application' }
/** How the first page of events is asked for, of so many rows, with what else is in the query. */
function firstPage(size: number, more = '') {
  const query = new URLSearchParams(`${more}&ordering=-created,pk&page=1&page_size=${size}`)
  query.sort()
  return `GET /events/events/?${query}`
}

/** An authentik that has these events, and no user but the one with key 5. */
async function startOver(results: readonly Body[]) {
  const { url } = await listen(({ url: path = '' }, response) => {
    response.setHeader('content-type', 'application/json')
    const user = { pk: 5, username: 'renamed', name: 'Paul', uid: 'u', email: '', groups: [] }
    const pagination = { count: results.length, total_pages: 1, start_index: 1 }
    if (path.includes('/events/')) return response.end(JSON.stringify({ pagination, results }))
    if (path.includes('/users/5/')) return response.end(JSON.stringify(user))
    return response.writeHead(404).end('{"detail":"Not found."}')
  })
  return startGatewayOver(url)
}

const entry = (number: number, more: Body): Body => ({
  pk: event(number),
  user: { pk: 5, username: 'paul', email: '' },
  action: 'login',
  app: 'authentik',
  context: {},
  client_ip: null,
  created: '2026-11-20T00:00:00Z',
  expires: '2027-11-20T00:00:00Z',
  brand: {},
  ...more,
})

describe.each(['2024.10', '2025.10', '2026.8'] as const)('Events of %s', (release) => {
  // Older releases do not know the action of one of them.
  const all = release === '2026.8' ? 83 : 82

  it.each([
    ['demo-superuser', all],
    ['demo-auditor', all],
    ['demo-delegate', all],
    ['demo-viewer', 1],
    ['demo-outpost', 0],
  ])('are shown to %s: %i of them', async (token, count) => {
    const { ask } = await startGateway({ release })
    const { data, errors } = await ask(
      `{ events(first: 100) { totalCount nodes { pk } } event(id: "${event(77)}") { action } }`,
      { token },
    )
    expect(errors).toBeUndefined()
    expect([data.events.totalCount, data.events.nodes.length]).toEqual([count, count])
    expect(data.event).toEqual(count === 0 ? null : { action: 'model_created' })
  })

  it.each(['demo-plain', 'demo-nobody'])('are refused to %s, own ones included', async (token) => {
    const { ask } = await startGateway({ release })
    const { data, errors } = await ask(
      `{ events { totalCount } event(id: "${event(77)}") { pk } me { username events { totalCount } } }`,
      { token },
    )
    expect(data).toMatchObject({ events: null, event: null, me: { events: null } })
    expect(errors?.map(({ path }) => path?.join('.')).sort()).toEqual(['event', 'events', 'me.events'])
    for (const { extensions } of errors ?? []) {
      expect(extensions).toMatchObject({ code: 'FORBIDDEN', authentik: { right: 'view_event' } })
    }
  })
})

describe('A list of events', () => {
  it('is in the order of time, the newest first, and its pages neither overlap nor leave anything out', async () => {
    const { ask } = await startGateway()
    const seen: { pk: string; created: string }[] = []
    let after: string | null = null
    do {
      const { data } = await ask(
        'query ($after: String) { events(first: 7, after: $after) { nodes { pk created } pageInfo { endCursor hasNextPage } } }',
        { variables: { after } },
      )
      seen.push(...data.events.nodes)
      after = data.events.pageInfo.hasNextPage ? data.events.pageInfo.endCursor : null
    } while (after)
    expect(new Set(seen.map(({ pk }) => pk)).size).toBe(83)
    const times = seen.map(({ created }) => created)
    expect(times).toEqual(times.toSorted().reverse())
    // Some have the same time, which alone would be no order.
    expect(new Set(times).size).toBeLessThan(seen.length)
  })

  it('is asked for in an order that is total, and for its number alone by one row', async () => {
    const { ask, asked } = await startGateway()
    await ask('{ events(first: 20) { nodes { pk } } }')
    expect(asked()).toEqual([firstPage(20)])
    await ask('{ events { totalCount } }')
    expect(asked()).toEqual([firstPage(1)])
  })

  it.each([
    ['{ actions: ["login"] }', 'actions=login', ['login']],
    ['{ actions: ["logout", "secret_view"] }', 'actions=logout&actions=secret_view', ['logout', 'secret_view']],
    ['{ clientIp: "192.0.2.1" }', 'client_ip=192.0.2.1', ['login']],
    ['{ clientIp: "2001:db8::25" }', 'client_ip=2001%3Adb8%3A%3A25', ['logout']],
    ['{ username: "ada" }', 'username=ada', ['logout', 'authorize_application', 'login']],
    ['{ search: "secret_view" }', 'search=secret_view', ['secret_view']],
    ['{ username: "ada", actions: ["login"] }', 'username=ada&actions=login', ['login']],
    ['{ username: "ADA" }', 'username=ADA', []],
  ])('is filtered by %s', async (filter, query, actions) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(`{ events(first: 100, filter: ${filter}) { nodes { action } } }`)
    expect(errors).toBeUndefined()
    const found = data.events.nodes.map(({ action }: { action: string }) => action)
    expect([...new Set(found)].sort()).toEqual([...actions].sort())
    expect(asked()).toEqual([firstPage(100, query)])
    const { data: again } = await ask(`{ events(first: 100, filter: ${filter}) { totalCount } }`)
    expect(again.events.totalCount).toBe(found.length)
    expect(asked()).toEqual([firstPage(1, query)])
  })

  it.each([
    '{ clientIp: "abc" }',
    '{ clientIp: "" }',
    '{ clientIp: "192.0.2.0/24" }',
    '{ clientIp: "fe80::1%eth0" }',
    '{ actions: [] }',
    '{ actions: [""] }',
    '{ actions: [" "] }',
    '{ username: "" }',
    '{ application: "" }',
    '{ application: "User:5" }',
  ])('is never asked for by the wrong filter %s', async (filter) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(`{ events(filter: ${filter}) { totalCount } }`)
    expect(data).toEqual({ events: null })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(asked()).toEqual([])
  })

  it('is refused by authentik for an action that it does not know', async () => {
    const { ask } = await startGateway()
    const { errors } = await ask('{ events(filter: { actions: ["login", "nosuch"] }) { totalCount } }')
    expect(errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', authentik: { fields: { 'filter.actions': [expect.any(String)] } } } },
    ])
  })

  it('fails by actions where a release lists all events instead', async () => {
    const { ask } = await startGateway({ release: '2025.4' })
    for (const inside of ['nodes { pk }', 'totalCount']) {
      const { data, errors } = await ask(`{ events(filter: { actions: ["login"] }) { ${inside} } }`)
      expect(data).toEqual({ events: null })
      expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
    }
  })

  it.each(['wiki', 'Application:wiki'])('of an application finds who authorized it: %s', async (id) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(`{ events(filter: { application: "${id}" }) { nodes { action userName } } }`)
    expect(errors).toBeUndefined()
    expect(data.events.nodes).toEqual([
      { action: 'authorize_application', userName: 'ada' },
      { action: 'authorize_application', userName: 'paul' },
    ])
    expect(asked()).toEqual(['GET /core/applications/wiki/', firstPage(100, `context_authorized_app=${wiki.pk}`)])
  })

  it('of an application that the caller does not see is BAD_USER_INPUT', async () => {
    const { ask } = await startGateway()
    expect((await ask('{ events(filter: { application: "nosuch" }) { totalCount } }')).errors).toMatchObject([
      {
        message: 'Expected an application that the caller may see, got "nosuch".',
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ])
  })

  it('tells whoever is no superuser that some may be hidden', async () => {
    const { ask } = await startGateway()
    expect((await ask('{ events { hint } }')).data.events.hint).toBeNull()
    const { data } = await ask('{ events { hint } }', { token: 'demo-viewer' })
    expect(data.events.hint).toContain('`view_event`')
  })
})

describe('Whoever did it', () => {
  it('is known by name and key from the event, and loaded once for anything else', async () => {
    const { ask, asked } = await startGateway()
    const events = (inside: string) =>
      `{ events(first: 100, filter: { username: "ada" }) { nodes { userName user { ${inside} } } } }`
    const { data } = await ask(events('pk id'))
    expect(data.events.nodes).toEqual(Array(3).fill({ userName: 'ada', user: { pk: 6, id: 'User:6' } }))
    expect(asked()).toHaveLength(1)
    const { data: whole } = await ask(events('pk name'))
    expect(whole.events.nodes).toEqual(Array(3).fill({ userName: 'ada', user: { pk: 6, name: 'Ada Winther' } }))
    expect(asked()).toHaveLength(2)
  })

  it('is null where nobody was signed in, named as then where renamed since, and NOT_FOUND where gone', async () => {
    const { ask } = await startOver([
      entry(1, {}),
      entry(2, { user: { pk: 99, username: 'gone', email: '' } }),
      entry(3, { user: {} }),
      entry(4, { user: { pk: 1, username: 'AnonymousUser', email: '', is_anonymous: true } }),
    ])
    const { data, errors } = await ask('{ events(first: 4) { nodes { userName user { username } } } }')
    expect(data.events.nodes).toEqual([
      { userName: 'paul', user: { username: 'renamed' } },
      { userName: 'gone', user: null },
      { userName: null, user: null },
      { userName: 'AnonymousUser', user: null },
    ])
    expect(errors).toMatchObject([{ path: ['events', 'nodes', 1, 'user'], extensions: { code: 'NOT_FOUND' } }])
  })
})

describe('The context of an event', () => {
  it('shows of each known action what holds no secret, and of others nothing', async () => {
    const { ask } = await startGateway({ release: '2026.8' })
    const { data } = await ask('{ events(first: 100, filter: { search: "" }) { nodes { action context } } }')
    const contexts = new Map<string, unknown>()
    for (const { action, context } of data.events.nodes) contexts.set(action, context)
    // Of two such events the older one is of an invitation.
    contexts.set('model_created', data.events.nodes.find(({ action }: Body) => action === 'model_created').context)
    const request = (method: string) => ({ http_request: { method } })
    const post = request('POST')
    const secret = {
      pk: '746f6b656e0040008000000000000001',
      app: 'authentik_core',
      name: 'deploy (expires=2026-11-26 07:28:38+00:00)',
      model_name: 'token',
    }
    expect(Object.fromEntries(contexts)).toEqual({
      login: { auth_method: 'password', auth_method_args: { known_device: false }, ...post },
      logout: post,
      login_failed: {
        username: 'paul',
        stage: expect.objectContaining({ name: 'password', model_name: 'passwordstage' }),
        ...post,
      },
      authorize_application: {
        authorized_application: expect.objectContaining({ name: 'Grafana', model_name: 'application' }),
        flow: expect.stringMatching(/^[0-9a-f]{32}$/),
        scopes: 'openid email',
        ...post,
      },
      configuration_warning: {
        cause: 'Property mapping or Expression policy named Station',
        deprecation: 'authentik.core.models.User.ak_groups',
        replacement: 'authentik.core.models.User.groups',
      },
      model_created: { model: wiki, ...post },
      model_updated: { model: wiki, ...request('PATCH') },
      model_deleted: { model: secret, ...request('DELETE') },
      secret_view: { secret, ...request('GET') },
      system_exception: { exception: [{ exc_type: 'ValueError' }], ...request('GET') },
      policy_exception: {
        binding: expect.objectContaining({ model_name: 'policybinding' }),
        policy_uuid: expect.stringMatching(/^[0-9a-f]{32}$/),
        request: {
          obj: expect.objectContaining({ name: 'Vault' }),
          user: { pk: 5, username: 'paul', email: 'paul@nordlicht.example' },
        },
        exception: [{ exc_type: 'ValueError' }],
        ...request('GET'),
      },
      flow_execution: null,
    })
    expect(JSON.stringify(data)).not.toContain('demo-secret-of-')
  })

  it('never shows what lets people in by its key, as an invitation does', async () => {
    const { ask } = await startGateway()
    const { data } = await ask(`{ event(id: "${event(47)}") { context } }`)
    expect(data.event.context.model).toEqual({ app: 'authentik_stages_invitation', model_name: 'invitation' })
  })

  it('shows nothing in places where it expects something else', async () => {
    const hidden = { secret: 'hidden' }
    const { ask } = await startOver([
      entry(1, {
        action: 'login',
        context: { auth_method: hidden, auth_method_args: ['hidden', [hidden], hidden], http_request: 'hidden' },
      }),
      entry(2, {
        action: 'login_failed',
        context: { username: ['hidden'], stage: null, password: 'hidden', ...hidden },
      }),
      entry(3, { action: 'constructor', context: hidden }),
      entry(4, { action: 'custom_hidden', context: hidden }),
      entry(5, {
        action: 'logout',
        context: { http_request: { method: hidden, path: 'hidden', args: hidden, user_agent: 'hidden' } },
      }),
      entry(6, {
        action: 'model_created',
        context: JSON.parse('{"__proto__":{"model":"hidden"},"model":{"pk":1,"name":null,"hidden":1}}'),
      }),
    ])
    const { data, errors } = await ask('{ events(first: 6) { nodes { context } } }')
    expect(errors).toBeUndefined()
    expect(data.events.nodes.map(({ context }: Body) => context)).toEqual([
      { auth_method_args: [null, null, {}] },
      { stage: null },
      null,
      null,
      { http_request: {} },
      { model: { pk: 1, name: null } },
    ])
    expect(JSON.stringify(data)).not.toContain('hidden')
  })
})

describe('Events stand', () => {
  it('with the user who did it, found by the username', async () => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask('{ user(id: 5) { events(first: 3) { totalCount nodes { action userName } } } }')
    expect(errors).toBeUndefined()
    expect(asked()).toEqual([
      'GET /core/users/5/?include_groups=false&include_roles=false',
      firstPage(3, 'username=paul'),
    ])
    expect(data.user.events).toEqual({
      totalCount: 7,
      nodes: [
        { action: 'login_failed', userName: 'AnonymousUser' },
        { action: 'model_created', userName: 'paul' },
        { action: 'login_failed', userName: 'paul' },
      ],
    })
  })

  it('with that user alone, where of the user nothing but the key came', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(
      `{ event(id: "${event(77)}") { user { events { totalCount } } }
        group(id: "67726f75-7000-4000-8000-000000000001") { users { nodes { events { totalCount } } } } }`,
    )
    expect(errors).toBeUndefined()
    expect(data.event.user).toEqual({ events: { totalCount: 7 } })
    const counts = data.group.users.nodes.map(({ events }: { events: { totalCount: number } }) => events.totalCount)
    expect(counts.sort()).toEqual([3, 7])
  })

  it('with the application that was authorized, wherever that comes from', async () => {
    const { ask, asked } = await startGateway()
    const authorizations = 'authorizations { totalCount nodes { userName } }'
    const expected = { totalCount: 2, nodes: [{ userName: 'ada' }, { userName: 'paul' }] }
    const own = await ask(`{ application(id: "wiki") { ${authorizations} } }`)
    expect(own).toMatchObject({ errors: undefined, data: { application: { authorizations: expected } } })
    expect(asked()).toEqual(['GET /core/applications/wiki/', firstPage(100, `context_authorized_app=${wiki.pk}`)])
    const byProvider = await ask(`{ oauth2Provider(id: 2) { application { ${authorizations} } } }`)
    expect(byProvider.data.oauth2Provider.application.authorizations).toEqual(expected)
    expect(asked()).toHaveLength(3)
  })

  it('in the order of the ids that composers ask for, each null alone', async () => {
    const { ask } = await startGateway()
    const ids = [event(37), event(102), 'x', `Event:${event(77)}`]
    const { data, errors } = await ask('query ($ids: [ID!]!) { eventsByIds(ids: $ids) { action } }', {
      variables: { ids },
    })
    expect(data.eventsByIds).toEqual([{ action: 'login' }, null, null, { action: 'model_created' }])
    expect(errors).toMatchObject([{ path: ['eventsByIds', 2], extensions: { code: 'BAD_USER_INPUT' } }])
  })
})

const recorded = readRecordings('access-2026.5.0-rc1').filter(
  ({ method, url, status }) => method === 'GET' && status === 200 && url.includes('/events/events/'),
)

it('has recordings to replay', () => {
  expect(recorded.length).toBeGreaterThan(20)
})

it.each(recorded)('Shows what a real server told of events: $name', async ({ body }: Recording) => {
  const told = JSON.parse(body.toString())
  const { url } = await listen((_request, response) => {
    response.setHeader('content-type', 'application/json').end(body)
  })
  const { ask } = await startGatewayOver(url)
  const fields = 'pk action app clientIp created expires userName user { pk } context'
  const one = `event(id: "${told.pk}") { ${fields} }`
  const many = `events(first: 100) { totalCount nodes { ${fields} } }`
  const { data, errors } = await ask(`{ ${told.results ? many : one} }`)
  expect(errors).toBeUndefined()
  if (told.results) expect(data.events.totalCount).toBe(told.pagination.count)
  const rows: readonly Body[] = told.results ?? [told]
  const nodes: readonly Body[] = told.results ? data.events.nodes : [data.event]
  expect(nodes).toHaveLength(rows.length)
  for (const [index, row] of rows.entries()) {
    const { userName, user, context, ...same } = nodes[index] as Body
    expectSameValues(same, row)
    const { pk, username, is_anonymous: isNobody } = row['user'] as Body
    expect([userName, user]).toEqual([username ?? null, pk === undefined || isNobody ? null : { pk }])
    // Every action that was recorded is known.
    expect(context).not.toBeNull()
    expect(JSON.stringify(context)).not.toMatch(/\*{4}|\/api\/v3|Mozilla|curl|"args"|AnonymousUser object|page_size/)
  }
})
