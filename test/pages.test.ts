import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { beforeAll, describe, expect, it } from 'vitest'
import { demonstrationJwt } from '../src/sandbox/server.ts'
import { startBrowser } from './browser.ts'
import { type Body, getRest } from './rest.ts'
import { goneOf, readWorld, revocables } from './revocable-world.ts'
import { listen, startGateway } from './start.ts'

const folder = join(import.meta.dirname, 'pages')
const callers = [
  ['a superuser', 'demo-superuser'],
  ['who sees all', 'demo-auditor'],
  ['who sees and deletes', 'demo-delegate'],
  ['who only deletes', 'demo-deleter'],
  ['who has rights on objects', 'demo-viewer'],
  ['an ordinary user', 'demo-plain'],
  ['with a signed token', demonstrationJwt(255)],
] as const

/** What the server of the pages has, by path: the scripts are bundled with Apollo Client. */
const files = new Map<string, { type: string; content: string }>()
beforeAll(async () => {
  const input = ['self-service.js', 'admin.js'].map((name) => join(folder, name))
  const bundle = await rolldown({ input, platform: 'browser', logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  for (const chunk of output) {
    if (chunk.type === 'chunk') files.set(`/${chunk.fileName}`, { type: 'text/javascript', content: chunk.code })
  }
  for (const name of ['self-service.html', 'admin.html', 'page.css']) {
    const content = await readFile(join(folder, name), 'utf8')
    files.set(`/${name}`, { type: name.endsWith('.css') ? 'text/css' : 'text/html', content })
  }
})

/** A page in a browser, connected in the name of a caller to a gateway that allows its origin. */
async function open(skip: (note: string) => never, name: 'self-service' | 'admin', token: string) {
  let gateway = ''
  const { url: origin } = await listen((request, response) => {
    const file = files.get(request.url ?? '')
    response
      .writeHead(file ? 200 : 404, {
        'content-type': `${file?.type ?? 'text/plain'}; charset=utf-8`,
        'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src http: https: data:; connect-src ${gateway}; base-uri 'none'; form-action 'none'`,
      })
      .end(file?.content)
  })
  const { url, sandbox } = await startGateway({ corsOrigins: [origin] })
  gateway = new URL(url).origin
  const { page, requests, complaints } = await startBrowser(skip)
  // The sample has no icons, at authentik's address or at others.
  await page.route(/\.example\/|\/files\//, (route) => route.fulfill({ contentType: 'image/svg+xml', body: '<svg/>' }))
  await page.goto(`${origin}/${name}.html`)
  await page.getByLabel('Gateway').fill(url)
  const connect = async (value: string) => {
    await page.getByLabel('Token', { exact: true }).fill(value)
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await ready(page)
  }
  const world = await readWorld(sandbox.url)
  sandbox.requests.length = 0
  await connect(token)
  /** By kind what is gone at authentik by now. */
  const gone = async () => goneOf(world, await readWorld(sandbox.url)).toSorted()
  return { page, sandbox, requests, complaints, connect, world, gone, origin, gateway, token }
}

async function ready(page: Page) {
  await page.waitForSelector('body[data-state="ready"]', { timeout: 15_000 })
}

async function click(page: Page, name: string) {
  await page.getByRole('button', { name, exact: true }).click()
  await ready(page)
}

const texts = (page: Page, selector: string) => page.locator(selector).allTextContents()
const idsIn = (page: Page, table: string): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('#${table} tr')].map((row) => row.dataset.id).toSorted()`)
const connectedIn = (page: Page): Promise<{ name: string; scope: string; ids: string[] }[]> =>
  page.evaluate(`[...document.querySelectorAll('#applications tr')].map((row) => ({
    name: row.cells[1].textContent, scope: row.cells[2].textContent, ids: row.dataset.ids.split(' ').toSorted(),
  }))`)
const results = (page: Page): Promise<{ id: string; outcome: string; text: string }[]> =>
  page.evaluate(`[...document.querySelectorAll('#results li')].map((item) => (
    { id: item.dataset.id, outcome: item.dataset.outcome, text: item.textContent }))`)
/** The names of what the client's cache holds. */
const cached = (page: Page): Promise<string[]> =>
  page.evaluate('Object.keys(__APOLLO_CLIENT__.cache.extract()).map((name) => name.replace(/^\\w+:/, ""))')

/** All rows of a list in the caller's name, by their global ids; none where authentik refuses. */
async function rowsOf(url: string, token: string, type: keyof typeof revocables, query: string) {
  const [path, key] = revocables[type]
  const rows = new Map<string, Body>()
  for (let page = 1; page > 0; ) {
    const address = `${url}/api/v3/${path}/?page=${page}&page_size=100&${query}`
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
    if (!response.ok) return rows
    const body = (await response.json()) as { results: Body[]; pagination: { next: number } }
    for (const row of body.results) rows.set(`${type}:${row[key]}`, row)
    page = body.pagination.next
  }
  return rows
}

async function meOf(url: string, token: string) {
  const { user } = await getRest(url, '/core/users/me/', token)
  return user as { pk: number; username: string }
}

const hasEnded = ({ is_expired: isExpired, expiring, expires }: Body) =>
  isExpired ?? (expiring === true && Date.parse(String(expires)) < Date.now())

/** What REST shows of the caller's own, as the page shows it. */
async function ownOf(url: string, token: string) {
  const { pk, username } = await meOf(url, token)
  const rows = (type: keyof typeof revocables, query: string) => rowsOf(url, token, type, query)
  const connected = new Map<string, { ids: string[]; scope: Set<string> }>()
  for (const type of ['UserConsent', 'AccessToken', 'RefreshToken'] as const) {
    for (const [id, row] of await rows(type, `user=${pk}`)) {
      if (hasEnded(row)) continue
      const { name: application } = (row['application'] ?? {}) as { name?: string }
      const provider = (row['provider'] ?? {}) as { name: string; assigned_application_name?: string }
      const name = application ?? provider.assigned_application_name ?? provider.name
      const one = connected.get(name) ?? { ids: [], scope: new Set() }
      connected.set(name, one)
      one.ids.push(id)
      const scope = (row['scope'] ?? String(row['permissions']).split(' ')) as string[]
      for (const word of scope) if (word) one.scope.add(word)
    }
  }
  const own = ({ user }: Body) => user === pk
  const keysOf = (found: Map<string, Body>) => [...found].filter(([, row]) => own(row)).map(([id]) => id)
  return {
    username,
    connected: new Map([...connected].map(([name, { ids, scope }]) => [name, { ids: ids.toSorted(), scope }])),
    sessions: keysOf(await rows('AuthenticatedSession', `user__username=${username}`)).toSorted(),
    tokens: keysOf(await rows('ApiToken', `user__username=${username}`)).toSorted(),
  }
}

async function expectOwn(page: Page, url: string, token: string) {
  const own = await ownOf(url, token)
  const shown = await connectedIn(page)
  expect(new Map(shown.map(({ name, ids }) => [name, ids]))).toEqual(
    new Map([...own.connected].map(([name, { ids }]) => [name, ids])),
  )
  for (const { name, scope } of shown) {
    expect(new Set(scope.split(' ').filter(Boolean))).toEqual(own.connected.get(name)?.scope)
  }
  expect(await idsIn(page, 'sessions')).toEqual(own.sessions)
  expect(await idsIn(page, 'tokens')).toEqual(own.tokens)
  return own
}

/** No storage, no address and no part of the page has the token. */
async function expectNoToken({ page, requests, token }: { page: Page; requests: string[]; token: string }) {
  const kept: string = await page.evaluate(`(async () => JSON.stringify([
    { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state, window.name,
    await indexedDB.databases(), 'caches' in window ? await caches.keys() : [],
    [...document.querySelectorAll('input')].map(({ value }) => value), document.documentElement.outerHTML,
    __APOLLO_CLIENT__.cache.extract(),
  ]))()`)
  expect(kept.startsWith('[{},{},"",')).toBe(true)
  expect(kept).not.toContain(token)
  expect(requests.filter((request) => request.includes(token))).toEqual([])
}

/**
 * What is gone is what was told to be. A signed token ends with its own session: of that session, and of grants that may have gone along, it
 * is told that this is not known.
 */
function expectTold(told: Awaited<ReturnType<typeof results>>, gone: readonly string[], isSigned: boolean): void {
  const revoked = told.filter(({ outcome }) => outcome === 'REVOKED').map(({ id }) => id)
  expect(revoked.filter((id) => !gone.includes(id))).toEqual([])
  const lost = gone.filter((id) => !revoked.includes(id))
  if (!isSigned) expect(lost).toEqual([])
  for (const id of lost) {
    expect(id).toMatch(/^(AccessToken|AuthorizationCode):/)
    expect(['FAILED', 'FORBIDDEN']).toContain(told.find((result) => result.id === id)?.outcome)
  }
}

/** A page whose token has ended says so, and shows and holds nothing any more. */
async function expectRefused(page: Page, rows: string): Promise<void> {
  expect((await texts(page, '#messages li')).join()).toContain('Your token is not accepted, or no longer.')
  expect(await page.locator(rows).count()).toBe(0)
  expect((await cached(page)).filter((name) => name.includes(':'))).toEqual([])
}

describe.each(callers)('The page of one’s own access, for %s', (_who, token) => {
  it('shows what REST shows, takes away one by one and then everywhere, and nothing else', async ({ skip }) => {
    const opened = await open(skip, 'self-service', token)
    const { page, sandbox, world, gone, complaints } = opened
    const paths = sandbox.requests.map(({ path }) => path)
    const devices = paths.findLastIndex((path) => path.includes('/users/me/'))
    expect(devices).toBeLessThanOrEqual(5)
    expect(paths.slice(devices), String(paths)).toHaveLength(3)
    const own = await expectOwn(page, sandbox.url, token)
    expect(await texts(page, '#messages li')).toEqual([])
    expect(await texts(page, '#who')).toEqual([`You are ${own.username}.`])
    const { pk } = await meOf(sandbox.url, token)
    const ofMine = new Set(world.filter(({ user }) => user === pk).map(({ id }) => id))

    // One application.
    const [application] = await connectedIn(page)
    if (application) {
      await page.locator('#applications button').first().click()
      await ready(page)
      const told = await results(page)
      expect(told.map(({ id }) => id).toSorted()).toEqual(application.ids)
      const revoked = told.filter(({ outcome }) => outcome === 'REVOKED').map(({ id }) => id)
      expect(await gone()).toEqual(revoked.toSorted())
      for (const { outcome, text } of told) {
        expect(outcome).toMatch(/^(REVOKED|FORBIDDEN)$/)
        if (outcome === 'FORBIDDEN') expect(text).toMatch(/you may not take it away\. That needs the right delete_/)
      }
      await expectOwn(page, sandbox.url, token)
      for (const id of revoked) expect(await cached(page)).not.toContain(id)
    }

    // One device, and what goes along.
    const [session] = await idsIn(page, 'sessions')
    if (session) {
      const before = await gone()
      await page.locator(`#sessions tr[data-id="${session}"] button`).click()
      await ready(page)
      const went = (await gone()).filter((id) => !before.includes(id))
      expect(went).toContain(session)
      for (const id of went) expect(id).toMatch(/^(AuthenticatedSession|AccessToken|AuthorizationCode):/)
      expect(went.filter((id) => id.startsWith('AuthenticatedSession:'))).toEqual([session])
      expect(went.filter((id) => !ofMine.has(id))).toEqual([])
      await expectOwn(page, sandbox.url, token)
      const left = await cached(page)
      expect(went.filter((id) => left.includes(id))).toEqual([])
    }

    // All, after a dry run.
    const before = await gone()
    await click(page, 'Show what would go')
    expect(await gone()).toEqual(before)
    const predicted = await results(page)
    await click(page, 'Sign out everywhere')
    const told = await results(page)
    const after = await gone()
    const revoked = told.filter(({ outcome }) => outcome === 'REVOKED').map(({ id }) => id)
    const isSigned = !token.startsWith('demo-')
    expectTold(
      told,
      after.filter((id) => !before.includes(id)),
      isSigned,
    )
    expect(after.filter((id) => !ofMine.has(id))).toEqual([])
    expect(after.filter((id) => id.startsWith('ApiToken:'))).toEqual([])
    const certain = predicted.filter(({ outcome }) => outcome === 'WOULD_REVOKE').map(({ id }) => id)
    expect(certain.filter((id) => !revoked.includes(id))).toEqual([])
    const possible = predicted.filter(({ outcome }) => /^(WOULD|MAY)_REVOKE$/.test(outcome)).map(({ id }) => id)
    expect(revoked.filter((id) => !possible.includes(id))).toEqual([])
    expect(await idsIn(page, 'sessions')).toEqual([])
    const shown = [...(await connectedIn(page)).flatMap(({ ids }) => ids), ...(await cached(page))]
    expect(shown.filter((id) => after.includes(id))).toEqual([])
    if (isSigned) await expectRefused(page, '#applications tr, #sessions tr, #tokens tr')
    else await expectOwn(page, sandbox.url, token)
    await expectNoToken(opened)
    expect(complaints).toEqual([])
  }, 60_000)
})

