import { describe, expect, it } from 'vitest'
import { startGateway } from './start.ts'

// What the releases of authentik refuse in words and ways of their own.

describe('Credentials', () => {
  it.each(['unknown', 'demo-expired'])('%s: UNAUTHENTICATED, as authentik says', async (token) => {
    const { ask } = await startGateway()
    const { errors } = await ask('{ accessToken(id: 42) { pk } }', { token })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED', authentik: { status: 403 } } }])
  })

  it('of a plain user: FORBIDDEN at the provider, and everything else', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask('{ me { username } oauth2Provider(id: 1) { name } }', { token: 'demo-plain' })
    expect(data).toEqual({ me: { username: 'paul' }, oauth2Provider: null })
    expect(errors).toMatchObject([
      {
        path: ['oauth2Provider'],
        message: expect.stringContaining('view_oauth2provider'),
        extensions: { code: 'FORBIDDEN' },
      },
    ])
  })
})

describe('Filters', () => {
  it.each([
    ['accessTokens(filter: { user: 99999 })', 'filter.user'],
    ['accessTokens(filter: { provider: 99999 })', 'filter.provider'],
    ['users(filter: { groups: ["11111111-1111-1111-1111-111111111111"] })', 'filter.groups'],
    ['groups(filter: { members: [99999] })', 'filter.members'],
  ])('that authentik refuses, %s, are named as the caller names them', async (list, field) => {
    const { ask } = await startGateway()
    const { errors } = await ask(`{ list: ${list} { totalCount } }`)
    expect(errors).toMatchObject([
      {
        path: ['list'],
        extensions: { code: 'BAD_USER_INPUT', authentik: { status: 400, fields: { [field]: [expect.any(String)] } } },
      },
    ])
    expect(errors?.[0]?.message).toContain(field)
  })
})

describe('A cursor', () => {
  it('of a list that is not ordered by key finds its row, too', async () => {
    const { ask, sandbox } = await startGateway()
    const order = 'orderBy: [{ field: EXPIRES }]'
    const all = await ask(`{ accessTokens(first: 300, ${order}) { nodes { pk } } }`)
    const pksOf = ({ nodes }: { nodes: { pk: number }[] }) => nodes.map(({ pk }) => pk)
    const pks = pksOf(all.data.accessTokens)
    const page = await ask(`{ accessTokens(first: 100, ${order}) { pageInfo { endCursor } nodes { pk } } }`)
    const gone = [pks[3], pks[40], pks[98], pks[120]]
    await ask(`mutation { revokeAccessTokens(ids: [${gone}]) { revokedCount } }`)
    const after = page.data.accessTokens.pageInfo.endCursor
    const next = await ask(`{ accessTokens(first: 20, after: "${after}", ${order}) { nodes { pk } } }`)
    const left = pks.slice(100).filter((pk) => !gone.includes(pk))
    expect(pksOf(next.data.accessTokens)).toEqual(left.slice(0, 20))
    await sandbox.close()
  })
})
