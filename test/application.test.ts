import { describe, expect, it } from 'vitest'
import type { Recording } from './recordings.ts'
import { type RecordingsName, readRecordings } from './recordings.ts'
import { expectSameValues } from './rest.ts'
import { listen, startGateway, startGatewayOver } from './start.ts'

const fields =
  'slug name pk group metaDescription metaPublisher launchUrl openInNewTab metaIconUrl provider { pk name assignedApplicationSlug }'
const all = `{ applications(first: 100) { totalCount nodes { ${fields} } } }`

const slugsOf = (data: { applications: { nodes: { slug: string }[] } }) =>
  data.applications.nodes.map(({ slug }) => slug)

describe('A list of applications', () => {
  it('shows what policies let the caller open, counts that alone, and is in the order of slugs', async () => {
    const { ask } = await startGateway()
    const shown = new Map<string, string[]>()
    for (const token of [
      'demo-superuser',
      'demo-plain',
      'demo-auditor',
      'demo-nobody',
      'demo-viewer',
      'demo-delegate',
    ]) {
      const { data, errors } = await ask(all, { token })
      expect(errors).toBeUndefined()
      const slugs = slugsOf(data)
      expect(slugs).toEqual(slugs.toSorted())
      expect(data.applications.totalCount).toBe(slugs.length)
      shown.set(token, slugs)
    }
    const superuser = shown.get('demo-superuser') ?? []
    expect(superuser).toContain('vault')
    const others = superuser.filter((slug) => slug !== 'vault')
    for (const token of ['demo-plain', 'demo-auditor', 'demo-nobody', 'demo-viewer', 'demo-delegate']) {
      expect(shown.get(token)).toEqual(others)
    }
  })

  it('does not come from what authentik remembers of an earlier page', async () => {
    const { ask, sandbox } = await startGateway()
    const headers = { authorization: 'Bearer demo-plain' }
    const asked = async (query: string) => {
      const response = await fetch(`${sandbox.url}/api/v3/core/applications/${query}`, { headers })
      return ((await response.json()) as { results: unknown[] }).results.length
    }
    // Whoever asks authentik without care gets one row from now on.
    expect([await asked('?slug=grafana'), await asked('?page_size=100')]).toEqual([1, 1])
    const { data } = await ask(all, { token: 'demo-plain' })
    expect(data.applications.totalCount).toBeGreaterThan(5)
  })

  it('is not asked for with wrong arguments of a page', async () => {
    const { ask, sandbox } = await startGateway()
    for (const page of ['first: -1', 'first: 5, after: "made up"']) {
      const { errors } = await ask(`{ applications(${page}) { nodes { slug } } }`)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    }
    expect(sandbox.requests).toEqual([])
  })

  it('pages, filters and searches', async () => {
    const { ask } = await startGateway()
    const { data: whole } = await ask(all)
    const slugs = slugsOf(whole)
    const seen: string[] = []
    let after: string | null = null
    do {
      const { data } = await ask(
        'query ($after: String) { applications(first: 4, after: $after) { nodes { slug } pageInfo { endCursor hasNextPage } } }',
        { variables: { after } },
      )
      seen.push(...slugsOf(data))
      after = data.applications.pageInfo.hasNextPage ? data.applications.pageInfo.endCursor : null
    } while (after)
    expect(seen).toEqual(slugs)
    const filtered = async (filter: string) =>
      slugsOf((await ask(`{ applications(filter: ${filter}) { nodes { slug } } }`)).data)
    expect(await filtered('{ group: "Tools" }')).toEqual(['vault'])
    expect(await filtered('{ name: "Handbook" }')).toEqual(['handbook'])
    expect(await filtered('{ search: "nordlicht" }')).toEqual(['handbook', 'vault'])
    expect(await filtered('{ search: "zzz" }')).toEqual([])
    expect((await ask('{ applications(filter: { group: "" }) { totalCount } }')).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  it('is read page by page to its end, and refused where it is too long', async () => {
    const rows = Array.from({ length: 250 }, (_, index) => ({
      slug: `app-${String(index).padStart(3, '0')}`,
      name: 'An app',
    }))
    let count = rows.length
    const paths: string[] = []
    const { url } = await listen(({ url: path = '' }, response) => {
      paths.push(path)
      const page = Number(new URL(path, 'http://x').searchParams.get('page'))
      // Of each page a policy forbids the first.
      const results = rows.slice((page - 1) * 100, page * 100).slice(1)
      const pagination = { count, total_pages: Math.ceil(count / 100), start_index: (page - 1) * 100 + 1 }
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ pagination, results }))
    })
    const { ask } = await startGatewayOver(url)
    const { data } = await ask('{ applications(last: 2) { totalCount nodes { slug } } }')
    expect(data.applications).toEqual({ totalCount: 247, nodes: [{ slug: 'app-248' }, { slug: 'app-249' }] })
    expect(paths).toHaveLength(3)
    count = 1001
    expect((await ask('{ applications { totalCount } }')).errors).toMatchObject([
      { message: 'The list has 1001 rows. It is read whole, up to 1000.', extensions: { code: 'QUERY_TOO_COMPLEX' } },
    ])
  })
})

