import { createHash } from 'node:crypto'
import { join } from 'node:path'
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { type Example, examples } from '../src/http/examples.ts'
import { createGraphiQL } from '../src/http/graphiql.ts'
import { ownExamples, ownVariables } from '../src/http/own-examples.ts'
import { releases } from '../src/sandbox/server.ts'
import { startBrowser } from './browser.ts'
import { addressOf, run as start } from './program.ts'
import { startGateway } from './start.ts'

const { PICTURES } = process.env
const patience = { timeout: 15_000 }

it('shows each example and its answer in a browser, which asks no other host and has nothing to complain of', async ({
  skip,
}) => {
  const { url, ask } = await startGateway({ graphiql: true, demonstrationToken: 'demo-superuser' })
  const { page, requests, complaints } = await startBrowser(skip)
  await page.goto(url)
  for (const [index, example] of examples.entries()) {
    await openTab(page, index)
    await run(page)
    const { data } = await ask(example.query, askedWith(example))
    await expect.poll(() => answerOn(page), patience).toContain(withoutSpaces(JSON.stringify({ data }).slice(0, 100)))
    if (index === 0) await takePicture(page, 'graphiql')
  }
  expect(await page.title()).toBe('authentik-graphql')
  const { origin } = new URL(url)
  expect(requests.filter((request) => !/^(blob|data):/.test(request) && new URL(request).origin !== origin)).toEqual([])
  expect(complaints).toEqual([])
}, 60_000)

it('comes back after a reload with the query and the demonstration token, though no header was stored', async ({
  skip,
}) => {
  const { url } = await startGateway({ graphiql: true, demonstrationToken: 'demo-superuser' })
  const { page, complaints } = await startBrowser(skip)
  await page.goto(url)
  await openTab(page, 1)
  await run(page)
  await expect.poll(() => answerOn(page), patience).toContain('"data":{"accessTokens":{"totalCount":95')
  expect(await page.evaluate('JSON.stringify(localStorage)')).toContain('TokensOfAUser')
  expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('demo-superuser')
  await page.reload()
  await run(page)
  await expect.poll(() => answerOn(page), patience).toContain('"data":{"accessTokens":{"totalCount":95')
  expect(complaints).toEqual([])
}, 60_000)

it('opens after reloads with the example that nobody touched, selected and whole, but without the token that was typed', async ({
  skip,
}) => {
  const { url } = await startGateway({ graphiql: true })
  const { page, complaints } = await startBrowser(skip)
  await page.goto(url)
  for (const first of ['WhoAmI', 'MyTokens', 'MyTokens']) {
    await expect.poll(() => page.getByRole('tab').allTextContents(), patience).toEqual([first])
    await typeToken(page, 'demo-plain')
    await runOperation(page, 'MyTokens')
    await expect.poll(() => answerOn(page), patience).toContain('"data":{"me":{"accessTokens":{"totalCount":')
    // GraphiQL stores what it shows after half a second.
    const stored = () => page.evaluate("JSON.parse(localStorage['graphiql:tabState']).tabs")
    const tab = { operationName: 'MyTokens', query: expect.stringContaining('WhoAmI'), variables: ownVariables }
    await expect.poll(stored, patience).toMatchObject([tab])
    expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage])')).not.toContain('demo-plain')
    await page.reload()
  }
  expect(complaints).toEqual([])
}, 60_000)

it('shows what a query asked of authentik under its answer, if a box is ticked', async ({ skip }) => {
  const { url } = await startGateway({ graphiql: true, explain: true, demonstrationToken: 'demo-superuser' })
  const { page, complaints } = await startBrowser(skip)
  await page.goto(url)
  await openTab(page, 3)
  const table = page.getByRole('table')
  await run(page)
  await expect.poll(() => answerOn(page), patience).toContain('"data":{"groups"')
  expect(await table.count()).toBe(0)
  await page.getByLabel('Explain what the query asks of authentik').check()
  await run(page)
  await expect
    .poll(() => table.getByRole('row').allTextContents(), patience)
    .toEqual([
      'EndpointStatusRowsBytesWaitedTookNoteFor',
      expect.stringMatching(/^\/core\/groups\/2008\d+[\d.]+ ms[\d.]+ msQuery\.groups$/),
      expect.stringMatching(/^\/core\/groups\/2008\d+[\d.]+ ms[\d.]+ msGroup\.users$/),
    ])
  expect(await page.getByText('Paid: requests 2, rows 16.').isVisible()).toBe(true)
  await takePicture(page, 'explain')
  expect(complaints).toEqual([])
}, 60_000)

