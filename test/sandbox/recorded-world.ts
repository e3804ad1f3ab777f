import { type Recording, type RecordingsName, readKeys } from '../recordings.ts'

// The recorded servers had another world than the sandbox. Here each recorded key, and each caller, has one of ours of the
// same nature, so that the sandbox can be asked the recorded questions.

const group = (number: number) => `67726f75-7000-4000-8000-${String(number).padStart(12, '0')}`

/** Ours, by the name that the recordings have for a key. Where they give several names to one key, the first counts. */
const named: readonly [name: string, place: string, own: string][] = [
  ['TOKEN', 'access_tokens/', '42'],
  ['TOKEN_PLAIN', 'access_tokens/', '5'],
  ['TOKEN_EXPIRED', 'access_tokens/', '12'],
  ['TOKEN_REVOKED', 'access_tokens/', '7'],
  ['TOKEN_NOIDT', 'access_tokens/', '4'],
  ['TOKEN_NOEXP', 'access_tokens/', '1'],
  ['PROVIDER_NOAPP', 'oauth2/', '9'],
  ['USER', 'users/', '8'],
  ['USER_MANY', 'users/', '15'],
  ['USER_PLAIN', 'users/', '5'],
  ['USER', 'user=', '8'],
  ['USER_NOTOKEN', 'user=', '21'],
  ['USER_PLAIN', 'user=', '5'],
  // Somebody with a token for provider 1.
  ['USER_ADMIN', 'user=', '8'],
  ['USER', 'members_by_pk=', '8'],
  ['USER_PLAIN', 'members_by_pk=', '5'],
  ['GROUP', 'groups/', group(3)],
  ['GROUP_ROOT', 'groups/', group(1)],
  ['GROUP', 'groups_by_pk=', group(3)],
]

/** Of attributes and of searches, ours that find something. */
const always: readonly [theirs: string, own: string][] = [
  ['attributes=%7B%22n%22%3A13%7D', 'attributes=%7B%22badge%22%3A%22N-0042%22%7D'],
  ['attributes=%7B%22n__in%22%3A%5B13%2C14%2C15%5D%7D', 'attributes=%7B%22badge__in%22%3A%5B%22N-0042%22%5D%7D'],
]

interface World {
  /** Ours, for keys that the recordings have no name for. */
  readonly keys: readonly [theirs: string, own: string][]
  /** Our callers with the rights of theirs. Callers that are not named have no token that works. */
  readonly callers: Readonly<Record<string, string>>
}

const oldest: World = {
  keys: [
    ['access_tokens/3', 'access_tokens/41'],
    ['access_tokens/84', 'access_tokens/23'],
    ['client_id=seedclient03', 'client_id=demo-client-wiki'],
    ['search=seed-user', 'search=a'],
    ['seed-key-admin', 'demo-superuser'],
  ],
  callers: {
    admin: 'demo-superuser',
    jwtadmin: 'demo-superuser',
    jwtrevoked: 'demo-superuser',
    plain: 'demo-plain',
    jwtplain: 'demo-plain',
    viewer: 'demo-viewer',
    delegate: 'demo-delegate',
    outpost: 'demo-outpost',
    expired: 'demo-expired',
  },
}

const newer: World = {
  keys: [
    // The viewer's own, and the delegate's.
    ['access_tokens/19', 'access_tokens/38'],
    ['access_tokens/2', 'access_tokens/23'],
    ['refresh_tokens/53', 'refresh_tokens/38'],
    // Those that the caller with rights on single objects may see.
    ['oauth2/2', 'oauth2/1'],
    ['users/8', 'users/5'],
    ['users/34', 'users/5'],
    ['client_id=client-03', 'client_id=demo-client-wiki'],
    ['search=Provider%2003', 'search=wiki'],
    ['search=plain0', 'search=a'],
    ['applications/app-0', 'applications/grafana'],
    ['seed-root1', 'demo-superuser'],
  ],
  callers: {
    admin: 'demo-superuser',
    jwtadmin: 'demo-superuser',
    jwtrevoked: 'demo-plain',
    plain: 'demo-plain',
    jwtplain: 'demo-plain',
    viewer: 'demo-auditor',
    objviewer: 'demo-viewer',
    delegate: 'demo-delegate',
    outpost: 'demo-outpost',
    expired: 'demo-expired',
  },
}

const session = (number: number) => `73657373-696f-4000-8000-${String(number).padStart(12, '0')}`
const event = (number: number) => `6576656e-7400-4000-8000-${String(number).padStart(12, '0')}`

