import { describe, expect, it, onTestFinished } from 'vitest'
import { demonstrationJwt, startSandbox } from '../src/sandbox/server.ts'
import { getRest } from './rest.ts'
import { startBefore } from './revocable-world.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

const withoutGroups = 'include_groups=false&include_roles=false'
const two = 'ordering=-pk&page=1&page_size=2'

async function uuidOf(url: string, pk: number): Promise<unknown> {
  return (await getRest(url, `/core/users/${pk}/`))['uuid']
}

describe('A user is found', () => {
  it.each([
    ['username: "zoe"', 'username=zoe'],
    ['email: "zoe@nordlicht.example"', 'email=zoe%40nordlicht.example'],
  ])('by %s in one request', async (by, search) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(`{ userBy(by: { ${by} }) { pk lastLogin attributes } }`)
    expect(errors).toBeUndefined()
    expect(data.userBy).toMatchObject({ pk: 8 })
    const [first = '', ...rest] = asked()
    expect(rest).toEqual([])
    const sorted = `${withoutGroups}&${two}&${search}`.split('&').sort()
    expect(first.replace('GET /core/users/?', '').split('&').sort()).toEqual(sorted)
  })

  it('by UUID, written in any case, with their groups in the same request', async () => {
    const { ask, asked, sandbox } = await startGateway()
    const uuid = String(await uuidOf(sandbox.url, 8))
    asked()
    const { data } = await ask('query ($by: UserBy!) { userBy(by: $by) { uuid groups { name } } }', {
      variables: { by: { uuid: uuid.toUpperCase() } },
    })
    expect(data.userBy).toMatchObject({ uuid, groups: expect.arrayContaining([{ name: 'Platform' }]) })
    expect(asked()).toHaveLength(1)
  })

  it.each(['8', 'User:8'])('by the id %s as by `user`', async (id) => {
    const { ask, asked } = await startGateway()
    expect((await ask(`{ userBy(by: { id: "${id}" }) { username } }`)).data).toEqual({ userBy: { username: 'zoe' } })
    expect(asked()).toEqual([`GET /core/users/8/?${withoutGroups}`])
  })

  it.each(['username: "nobody-of-that-name"', 'username: " zoe "', 'username: "Zoe"', 'email: "zoe"', 'id: 99999'])(
    'by %s not at all: null without an error',
    async (by) => {
      const { ask } = await startGateway()
      expect(await ask(`{ userBy(by: { ${by} }) { pk } }`)).toMatchObject({ data: { userBy: null }, errors: undefined })
    },
  )

  it('by an address that several have not: BAD_USER_INPUT says how many', async () => {
    const { ask } = await startGatewayOver(await startUsers(27, { email: 'all@example.org' }))
    const { data, errors } = await ask('{ userBy(by: { email: "all@example.org" }) { pk } }')
    expect(data.userBy).toBeNull()
    expect(errors).toMatchObject([
      {
        message: 'There are 27 objects of type User with this email, where one was expected.',
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ])
  })

  it('never by a filter that authentik ignores', async () => {
    const { ask } = await startGatewayOver(await startUsers(1, { username: 'ada' }))
    expect((await ask('{ userBy(by: { username: "zoe" }) { pk } }')).data).toEqual({ userBy: null })
  })

  it.each(['', '   '])('not by %j, and nothing is asked', async (username) => {
    const { ask, asked } = await startGateway()
    const { errors } = await ask(`{ userBy(by: { username: "${username}" }) { pk } }`)
    expect(errors).toMatchObject([
      { message: expect.stringContaining('"by.username" with a value'), extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(asked()).toEqual([])
  })

  it.each(['{}', '{ username: "zoe", email: "zoe@nordlicht.example" }', '{ username: null }'])(
    'not by %s: exactly one is to be said',
    async (by) => {
      const { ask, asked } = await startGateway()
      expect((await ask(`{ userBy(by: ${by}) { pk } }`)).errors).toMatchObject([
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      ])
      const variables = { by: JSON.parse(by.replaceAll(/(\w+):/g, '"$1":')) }
      const { errors } = await ask('query ($by: UserBy!) { userBy(by: $by) { pk } }', { variables })
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
      expect(asked()).toEqual([])
    },
  )
})

/** An authentik that lists so many users, whatever is asked for, and knows the caller as another one. */
async function startUsers(count: number, user: object): Promise<string> {
  const { url } = await listen((request, response) => {
    const size = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('page_size'))
    const rows = Array.from({ length: Math.min(count, size) }, (_, index) => ({
      pk: index + 1,
      name: '',
      uid: 'u',
      ...user,
    }))
    const pagination = { count, total_pages: Math.ceil(count / size), start_index: 1 }
    const me = { user: { pk: 99, username: 'me', name: '', uid: 'u', email: '' } }
    const body = request.url?.includes('/me/') ? me : { pagination, results: rows }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  })
  return url
}

describe('Without the right `view_user`', () => {
  it.each(['username: "paul"', 'email: "paul@nordlicht.example"'])('whoever asks is found by %s', async (by) => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(`{ userBy(by: { ${by} }) { pk username uid } }`, { token: 'demo-plain' })
    expect(errors).toBeUndefined()
    expect(data.userBy).toMatchObject({ pk: 5, username: 'paul' })
  })

  it('whoever asks is found by UUID, and nobody else', async () => {
    const { ask, sandbox } = await startGateway()
    const [own, other] = [await uuidOf(sandbox.url, 5), await uuidOf(sandbox.url, 8)]
    const query = 'query ($by: UserBy!) { userBy(by: $by) { pk uuid } }'
    const found = await ask(query, { variables: { by: { uuid: own } }, token: 'demo-plain' })
    expect(found).toMatchObject({ data: { userBy: { pk: 5, uuid: own } }, errors: undefined })
    for (const by of [{ uuid: other }, { username: 'zoe' }, { email: 'zoe@nordlicht.example' }]) {
      const { data, errors } = await ask(query, { variables: { by }, token: 'demo-plain' })
      expect(data.userBy).toBeNull()
      expect(errors).toMatchObject([
        { message: expect.stringContaining('view_user'), extensions: { code: 'FORBIDDEN' } },
      ])
    }
  })
})

describe('Where authentik does not tell who asks', () => {
  const fails = /\/users\/me\//

  it.each([
    '{ found: user(id: 5) { pk } }',
    '{ found: userBy(by: { username: "paul" }) { pk } }',
    '{ found: node(id: "User:5") { id } }',
  ])('no right is said to be missing: %s', async (query) => {
    const { ask } = await startGatewayOver(await startFailing(fails))
    const { data, errors } = await ask(query, { token: 'demo-plain' })
    expect(data.found).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }])
  })

  it('what nobody is shown is still absent or hidden', async () => {
    const { ask } = await startGatewayOver(await startFailing(fails))
    expect(await ask('{ user(id: 99999) { pk } }')).toMatchObject({ data: { user: null }, errors: undefined })
  })
})

