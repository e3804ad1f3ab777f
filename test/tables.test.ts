import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { settings } from '../src/config/config.ts'
import { defaultOf, type Setting } from '../src/config/settings.ts'
import { codes } from '../src/errors.ts'
import { lookups } from '../src/graph/loading/lookup.ts'
import '../src/schema/index.ts'
import { startGateway } from './start.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

const settingRow = (setting: Setting) => {
  const text = setting.default === undefined ? defaultOf(setting) : `\`${setting.default}\``
  return [`\`${setting.name}\``, text, setting.meaning + (setting.secret ? ' A secret: it has no flag.' : '')]
}

/** The text with another table under the table's headings. */
function withTable(text: string, headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  const start = text.indexOf(line(headings))
  expect(start, `README.md has a table of ${headings}`).toBeGreaterThan(-1)
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
  Application: 'those that one may open',
  User: 'oneself, as `me`',
  Group: "one's own, as `me.groups`",
  OAuth2Provider: "inside one's own grants",
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

it('the README has a row for each setting, each code and each type, in the words of the source', async () => {
  const settingRows = Object.values(settings).map(settingRow)
  const codeRows = Object.entries(codes).map(([code, { meaning }]) => [`\`${code}\``, meaning])
  const rightRows = [...lookups].map(([name, { endpoint }]) => {
    return [`\`${name}\``, without[name] ?? '', code(endpoint.right), code(endpoint.deleteRight)]
  })
  const tables: [string[], string[][]][] = [
    [['Setting', 'Default', 'Meaning'], settingRows],
    [['Code', 'When a caller gets it'], codeRows],
    [['What', 'Without a right', 'The right to see more', 'The right to revoke'], rightRows],
  ]
  const text = tables.reduce((before, [headings, rows]) => withTable(before, headings, rows), readme)
  await expect(text).toMatchFileSnapshot('../README.md')
})
