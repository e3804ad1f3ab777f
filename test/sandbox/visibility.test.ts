import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { ask, askForPage } from './ask.ts'

const customerCare = '67726f75-7000-4000-8000-000000000007'
const platform = '67726f75-7000-4000-8000-000000000003'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

it.each([
  ['demo-superuser', 300, 40, 12],
  ['demo-plain', 12, 2, 1],
  ['demo-auditor', 10, 2, 1],
  ['demo-nobody', 0, 0, 0],
])('shows %s %i access tokens, %i refresh tokens and %i authorization codes', async (token, ...counts) => {
  const pages = await Promise.all([
    askForPage(sandbox, 'oauth2/access_tokens/', token),
    askForPage(sandbox, 'oauth2/refresh_tokens/', token),
    askForPage(sandbox, 'oauth2/authorization_codes/', token),
  ])
  expect(pages.map((page) => page.pagination.count)).toEqual(counts)
})

it.each(['demo-plain', 'demo-auditor', 'demo-nobody', 'demo-delegate'])(
  'hides grants of others from %s',
  async (token) => {
    expect(await ask(sandbox, 'oauth2/access_tokens/42/', { token })).toMatchObject({ status: 404 })
  },
)

it('shows callers nothing where they ask for the grants of somebody else', async () => {
  const page = await askForPage(sandbox, 'oauth2/access_tokens/?user=8', 'demo-plain')
  expect(page.results).toEqual([])
})

it.each([
  ['demo-superuser', 'providers/oauth2/', 200],
  ['demo-auditor', 'providers/oauth2/', 200],
  ['demo-auditor', 'core/users/8/', 200],
  ['demo-auditor', 'core/groups/', 200],
  ['demo-plain', 'providers/oauth2/', 403],
  ['demo-plain', 'providers/oauth2/1/', 403],
  ['demo-plain', 'core/users/5/', 403],
  ['demo-plain', `core/groups/${platform}/`, 403],
  ['demo-plain', 'core/users/999/', 403],
  ['demo-plain', 'core/users/abc/', 403],
  ['demo-nobody', 'core/users/', 403],
  ['demo-viewer', 'providers/oauth2/1/', 200],
  ['demo-viewer', 'providers/oauth2/2/', 404],
  ['demo-viewer', 'core/users/5/', 200],
  ['demo-viewer', 'core/users/8/', 404],
  ['demo-viewer', `core/groups/${customerCare}/`, 200],
  ['demo-viewer', `core/groups/${platform}/`, 404],
  ['demo-outpost', 'core/users/', 200],
  ['demo-outpost', 'core/users/5/', 404],
])('answers %s at %s with %i', async (token, path, status) => {
  expect((await ask(sandbox, path, { token })).status).toBe(status)
})

it.each(['providers/oauth2/', 'core/users/', 'core/groups/'])(
  'lists of %s what the caller has a right on, and nothing more',
  async (path) => {
    const { results } = await askForPage(sandbox, path, 'demo-viewer')
    expect(results).toHaveLength(1)
  },
)

it('shows an outpost empty lists where others are refused', async () => {
  const { results } = await askForPage(sandbox, 'providers/oauth2/', 'demo-outpost')
  expect(results).toEqual([])
})

it('refuses a caller without rights before it looks at the filters', async () => {
  expect((await ask(sandbox, 'core/users/?uuid=abc', { token: 'demo-plain' })).status).toBe(403)
})