describe.each(callers)('The page of others’ access, for %s', (_who, token) => {
  it('shows what REST shows, and takes away what a dry run said, but for what is kept', async ({ skip }) => {
    const opened = await open(skip, 'admin', token)
    const { page, sandbox, world, gone, complaints } = opened
    // Whoever may not see a provider costs one more for each such provider, and is told of it.
    const hidden = sandbox.requests.filter(({ path }) => /\/providers\/oauth2\/\d+\/$/.test(path)).length
    expect(sandbox.requests.length - hidden).toBeLessThanOrEqual(2)
    if (token !== 'demo-viewer') expect(hidden).toBe(0)
    else expect((await texts(page, '#messages li')).join()).toMatch(/you may not see it/)
    sandbox.requests.length = 0
    const table = await rowsOf(sandbox.url, token, 'AccessToken', 'ordering=-pk')
    const newest = [...table.keys()].slice(0, 50)
    expect(await idsIn(page, 'access')).toEqual(newest.toSorted())
    for (const line of await page.locator('#access tr').all()) {
      const [key, user, provider] = await line.locator('td').allTextContents()
      const row = table.get(`AccessToken:${key}`) as { user: { username: string }; provider: { name: string } }
      expect([user, provider]).toEqual([row.user.username, row.provider.name])
    }

    await page.getByLabel('Username').fill('paul')
    await click(page, 'Find')
    const seen = await fetch(`${sandbox.url}/api/v3/core/users/?username=paul`, {
      headers: { authorization: `Bearer ${token}` },
    }).then(async (response) => (response.ok ? ((await response.json()) as { results: Body[] }).results : []))
    const me = await meOf(sandbox.url, token)
    if (seen.length === 0 && me.username !== 'paul') {
      expect(await page.locator('#person').isHidden()).toBe(true)
      expect((await texts(page, '#messages li')).join()).toMatch(/you may not see/i)
      expect(await gone()).toEqual([])
      return
    }
    const paul = 5
    const expected: string[] = []
    for (const type of Object.keys(revocables) as (keyof typeof revocables)[]) {
      const query = /Session|ApiToken/.test(type) ? 'user__username=paul' : `user=${paul}`
      const rows = await rowsOf(sandbox.url, token, type, query)
      expected.push(...rows.keys())
    }
    expect(await idsIn(page, 'rows')).toEqual(expected.toSorted())

    const keep = expected.find((id) => id.startsWith('UserConsent:'))
    if (keep) await page.getByLabel(`Keep ${keep}`, { exact: true }).check()
    await click(page, 'Show what would go')
    expect(await gone()).toEqual([])
    const predicted = await results(page)
    expect(predicted.length).toBeGreaterThan(0)
    await click(page, 'Take it away')
    const told = await results(page)
    const after = await gone()
    const revoked = told.filter(({ outcome }) => outcome === 'REVOKED').map(({ id }) => id)
    const isSigned = !token.startsWith('demo-')
    if (told.some(({ text }) => text.includes('Grants, if any, are hidden from you'))) {
      // What went with sessions was hidden before, and is not told.
      const hidden = after.filter((id) => !revoked.includes(id))
      expect(hidden.filter((id) => expected.includes(id))).toEqual([])
      for (const id of hidden) expect(id).toMatch(/^(AccessToken|AuthorizationCode):/)
    } else expectTold(told, after, isSigned)
    expect(world.filter(({ id, user }) => after.includes(id) && user !== paul)).toEqual([])
    if (keep) {
      expect(after).not.toContain(keep)
      expect(told.find(({ id }) => id === keep)?.text).toBe(`${keep}: stays. You keep it.`)
    }
    for (const { outcome, text } of told) {
      if (outcome === 'FORBIDDEN') expect(text).toMatch(/you may not take it away\. That needs the right delete_\w+\.$/)
    }
    const possible = predicted.filter(({ outcome }) => /^(WOULD|MAY)_REVOKE$/.test(outcome)).map(({ id }) => id)
    expect(revoked.filter((id) => !possible.includes(id))).toEqual([])
    const left = [...(await idsIn(page, 'rows')), ...(await idsIn(page, 'access')), ...(await cached(page))]
    expect(left.filter((id) => after.includes(id))).toEqual([])
    if (isSigned) await expectRefused(page, '#rows tr, #access tr')
    else expect(await idsIn(page, 'rows')).toEqual(expected.filter((id) => !after.includes(id)).toSorted())
    await expectNoToken(opened)
    expect(complaints).toEqual([])
  }, 60_000)
})

