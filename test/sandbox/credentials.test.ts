import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demonstrationCallers, type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { ask } from './ask.ts'

const list = 'oauth2/access_tokens/'
const tokenDetail = 'oauth2/access_tokens/42/'
const missing = 'Authentication credentials were not provided.'
const forbidden = 'You do not have permission to perform this action.'
const absent = 'No AccessToken matches the given query.'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

describe('credentials', () => {
  it.each([
    ['nothing', undefined, list, 403, missing],
    ['nothing', undefined, tokenDetail, 404, absent],
    ['nothing', undefined, 'core/users/', 403, missing],
    ['nothing', undefined, 'core/users/5/', 403, forbidden],
    ['nothing', undefined, 'core/users/me/', 403, missing],
    ['nothing', undefined, 'providers/oauth2/1/', 403, forbidden],
    ['an empty token', 'Bearer ', list, 403, missing],
    ['an empty token', 'Bearer ', tokenDetail, 404, absent],
    ['a token without a scheme', 'demo-superuser', list, 403, missing],
    ['an unknown token', 'Bearer nonsense', list, 403, 'Token invalid/expired'],
    ['an unknown token', 'Bearer nonsense', tokenDetail, 403, 'Token invalid/expired'],
    ['an expired token', 'Bearer demo-expired', tokenDetail, 403, 'Token invalid/expired'],
    ['two words', 'Bearer demo-superuser twice', list, 403, 'Token invalid/expired'],
    ['another scheme', 'Basic YTpi', list, 403, missing],
    ['another scheme', 'Basic YTpi', tokenDetail, 404, absent],
  ])('refuses %s (%j) at %s with %i', async (_what, authorization, path, status, detail) => {
    const reply = await ask(sandbox, path, { ...(authorization && { headers: { authorization } }) })
    expect(reply).toMatchObject({ status, type: 'application/json', body: { detail } })
  })

  it('refuses another scheme as such before 2025.12', async () => {
    const old = await startSandbox({ release: '2025.10' })
    const reply = await ask(old, tokenDetail, { headers: { authorization: 'Basic YTpi' } })
    expect(reply).toMatchObject({ status: 403, body: { detail: 'Unsupported authentication type' } })
    await old.close()
  })

  it('accepts the scheme in any case', async () => {
    const reply = await ask(sandbox, tokenDetail, { headers: { authorization: 'bEARER demo-superuser' } })
    expect(reply.status).toBe(200)
  })

  it('breaks at a token that is not ASCII', async () => {
    const reply = await ask(sandbox, list, { token: 'caf\u00e9' })
    expect(reply).toMatchObject({ status: 500, type: 'text/html; charset=utf-8' })
  })

  it.each(demonstrationCallers)('takes $token for $username', async ({ token, username }) => {
    const reply = await ask(sandbox, 'core/users/me/', { token })
    expect(reply.body).toMatchObject({ user: { username } })
  })

  it('advertises a superuser, a plain user, an auditor and somebody without anything, in this order', () => {
    expect(demonstrationCallers.map(({ token }) => token)).toEqual([
      'demo-superuser',
      'demo-plain',
      'demo-auditor',
      'demo-nobody',
    ])
  })
})
