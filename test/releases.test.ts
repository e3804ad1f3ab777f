import type { GraphQLObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { type Lack, lacks } from '../src/authentik/bodies.ts'
import { newestRelease, since } from '../src/releases.ts'
import { type Release, releases } from '../src/sandbox/server.ts'
import { details, pagesOf, queryOf } from './questions.ts'
import { type Body, resources } from './rest.ts'
import { everythingOf, fieldOf, objectOf, readsOf, typeOf } from './selection.ts'
import { startGateway } from './start.ts'

// Newer releases tell of more events.
const questions = [...details, ...pagesOf(30)].filter(({ type }) => type.name !== 'EventConnection')

/** Whether the release tells what the field shows: one of the properties that it reads is sent. Older releases show null. */
function tells(release: Release, type: GraphQLObjectType, name: string): boolean {
  const table: Readonly<Record<string, Lack>> = lacks[type.name] ?? {}
  const rows = readsOf(type, name).map((property) => table[property] ?? {})
  return (
    rows.length === 0 ||
    rows.some((row) => since(release, row.since ?? '0') && !(row.before && since(release, row.before)))
  )
}

/** What is told otherwise up to 2025.10, when a group had one parent: the first of those that it has since. */
const withOneParent: Readonly<Record<string, (told: readonly Body[], of: Body, tree: Tree) => readonly Body[]>> = {
  'Group.parents': (parents) => parents.slice(0, 1),
  'Group.children': (children, { pk }, { parentOf }) => children.filter((child) => parentOf.get(child['pk']) === pk),
  'User.effectiveGroups': (effective, { groups }, { lineOf }) => {
    const all = new Set((groups as readonly Body[]).flatMap((direct) => lineOf(direct['pk'])))
    return effective.filter((one) => all.has(one['pk']))
  },
}

interface Tree {
  readonly parentOf: ReadonlyMap<unknown, unknown>
  /** A group and those above it. */
  lineOf(group: unknown): unknown[]
}

function treeOf(groups: readonly Body[]): Tree {
  const parentOf = new Map(groups.map(({ pk, parents }) => [pk, (parents as readonly Body[])[0]?.['pk']]))
  const lineOf = (pk: unknown): unknown[] => (pk === undefined ? [] : [pk, ...lineOf(parentOf.get(pk))])
  return { parentOf, lineOf }
}

/** The newest release's answer, as an older one would tell it. */
function toldBy(release: Release, type: GraphQLObjectType, answer: Body, tree: Tree): Body {
  const fields = Object.entries(answer).map(([name, value]) => {
    const field = `${type.name}.${name}`
    if (value === null || !tells(release, type, name)) return [name, null]
    const inner = objectOf(fieldOf(type, name).type)
    if (!inner) return [name, value]
    if (!Array.isArray(value)) return [name, toldBy(release, inner, value as Body, tree)]
    const fewer = since(release, '2025.12') ? undefined : withOneParent[field]
    const objects: readonly Body[] = fewer ? fewer(value, answer, tree) : value
    return [name, objects.map((object) => toldBy(release, inner, object, tree))]
  })
  return Object.fromEntries(fields)
}

/** Every answer of a release, without an error. */
async function answersOf(release: Release): Promise<Body[]> {
  const { ask } = await startGateway({ release })
  const answers: Body[] = []
  for (const question of questions) {
    const { data, errors } = await ask(queryOf(question))
    expect(errors, question.field).toBeUndefined()
    // The address of an icon is another one with each server.
    const told = JSON.stringify(data.answer, (name, value) => (name === 'metaIconUrl' && value ? 'an address' : value))
    answers.push(JSON.parse(told))
  }
  return answers
}

const fieldNames = (type: string) => Object.keys(everythingOf(typeOf(type))).map((name) => `${type}.${name}`)

let newest: readonly Body[] | undefined
const newestAnswers = async () => (newest ??= await answersOf(newestRelease))

describe('The same queries', () => {
  it('show each field with a value, on the newest release', async () => {
    const empty = new Set([...resources.keys(), 'RedirectUri'].flatMap(fieldNames))
    const strike = (type: GraphQLObjectType, value: unknown): void => {
      for (const [name, inner] of Object.entries(value as Body)) {
        const values = [inner].flat().filter((item) => item !== null)
        if (values.length > 0) empty.delete(`${type.name}.${name}`)
        const innerType = objectOf(fieldOf(type, name).type)
        if (innerType) for (const item of values) strike(innerType, item)
      }
    }
    for (const [index, { type }] of questions.entries()) strike(type, (await newestAnswers())[index])
    expect([...empty]).toEqual([])
  })

  it.each([...releases, '2024.10.0', '2025.12.0', '2026.2.0'] as const)(
    'mean on %s what they mean on the newest release, but for what it does not tell',
    async (release) => {
      const expected = await newestAnswers()
      const groups = questions.findIndex(({ type }) => type.name === 'GroupConnection')
      const tree = treeOf((expected[groups] as { nodes: Body[] }).nodes)
      const answers = await answersOf(release)
      for (const [index, question] of questions.entries()) {
        const told = toldBy(release, question.type, expected[index] as Body, tree)
        expect(answers[index], question.field).toEqual(told)
      }
    },
  )
})