const access: World = {
  keys: [
    ['events/446f2f37-15ac-42bf-a9d7-6162ff23f556', `events/${event(77)}`],
    ['events/70b57d47-b2bb-447a-8745-5388ed13968e', `events/${event(37)}`],
    ['username=plain02', 'username=ada'],
    // Paul's that has ended, another one of Paul's, and the auditor's own.
    ['user_consent/13', 'user_consent/3'],
    ['user_consent/14', 'user_consent/5'],
    ['user_consent/15', 'user_consent/4'],
    ['user_consent/122', 'user_consent/8'],
    ['user=36', 'user=4'],
    ['user=44', 'user=6'],
    ['application=21688f98-cb6e-40d5-9957-a3f37b2267ca', 'application=61707000-0000-4000-8000-000000000013'],
    ['application=2f4c1288-e484-4e38-bf44-86c0d16accbb', 'application=61707000-0000-4000-8000-000000000015'],
    ['application=2b532613-2bb8-4339-85d6-1146c321c242', 'application=61707000-0000-4000-8000-000000000014'],
    ['search=plain02', 'search=paul'],
    ['search=viewer', 'search=ada'],
    ['context_model_pk=8d8ef685-a92c-4268-a0aa-c3f5ab57492f', 'context_model_pk=61707000-0000-4000-8000-000000000002'],
    [
      'context_authorized_app=8d8ef685-a92c-4268-a0aa-c3f5ab57492f',
      'context_authorized_app=61707000-0000-4000-8000-000000000001',
    ],
    [
      'context_authorized_app=8d8ef685a92c4268a0aac3f5ab57492f',
      'context_authorized_app=61707000000040008000000000000001',
    ],
    ['applications/app-0', 'applications/grafana'],
    ['applications/app-1', 'applications/wiki'],
    ['applications/app-5', 'applications/grafana'],
    ['applications/only-plain00', 'applications/grafana'],
    ['applications/icon-file', 'applications/handbook'],
    ['applications/icon-fa', 'applications/payroll'],
    ['applications/icon-url', 'applications/payroll'],
    ['applications/hidden', 'applications/vault'],
    ['applications/only-admins', 'applications/vault'],
    ['applications/app-bc', 'applications/forge-provisioning'],
    ['applications/with-bc', 'applications/forge-provisioning'],
    // Four of Paul's, and two of Ada's.
    ['149fc01e-5a02-4059-af33-4b8568eeaf46', session(3)],
    ['e23c65eb-f1cb-443b-bba0-3e3a5cc1f764', session(23)],
    ['76ab3d2d-ed97-4716-b90b-3bad7627d4a4', session(43)],
    ['ac93dea1-3705-4e3e-80d6-7c3efbe0feb1', session(63)],
    ['2d38e4bf-800f-4f8b-b29e-bd403c875ad9', session(6)],
    ['eaed35dc-dc5b-4a38-8a4f-81d34b3754a9', session(26)],
    ['tk-plain02-api', 'paul-first'],
    ['tk-plain02-app_password', 'paul-app-password'],
    ['tk-plain02-recovery', 'paul-recovery'],
    ['tk-plain02-verification', 'paul-verification'],
    ['tk-plain00-app_password', 'paul-second'],
    ['tk-expired', 'paul-expired'],
    ['tk-managed', 'paul-managed'],
    ['tk-viewer-app_password', 'ada-second'],
    ['goauthentik.io/sx/managed', 'goauthentik.io/nordlicht/reports'],
    ['user__username=plain02', 'user__username=paul'],
    ['user__username=plain11', 'user__username=zoe'],
    ['search=plain02', 'search=paul'],
  ],
  callers: {
    root1: 'demo-superuser',
    plain: 'demo-plain',
    plain1: 'demo-plain',
    plain02: 'demo-plain',
    plain03: 'demo-plain',
    'synthetic-tk-plain02-api': 'demo-plain',
    'synthetic-tk-plain11-api': 'demo-plain',
    'jwt-plain': 'demo-plain',
    viewer: 'demo-auditor',
    objviewer: 'demo-viewer',
    objdel: 'demo-viewer',
    delegate: 'demo-delegate',
    outpost: 'demo-outpost',
    svc: 'demo-nobody',
    norights: 'demo-nobody',
    delonly: 'demo-nobody',
  },
}

const worlds: Readonly<Record<RecordingsName, World>> = {
  '2024.10.5': oldest,
  '2025.10.4': newer,
  '2025.12.4': newer,
  '2026.5.0-rc1': newer,
  'access-2026.5.0-rc1': access,
}

/** What a recorded question is to the sandbox: its address, headers and body. */
export function questionOf({ from, method, url, caller, sent }: Recording) {
  const token = caller === '-' ? undefined : (worlds[from].callers[caller] ?? 'demo-unknown')
  const headers = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name, ours(value, from)]))
  return {
    path: ours(url, from),
    question: { method, token, headers, ...(sent.body !== undefined && { body: sent.body }) },
  }
}

function ours(text: string, from: RecordingsName): string {
  const own = ownKeys(from)
  const theirs = new RegExp(`\\b(${[...own.keys()].join('|')})(?![\\w-])`, 'g')
  return text.replace(theirs, (key) => own.get(key) ?? key)
}

const known = new Map<RecordingsName, ReadonlyMap<string, string>>()

function ownKeys(from: RecordingsName): ReadonlyMap<string, string> {
  const keys = known.get(from) ?? readOwnKeys(from)
  known.set(from, keys)
  return keys
}

function readOwnKeys(from: RecordingsName): ReadonlyMap<string, string> {
  const theirs = readKeys(from)
  const byName = named.flatMap<readonly [string, string]>(([name, place, own]) => {
    const key = theirs.get(name)
    return key === undefined ? [] : [[place + key, place + own]]
  })
  // Of two entries with one key a Map keeps the later.
  return new Map([...byName.toReversed(), ...always, ...worlds[from].keys])
}