describe('Several applications by their slugs', () => {
  /** An authentik with so many applications, of which a superuser sees each by its slug. */
  async function startMany(count: number) {
    const asked: string[] = []
    const body = (index: number) => ({ slug: `app-${String(index).padStart(4, '0')}`, name: `App ${index}` })
    const { url } = await listen(({ url: path = '' }, response) => {
      asked.push(path)
      const { pathname, searchParams } = new URL(path, 'http://x')
      const [, , , , , slug = ''] = pathname.split('/')
      const page = Number(searchParams.get('page'))
      const rows = Array.from({ length: Math.min(100, count - (page - 1) * 100) }, (_, index) =>
        body((page - 1) * 100 + index),
      )
      const pagination = { count, total_pages: Math.ceil(count / 100), start_index: (page - 1) * 100 + 1 }
      const answer = slug ? body(Number(slug.slice(4))) : { pagination, results: rows }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    })
    return { ...(await startGatewayOver(url)), asked }
  }

  it.each([
    [80, ['app-0003', 'app-0077'], 1],
    [190, ['app-0003', 'app-0177'], 2],
    [400, ['app-0003', 'app-0077'], 1],
    [400, ['app-0003', 'app-0377'], 2],
    [1200, ['app-0003', 'app-1177'], 2],
    [1200, Array.from({ length: 20 }, (_, index) => `app-${1100 + index}`), 21],
  ])(
    'of %i cost no more than a look-up of each, but for the page that tells how many there are',
    async (count, ids, requests) => {
      const { ask, asked } = await startMany(count)
      const query = 'query ($ids: [ID!]!) { applicationsByIds(ids: $ids) { slug } }'
      const { data, errors } = await ask(query, { variables: { ids } })
      expect(errors).toBeUndefined()
      expect(data.applicationsByIds).toEqual(ids.map((slug) => ({ slug })))
      expect(asked).toHaveLength(requests)
    },
  )
})

