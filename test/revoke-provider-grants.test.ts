import { describe, expect, it } from 'vitest'
import { demonstrationJwt } from '../src/sandbox/server.ts'
import { getRest } from './rest.ts'
import { goneOf, readWorld } from './revocable-world.ts'
import { startGateway, usualRelease } from './start.ts'

const fields = '{ revokedCount failedCount revokedIds results { targetId outcome message } }'
const revoke = (provider: unknown, more = '') =>
  `mutation { payload: revokeProviderGrants(provider: "${provider}"${more}) ${fields} }`

interface Told {
  targetId: string
  outcome: string
  message: string | null
}

/** The global ids of all grants of a provider. */
async function grantsOf(url: string, provider: number): Promise<string[]> {
  const kinds = {
    AuthorizationCode: 'authorization_codes',
    RefreshToken: 'refresh_tokens',
    AccessToken: 'access_tokens',
  }
  const ids = Object.entries(kinds).map(async ([type, path]) => {
    const { results } = await getRest(url, `/oauth2/${path}/?provider=${provider}&page_size=100`, 'demo-sealed')
    return (results as { pk: number }[]).map(({ pk }) => `${type}:${pk}`)
  })
  return (await Promise.all(ids)).flat()
}

describe('Revoking all that a provider issued', () => {
  it('takes its grants, of all users, and nothing else', async () => {
    const { ask, sandbox, asked } = await startGateway()
    const before = await readWorld(sandbox.url)
    const own = await grantsOf(sandbox.url, 3)
    asked()
    const { data, errors } = await ask(revoke('OAuth2Provider:3'))
    expect(errors).toBeUndefined()
    const kinds = asked().flatMap((line) => /DELETE \/oauth2\/(\w+)/.exec(line)?.[1] ?? [])
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual(
      ['authorization_codes', 'refresh_tokens', 'access_tokens'].filter((kind) => kinds.includes(kind)),
    )
    expect(own.length).toBeGreaterThan(20)
    expect(goneOf(before, await readWorld(sandbox.url)).sort()).toEqual(own.sort())
    expect([...data.payload.revokedIds].sort()).toEqual(own)
    expect(data.payload).toMatchObject({ revokedCount: own.length, failedCount: 0 })
  })

  it('by a dry run deletes nothing and tells the same', async () => {
    const { ask, asked, sandbox } = await startGateway()
    const { data } = await ask(revoke(3, ', dryRun: true'))
    expect(asked().filter((line) => line.startsWith('DELETE'))).toEqual([])
    expect(data.payload.results.map(({ targetId }: Told) => targetId).sort()).toEqual(
      (await grantsOf(sandbox.url, 3)).sort(),
    )
    expect(new Set(data.payload.results.map(({ outcome }: Told) => outcome))).toEqual(new Set(['WOULD_REVOKE']))
  })

  it('tells who is no superuser that the grants of others may be hidden', async () => {
    const { ask } = await startGateway()
    const { data } = await ask(revoke(3), { token: 'demo-auditor' })
    const shown = ['2024.10', '2025.10'].includes(usualRelease)
    expect(data.payload.results.at(-1)).toEqual({
      targetId: 'OAuth2Provider:3',
      outcome: 'STAYS',
      message: `Grants of others, if any, are hidden from you${shown ? ': this release shows them to superusers only' : ''}.`,
    })
  })

  it.each([
    ['abc', 'Expected the id of one OAuth2Provider'],
    [9999, 'authentik refuses the request: provider: '],
  ])('of %s is BAD_USER_INPUT', async (provider, message) => {
    const { ask } = await startGateway()
    const { errors } = await ask(revoke(provider))
    expect(errors).toMatchObject([
      { message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })
})

it('The access token with which it is asked goes last', async () => {
  const { ask, asked } = await startGateway()
  const { data } = await ask(`mutation { payload: revokeUserGrants(user: 5) ${fields} }`, {
    token: demonstrationJwt(255),
  })
  expect(data.payload.results.at(-1)).toMatchObject({ targetId: 'AccessToken:255', outcome: 'FORBIDDEN' })
  const deletions = asked().filter((line) => line.startsWith('DELETE'))
  expect(deletions.at(-1)).toBe('DELETE /oauth2/access_tokens/255/')
  expect(deletions).toHaveLength(15)
})
