// Holds what a document says can be asked against what the gateway asks.
import { getNamedType, graphql, isEnumType, isInputObjectType, isListType } from 'graphql'
import { Account, fieldsAtOnce } from '../authentik/account.ts'
import { type Endpoint, endpoints, listOf } from '../authentik/endpoints.ts'
import { Tab } from '../authentik/tab.ts'
import { createSchema } from '../schema/index.ts'
import type { Difference } from './differences.ts'
import type { Expanded, OpenApi } from './openapi.ts'
import { placesOf } from './places.ts'

const schema = createSchema()

/** A list's name, as the endpoints and the queries have it. */
type Name = keyof typeof endpoints

type Filter = Readonly<Record<string, unknown>>

/** What becomes of a list when a parameter that each list is asked with is not heeded. */
const unheeded: Readonly<Record<string, string>> = {
  ordering: "comes in authentik's own order, whose pages may overlap",
  page: 'every page is the first',
  page_size: 'pages are of any length',
  search: 'comes as authentik remembers it from an earlier request',
  superuser_full_list: 'superusers see what they may open alone',
}

const invalid = 'UPSTREAM_INVALID_RESPONSE'

/** What differs, as lines with their gravity. */
export async function compareRequests(api: OpenApi): Promise<Difference[]> {
  const lines: string[] = []
  for (const [name, { path, answer, deleteRight }] of Object.entries<Endpoint>(endpoints) as [Name, Endpoint][]) {
    if (!api.has('get', path)) lines.push(`${name}: there is no GET ${path}; fails with ${invalid}`)
    else if (answer === 'page') lines.push(...lacksOfPage(api, name), ...(await lacksOfParameters(api, name)))
    else if (answer === 'caller') lines.push(...lacksOf(name, api.answerOf(path), ['user']))
    if (deleteRight && !api.has('delete', path)) lines.push(`${name}: there is no DELETE ${path}; none can be revoked`)
  }
  return [...lines.map((line) => ({ gravity: 'breaks' as const, line })), ...vainIncludes(api)]
}

function lacksOf(name: Name, { properties = {} }: Expanded, wanted: readonly string[]): string[] {
  const lacking = wanted.filter((property) => !(property in properties))
  return lacking.map((property) => `${name}: there is no "${property}" in the answer; fails with ${invalid}`)
}

function lacksOfPage(api: OpenApi, name: Name): string[] {
  const page = api.answerOf(endpoints[name].path)
  const pagination = api.expand(page.properties?.['pagination'] ?? {})
  return [...lacksOf(name, page, ['results']), ...lacksOf(name, pagination, ['count', 'total_pages', 'start_index'])]
}

/** authentik ignores a parameter that it does not know. */
async function lacksOfParameters(api: OpenApi, name: Name): Promise<string[]> {
  const { path, includes = [] }: Endpoint = endpoints[name]
  const known = api.parametersOf(path)
  const included: readonly string[] = includes
  const lacking = (sent: ReadonlySet<string>) =>
    [...sent].filter((parameter) => !known.has(parameter) && !included.includes(parameter))
  const always = await firstSent(name, [{}])
  const lines = lacking(always).map(
    (parameter) => `${name}: there is no parameter "${parameter}"; ${unheeded[parameter]}`,
  )
  for (const [field, filters] of Object.entries(filtersOf(name))) {
    const sent = await firstSent(name, filters)
    for (const parameter of lacking(sent).filter((one) => !always.has(one))) {
      lines.push(`${name}(filter: {${field}}): there is no parameter "${parameter}"; filters nothing, and lists all`)
    }
  }
  return lines
}

/** For each field of a list's filter, filters with it alone: of several, one is in the form that it takes. */
function filtersOf(name: Name): Readonly<Record<string, readonly Filter[]>> {
  const filter = filterOf(name)
  const type = filter && getNamedType(filter.type)
  const fields = isInputObjectType(type) ? type.getFields() : {}
  return Object.fromEntries(
    Object.values(fields).map((field) => [
      field.name,
      valuesOf(getNamedType(field.type)).map((value) => ({
        [field.name]: isListType(field.type) ? [value] : value,
      })),
    ]),
  )
}

function filterOf(name: Name) {
  return schema
    .getQueryType()
    ?.getFields()
    [name]?.args.find((arg) => arg.name === 'filter')
}

function valuesOf(type: ReturnType<typeof getNamedType>): unknown[] {
  // Dates are searched for in the whole list.
  if (isInputObjectType(type)) return [{}]
  if (isEnumType(type)) return [type.getValues()[0]?.name]
  return type?.name === 'Boolean' ? [true] : ['1', '00000000-0000-4000-8000-000000000000', '192.0.2.1']
}

async function firstSent(name: Name, filters: readonly Filter[]): Promise<ReadonlySet<string>> {
  for (const filter of filters) {
    const sent = await parametersSent(name, filter)
    if (sent.size > 0) return sent
  }
  throw new Error(`The gateway asks nothing for ${name} with any of ${JSON.stringify(filters)}`)
}

/** The parameters that the gateway sends for a list: written down by an authentik that has single objects alone. Empty where it refuses. */
async function parametersSent(name: Name, filter: Filter): Promise<ReadonlySet<string>> {
  const sent = new Set<string>()
  const findPage = async (_endpoint: unknown, query: object) => {
    for (const parameter of Object.keys(query)) sent.add(parameter)
    return { pagination: { count: 0, total_pages: 1, start_index: 0 }, results: [] }
  }
  // The caller, or an application, of which a filter needs another key than callers name it by.
  const get = async (_endpoint: unknown, slug: unknown) => ({
    user: { pk: 1, username: 'caller' },
    slug,
    pk: '00000000-0000-4000-8000-000000000000',
  })
  const account = new Account({
    signal: new AbortController().signal,
    timeout: 60_000,
    caller: '',
    fields: fieldsAtOnce(Number.POSITIVE_INFINITY),
  })
  const type = filterOf(name)?.type
  await graphql({
    schema,
    source: type
      ? `query ($filter: ${type}) { ${name}(filter: $filter) { nodes { __typename } } }`
      : `{ ${name} { nodes { __typename } } }`,
    variableValues: { filter },
    contextValue: {
      authentik: { requireCredential() {}, pageLimit: { largestPage: 100 }, causes: [], get, findPage },
      account,
      tab: new Tab(account),
      operation: {},
      kept: new Map(),
    },
  })
  return sent
}

/** Where a look-up has no such parameter but its list does, authentik heeds it in both; and in grants, for their users. */
function vainIncludes(api: OpenApi): Difference[] {
  const all = Object.entries<Endpoint>(endpoints).flatMap(([name, { path, includes = [] }]) =>
    includes.map((include) => ({ name, path, include })),
  )
  const known = new Set<string>(
    all.filter(({ path, include }) => api.parametersOf(path).has(include)).map((one) => one.include),
  )
  const own = new Map(placesOf(api).map(({ where, properties }) => [where, properties]))
  return all.flatMap(({ name, include }) => {
    const list = listOf(include)
    if (known.has(include) || !(list in (own.get(name) ?? {}))) return []
    return [{ gravity: 'costs', line: `${name}: there is no parameter "${include}"; "${list}" comes always, or never` }]
  })
}
