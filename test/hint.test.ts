import { expect, it } from 'vitest'
import { startGateway } from './start.ts'

const lists = ['accessTokens', 'refreshTokens', 'authorizationCodes', 'applications'] as const
const query = `{ ${lists.map((list) => `${list} { totalCount hint }`).join(' ')} me { accessTokens { hint } } }`

it('Connections tell what may be hidden from the caller, but nothing of what is their own', async () => {
  const { ask, sandbox } = await startGateway()
  for (const token of ['demo-plain', 'demo-auditor', 'demo-nobody', 'demo-viewer', 'demo-delegate']) {
    sandbox.requests.length = 0
    const { data, errors } = await ask(query, { token })
    expect(errors).toBeUndefined()
    for (const list of lists) expect(data[list].hint).toMatch(/ hidden/)
    expect(data.me.accessTokens.hint).toBeNull()
  }
})

it('Nothing is hidden from superusers', async () => {
  const { ask } = await startGateway()
  const { data } = await ask(query)
  for (const list of lists) expect(data[list].hint).toBeNull()
})

it('A hint takes one request to know who asks, for all lists together', async () => {
  const { askOnce, sandbox } = await startGateway()
  await askOnce('{ accessTokens { hint } refreshTokens { hint } }', { token: 'demo-plain' })
  expect(sandbox.requests.filter(({ path }) => path.includes('/me/'))).toHaveLength(1)
  sandbox.requests.length = 0
  await askOnce('{ accessTokens { totalCount } }', { token: 'demo-plain' })
  expect(sandbox.requests.filter(({ path }) => path.includes('/me/'))).toHaveLength(0)
})

it('Members of a group are all shown, and so nothing is hinted at', async () => {
  const { ask } = await startGateway()
  const { data } = await ask('{ groups(first: 1) { hint nodes { users { hint } } } }', { token: 'demo-auditor' })
  expect(data.groups.hint).toMatch(/view_group/)
  expect(data.groups.nodes[0].users.hint).toBeNull()
})
