import { getNamedType, isEnumType, isInputObjectType, isListType } from 'graphql'
import { fieldOf, typeOf } from './selection.ts'

/** By what the graph's filters are called, authentik's parameters. */
const filters: Readonly<Record<string, string>> = {
  user: 'user',
  provider: 'provider',
  client_id: 'clientId',
  search: 'search',
  uuid: 'uuid',
  type: 'type',
  is_superuser: 'isSuperuser',
  groups_by_pk: 'groups',
  members_by_pk: 'members',
}

/** Arguments of the graph that mean what a recorded query string does, and the parameters that must come of them. */
export interface Arguments {
  readonly words: string
  readonly sent: Readonly<Record<string, readonly string[]>>
}

/**
 * How the list of that name is asked for what was recorded, but for the page. Parameters that the graph has no word for, and
 * those that authentik ignores, ask for nothing.
 */
export function argumentsOf(list: string, url: string): Arguments {
  const query = new URL(url, 'http://recorded').searchParams
  const { args } = fieldOf(typeOf('Query'), list)
  const filterType = args.find(({ name }) => name === 'filter')?.type
  const fields = isInputObjectType(filterType) ? filterType.getFields() : {}
  const sent: Record<string, string[]> = {}
  const words: string[] = []
  for (const [parameter, word] of Object.entries(filters)) {
    const type = fields[word]?.type
    const given = query.getAll(parameter).filter((value) => value !== '' && value !== 'maybe')
    // Where a list is not meant, the last value counts.
    const values = isListType(type) ? given : given.slice(-1)
    if (!type || values.length === 0) continue
    const literals = values.map((value) => {
      if (isEnumType(getNamedType(type))) return value.toUpperCase()
      return value === 'true' ? value : JSON.stringify(value)
    })
    words.push(`${word}: ${isListType(type) ? `[${literals.join(' ')}]` : literals}`)
    sent[parameter] = values
  }
  const orders = args.some(({ name }) => name === 'orderBy') ? ordersOf(query.get('ordering') ?? '') : undefined
  if (orders) sent['ordering'] = [`${query.get('ordering')}${orders.includes('field: PK') ? '' : ',-pk'}`]
  const filter = words.length > 0 ? `filter: { ${words.join(' ')} }` : ''
  return { words: `${filter} ${orders ? `orderBy: [${orders}]` : ''}`, sent }
}

/** Undefined for an order that the graph does not offer, since authentik does not know it or ignores it. */
function ordersOf(ordering: string): string | undefined {
  const terms = ordering.split(',').map((term) => ({ column: term.replace('-', ''), descending: term.startsWith('-') }))
  if (!terms.every(({ column }) => ['pk', 'expires', 'provider', 'user', 'revoked'].includes(column))) return undefined
  return terms
    .map(({ column, descending }) => `{ field: ${column.toUpperCase()}, direction: ${descending ? 'DESC' : 'ASC'} }`)
    .join(' ')
}
