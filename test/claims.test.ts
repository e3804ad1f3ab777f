import { describe, expect, it } from 'vitest'
import { listen, startGateway, startGatewayOver } from './start.ts'

const fields = 'issuedAt authenticatedAt'

/** The moments that the graph tells of a token with these claims. */
async function momentsOf(idToken: string) {
  const { url } = await listen((_request, response) => {
    const user = { pk: 1, username: 'ada', name: '', uid: 'u' }
    const body = { pk: 1, provider: { pk: 1, name: 'p' }, user, is_expired: false, scope: [], id_token: idToken }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  })
  const { ask } = await startGatewayOver(url)
  const { data, errors } = await ask(`{ accessToken(id: 1) { ${fields} } }`)
  expect(errors).toBeUndefined()
  return data.accessToken
}

describe('The moments in the claims', () => {
  it.each(['accessToken', 'refreshToken'])('of a %s are told as moments', async (one) => {
    const { ask } = await startGateway()
    const { data } = await ask(`{ token: ${one}(id: 2) { idTokenClaims ${fields} } }`)
    const { idTokenClaims: claims, issuedAt, authenticatedAt } = data.token
    expect(issuedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect([Date.parse(issuedAt), Date.parse(authenticatedAt)]).toEqual([claims.iat * 1000, claims.auth_time * 1000])
  })

  it('are told where secrets are hidden: they are none', async () => {
    const { ask } = await startGateway({ hideSecrets: true })
    const { data, errors } = await ask(`{ accessToken(id: 42) { ${fields} } }`)
    expect(errors).toBeUndefined()
    expect(data.accessToken.issuedAt).toEqual(expect.any(String))
  })

  it.each([
    ['{"iat": 1767225600, "auth_time": 1767225600.5}', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.500Z'],
    ['{"iat": 1767225600}', '2026-01-01T00:00:00Z', null],
    ['{"iat": "1767225600", "auth_time": null}', null, null],
    ['{"iat": 1e30, "auth_time": -99999999999}', null, null],
    ['{"iat": 253402300800, "auth_time": 12345678901234567890}', null, null],
    ['{}', null, null],
    ['null', null, null],
    ['no JSON', null, null],
  ])('%s are told as far as they are moments', async (claims, issuedAt, authenticatedAt) => {
    expect(await momentsOf(claims)).toEqual({ issuedAt, authenticatedAt })
  })
})
