import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Release, type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { type RecordedBody, subjectOf } from '../recorded-upstream.ts'
import { type Recording, type RecordingsName, readRecordings } from '../recordings.ts'
import { ask, type Reply } from './ask.ts'
import { questionOf } from './recorded-world.ts'
import { difference, differenceButNull, shapeOf } from './shape.ts'

/** The recordings, and what the sandbox plays to be compared with them. */
const plays: readonly [from: RecordingsName, release: Release][] = [
  ['2024.10.5', '2024.10'],
  ['2025.10.4', '2025.10'],
  // Later patches of 2025.12 send less of a grant's provider.
  ['2025.12.4', '2025.12.0'],
  ['2026.5.0-rc1', '2026.5.0-rc1'],
  ['access-2026.5.0-rc1', '2026.5.0-rc1'],
]

/** Paths that are not compared: the sandbox does not serve them, or their type has a test of its own. */
const notCompared: readonly [path: RegExp, reason: string][] = [
  [/\/core\/applications\/$/, 'a page depends on policies, and on what was asked before: see application.test.ts'],
  [/\/core\/applications\/[\w-]+\/.+/, 'no access, and no uses of an application'],
  [/\/authenticated_sessions\/bulk_delete\/$/, 'sessions go one by one'],
  [/\/core\/tokens\/[\w-]+\/(view_key|set_key)\/$/, 'no values of tokens'],
  [/\/providers\/all\//, 'providers of one kind alone'],
  [/\/setup_urls\/$/, 'no addresses of a provider'],
  [/\/used_by\/$/, 'no uses of an object'],
  [/\/set_password\/$/, 'no passwords'],
  [/\/admin\/version\/$/, 'no version'],
  [/\/root\/config\/$/, 'no configuration'],
]

/** Recordings that the sandbox answers otherwise on purpose. */
const otherwise: readonly [recording: RegExp, reason: string][] = [
  [/^(POST|PATCH|DELETE) \S+\/core\/users\/(\d+\/)? /, 'users are not written'],
  [/ by session cookie /, 'no cookies'],
  [/ as us-list-search-ql of 2026/, 'no query language'],
  [/ as auth-outpost-list of 202[56]/, 'the outpost has tokens, and theirs had none'],
  [/ by sysviewer /, 'nobody has a right to the settings of the system alone'],
  [/ as at-list-lang-fr-noauth of 202[56]/, 'errors are translated into German alone'],
  [/^DELETE \S+\/core\/applications\//, 'applications are not deleted'],
  [/ as app-get-icon-themed /, 'no icons for themes'],
  [/^POST \S+\/core\/tokens\/ /, 'API tokens are not written'],
  [/ as tok-del-self /, 'with the token that was in use, a test of its own asks'],
  [/ as (ses|tok)-username-wC3A9ird/, 'nobody has a blank in the name'],
  [/^(POST|PATCH) \S+\/events\/events\//, 'events are not written'],
  [/ as evt-filter-1[89] /, 'no query language'],
  [/ as down-postgres/, 'the rows are always there'],
]

/** Places that hold other kinds of values, since the recorded servers had another world than the sandbox. */
const otherWorld: readonly [from: RegExp, place: RegExp, reason: string][] = [
  [/^(2024|access)/, /\.assigned_backchannel_application_(slug|name)$/, 'no provider there had such an application'],
  [/^access/, /\.last_login$/, 'nobody in that world had signed in'],
]

const isCompared = ({ url }: Recording) => !notCompared.some(([path]) => path.test(url.replace(/\?.*/, '')))
const lineOf = ({ from, method, url, caller, name }: Recording) => `${method} ${url} by ${caller} as ${name} of ${from}`
const isOtherwise = (recording: Recording) => otherwise.some(([line]) => line.test(lineOf(recording)))

describe.each(plays)('Beside the recordings of %s, the sandbox that plays %s', (from, release) => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox({ release })
  })
  afterAll(() => sandbox.close())

  const askAgain = (recording: Recording) => {
    const { path, question } = questionOf(recording)
    return ask(sandbox, path, question)
  }
  const recordings = readRecordings(from)
  const kept = recordings.filter(isCompared)
  const compared = kept.filter((recording) => !isOtherwise(recording))
  const excused = otherWorld.filter(([releases]) => releases.test(from)).map(([, place]) => place)
  const isExcused = (place: string) => excused.some((known) => known.test(place))

  it.each(compared)('answers $name as authentik did: $method $url', async (recording) => {
    const found = disagreements(recording, await askAgain(recording))
    expect(found.filter((place) => !(typeof place === 'string' && isExcused(place)))).toEqual([])
  })

  it.each(kept.filter(isOtherwise))('answers $name otherwise: $method $url', async (recording) => {
    expect(disagreements(recording, await askAgain(recording))).not.toEqual([])
  })

  it('has, over all bodies of a kind, the same kinds of values at each place, null as well', async () => {
    const bodies = new Map<string, { theirs: unknown[]; own: unknown[] }>()
    for (const recording of compared.filter(
      ({ method, status, url }) => method === 'GET' && status < 300 && subjectOf(url),
    )) {
      const reply = await askAgain(recording)
      const own = partsOf(recording, reply.body as RecordedBody)
      for (const [kind, parts] of partsOf(recording, JSON.parse(recording.body.toString()))) {
        const known = bodies.get(kind) ?? { theirs: [], own: [] }
        bodies.set(kind, { theirs: [...known.theirs, ...parts], own: [...known.own, ...(own.get(kind) ?? [])] })
      }
    }
    const places = [...bodies].flatMap(([kind, { theirs, own }]) =>
      difference(shapeOf(theirs), shapeOf(own)).map((place) => kind + place),
    )
    expect(places.filter((place) => !isExcused(place))).toEqual([])
    expect(excused.filter((known) => !places.some((place) => known.test(place)))).toEqual([])
  })
})