it('The page of one’s own access deletes one API token, and says what it cannot do', async ({ skip }) => {
  const { page, sandbox, gone, connect, complaints } = await open(skip, 'self-service', 'demo-plain')
  await page.locator('#tokens tr[data-id="ApiToken:paul-second"] button').click()
  await ready(page)
  expect(await gone()).toEqual(['ApiToken:paul-second'])
  await expectOwn(page, sandbox.url, 'demo-plain')
  expect(await cached(page)).not.toContain('ApiToken:paul-second')
  // authentik cannot be asked for this one.
  await page.locator('#tokens tr[data-id="ApiToken:paul.laptop/old x"] button').click()
  await ready(page)
  expect(await texts(page, '#messages li')).toEqual([expect.stringContaining('paul.laptop')])
  expect(await gone()).toEqual(['ApiToken:paul-second'])
  // Once its own token is deleted, the page knows nothing any more.
  await page.locator('#tokens tr[data-id="ApiToken:gateway-paul"] button').click()
  await ready(page)
  expect(await gone()).toEqual(['ApiToken:gateway-paul', 'ApiToken:paul-second'])
  await expectRefused(page, '#applications tr, #sessions tr, #tokens tr')
  await connect('wrong')
  await expectRefused(page, '#applications tr, #sessions tr, #tokens tr')
  // The browser itself tells of answers with status 401.
  expect(complaints.filter((complaint) => !complaint.includes('401'))).toEqual([])
}, 60_000)

