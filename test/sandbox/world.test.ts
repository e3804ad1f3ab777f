import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { ask } from './ask.ts'

interface Token {
  pk: number
  expires: string | null
  is_expired: boolean
  revoked: boolean
  scope: string[]
  id_token: string
  user: { pk: number; groups_obj: { name: string }[] }
  provider: { pk: number; name: string; assigned_application_slug: string }
}

let sandbox: Sandbox
let tokens: Token[]
beforeAll(async () => {
  sandbox = await startSandbox({ maxPageSize: 1000 })
  tokens = await allTokens('access_tokens')
})
afterAll(() => sandbox.close())

async function allTokens(kind: string): Promise<Token[]> {
  const { body } = await ask(sandbox, `oauth2/${kind}/?page_size=1000`, { token: 'demo-superuser' })
  return (body as { results: Token[] }).results
}

it('has an example token, number 42', () => {
  const token = tokens.find(({ pk }) => pk === 42)
  expect(token).toMatchObject({ is_expired: false, revoked: false, provider: { assigned_application_slug: 'grafana' } })
  expect(token?.user.groups_obj.map(({ name }) => name)).toEqual(['Engineering', 'Platform', 'Design'])
  expect(JSON.parse(token?.id_token ?? '')).toMatchObject({ name: 'Zoë Ånström', nonce: 'demo-nonce-42' })
})

it.each<[string, (token: Token) => boolean]>([
  ['that are valid', (token) => !token.is_expired && !token.revoked],
  ['that have expired', (token) => token.is_expired],
  ['that are revoked', (token) => token.revoked],
  ['that never expire', (token) => token.expires === null && !token.is_expired],
  [
    'whose time is past without being expired',
    (token) => token.expires !== null && Date.parse(token.expires) < Date.now() && !token.is_expired,
  ],
  [
    'without scope and with the least of claims',
    (token) => token.scope.length === 0 && Object.keys(JSON.parse(token.id_token)).join() === 'acr',
  ],
  ['for several audiences', (token) => Array.isArray(JSON.parse(token.id_token).aud)],
])('has tokens %s, of several users and providers', (_what, applies) => {
  const found = tokens.filter(applies)
  expect(new Set(found.map((token) => token.user.pk)).size).toBeGreaterThan(2)
  expect(new Set(found.map((token) => token.provider.pk)).size).toBeGreaterThan(2)
})

it('has tokens that are valid for years', () => {
  const valid = tokens.filter((token) => token.expires !== null && token.expires > '2030')
  expect(valid.length).toBeGreaterThan(200)
  expect(valid.every((token) => !token.is_expired)).toBe(true)
})

it('has one refresh token that was rotated', async () => {
  const rotated = (await allTokens('refresh_tokens')).filter((token) => token.revoked)
  expect(rotated.map(({ pk }) => pk)).toEqual([7])
})

it('tells the same each time that it is started', async () => {
  const again = await startSandbox({ maxPageSize: 1000 })
  const path = 'oauth2/access_tokens/?page_size=1000'
  const [one, other] = await Promise.all([sandbox, again].map((each) => ask(each, path, { token: 'demo-superuser' })))
  expect(one?.body).toEqual(other?.body)
  await again.close()
})