const everything = plays.flatMap(([from]) => readRecordings(from))

it.each(notCompared)('leaves out paths like %s because something was recorded there: %s', (path) => {
  expect(everything.some(({ url }) => path.test(url.replace(/\?.*/, '')))).toBe(true)
})

it.each(otherwise)('leaves out recordings like %s because there are some: %s', (line) => {
  expect(everything.some((recording) => isCompared(recording) && line.test(lineOf(recording)))).toBe(true)
})

/** In what a reply of the sandbox is not the recorded one: places in the body, or the two sides. */
function disagreements(recording: Recording, reply: Reply): unknown[] {
  const { method, url, status, headers, body } = recording
  const told = [
    'content-type',
    'content-language',
    'vary',
    'x-frame-options',
    'x-content-type-options',
    'referrer-policy',
  ]
  // Other objects can be written at authentik, and not in the sandbox.
  if (url.includes('/oauth2/access_tokens/') || status === 405) told.push('allow')
  const theirs = [status, ...told.map((name) => headers.get(name))]
  const own = [reply.status, ...told.map((name) => reply.headers.get(name))]
  if (JSON.stringify(theirs) !== JSON.stringify(own)) return [theirs, own]
  if (!/^[0-9a-f]{32}$/.test(reply.headers.get('x-authentik-id') ?? '')) return ['x-authentik-id']
  if (reply.type !== 'application/json' || method === 'HEAD') return []
  const recorded = JSON.parse(body.toString()) as RecordedBody
  if (status >= 400) return JSON.stringify(recorded) === JSON.stringify(reply.body) ? [] : [recorded, reply.body]
  const [rows, ownRows] = [
    rowsExpected(recorded, reply.body as RecordedBody),
    (reply.body as RecordedBody).results?.length,
  ]
  if (rows !== undefined && rows !== ownRows) return [`${rows} rows in the page`, ownRows]
  const [parts, ownParts] = [partsOf(recording, recorded), partsOf(recording, reply.body as RecordedBody)]
  return [...parts].flatMap(([kind, bodies]) =>
    differenceButNull(shapeOf(bodies), shapeOf(ownParts.get(kind) ?? [])).map((place) => kind + place),
  )
}

/** How many rows the sandbox's page is to have, as the recorded one lets conclude of the size of pages. */
function rowsExpected(
  { pagination: page, results }: RecordedBody,
  { pagination: own }: RecordedBody,
): number | undefined {
  if (!page || !own || !results) return undefined
  const left = own.count - (own.current - 1) * results.length
  if (page.next > 0) return Math.min(results.length, left)
  return page.current === 1 && own.count <= page.count ? own.count : undefined
}

/** A recorded body by kinds: the rows of a list, and what stands around them. Grants of all kinds are alike. */
function partsOf({ url }: Recording, body: RecordedBody): ReadonlyMap<string, readonly unknown[]> {
  const { type = 'Other', key } = subjectOf(url) ?? {}
  const kind = key === 'me' ? 'Me' : type.replace(/^.*(Token|Code)$/, 'Grant')
  const { results, ...around } = body
  return new Map(
    results
      ? [
          [kind, results],
          [`${kind}s`, [around]],
        ]
      : [[kind, [body]]],
  )
}
