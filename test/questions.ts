import type { GraphQLObjectType } from 'graphql'
import { lookups } from '../src/graph/loading/lookup.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { type Body, resources } from './rest.ts'
import { everythingOf, pageOf, printed, type Selection, typeOf } from './selection.ts'

// What is asked of every release of the embedded authentik.

export interface Question {
  readonly field: string
  /** The type of the answer. */
  readonly type: GraphQLObjectType
  readonly selection: Selection
}

const group = (number: number) => `67726f75-7000-4000-8000-${String(number).padStart(12, '0')}`

/** Objects that have what others of their type lack. */
const chosen: readonly [field: string, type: string][] = [
  ['accessToken(id: 42)', 'AccessToken'],
  ['refreshToken(id: 7)', 'RefreshToken'],
  ['authorizationCode(id: 2)', 'AuthorizationCode'],
  ['oauth2Provider(id: 1)', 'OAuth2Provider'],
  ['oauth2Provider(id: 6)', 'OAuth2Provider'],
  ['oauth2Provider(id: 7)', 'OAuth2Provider'],
  ['user(id: 4)', 'User'],
  ['me', 'User'],
  [`group(id: "${group(3)}")`, 'Group'],
  [`group(id: "${group(6)}")`, 'Group'],
]

/** Of each type of which none was chosen, the first object that the embedded authentik lists. */
async function firstOfOthers(): Promise<[field: string, type: string][]> {
  const sandbox = await startSandbox()
  const others = [...resources].filter(([name]) => !chosen.some(([, type]) => type === name))
  const found = await Promise.all(
    others.map(async ([name, { path, one }]): Promise<[field: string, type: string]> => {
      const response = await fetch(`${sandbox.url}${path}`, { headers: { authorization: 'Bearer demo-superuser' } })
      const { results } = (await response.json()) as { results: readonly Body[] }
      return [`${one}(id: "${results[0]?.[lookups.get(name)?.key.property ?? '']}")`, name]
    }),
  )
  await sandbox.close()
  return found
}

/** Everything of one object of each type, and of those that were chosen. */
export const details: readonly Question[] = [...chosen, ...(await firstOfOthers())].map(([field, name]) => ({
  field,
  type: typeOf(name),
  selection: everythingOf(typeOf(name)),
}))

/** Everything of so many rows of each list. */
export const pagesOf = (first: number): readonly Question[] =>
  [...resources].map(([name, { many }]) => {
    const selection = pageOf(everythingOf(typeOf(name)))
    return { field: `${many}(first: ${first})`, type: typeOf(`${name}Connection`), selection }
  })

export const queryOf = ({ field, selection }: Question) => `{ answer: ${field} ${printed(selection)} }`