it('The page of one’s own access signs out everywhere with the API tokens, its own last', async ({ skip }) => {
  const { page, gone, world } = await open(skip, 'self-service', 'demo-superuser')
  await page.getByLabel('my API tokens, too').check()
  await click(page, 'Show what would go')
  expect(await gone()).toEqual([])
  await click(page, 'Sign out everywhere')
  expect(await gone()).toEqual(world.flatMap(({ id, user }) => (user === 4 ? [id] : [])).toSorted())
  await expectRefused(page, '#applications tr, #sessions tr, #tokens tr')
}, 60_000)

it('The pages write names as text, and load no icon by another scheme', async ({ skip }) => {
  const { page } = await open(skip, 'self-service', 'demo-plain')
  const bad = '<img src=x onerror="document.title = 1">'
  await page.route('**/graphql', async (route) => {
    const answer = await route.fetch()
    const text = (await answer.text())
      .replaceAll(
        /"(name|username|browser|lastIp|description|message)":"[^"]*"/g,
        (_, name) => `"${name}":${JSON.stringify(bad)}`,
      )
      .replaceAll(/"metaIconUrl":[^,}]*/g, '"metaIconUrl":"javascript:alert(1)"')
    await route.fulfill({ response: answer, body: text })
  })
  await page.locator('#sessions button').first().click()
  await ready(page)
  expect(await page.locator('img').count()).toBe(0)
  expect(
    (await texts(page, '#applications td, #sessions td')).filter((text) => text.includes(bad)).length,
  ).toBeGreaterThan(2)
  expect(await page.title()).toBe('My access')
}, 60_000)
