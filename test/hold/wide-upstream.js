// An authentik in which everything is in everything, as a process of its own: ten groups in each user and in each group, twenty
// federated providers, 1000 rows in each list, refresh tokens without a property, codes
// with long scopes. Prints its address; GET /stats tells how many requests it has had.
import { createServer } from 'node:http'

const uuid = (number) => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`
const ten = Array.from({ length: 10 }, (_, index) => index + 1)
const short = ten.map((number) => ({
  pk: uuid(number),
  name: `Group ${number}`,
  num_pk: number,
  parents_obj: null,
  attributes: {},
}))
const provider = (pk) => ({
  pk,
  name: 'Grafana',
  client_id: 'grafana',
  component: 'ak-provider-oauth2-form',
  verbose_name: 'OAuth2/OpenID Provider',
  jwt_federation_providers: [...ten, ...ten.map((number) => number + 10)],
})
const user = (pk) => ({
  pk,
  username: 'ada',
  name: 'Ada',
  uid: 'u',
  is_active: true,
  email: '',
  groups: [],
  groups_obj: short,
})
const bodies = {
  access_tokens: (pk) => ({
    pk,
    provider: provider((pk % 20) + 1),
    user: user(pk % 50),
    is_expired: false,
    expires: '2036-12-01T02:59:34.011099Z',
    scope: ['openid', 'profile'],
    id_token: '{}',
    revoked: false,
  }),
  refresh_tokens: (pk) => ({ pk }),
  authorization_codes: (pk) => ({ pk, scope: ['x'.repeat(2000)] }),
  oauth2: provider,
  users: user,
  groups: (pk) => ({
    ...short[0],
    pk: typeof pk === 'number' ? uuid(pk) : pk,
    is_superuser: false,
    parents_obj: short,
    children_obj: short,
    users_obj: null,
  }),
}

let requests = 0
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://wide')
  const send = (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  if (pathname === '/stats') return send({ requests })
  if (pathname === '/-/health/live/') return response.end()
  requests += 1
  const parts = pathname.split('/').filter(Boolean)
  const last = parts.at(-1)
  if (last === 'me') return send({ user: { ...user(1), groups: short } })
  const make = bodies[last]
  if (!make) return send(bodies[parts.at(-2)](parts.at(-2) === 'groups' ? last : Number(last)))
  const [page, size] = [Number(searchParams.get('page') ?? 1), Number(searchParams.get('page_size') ?? 100)]
  const start = (page - 1) * size
  const results = Array.from({ length: Math.max(0, Math.min(size, 1000 - start)) }, (_, index) =>
    make(start + index + 1),
  )
  send({ pagination: { count: 1000, total_pages: Math.ceil(1000 / size), start_index: start + 1 }, results })
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.once('disconnect', () => process.exit())
