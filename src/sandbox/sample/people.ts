import { createHash } from 'node:crypto'
import { uuid } from '../keys.ts'

/** Free JSON that authentik keeps with users and groups. A user's own settings go before those of the groups. */
export interface Attributes {
  readonly settings?: object
  readonly [name: string]: unknown
}

/** A right that users and groups can be given. */
export interface Role {
  pk: string
  name: string
}

/** A group of the sample company. */
export interface GroupRow {
  pk: string
  num_pk: number
  name: string
  is_superuser: boolean
  /** All parents. A release with one parent for each group has the first of them. */
  parents: readonly string[]
  attributes: Attributes
  roles: readonly Role[]
}

/** A person or a machine that can sign in. */
export interface UserRow {
  pk: number
  username: string
  name: string
  is_active: boolean
  last_login: string | null
  date_joined: string
  groups: readonly string[]
  roles: readonly Role[]
  email: string
  avatar: string
  attributes: Attributes
  uid: string
  path: string
  type: 'internal' | 'external' | 'service_account' | 'internal_service_account'
  uuid: string
  password_change_date: string
  last_updated: string
}

const observer: Role = { pk: uuid('role', 1), name: 'Observer' }
const onCall: Role = { pk: uuid('role', 2), name: 'On call' }
const service: Partial<UserRow> = { type: 'service_account', path: 'services', email: '', last_login: null }

/** The groups, four levels deep: Nordlicht > Engineering > Platform > Administrators and Storm watch. */
export const groups: readonly GroupRow[] = [
  group(1, 'Nordlicht', [], { founded: 1987, offices: ['Tromsø', 'Würzburg', '札幌'] }),
  group(2, 'Engineering', [1], { cost_center: 4100, tags: ['engineering', 'all'], settings: { locale: 'en' } }),
  group(3, 'Platform', [2], { on_call: { week: 12, phone: '+49 931 5550 110', backup: null } }, [onCall]),
  { ...group(4, 'Administrators', [3], {}), is_superuser: true },
  group(5, 'Design', [1], { label: 'Équipe création ✏', palette: [{ name: 'fjord', hex: '#1f4e5f' }] }),
  group(6, 'Storm watch', [3, 7], { shifts: { night: ['21:00', '05:00'] } }, [onCall]),
  group(7, 'Customer care', [1], { languages: ['de', 'nb', 'ja'], settings: { locale: 'de' } }, [observer]),
  group(8, 'Alumni', [], {}),
]

/** The users: staff first, then partners, services and the outpost. */
export const users: readonly UserRow[] = [
  user(4, 'mira', 'Mira Lindqvist', [4, 6], { attributes: { settings: { locale: 'sv' } } }),
  user(5, 'paul', 'Paul Okafor', [1]),
  user(6, 'ada', 'Ada Winther', [7], { roles: [observer] }),
  user(7, 'nils', 'Nils Ekdal', []),
  user(8, 'zoe', 'Zoë Ånström', [2, 3, 5], { attributes: { desk: { floor: 3, window: true }, badge: 'N-0042' } }),
  user(9, 'haruka', 'Tanaka Haruka 田中 遥', [5], {
    attributes: { имя: 'Харука', nested: { list: [1, { of: null }] } },
  }),
  user(10, 'ina', 'Ina Brandt', [8], { is_active: false }),
  user(11, 'jonas', 'Jonas Weiß', [2], { last_login: null }),
  user(12, 'david', 'David Asante', [3]),
  user(13, 'vera', 'Vera Kowalská', [7]),
  user(14, 'olu', 'Oluwaseun Adé', [2, 3, 6]),
  user(15, 'signe', 'Signe Bjørnsdóttir', [2, 3, 5, 6, 7]),
  user(16, 'tomek', 'Tomasz Żak', [2, 6]),
  user(17, 'lena', 'Lena Hofmann', [2, 3]),
  user(18, 'bao', 'Nguyễn Bảo', [5, 7]),
  user(19, 'eirik', 'Eirik Solheim', [6]),
  user(20, 'priya', 'Priya Raman', [2]),
  user(21, 'sam', 'Sam O’Neill', [1, 7]),
  user(22, 'lucia', 'Lucía Fernández', [], { type: 'external', path: 'partners/meteogalicia' }),
  user(23, 'henk', 'Henk de Wit', [], { type: 'external', path: 'partners/buienradar', last_login: null }),
  user(24, 'marta', 'Marta Sá', [7], { type: 'external', path: 'partners/ipma' }),
  user(25, 'svc-backup', 'Nightly backup', [3], service),
  user(26, 'svc-deploy', 'Deployments', [3], { ...service, attributes: { owner: 'Platform', rotate_days: 90 } }),
  user(27, 'ak-outpost-tromso', 'Outpost Tromsø', [], {
    ...service,
    type: 'internal_service_account',
    path: 'outposts',
  }),
  user(28, 'break-glass', 'Break glass', [4], { last_login: null, attributes: { sealed: true } }),
]

/** A group, as most are. */
export function group(
  number: number,
  name: string,
  parents: readonly number[],
  attributes: Attributes,
  roles: readonly Role[] = [],
): GroupRow {
  return {
    pk: groupPk(number),
    num_pk: 20_000 + 317 * number,
    name,
    is_superuser: false,
    parents: parents.map(groupPk),
    attributes,
    roles,
  }
}

function groupPk(number: number): string {
  return uuid('group', number)
}

/** A user, as most are. */
export function user(
  pk: number,
  username: string,
  name: string,
  memberOf: readonly number[],
  different: Partial<UserRow> = {},
): UserRow {
  const day = String(pk).padStart(2, '0')
  return {
    pk,
    username,
    name,
    is_active: true,
    last_login: `2026-08-${day}T07:59:23.123456Z`,
    date_joined: `2023-02-${day}T09:30:00.040000Z`,
    groups: memberOf.map(groupPk),
    roles: [],
    email: `${username}@nordlicht.example`,
    avatar: avatar(name),
    attributes: {},
    uid: createHash('sha256').update(username).digest('hex'),
    path: 'users',
    type: 'internal',
    uuid: uuid('user', pk),
    password_change_date: `2025-05-${day}T14:05:06.000700Z`,
    last_updated: `2026-07-${day}T00:00:01.000001Z`,
    ...different,
  }
}

function avatar(name: string): string {
  const initials = name
    .split(' ')
    .map((word) => word[0])
    .join('')
    .slice(0, 2)
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="32" fill="#1f4e5f"/><text x="32" y="40" fill="#fff" font-size="24" text-anchor="middle">${initials}</text></svg>`
  return `data:image/svg+xml;base64,${Buffer.from(picture).toString('base64')}`
}
