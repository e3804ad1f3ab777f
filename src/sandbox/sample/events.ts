import { userOf } from '../directory.ts'
import { uuid } from '../keys.ts'
import { applicationOf } from './applications.ts'
import { users } from './people.ts'

/** An entry of the audit log. */
export interface EventRow {
  pk: string
  /** Who did it, as authentik wrote it down then; without anything where nobody is known. */
  user: { pk?: number; email?: string; username?: string; is_anonymous?: true }
  /** The username once more, empty for nobody. */
  username: string
  /** All that a search looks into, beside the columns. */
  words: string
  action: string
  app: string
  context: Readonly<Record<string, unknown>>
  client_ip: string | null
  created: string
  expires: string
  brand: object
  /** The first release that knows the action. */
  since?: string
}

type Told = Pick<EventRow, 'action' | 'context'> & Partial<EventRow>

const hex = (pk: string) => pk.replaceAll('-', '')
const reference = (app: string, model_name: string, name: string, pk: string | number) => ({
  pk: typeof pk === 'string' ? hex(pk) : pk,
  app,
  name,
  model_name,
})
const request = (method: string, path: string, args: object = {}) => ({
  http_request: {
    args,
    path,
    method,
    request_id: hex(uuid('request', 1)),
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
  },
})
// Such an address holds an ID token, and any other may hold a secret as well.
const signIn = request('POST', '/api/v3/flows/executor/sign-in/', { next: '/?id_token_hint=demo-secret-of-a-query' })

const login = {
  action: 'login',
  context: { auth_method: 'password', auth_method_args: { known_device: false }, ...signIn },
}
const logout = { action: 'logout', context: signIn }

const loginFailed = (username: string): Told => ({
  action: 'login_failed',
  context: {
    stage: reference('authentik_stages_password', 'passwordstage', 'password', uuid('stage', 1)),
    password: '********************',
    username,
    ...signIn,
  },
})

const authorize = (slug: string, scopes: string): Told => {
  const { pk, name } = applicationOf(slug)
  const authorized_application = reference('authentik_core', 'application', name, pk)
  return {
    action: 'authorize_application',
    context: { flow: hex(uuid('flow', 2)), scopes, authorized_application, ...signIn },
  }
}

const onModel = (verb: string, model: object, method: string, path: string): Told => ({
  action: `model_${verb}`,
  app: 'authentik.events.middleware',
  context: { model, ...request(method, path) },
})

const wiki = reference('authentik_core', 'application', 'Wiki', applicationOf('wiki').pk)
const deployToken = reference('authentik_core', 'token', 'deploy (expires=2026-11-26 07:28:38+00:00)', uuid('token', 1))
const invitation = reference('authentik_stages_invitation', 'invitation', 'new-partner', uuid('invite', 1))

const exception = [
  {
    frames: [{ name: 'handler', lineno: 2, filename: '/authentik/policies/expression.py' }],
    is_cause: false,
    is_group: false,
    exc_type: 'ValueError',
    exc_notes: [],
    exc_value: "'demo-secret-of-an-exception' is not an address",
    exceptions: [],
    syntax_error: null,
  },
]
const systemException: Told = {
  action: 'system_exception',
  app: 'authentik.events.middleware',
  context: {
    message: "'demo-secret-of-an-exception' is not an address",
    exception,
    ...request('GET', '/api/v3/events/events/', { client_ip: 'demo-secret-of-an-exception' }),
  },
}
const policyException: Told = {
  action: 'policy_exception',
  app: 'authentik.policies.process',
  context: {
    binding: reference('authentik_policies', 'policybinding', 'Binding of Vault', uuid('binding', 1)),
    message: 'Policy failed to execute',
    request: {
      obj: reference('authentik_core', 'application', 'Vault', applicationOf('vault').pk),
      user: { pk: 5, email: 'paul@nordlicht.example', username: 'paul' },
      debug: false,
      context: { prompt_data: { password: 'demo-secret-of-a-prompt' } },
      http_request: null,
    },
    exception,
    policy_uuid: hex(uuid('policy', 1)),
    ...request('GET', '/api/v3/core/applications/', { page_size: '100' }),
  },
}
const warning: Told = {
  action: 'configuration_warning',
  app: 'authentik.events.models',
  since: '2026.5.0-rc1',
  client_ip: null,
  context: {
    cause: 'Property mapping or Expression policy named Station',
    message: 'User.ak_groups is deprecated.',
    deprecation: 'authentik.core.models.User.ak_groups',
    replacement: 'authentik.core.models.User.groups',
  },
}
const secretView: Told = {
  action: 'secret_view',
  app: 'authentik.core.api.tokens',
  context: { secret: deployToken, ...request('GET', '/api/v3/core/tokens/deploy/view_key/') },
}
// Of an action whose context nobody has looked at.
const flowExecution: Told = {
  action: 'flow_execution',
  context: { plan: { token: 'demo-secret-of-a-plan' }, ...signIn },
}

/** What happened, the oldest first. Nobody but a username, or nobody at all, is known of some. */
const told: readonly (readonly [username: string, Told])[] = [
  ['mira', login],
  ['mira', authorize('grafana', 'openid email')],
  ['mira', onModel('created', wiki, 'POST', '/api/v3/core/applications/')],
  ['mira', onModel('created', invitation, 'POST', '/api/v3/stages/invitation/invitations/')],
  ['mira', onModel('updated', wiki, 'PATCH', '/api/v3/core/applications/wiki/')],
  ['mira', onModel('deleted', deployToken, 'DELETE', '/api/v3/core/tokens/deploy/')],
  ['mira', secretView],
  ['paul', login],
  ['paul', authorize('grafana', 'openid email profile')],
  ['paul', authorize('wiki', '')],
  ['paul', loginFailed('paul')],
  ['paul', policyException],
  ['paul', { ...onModel('created', wiki, 'POST', '/api/v3/core/applications/'), client_ip: null }],
  ['ada', login],
  ['ada', authorize('wiki', 'openid')],
  ['ada', { ...logout, client_ip: '2001:db8::25' }],
  ['AnonymousUser', systemException],
  ['AnonymousUser', loginFailed('paul')],
  ['', warning],
  ['svc-deploy', flowExecution],
  ...users.slice(4).flatMap(({ username }): [string, Told][] => [
    [username, login],
    [username, authorize('grafana', 'openid email')],
    [username, logout],
  ]),
]

/** The newest first. Each has its time in common with a neighbour, and keys are not in the order of time. */
export const events: readonly EventRow[] = told
  .map(([username, row], index): EventRow => {
    const time = new Date(Date.UTC(2026, 10, 20) + Math.floor(index / 2) * 600_000).toISOString().slice(0, 19)
    return {
      pk: uuid('event', ((index + 1) * 37) % 101),
      user: writtenDown(username),
      username,
      words: JSON.stringify([writtenDown(username), row.context]),
      app: 'authentik.core.signals',
      client_ip: `192.0.2.${index + 1}`,
      created: `${time}.040501Z`,
      expires: `${time.replace('2026', '2027')}.040302Z`,
      brand: row.app ? reference('authentik_brands', 'brand', 'Nordlicht', uuid('brand', 1)) : {},
      ...row,
    }
  })
  .toReversed()

function writtenDown(username: string): EventRow['user'] {
  if (username === '') return {}
  if (username === 'AnonymousUser') return { pk: 1, email: '', username, is_anonymous: true }
  const { pk, email } = userOf(users.find((user) => user.username === username)?.pk ?? 0)
  return { pk, email, username }
}
