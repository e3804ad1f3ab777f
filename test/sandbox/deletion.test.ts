import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { ask } from './ask.ts'

const kinds = ['access_tokens', 'refresh_tokens', 'authorization_codes']

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await startSandbox()
})
afterEach(() => sandbox.close())

it.each(kinds)('deletes one of the %s once, and then knows it no longer', async (kind) => {
  const question = { method: 'DELETE', token: 'demo-superuser' }
  const first = await ask(sandbox, `oauth2/${kind}/5/`, question)
  expect(first).toMatchObject({ status: 204, type: null, body: '' })
  expect((await ask(sandbox, `oauth2/${kind}/5/`, question)).status).toBe(404)
  expect((await ask(sandbox, `oauth2/${kind}/5/`, { token: 'demo-superuser' })).status).toBe(404)
})

it.each([
  ['demo-plain', 'their own token, without the right to', 5, 403],
  ['demo-plain', 'a token of somebody else', 42, 404],
  ['demo-delegate', 'their own token, with the right to', 23, 204],
  ['demo-delegate', 'a token of somebody else, whatever the right', 42, 404],
  ['demo-nonsense', 'any token', 42, 403],
  [undefined, 'any token', 42, 404],
])('answers %s who deletes %s', async (token, _what, pk, status) => {
  expect((await ask(sandbox, `oauth2/access_tokens/${pk}/`, { method: 'DELETE', token })).status).toBe(status)
})

it('ignores the body of a deletion', async () => {
  const headers = { 'content-type': 'application/json' }
  const question = { method: 'DELETE', token: 'demo-superuser', headers, body: '{bad' }
  expect((await ask(sandbox, 'oauth2/access_tokens/42/', question)).status).toBe(204)
})

it.each(['providers/oauth2/1/', 'core/users/5/', 'core/groups/67726f75-7000-4000-8000-000000000001/'])(
  'does not delete %s',
  async (path) => {
    expect((await ask(sandbox, path, { method: 'DELETE', token: 'demo-superuser' })).status).toBe(405)
  },
)

it('keeps in every other sandbox what is deleted in one', async () => {
  const other = await startSandbox()
  await ask(sandbox, 'oauth2/access_tokens/42/', { method: 'DELETE', token: 'demo-superuser' })
  expect((await ask(other, 'oauth2/access_tokens/42/', { token: 'demo-superuser' })).status).toBe(200)
  await other.close()
})
