import { describe, expect, it } from 'vitest'
import type { Release } from '../src/sandbox/server.ts'
import {
  type Change,
  changes,
  changesOf,
  consequenceOf,
  isLoaded,
  type Path,
  type Place,
  placesIn,
  startMirror,
  withMore,
  withValue,
} from './changed-bodies.ts'
import { details, pagesOf, type Question, queryOf } from './questions.ts'
import { type Body, resourceOf, resources } from './rest.ts'
import { fieldOf, keyOf, objectOf } from './selection.ts'
import { type Reply, startGatewayOver } from './start.ts'

const shortPages = pagesOf(2)
/** The three kinds of grants hold the same objects. */
const detailsOfOneGrant = details.filter(({ type: { name } }) => !['RefreshToken', 'AuthorizationCode'].includes(name))

/** A release of each age: the newest, one whose grants hold whole providers, and one with redirect URIs as text. */
const ages: readonly { release: Release; questions: readonly Question[] }[] = [
  { release: '2026.8', questions: [...details, ...shortPages] },
  { release: '2025.8', questions: detailsOfOneGrant },
  { release: '2024.10.0', questions: detailsOfOneGrant },
]

describe.each(ages)('A body of $release', ({ release, questions }) => {
  it.each(questions)('with properties more is answered the same: $field', async (question) => {
    const { ask, mirror, plain } = await askOverMirror(release, question)
    mirror.edit = { path: '*', change: withMore }
    expectSame(await ask(), plain)
  })

  it.each(questions)(
    'without a property, or with null or an unknown value there, loses its fields alone: $field',
    async (q) => {
      const { ask, mirror, plain, root, path } = await askOverMirror(release, q)
      const places = placesIn(root)
      for (const inBody of new Set(places.map((place) => place.inBody.join('.')))) {
        const shown = places.filter((place) => place.inBody.join('.') === inBody)
        const [place] = shown as [Place]
        for (const property of Object.keys(place.body)) {
          for (const change of changesOf(place, property)) {
            mirror.edit = { path, change: (body) => withValue(body, [...place.inBody, property], changes[change]) }
            expectOnly(await ask(), plain, shown, property, change, false)
          }
        }
      }
    },
  )

  it.each(detailsOfOneGrant)(
    'loaded for an object shortened elsewhere loses its fields alone, too: $field',
    async (question) => {
      const { ask, mirror, plain, root } = await askOverMirror(release, question)
      const bodies = mirror.bodies()
      const places = [...placesIn(root), ...placesFromElsewhere(root, bodies)]
      for (const [path, body] of bodies) {
        const shown = places.filter(
          ({ type, body }) => path === `${resources.get(type.name)?.path}${body[keyOf(type)]}/`,
        )
        const loading = shown.find((place) => Object.keys(place.selection).some((name) => isLoaded(place, name)))
        if (!loading) continue
        for (const property of Object.keys(body)) {
          for (const change of changesOf(loading, property)) {
            mirror.edit = { path, change: (whole) => withValue(whole, [property], changes[change]) }
            expectOnly(await ask(), plain, shown, property, change, true)
          }
        }
      }
    },
  )

  it.each(shortPages)(
    'that is a page without its numbers or rows is UPSTREAM_INVALID_RESPONSE: $field',
    async (question) => {
      const { ask, mirror, plain, path } = await askOverMirror(release, question)
      for (const value of [undefined, null]) {
        for (const at of [
          ['pagination'],
          ['results'],
          ['pagination', 'count'],
          ['pagination', 'total_pages'],
          ['pagination', 'start_index'],
        ]) {
          mirror.edit = { path, change: (body) => withValue(body, at, value) }
          const { data, errors } = await ask()
          expect(data, at.join('.')).toEqual({ answer: null })
          expect(errors).toMatchObject([{ path: ['answer'], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } }])
        }
        for (const unread of ['next', 'previous', 'current', 'end_index']) {
          mirror.edit = { path, change: (body) => withValue(body, ['pagination', unread], value) }
          expectSame(await ask(), plain)
        }
      }
    },
  )
})

/** The question asked over a release whose answers can be changed, and what it is answered unchanged. */
async function askOverMirror(release: Release, question: Question) {
  const mirror = await startMirror(release)
  const gateway = await startGatewayOver(mirror.url)
  const ask = () => gateway.ask(queryOf(question))
  const { data: plain, errors } = await ask()
  expect(errors).toBeUndefined()
  const [[path, body]] = [...mirror.bodies()] as [[string, Body]]
  return { ask, mirror, plain, path, root: rootOf(question, body) }
}

/** The object that was asked for, or the first of a list. */
function rootOf({ field, type, selection }: Question, body: Body): Place {
  const common = { lost: ['answer'], within: null, field }
  const { results, user } = body as { results?: Body[]; user?: Body }
  if (field === 'me') return { ...common, type, selection, body: user ?? {}, inBody: ['user'], inAnswer: ['answer'] }
  if (!results) return { ...common, type, selection, body, inBody: [], inAnswer: ['answer'] }
  const row = objectOf(fieldOf(type, 'nodes').type) ?? type
  const rows = selection['nodes'] ?? {}
  const place = { ...common, type: row, selection: rows, body: results[0] ?? {} }
  return { ...place, inBody: ['results', 0], inAnswer: ['answer', 'nodes', 0] }
}

/** The groups of a user whose body lacks them: what the caller is told, and only the caller, stands in another one. */
function placesFromElsewhere(root: Place, bodies: ReadonlyMap<string, Body>): Place[] {
  const { path } = resourceOf('User')
  const { groups = null, effectiveGroups = null } = root.selection
  const me = bodies.get(`${path}me/`)?.['user'] as Body
  const own = bodies.get(`${path}${root.body['pk']}/`)
  if (root.type.name !== 'User' || !own) return []
  const rest = { selection: { groups }, body: own, field: 'user' }
  const others = root.field === 'me' ? rest : { selection: { effectiveGroups }, body: me, field: 'me' }
  return placesIn({ ...root, ...others }).slice(1)
}

function expectSame({ data, errors }: Reply, plain: unknown): void {
  expect(errors).toBeUndefined()
  expect(data).toEqual(plain)
}

/** Asserts that what follows from the change is in the answer, and nothing else; what is required fails where it is. */
function expectOnly(
  { data, errors = [] }: Reply,
  plain: unknown,
  places: readonly Place[],
  property: string,
  change: Change,
  own: boolean,
): void {
  const consequences = places.map((place) => consequenceOf(place, property, change, own))
  const lost = consequences.flatMap((consequence) => consequence.lost)
  const shown = consequences.flatMap((consequence) => consequence.shown)
  const expected = [...shown, ...lost.map((path) => [path, null] as const)].reduce(
    (answer, [path, value]) => withValue(answer, path, value),
    plain,
  )
  const what = `${places[0]?.type.name} with "${property}" ${change}`
  const under = (path: Path, above: Path) => above.every((step, index) => path[index] === step)
  expect.soft(data, what).toEqual(expected)
  for (const { path = [], extensions } of errors) {
    expect.soft(extensions.code, what).toBe('UPSTREAM_INVALID_RESPONSE')
    expect
      .soft(
        lost.some((above) => under(path, above)),
        `${what}: ${path}`,
      )
      .toBe(true)
  }
  for (const above of lost) {
    if (lost.some((other) => other.length < above.length && under(above, other))) continue
    expect
      .soft(
        errors.some(({ path = [] }) => under(path, above)),
        `${what}: no error at ${above}`,
      )
      .toBe(true)
  }
}
