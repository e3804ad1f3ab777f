import { expect, it } from 'vitest'
import { builder } from '../src/graph/builder.ts'
import { OAuth2Provider } from '../src/schema/oauth2-provider.ts'
import { listen, startGatewayOver } from './start.ts'

// A field that reads the secret wherever it stands. OAuth2Provider.clientSecret says that it is loaded from the provider itself.
builder.objectField(OAuth2Provider, 'careless', (t) => t.exposeString('client_secret', { description: 'Careless.' }))

it.each([
  'accessToken(id: 1) { provider { clientId careless } }',
  'accessTokens { nodes { provider { clientId careless } } }',
])('The secret that a grant carries is in no field, even of a careless one: %s', async (selected) => {
  const provider = { pk: 1, name: 'p', client_id: 'grafana', client_secret: 'canary' }
  const token = { pk: 1, provider, user: { pk: 1, username: 'ada', name: '', uid: 'u' }, is_expired: false, scope: [] }
  const page = { pagination: { count: 1, total_pages: 1, start_index: 1 }, results: [token] }
  const { url } = await listen((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.url?.includes('access_tokens/1/') ? token : page))
  })
  const { ask } = await startGatewayOver(url)
  const answer = JSON.stringify(await ask(`{ ${selected} }`))
  expect(answer).toContain('grafana')
  expect(answer).not.toContain('canary')
})
