import type { GraphQLObjectType } from 'graphql'
import { resources, type Typename } from './rest.ts'
import { everythingOf, pageOf, printed, type Selection, typeOf } from './selection.ts'

// What is asked of every release of the embedded authentik.

export interface Question {
  readonly field: string
  /** The type of the answer. */
  readonly type: GraphQLObjectType
  readonly selection: Selection
}

const group = (number: number) => `67726f75-7000-4000-8000-${String(number).padStart(12, '0')}`

/** What is asked of every release: one of each type, and some that have what others lack. */
const objects: readonly [field: string, type: Typename][] = [
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

/** Of each of these, everything. */
export const details: readonly Question[] = objects.map(([field, name]) => {
  return { field, type: typeOf(name), selection: everythingOf(typeOf(name)) }
})
/** Everything of so many rows of each list. */
export const pagesOf = (first: number): readonly Question[] =>
  Object.entries(resources).map(([name, { many }]) => {
    const selection = pageOf(everythingOf(typeOf(name)))
    return { field: `${many}(first: ${first})`, type: typeOf(`${name}Connection`), selection }
  })

export const queryOf = ({ field, selection }: Question) => `{ answer: ${field} ${printed(selection)} }`
