import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { compose, startLogins, startSubgraph } from '../compose.ts'
import { freePort, startRelay, startThousandUsers } from '../recipes.ts'
import { startGateway, startGatewayOver } from '../start.ts'

const folder = import.meta.dirname
const config = readFileSync(join(folder, 'gateway.config.js'), 'utf8')
const command =
  'npx hive-gateway supergraph --host 127.0.0.1 --port 8080 --dev-service authentik=http://127.0.0.1:4000/graphql --dev-service devices=http://127.0.0.1:4001/graphql'

/** A second subgraph, that knows of users only authentik's key. */
function startDevices(owners = [8, 9, 8, 99999]) {
  const types = `
    type Device { name: String! owner: User }
    type User @key(fields: "pk", resolvable: false) { pk: Int! }
    type Query { devices: [Device!]! }`
  const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])${types}`
  const names = ['anemometer', 'barometer', 'ceilometer', 'disdrometer']
  const devices = owners.map((pk, index) => ({ name: names[index] ?? '', owner: { pk } }))
  return startSubgraph('devices', sdl, { devices })
}

/** The Hive Gateway as a process of its own, in a folder that may hold a configuration. */
async function startHive(line: string, cwd = folder) {
  // Hive does not tell which port it took.
  const port = await freePort()
  const [, , ...args] = line.replace('8080', port).split(' ')
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE_OPTIONS: `--import=${new URL('connections.js', import.meta.url)}`,
  }
  const bin = join(folder, 'node_modules/@graphql-hive/gateway/dist/bin.js')
  const child = spawn(process.execPath, [bin, ...args], { cwd, env })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (printed += data))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await expect.poll(() => printed, { timeout: 30_000 }).toContain('Listening on')
  const ask = async (query: string, token: string | null = 'demo-superuser') => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
    const body = JSON.stringify({ query })
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body })
    // biome-ignore lint/suspicious/noExplicitAny: an answer of any query
    return (await response.json()) as any
  }
  return { child, ended, ask, printed: () => printed }
}

/** Both subgraphs, and the Hive Gateway over them. */
async function startBoth(cwd?: string) {
  const { url, asked, sandbox } = await startGateway()
  const devices = await startDevices()
  return { asked, sandbox, ...(await startHive(lineFor(url, devices.url), cwd)) }
}

/** The command with these addresses. */
function lineFor(authentik: string, devices: string): string {
  return command.replace('http://127.0.0.1:4000/graphql', authentik).replace('http://127.0.0.1:4001/graphql', devices)
}

function makeFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'hive-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

const query = '{ devices { name owner { username groups { name } } } }'
const nobodys = ['anemometer', 'barometer', 'ceilometer', 'disdrometer'].map((name) => ({ name, owner: null }))
const zoe = { username: 'zoe', groups: [{ name: 'Engineering' }, { name: 'Platform' }, { name: 'Design' }] }
const answer = [
  { name: 'anemometer', owner: zoe },
  { name: 'barometer', owner: { username: 'haruka', groups: [{ name: 'Design' }] } },
  { name: 'ceilometer', owner: zoe },
  { name: 'disdrometer', owner: null },
]

const codesOf = (errors: readonly { extensions: { code: string } }[]) => errors.map(({ extensions }) => extensions.code)

describe('The Hive Gateway', () => {
  it('asks authentik once for each distinct owner', async () => {
    const { ask, asked } = await startBoth()
    const { data, errors } = await ask(query)
    expect(data).toEqual({ devices: answer })
    expect(errors).toMatchObject([{ path: ['devices', 3, 'owner', 'username'], extensions: { code: 'NOT_FOUND' } }])
    const ofUsers = [8, 9, 99999].map((pk) => `GET /core/users/${pk}/?include_groups=true&include_roles=false`)
    // The one that is not found may be the caller.
    expect(asked().sort()).toEqual([...ofUsers, 'GET /core/users/me/'])
  })

  it('asks for what else the gateway has, and revokes once', async () => {
    const { ask, asked } = await startBoth()
    const { data } = await ask('{ me { username } accessTokens(first: 1) { nodes { id } pageInfo { hasNextPage } } }')
    expect(data).toEqual({
      me: { username: 'mira' },
      accessTokens: { nodes: [{ id: 'AccessToken:300' }], pageInfo: { hasNextPage: true } },
    })
    asked()
    const revoked = await ask('mutation { revokeAccessTokens(ids: [42]) { results { targetId outcome } } }')
    expect(revoked).toEqual({
      data: { revokeAccessTokens: { results: [{ targetId: 'AccessToken:42', outcome: 'REVOKED' }] } },
    })
    expect(asked().filter((path) => path.startsWith('DELETE'))).toEqual(['DELETE /oauth2/access_tokens/42/'])
  })

  it('tells whoever may not see users, is unknown or sends no token why there are no owners', async () => {
    const { ask } = await startBoth()
    const reasons = [
      ['demo-plain', 'FORBIDDEN'],
      ['demo-unknown', 'UNAUTHENTICATED'],
      [null, 'UNAUTHENTICATED'],
    ] as const
    for (const [token, code] of reasons) {
      const { data, errors } = await ask(query, token)
      expect(data).toEqual({ devices: nobodys })
      expect(codesOf(errors)).toEqual([code, code, code, code])
    }
  })

  it("asks in each caller's name, whoever else asks the same at once", async () => {
    const { ask, sandbox } = await startBoth()
    const tokens = Array.from({ length: 20 }, (_, index) => (index % 2 ? 'demo-plain' : 'demo-superuser'))
    const answers = await Promise.all(tokens.map((token) => ask(query, token)))
    for (const [index, { data }] of answers.entries()) expect(data.devices).toEqual(index % 2 ? nobodys : answer)
    expect(new Set(sandbox.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer demo-superuser', 'Bearer demo-plain']),
    )
  })

  it('carries no token along without the configuration', async () => {
    const { ask, asked } = await startBoth(makeFolder())
    const { data, errors } = await ask(query)
    expect(data).toEqual({ devices: nobodys })
    expect(codesOf(errors)).toContain('UNAUTHENTICATED')
    expect(asked()).toEqual([])
  })

  it('serves a supergraph that was composed before, over a gateway that hides its schema', async () => {
    const { ask: askGateway, asked, sandbox } = await startGateway()
    const hidden = await startGatewayOver(sandbox.url, { introspection: false })
    const devices = await startDevices()
    const { sdl } = (await askGateway('{ _service { sdl } }', { token: null })).data._service
    const { supergraph } = compose([{ name: 'authentik', url: hidden.url, sdl }, devices])
    const made = makeFolder()
    writeFileSync(join(made, 'gateway.config.js'), config)
    writeFileSync(join(made, 'supergraph.graphql'), supergraph)
    const { ask } = await startHive('npx hive-gateway supergraph --host 127.0.0.1 --port 8080', made)
    expect((await ask(query)).data).toEqual({ devices: answer })
    expect(asked()).toHaveLength(4)
  })

  it.each([
    ['all of 1000 different owners, 50 in an operation', config, 1000],
    ['500 of them without the bounds', config.replace(/__experimental__.*/g, ''), 500],
  ])('finds %s', async (_name, text, count) => {
    const { url } = await startGatewayOver(await startThousandUsers())
    const owners = Array.from({ length: 1000 }, (_, index) => 1001 + index)
    const made = makeFolder()
    writeFileSync(join(made, 'gateway.config.js'), text)
    const { ask } = await startHive(lineFor(url, (await startDevices(owners)).url), made)
    const { data, errors = [] } = await ask('{ devices { owner { username } } }')
    expect(data.devices.filter(({ owner }: { owner: unknown }) => owner)).toHaveLength(count)
    expect(errors).toHaveLength(1000 - count)
  })

  it('gives grants of which another service knows the id alone, and any object by its global id', async () => {
    const { url } = await startGateway()
    const [devices, logins, relay] = await Promise.all([startDevices(), startLogins(), startRelay()])
    const others = [logins, relay].map(({ name, url }) => ` --dev-service ${name}=${url}`)
    const { ask } = await startHive(lineFor(url, devices.url) + others.join(''))
    const { data, errors } = await ask(`{
      logins { grant { __typename id user { username } } }
      node(id: "User:8") { __typename id ... on User { username } }
    }`)
    expect(errors).toBeUndefined()
    expect(data.logins.map(({ grant }: { grant: unknown }) => grant)).toEqual([
      { __typename: 'AccessToken', id: 'AccessToken:42', user: { username: 'zoe' } },
      { __typename: 'RefreshToken', id: 'RefreshToken:1', user: { username: 'ada' } },
      { __typename: 'AuthorizationCode', id: 'AuthorizationCode:1', user: { username: 'ada' } },
    ])
    expect(data.node).toEqual({ __typename: 'User', id: 'User:8', username: 'zoe' })
  })

  it('connects to nothing but the subgraphs, and ends on SIGTERM', async () => {
    const { ask, child, ended, printed } = await startBoth()
    await ask(query)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    const addresses = [...printed().matchAll(/connects to (\S+)/g)].map(([, address]) => address)
    expect(new Set(addresses)).toEqual(new Set(['127.0.0.1']))
  })
})

it('is configured and started here as docs/composers.md shows', () => {
  const page = readFileSync(join(folder, '../../docs/composers.md'), 'utf8')
  expect(page).toContain(`\`\`\`js\n${config}\`\`\``)
  expect(page).toContain(`\`\`\`sh\n${command}\n\`\`\``)
})
