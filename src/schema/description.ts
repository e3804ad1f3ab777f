import { type GraphQLSchema, isScalarType, isSpecifiedScalarType } from 'graphql'
import { codes } from '../errors.ts'

/** What a caller should know of the whole schema: its ids, its scalars, and every code of an error. */
export function descriptionOf(schema: GraphQLSchema): string {
  const scalars = Object.values(schema.getTypeMap())
    .filter((type) => isScalarType(type) && !isSpecifiedScalarType(type) && !type.name.startsWith('_'))
    .map(({ name, description }) => `- \`${name}\`: ${description}`)
  const meanings = Object.entries(codes).map(([code, { meaning }]) => `- \`${code}\`: ${meaning}`)
  return [
    "authentik in each caller's name: every request is made with the caller's own token.",
    'Use global ids. The `id` of an object ("AccessToken:42") is the same in every answer, so it is the key for a cache, and every argument of type `ID` takes it. authentik\'s own key tells objects of one type apart, and no more.',
    'Scalars beside those of GraphQL:',
    scalars.join('\n'),
    'If a field fails, it is null, an error has its path, and all other fields are answered. `extensions.code` of the error is one of:',
    meanings.join('\n'),
  ].join('\n\n')
}