it.each(['demo-plain', demonstrationJwt(280)])(
  'Whoever asks is told of themselves whole, though one of two lists fails',
  async (token) => {
    for (const path of [/\/core\/tokens\//, /\/oauth2\/access_tokens\//]) {
      const { ask } = await startGatewayOver(await startFailing(path))
      const { data, errors } = await ask('{ user(id: 5) { username path } }', { token })
      expect(errors).toBeUndefined()
      expect(data.user).toEqual({ username: 'paul', path: 'users' })
    }
  },
)

/** An embedded authentik that fails at some paths. */
async function startFailing(path: RegExp): Promise<string> {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.close())
  const { url } = await startBefore(sandbox.url, (request, response) => {
    if (!path.test(request.url ?? '')) return false
    response.writeHead(500).end()
    return true
  })
  return url
}

describe('A provider is found', () => {
  it.each([
    ['clientId: "demo-client-grafana"', 'client_id=demo-client-grafana'],
    ['name: "Grafana"', 'name=Grafana'],
  ])('by %s in one request', async (by, search) => {
    const { ask, asked } = await startGateway()
    const { data, errors } = await ask(`{ oauth2ProviderBy(by: { ${by} }) { pk clientSecret } }`)
    expect(errors).toBeUndefined()
    expect(data.oauth2ProviderBy).toEqual({ pk: 1, clientSecret: expect.any(String) })
    const [first = '', ...rest] = asked()
    expect(first.replace('GET /providers/oauth2/?', '').split('&').sort()).toEqual(`${search}&${two}`.split('&').sort())
    // The secret is the own endpoint's to tell.
    expect(rest.filter((line) => line !== 'GET /providers/oauth2/1/')).toEqual([])
  })

  it('by id as by `oauth2Provider`, and not at all by what none has', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask(
      '{ one: oauth2ProviderBy(by: { id: 1 }) { name } none: oauth2ProviderBy(by: { clientId: "x" }) { name } }',
    )
    expect(errors).toBeUndefined()
    expect(data).toEqual({ one: { name: 'Grafana' }, none: null })
  })

  it('by nobody without the right `view_oauth2provider`', async () => {
    const { ask } = await startGateway()
    const { errors } = await ask('{ oauth2ProviderBy(by: { name: "Grafana" }) { pk } }', { token: 'demo-plain' })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })
})

describe('What composers get', () => {
  it.each(['{ sdl: _sdl }', '{ _service { sdl } }'])('from %s has the arguments without @oneOf', async (query) => {
    const { ask } = await startGateway()
    const { data } = await ask(query, { token: null })
    const sdl = data.sdl ?? data._service.sdl
    expect(sdl).toMatch(/input UserBy {/)
    expect(sdl).not.toContain('@oneOf')
  })
})