describe('One application', () => {
  it('is found by its slug by whoever may open it, and null for whoever may not', async () => {
    const { ask } = await startGateway()
    const query =
      '{ handbook: application(id: "handbook") { name } vault: application(id: "Application:vault") { name } }'
    const handbook = { name: 'Handbook' }
    for (const token of ['demo-plain', 'demo-nobody', 'demo-viewer']) {
      expect(await ask(query, { token })).toMatchObject({ errors: undefined, data: { handbook, vault: null } })
    }
    for (const token of ['demo-superuser', 'demo-auditor', 'demo-delegate']) {
      expect((await ask(query, { token })).data).toEqual({ handbook, vault: { name: 'Vault' } })
    }
  })

  it.each(['', 'a b', 'a/b', '..', 'é', 'User:42', 'x'.repeat(256)])('is never asked for by "%s"', async (id) => {
    const { ask, sandbox } = await startGateway()
    const { errors } = await ask('query ($id: ID!) { application(id: $id) { name } }', { variables: { id } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(sandbox.requests).toEqual([])
  })

  it.each([[2 ** 31 - 1], [1_000_000], [3]])(
    'is not read on if authentik tells %i pages for two rows',
    async (pages) => {
      let requests = 0
      const { url } = await listen((_request, response) => {
        requests += 1
        response.setHeader('content-type', 'application/json')
        const pagination = {
          next: 2,
          previous: 0,
          count: 2,
          current: 1,
          total_pages: pages,
          start_index: 1,
          end_index: 1,
        }
        response.end(JSON.stringify({ pagination, results: [] }))
      })
      const { ask } = await startGatewayOver(url)
      const { errors } = await ask('{ applications(first: 5) { totalCount } }')
      expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
      expect(requests).toBe(1)
    },
  )

  it.each([
    ['data:image/svg+xml,x', 'data:image/svg+xml,x'],
    ['/files/a.png?token=b', 'BASE/files/a.png?token=b'],
    ['a.png', null],
  ])('has the icon "%s" as %s', async (icon, expected) => {
    const { url } = await listen((_request, response) => {
      response.setHeader('content-type', 'application/json')
      const row = {
        pk: 'b4c8a6b8-4f0b-4f0e-8d51-4dcf9f2b7a10',
        slug: 'a',
        name: 'A',
        meta_icon: icon,
        meta_icon_url: icon,
      }
      const pagination = { next: 0, previous: 0, count: 1, current: 1, total_pages: 1, start_index: 1, end_index: 1 }
      response.end(JSON.stringify({ pagination, results: [row] }))
    })
    const { ask } = await startGatewayOver(url)
    const { data, errors } = await ask('{ applications(first: 5) { nodes { metaIconUrl } } }')
    expect(data.applications.nodes).toEqual([{ metaIconUrl: expected?.replace('BASE', url) ?? null }])
    expect(errors?.length ?? 0).toBe(expected === null ? 1 : 0)
  })

  it('has its icon where browsers reach authentik', async () => {
    const authentikPublicUrl = new URL('https://auth.example.com')
    const { ask } = await startGateway({ authentikPublicUrl, release: '2026.8' })
    const { data } = await ask('{ application(id: "handbook") { metaIconUrl } }')
    expect(data.application.metaIconUrl).toMatch(/^https:\/\/auth\.example\.com\/files\/media\/public\//)
  })

  it('tells the address of its icon, absolute, as old and new releases have it', async () => {
    for (const release of ['2025.10', '2026.8'] as const) {
      const { ask, sandbox } = await startGateway({ release })
      const { data } = await ask(
        '{ applications(first: 100) { nodes { slug metaIconUrl launchUrl provider { pk } } } }',
        { token: 'demo-superuser' },
      )
      const rows = new Map(data.applications.nodes.map((row: { slug: string }) => [row.slug, row]))
      const file =
        release === '2026.8'
          ? '/files/media/public/application-icons/handbook.png?token=demo-signature'
          : '/media/public/application-icons/handbook.png'
      expect(rows.get('handbook')).toMatchObject({
        metaIconUrl: `${sandbox.url}${file}`,
        launchUrl: 'https://handbook.nordlicht.example/mira',
        provider: null,
      })
      expect(rows.get('payroll')).toMatchObject({
        metaIconUrl: 'https://icons.nordlicht.example/payroll.svg',
        provider: null,
      })
      expect(rows.get('vault')).toMatchObject({
        metaIconUrl: 'fa://fa-key',
        launchUrl: 'https://vault.nordlicht.example/%(nosuch)s',
      })
      expect(rows.get('grafana')).toMatchObject({ metaIconUrl: null, provider: { pk: 1 } })
    }
  })
})

describe('The application of a provider', () => {
  const query = (inside: string) => `{ accessTokens(first: 100) { nodes { provider { application { ${inside} } } } } }`

  it.each(['2025.10', '2026.8'] as const)(
    'costs nothing where its name suffices, else one request, on %s',
    async (release) => {
      const { askOnce, sandbox } = await startGateway({ release })
      for (const [inside, requests] of [
        ['id slug name', 1],
        ['id slug name metaIconUrl group', 2],
      ] as const) {
        for (const token of ['demo-superuser', 'demo-plain']) {
          sandbox.requests.length = 0
          const { errors } = await askOnce(query(inside), { token })
          expect(errors).toBeUndefined()
          expect(sandbox.requests).toHaveLength(requests)
        }
      }
    },
  )

  it('is null where a provider has none', async () => {
    const { ask } = await startGateway()
    const { data } = await ask(
      '{ oauth2Provider(id: 5) { application { name } } other: oauth2Provider(id: 1) { application { id } } }',
    )
    expect(data).toEqual({
      oauth2Provider: { application: null },
      other: { application: { id: 'Application:grafana' } },
    })
  })
})

/** What real servers answered, each with the caller's own rights. */
const recorded: readonly [from: RecordingsName, name: string][] = [
  ['2024.10.5', 'ap-list-full'],
  ['2025.10.4', 'ap-list-full'],
  ['2025.10.4', 'ap-list-plain'],
  ['2025.12.4', 'ap-list-full'],
  ['access-2026.5.0-rc1', 'appcache-s2-search-space'],
  ['access-2026.5.0-rc1', 'app-list-root1'],
]

it.each(recorded)('Shows all that a real server told: %s, %s', async (from, name) => {
  const recording = readRecordings(from).find((one) => one.name === name) as Recording
  const { results } = JSON.parse(recording.body.toString())
  const { url } = await listen((_request, response) => {
    response.setHeader('content-type', 'application/json').end(recording.body)
  })
  const { ask } = await startGatewayOver(url)
  const { data, errors } = await ask(all)
  expect(errors).toBeUndefined()
  expect(data.applications.totalCount).toBe(results.length)
  for (const body of results) {
    const node = data.applications.nodes.find(({ slug }: { slug: string }) => slug === body.slug)
    const { metaIconUrl, provider, ...same } = node
    expectSameValues(same, body)
    const icon = 'meta_icon_url' in body ? body.meta_icon_url : body.meta_icon
    expect(metaIconUrl).toBe(icon ? new URL(icon, url).href : null)
    const isOAuth2 = body.provider_obj?.component === 'ak-provider-oauth2-form'
    expect(provider?.pk ?? null).toBe(isOAuth2 ? body.provider : null)
  }
})