for (const colorScheme of ['light', 'dark'] as const) {
  it(`has nothing of ours that axe complains of, where it is ${colorScheme}`, async ({ skip }) => {
    const { url } = await startGateway({ graphiql: true, explain: true, demonstrationToken: 'demo-superuser' })
    const { page } = await startBrowser(skip)
    await page.emulateMedia({ colorScheme })
    await page.goto(url)
    await openTab(page, 3)
    await page.getByLabel('Explain what the query asks of authentik').check()
    await run(page)
    await expect.poll(() => page.getByRole('table').count(), patience).toBe(1)
    await page.evaluate(axe.source)
    // Around it all is GraphiQL's own.
    const { violations } = (await page.evaluate("axe.run('.explain')")) as AxeResults
    expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([])
  }, 60_000)
}

it('has the box only where queries are explained', async () => {
  for (const explain of [true, false]) {
    const { url } = await startGateway({ graphiql: true, explain })
    const page = await fetch(url, { headers: { accept: 'text/html' } })
    expect((await page.text()).includes('Explain what the query asks')).toBe(explain)
  }
})

it.each(releases)('has examples that find all they ask for on %s', async (release) => {
  const { ask } = await startGateway({ release })
  for (const example of examples) {
    const { data, errors } = await ask(example.query, askedWith(example))
    expect(errors).toBeUndefined()
    expect(Object.values(data).flat()).not.toContain(null)
  }
})

it.each(releases)(
  'has, over an authentik of somebody, examples that find something for any token on %s',
  async (release) => {
    const { ask } = await startGateway({ release })
    for (const token of ['demo-superuser', 'demo-plain', 'demo-nobody']) {
      const { data } = await ask('{ me { id } }', { token })
      const variables = { ...JSON.parse(ownVariables), me: data.me.id }
      for (const example of ownExamples) {
        const answer = await ask(example, { token, variables })
        expect(answer.errors).toBeUndefined()
      }
    }
  },
)

it('opens there with one tab, so that the token is typed once, and no key of the embedded authentik', async ({
  skip,
}) => {
  const { url } = await startGateway({ graphiql: true })
  const { page, complaints } = await startBrowser(skip)
  await page.goto(new URL('/', url).href)
  expect(new URL(page.url()).pathname).toBe('/graphql')
  await expect.poll(() => page.getByRole('tab').count(), patience).toBe(1)
  await runOperation(page, 'WhoAmI')
  await expect.poll(() => answerOn(page), patience).toContain('itstandsunder\\"Headers\\"')
  expect(complaints).toEqual([])
}, 60_000)

it('is not sent again at the next visit, though it has asked queries', async ({ skip }) => {
  const running = start()
  const here = await addressOf(running)
  const { page } = await startBrowser(skip)
  for (const _visit of [1, 2, 3]) {
    await page.goto(here)
    await run(page)
    await expect.poll(() => answerOn(page), patience).toContain('"data":{"accessToken"')
  }
  const lines = () =>
    running
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  const visits = () => lines().filter(({ method }) => method === 'GET')
  await expect.poll(() => visits().map(({ status }) => status)).toEqual([200, 304, 304])
}, 60_000)

it('is not sent again to a browser that has it', async () => {
  const { url } = await startGateway({ graphiql: true })
  const headers = { accept: 'text/html', 'accept-encoding': 'br' }
  const first = await fetch(url, { headers })
  await first.arrayBuffer()
  expect(first.headers.get('cache-control')).toBe('private, no-cache')
  const etag = first.headers.get('etag') ?? ''
  const again = await fetch(url, { headers: { ...headers, 'if-none-match': etag } })
  expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
  const other = await fetch(url, { headers: { ...headers, 'if-none-match': '"other"' } })
  expect(other.status).toBe(200)
  await other.arrayBuffer()
})

it('has examples with a line on what they show, and a name', () => {
  const query = /^# [A-Z].{20,110}\.\n(query|mutation) [A-Z]\w+(\([^)]+\))? \{\n/
  for (const example of [...examples.map(({ query }) => query), ...ownExamples]) expect(example).toMatch(query)
})

it.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['GZIP;q=0.5, br;q=0', 'gzip'],
  ['br ; q=0.000, gzip;q=0', null],
  ['identity', null],
])('is compressed for a browser that accepts %j: %s', async (accepted, coding) => {
  const { url } = await startGateway({ graphiql: true })
  const response = await fetch(url, { headers: { accept: 'text/html', 'accept-encoding': accepted } })
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    vary: 'accept-encoding',
  })
  expect(response.headers.get('content-encoding')).toBe(coding)
  const html = await response.text()
  expect(html.slice(0, 200)).toContain('<title>authentik-graphql</title>')
  expect(html.slice(-20)).toMatch(/<\/html>\s*$/)
})

