import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { settings } from '../src/config/config.ts'
import { defaultOf, type Setting } from '../src/config/settings.ts'
import { codes } from '../src/errors.ts'
import { lookups } from '../src/graph/loading/lookup.ts'
import '../src/schema/index.ts'
import { demonstrationCallers, furtherCallers } from '../src/sandbox/callers.ts'
import { startGateway } from './start.ts'

const callers = [...demonstrationCallers, ...furtherCallers]

const fileOf = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8')

const settingRow = (setting: Setting) => {
  const text = setting.default === undefined ? defaultOf(setting) : `\`${setting.default}\``
  const meaning = setting.meaning + (setting.secret ? ' A secret: it has no flag.' : '')
  return [`\`${setting.name}\``, text, setting.expected, meaning]
}

/** The text with another table under the table's headings. */
function withTable(text: string, headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  const start = text.indexOf(line(headings))
  expect(start, `There is a table of ${headings}`).toBeGreaterThan(-1)
  const end = text.indexOf('\n\n', start) + 1
  const table = [headings, headings.map(() => '---'), ...rows].map(line).join('')
  return text.slice(0, start) + table + text.slice(end)
}

/** What callers see without any right. */
const without: Readonly<Record<string, string>> = {
  AccessToken: "one's own",
  RefreshToken: "one's own",
  AuthorizationCode: "one's own",
  AuthenticatedSession: "one's own",
  UserConsent: "one's own",
  ApiToken: "one's own",
  Application: "those that one may open, or inside one's own consents",
  User: 'oneself',
  Group: "one's own, as `me.groups`",
  OAuth2Provider: "inside one's own grants; of newer releases its name",
  Event: 'none',
}

const code = (right: string | undefined) => (right === undefined ? '' : `\`${right}\``)

it('callers without a right see what the README says, and no more', async () => {
  const { ask } = await startGateway()
  const { data, errors = [] } = await ask(
    `{
      me { groups { name } accessTokens(first: 1) { nodes { provider { name } } } }
      accessTokens(first: 1) { nodes { user { username } } } refreshTokens(first: 1) { nodes { user { username } } }
      authorizationCodes(first: 1) { nodes { user { username } } } authenticatedSessions(first: 1) { nodes { user { username } } }
      userConsents(first: 1) { nodes { user { username } } } apiTokens(first: 1) { nodes { user { username } } }
      applications(first: 1) { totalCount }
      users(first: 1) { totalCount } groups(first: 1) { totalCount } oauth2Providers(first: 1) { totalCount } events(first: 1) { totalCount }
    }`,
    { token: 'demo-plain' },
  )
  expect(data.me).toEqual({
    groups: [{ name: 'Nordlicht' }],
    accessTokens: { nodes: [{ provider: { name: expect.any(String) } }] },
  })
  for (const own of [
    'accessTokens',
    'refreshTokens',
    'authorizationCodes',
    'authenticatedSessions',
    'userConsents',
    'apiTokens',
  ]) {
    expect(data[own].nodes).toEqual([{ user: { username: 'paul' } }])
  }
  expect(data.applications.totalCount).toBe(10)
  const failed = errors.map(({ path, extensions }) => [path?.join('.'), extensions['code']])
  expect(failed.toSorted()).toEqual(
    ['events', 'groups', 'oauth2Providers', 'users'].map((field) => [field, 'FORBIDDEN']),
  )
})

const everyToken = `{
  accessTokens(first: 100) {
    nodes { expires provider { name clientId } user { username groups { name parents { name } } } }
  }
}`

/** What all tokens of the sample data cost, with what the query above asks of them: by REST in two ways, and by the graph. */
async function costsOfEveryToken(): Promise<string[][]> {
  const { ask, asked, sandbox } = await startGateway()
  const get = async (path: string) => {
    const headers = { authorization: 'Bearer demo-superuser' }
    const text = await (await fetch(`${sandbox.url}/api/v3${path}`, { headers })).text()
    return { bytes: text.length, body: JSON.parse(text) }
  }
  const list = await get('/oauth2/access_tokens/?ordering=-pk&page_size=100')
  const tokens: { provider: { pk: number }; user: { groups: string[] } }[] = list.body.results
  const providers = [...new Set(tokens.map(({ provider }) => `/providers/oauth2/${provider.pk}/`))]
  const groups = [...new Set(tokens.flatMap(({ user }) => user.groups.map((pk) => `/core/groups/${pk}/`)))]
  const pages = ['/providers/oauth2/?page_size=100', '/core/groups/?include_parents=true&page_size=100']
  const rest = async (way: string, paths: readonly string[]) => {
    const answers = [list, ...(await Promise.all(paths.map(get)))]
    const kilobytes = Math.round(answers.reduce((sum, { bytes }) => sum + bytes, 0) / 1000)
    return [way, String(answers.length), String(answers.length), `${kilobytes} kB`]
  }
  const rows = [
    await rest('REST, an object after the other', [...providers, ...groups]),
    await rest('REST, by the best calls', pages),
  ]
  asked()
  const { data } = await ask(everyToken)
  expect([data.accessTokens.nodes.length, tokens.length]).toEqual([100, 100])
  const kilobytes = Math.round(JSON.stringify({ data }).length / 1000)
  return [...rows, ['This gateway', '1', String(asked().length), `${kilobytes} kB`]]
}

