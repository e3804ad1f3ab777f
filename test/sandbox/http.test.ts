import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { ask } from './ask.ts'

const token = 'demo-superuser'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await startSandbox()
})
afterEach(() => sandbox.close())

describe('paths', () => {
  it.each([
    ['an absent key', 'oauth2/access_tokens/301/', 'No AccessToken matches the given query.'],
    ['a key of 0', 'oauth2/access_tokens/0/', 'No AccessToken matches the given query.'],
    ['a negative key', 'oauth2/access_tokens/-1/', 'No AccessToken matches the given query.'],
    ['a huge key', 'core/users/99999999999999999999/', 'No User matches the given query.'],
    ['an absent UUID', 'core/groups/11111111-1111-1111-1111-111111111111/', 'No Group matches the given query.'],
    ['a key that is no number', 'providers/oauth2/abc/', 'Not found.'],
    ['a key that is no UUID', 'core/groups/5/', 'Not found.'],
    ['a format other than json', 'core/users/?format=xml', 'Not found.'],
  ])('answers %s with a 404 in JSON', async (_what, path, detail) => {
    expect(await ask(sandbox, path, { token })).toMatchObject({
      status: 404,
      type: 'application/json',
      body: { detail },
    })
  })

  it.each([
    ['no slash at the end', '/api/v3/oauth2/access_tokens/42'],
    ['a dot in the key', '/api/v3/oauth2/access_tokens/1.5/'],
    ['a double slash', '/api/v3//oauth2/access_tokens/'],
    ['an unknown resource', '/api/v3/no/such/thing/'],
    ['the root', '/'],
  ])('answers %s with a 404 as a page', async (_what, path) => {
    expect(await ask(sandbox, path, { token })).toMatchObject({ status: 404, type: 'text/html; charset=utf-8' })
  })

  it('finds a group by its UUID in any case and without dashes', async () => {
    expect((await ask(sandbox, 'core/groups/67726F75700040008000000000000003/', { token })).body).toMatchObject({
      name: 'Platform',
    })
  })

  it.each(['live', 'ready'])('is %s', async (state) => {
    expect(await ask(sandbox, `/-/health/${state}/`)).toMatchObject({ status: 200, body: '' })
  })
})

describe('methods', () => {
  it.each([
    ['PUT', 'oauth2/access_tokens/42/', 'GET, DELETE, HEAD, OPTIONS'],
    ['PATCH', 'oauth2/access_tokens/42/', 'GET, DELETE, HEAD, OPTIONS'],
    ['POST', 'oauth2/access_tokens/', 'GET, HEAD, OPTIONS'],
    ['DELETE', 'oauth2/access_tokens/', 'GET, HEAD, OPTIONS'],
    ['POST', 'core/users/', 'GET, HEAD, OPTIONS'],
  ])('does not know %s of %s', async (method, path, allow) => {
    const reply = await ask(sandbox, path, { method, token })
    expect(reply).toMatchObject({ status: 405, body: { detail: `Method "${method}" not allowed.` } })
    expect(reply.headers.get('allow')).toBe(allow)
  })

  it('answers HEAD with the headers of GET alone', async () => {
    const path = 'oauth2/access_tokens/42/'
    const [head, get] = [await ask(sandbox, path, { method: 'HEAD', token }), await ask(sandbox, path, { token })]
    expect(head).toMatchObject({ status: 200, body: '' })
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'))
  })

  it('answers OPTIONS with what a path is called', async () => {
    const { body } = await ask(sandbox, 'oauth2/access_tokens/42/', { method: 'OPTIONS' })
    expect(body).toMatchObject({ name: 'Access Token Instance', description: 'AccessToken Viewset' })
  })

  it('has no page to write to', async () => {
    const reply = await ask(sandbox, '/api/v3/oauth2/access_tokens/42', { method: 'DELETE', token })
    expect(reply).toMatchObject({ status: 405, type: 'text/html; charset=utf-8', body: '' })
  })
})

describe('headers', () => {
  it.each(['*/*', 'application/json', 'application/*', 'text/html, application/json;q=0.5'])(
    'accepts "accept: %s"',
    async (accept) => {
      expect((await ask(sandbox, 'core/users/me/', { token, headers: { accept } })).status).toBe(200)
    },
  )

  it.each(['text/html', 'application/xml', 'application/jsonp'])('cannot satisfy "accept: %s"', async (accept) => {
    const reply = await ask(sandbox, 'core/users/me/', { token, headers: { accept } })
    const detail = 'Could not satisfy the request Accept header.'
    expect(reply).toMatchObject({ status: 406, type: 'application/json', body: { detail } })
  })

  it('gives each answer an id of its own', async () => {
    const replies = await Promise.all([1, 2, 3].map(() => ask(sandbox, 'core/users/me/', { token })))
    const ids = replies.map((reply) => reply.headers.get('x-authentik-id'))
    expect(new Set(ids).size).toBe(3)
    expect(ids.join()).toMatch(/^[0-9a-f]{32},[0-9a-f]{32},[0-9a-f]{32}$/)
  })
})

describe('languages', () => {
  it.each([
    ['2026.8', 'de', 'Ungültige Seite.'],
    ['2025.10', 'de-AT, en;q=0.5', 'Ungültige Seite.'],
    ['2025.10', 'en', 'Invalid page.'],
    ['2026.8', 'fr', 'Invalid page.'],
    ['2025.8', 'de', 'Invalid page.'],
  ] as const)('makes %s, asked for %s, say "%s"', async (release, language, detail) => {
    const played = await startSandbox({ release })
    const headers = { 'accept-language': language }
    const { body } = await ask(played, 'core/users/?page=9', { token, headers })
    expect(body).toEqual({ detail })
    await played.close()
  })

  it('translates what is wrong with a parameter too', async () => {
    const headers = { 'accept-language': 'de' }
    const { body } = await ask(sandbox, 'core/users/?type=robot', { token, headers })
    expect(body).toEqual({ type: ['Bitte eine gültige Auswahl treffen. robot ist keine gültige Auswahl.'] })
  })

  it('never translates what it says of a token', async () => {
    const { body } = await ask(sandbox, 'core/users/', { token: 'nonsense', headers: { 'accept-language': 'de' } })
    expect(body).toEqual({ detail: 'Token invalid/expired' })
  })
})

describe('requests', () => {
  it('are recorded in the order received, with their query and headers', async () => {
    await ask(sandbox, 'core/users/5/?include_groups=false', { token })
    await ask(sandbox, '/nowhere', { method: 'POST' })
    expect(sandbox.requests).toMatchObject([
      {
        method: 'GET',
        path: '/api/v3/core/users/5/?include_groups=false',
        headers: { authorization: `Bearer ${token}` },
      },
      { method: 'POST', path: '/nowhere' },
    ])
  })

  it('can be forgotten', async () => {
    await ask(sandbox, 'core/users/me/', { token })
    sandbox.requests.length = 0
    await ask(sandbox, 'core/groups/', { token })
    expect(sandbox.requests.map(({ path }) => path)).toEqual(['/api/v3/core/groups/'])
  })
})

describe('ports', () => {
  it('are asked for, and only on this machine', async () => {
    expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it('that are taken are an error', async () => {
    await expect(startSandbox({ port: Number(new URL(sandbox.url).port) })).rejects.toThrow('EADDRINUSE')
  })
})