it('is made and compressed once', async () => {
  const getPage = createGraphiQL({ examples: () => examples, explain: false })
  const [first, second] = await Promise.all([getPage('br'), getPage('br')])
  expect(second.body).toBe(first.body)
  expect((await getPage('gzip, br')).body).toBe(first.body)
  expect(first.body.byteLength).toBeLessThan(2_500_000)
})

it('may run its two scripts, named by their hashes, and load nothing from elsewhere', async () => {
  const { before, hashes, after, policy } = await fetchPage()
  expect(hashes).toHaveLength(2)
  expect(policy).toBe(
    `default-src 'none'; script-src ${hashes.map((hash) => `'sha256-${hash}'`).join(' ')}; worker-src blob:; connect-src 'self'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  expect(after).toMatch(/^>\s*<\/body>\s*<\/html>\s*$/)
  const loaded = before.match(/@import[^;]*|\b(src|href)\s*=[^>]{0,20}|\burl\([^)]{0,20}/g) ?? []
  expect(loaded.filter((reference) => !reference.includes('data:'))).toEqual([])
})

it('fills in no token where none is given, but says what to type', async () => {
  const { script } = await fetchPage()
  expect(script.includes(String.raw`Bearer \u003cyour authentik API token>`)).toBe(true)
  expect(script.includes('demo-')).toBe(false)
})

it('keeps what is filled in from ending its script', async () => {
  const { hashes, after, policy } = await fetchPage('"</script><script>alert(1)</script><!--<script>$&')
  expect(after).toMatch(/^>\s*<\/body>\s*<\/html>\s*$/)
  for (const hash of hashes) expect(policy).toContain(hash)
})

it.each([
  ['who accepts no HTML', true, { accept: 'application/json' }],
  ['who accepts anything', true, { accept: '*/*' }],
  ['anybody where GraphiQL is off', false, { accept: 'text/html' }],
])('is not shown to %s', async (_who, graphiql, headers) => {
  const { url } = await startGateway({ graphiql })
  const response = await fetch(url, { headers })
  expect(response.headers.get('content-type') ?? '').not.toContain('text/html')
  expect(await response.text()).not.toContain('<')
})

/** The page, cut where a browser would see its scripts begin and end. */
async function fetchPage(demonstrationToken?: string) {
  const { url } = await startGateway({ graphiql: true, demonstrationToken })
  const response = await fetch(url, { headers: { accept: 'text/html' } })
  const html = await response.text()
  const scripts = [...html.matchAll(/<script>(.*?)<\/script/gs)].map(([, script = '']) => script)
  const last = scripts.at(-1) ?? ''
  return {
    before: html.slice(0, html.indexOf('<script>')),
    script: last,
    hashes: scripts.map((script) => createHash('sha256').update(script).digest('base64')),
    after: html.slice(html.indexOf(last) + last.length + '</script'.length),
    policy: response.headers.get('content-security-policy'),
  }
}

function askedWith({ variables = '{}' }: Example) {
  return { variables: JSON.parse(variables) }
}

async function openTab(page: Page, index: number): Promise<void> {
  const tab = page.getByRole('tab').nth(index)
  await tab.click()
  expect(await tab.getAttribute('aria-selected')).toBe('true')
}

async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Execute query/ }).click()
  await page.mouse.move(640, 790)
}

/** Runs one of several operations in a tab. */
async function runOperation(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^Execute query/ }).click()
  await page.getByRole('menuitem', { name }).click()
}

async function typeToken(page: Page, token: string): Promise<void> {
  await page.getByRole('region', { name: 'Headers' }).getByRole('textbox').focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await page.keyboard.insertText(JSON.stringify({ authorization: `Bearer ${token}` }))
}

/** A picture in the README, once the scroll bars have faded, if it is wanted. */
async function takePicture(page: Page, name: string): Promise<void> {
  if (!PICTURES) return
  await page.waitForTimeout(2000)
  await page.screenshot({ path: join(PICTURES, `${name}.png`) })
}

async function answerOn(page: Page): Promise<string> {
  const answer = withoutSpaces((await page.getByRole('region', { name: 'Result Window' }).textContent()) ?? '')
  // For a moment GraphiQL may still hold the name of the operation in the tab before.
  if (answer.includes('Cannotinferoperation')) await run(page)
  return answer
}

function withoutSpaces(text: string): string {
  return text.replace(/\s/g, '')
}