it('README and docs have a row for each setting, each code and each type, in the words of the source', async () => {
  const settingRows = Object.values(settings).map(settingRow)
  const codeRows = Object.entries(codes).map(([code, { meaning }]) => [`\`${code}\``, meaning])
  const rightRows = [...lookups].map(([name, { endpoint }]) => {
    return [`\`${name}\``, without[name] ?? '', code(endpoint.right), code(endpoint.deleteRight)]
  })
  const tables: [string[], string[][]][] = [
    [
      ['100 tokens', 'Requests of the client', 'Requests to authentik', 'Sent to the client'],
      await costsOfEveryToken(),
    ],
    [['Setting', 'Default', 'Value', 'Meaning'], settingRows],
    [['What', 'Without a right', 'The right to see more', 'The right to revoke'], rightRows],
  ]
  const text = tables.reduce((before, [headings, rows]) => withTable(before, headings, rows), fileOf('README.md'))
  await expect(text).toMatchFileSnapshot('../README.md')
  const errors = withTable(fileOf('docs/errors.md'), ['Code', 'When a caller gets it'], codeRows)
  await expect(errors).toMatchFileSnapshot('../docs/errors.md')
  const tokenRows = callers.map(({ token, username, rights }) => [`\`${token}\``, username, rights])
  const sandbox = withTable(fileOf('docs/sandbox.md'), ['Token', 'User', 'Rights'], tokenRows)
  await expect(sandbox).toMatchFileSnapshot('../docs/sandbox.md')
})

it.each(callers)('$token is the token of $username', async ({ token, username, expired }) => {
  const { ask } = await startGateway()
  const { data, errors } = await ask('{ me { username } }', { token })
  expect(data.me).toEqual(expired ? null : { username })
  expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(expired ? ['UNAUTHENTICATED'] : undefined)
})

it('demo-plain may delete own sessions, consents and API tokens, but no grants', async () => {
  const { ask } = await startGateway()
  const token = 'demo-plain'
  const { data: own } = await ask(
    `{ authenticatedSessions(first: 1) { nodes { id } } userConsents(first: 1) { nodes { id } } apiTokens(first: 1) { nodes { id } }
      accessTokens(first: 1) { nodes { id } } refreshTokens(first: 1) { nodes { id } } authorizationCodes(first: 1) { nodes { id } } }`,
    { token },
  )
  const variables = Object.fromEntries(
    Object.entries<{ nodes: { id: string }[] }>(own).map(([key, { nodes }]) => [key, nodes[0]?.id]),
  )
  const { data } = await ask(
    `mutation ($authenticatedSessions: ID!, $userConsents: ID!, $apiTokens: ID!, $accessTokens: ID!, $refreshTokens: ID!, $authorizationCodes: ID!) {
      accessTokens: revokeAccessTokens(ids: [$accessTokens]) { results { outcome } }
      refreshTokens: revokeRefreshTokens(ids: [$refreshTokens]) { results { outcome } }
      codes: revokeAuthorizationCodes(ids: [$authorizationCodes]) { results { outcome } }
      sessions: revokeSessions(ids: [$authenticatedSessions]) { results { outcome } }
      consents: revokeConsents(ids: [$userConsents]) { results { outcome } }
      apiTokens: revokeApiTokens(ids: [$apiTokens]) { results { outcome } }
    }`,
    { token, variables },
  )
  const outcomes = Object.values<{ results: { outcome: string }[] }>(data).map(({ results }) => results[0]?.outcome)
  expect(outcomes).toEqual([...Array(3).fill('FORBIDDEN'), ...Array(3).fill('REVOKED')])
})
