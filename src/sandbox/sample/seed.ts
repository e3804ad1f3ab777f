import { demonstrationCallers } from '../callers.ts'
import { apiTokens } from './api-tokens.ts'
import { application, applications } from './applications.ts'
import { events } from './events.ts'
import { accessTokens, authorizationCodes, refreshTokens } from './grants.ts'
import { group, groups, user, users } from './people.ts'
import { provider, providers } from './providers.ts'
import { sessions } from './sessions.ts'
import { userConsents } from './user-consents.ts'

type Row = Readonly<Record<string, unknown>>

/** A list of the sample, to which rows can be added. */
interface Kind {
  readonly rows: readonly object[]
  /** The property that names a row. */
  readonly key: string
  /** What a new row must have. */
  readonly needs: readonly string[]
  /** What a new row has where it says nothing. */
  readonly usual: (row: Row) => object
  /** The properties that name rows of other lists, by these lists' names: by their keys, or by another property. */
  readonly refers?: Readonly<Record<string, string>>
}

const usernameOf = ({ user }: Row) => users.find(({ pk }) => pk === user)?.username
const grant = (rows: readonly object[]): Kind => ({
  rows,
  key: 'pk',
  needs: ['pk', 'user', 'provider'],
  usual: () => ({ ...rows[0], session: null, ...('claims' in (rows[0] ?? {}) && { claims: {} }) }),
  refers: { user: 'users', provider: 'providers' },
})

/** In an order in which no list names rows of a later one. */
const kinds: Readonly<Record<string, Kind>> = {
  groups: {
    rows: groups,
    key: 'pk',
    needs: ['pk', 'name'],
    usual: ({ name }) => group(0, String(name), [], {}),
    refers: { parents: 'groups' },
  },
  users: {
    rows: users,
    key: 'pk',
    needs: ['pk', 'username'],
    usual: ({ pk, username }) => user(Number(pk), String(username), String(username), []),
    refers: { groups: 'groups' },
  },
  callers: {
    rows: demonstrationCallers,
    key: 'token',
    needs: ['token', 'username'],
    usual: () => ({ rights: 'as the seed has it', holds: [] }),
    refers: { username: 'users.username' },
  },
  providers: {
    rows: providers,
    key: 'pk',
    needs: ['pk', 'name'],
    usual: ({ pk, name }) => provider(Number(pk), String(name), null),
  },
  applications: {
    rows: applications,
    key: 'pk',
    needs: ['pk', 'slug', 'name'],
    usual: ({ pk, slug, name }) => ({ ...application(String(pk), String(slug), String(name)), allowed: undefined }),
    refers: { provider: 'providers', allowed: 'groups' },
  },
  accessTokens: grant(accessTokens),
  refreshTokens: grant(refreshTokens),
  authorizationCodes: grant(authorizationCodes),
  sessions: {
    rows: sessions,
    key: 'uuid',
    needs: ['uuid', 'user'],
    usual: (row) => ({ ...sessions[0], pk: row['uuid'], user__username: usernameOf(row) }),
    refers: { user: 'users' },
  },
  apiTokens: {
    rows: apiTokens,
    key: 'pk',
    needs: ['pk', 'identifier', 'user'],
    usual: (row) => ({ ...apiTokens[0], user__username: usernameOf(row), token: undefined }),
    refers: { user: 'users' },
  },
  userConsents: {
    rows: userConsents,
    key: 'pk',
    needs: ['pk', 'user', 'application'],
    usual: (row) => ({ ...userConsents[0], username: usernameOf(row) }),
    refers: { user: 'users', application: 'applications' },
  },
  events: { rows: events, key: 'pk', needs: ['pk', 'action'], usual: () => ({ ...events[0], context: {}, words: '' }) },
}

/**
 * Adds rows of one's own to the sample, by the names of its lists; a row with the key of one that is there changes that one. It must be
 * called before the resources are loaded, and holds for the whole process. It gives a line for each mistake.
 */
export function plant(seed: Readonly<Record<string, unknown>>): string[] {
  const unknown = Object.keys(seed).filter((name) => !(name in kinds))
  const mistakes = unknown.map((name) => `${name}: expected one of ${Object.keys(kinds).join(', ')}`)
  for (const [name, kind] of Object.entries(kinds)) {
    const rows = seed[name] ?? []
    if (!Array.isArray(rows)) mistakes.push(`${name}: expected a list of rows`)
    else
      mistakes.push(...rows.flatMap((row, index) => put(kind, Object(row)).map((line) => `${name}[${index}]: ${line}`)))
  }
  return mistakes
}

/** Puts a row into its list, or tells why not. */
function put({ rows, key, needs, usual, refers = {} }: Kind, row: Row): string[] {
  const present = rows.find((candidate) => Reflect.get(candidate, key) === row[key])
  const missing = present ? [] : needs.filter((name) => row[name] === undefined)
  if (missing.length > 0) return [`expected ${missing.join(' and ')}`]
  const template = { ...usual(row), ...present }
  const whole = { ...template, ...row }
  const known = [...new Set([...needs, ...Object.keys(template)])]
  const mistakes = [
    ...Object.keys(row).flatMap((name) => (known.includes(name) ? [] : [`expected ${known.join(', ')}, got ${name}`])),
    ...Object.entries(row).flatMap(([name, value]) => {
      const [expected, got] = [kindOf(Reflect.get(template, name)), kindOf(value)]
      return [expected, got].includes('nothing') || expected === got
        ? []
        : [`${name}: expected a ${expected}, got a ${got}`]
    }),
    ...Object.entries(refers).flatMap(([name, other]) => danglingOf(Reflect.get(whole, name), name, other)),
  ]
  if (mistakes.length > 0) return mistakes
  if (present) Object.assign(present, row)
  else (rows as object[]).push(whole)
  return []
}

/** The keys that name no row. */
function danglingOf(value: unknown, name: string, other: string): string[] {
  const [list = '', by] = other.split('.')
  const { rows = [], key = '' } = kinds[list] ?? {}
  const property = by ?? key
  const keys = [value ?? []].flat().filter((one) => !rows.some((row) => Reflect.get(row, property) === one))
  return keys.map((one) => `${name}: expected the ${property} of one of the ${list}, got ${JSON.stringify(one)}`)
}

/** Of which kind a value is, as a mistake says it. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  return Array.isArray(value) ? 'list' : typeof value
}
