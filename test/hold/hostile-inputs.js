// Requests by which somebody could try to buy the machine: each has a name, a body, and a token where it needs one.

const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))
const words = (count, make) => times(count, make).join(' ')
/** So many levels of the parts in turn, with the innermost selection. */
const nest = (depth, parts, inner) =>
  times(depth, (level) => parts[level % parts.length]).reduceRight((below, part) => `${part} { ${below} }`, inner)

const token = 'good-attacker'
const from = (query, variables) => ({ query, ...(variables && { variables }) })
const input = (name, body, rest) => ({ name, body: JSON.stringify(body), ...rest })
const withToken = (name, query, variables) => input(name, from(query, variables), { token })
const withoutToken = (name, query, variables) => input(name, from(query, variables))

const ids = times(500, (index) => String(index + 1))
const same = times(500, () => '1')
const idList = `[${ids.map((id) => `"${id}"`)}]`
const everyField =
  'pk isExpired expires scope user { pk username name uid isActive email groups { pk name } } provider { pk name component verboseName }'
const deepType = nest(8, ['ofType'], 'name kind')
const text = (length) => 'x'.repeat(length)

const documents = [
  withoutToken('braces, 15,000 deep', '{a'.repeat(15_000)),
  withoutToken('lists, 15,000 deep', `{ node(id: ${'['.repeat(15_000)}`),
  withoutToken('types, 15,000 deep', `query ($a: ${'['.repeat(15_000)}`),
  withoutToken('98 levels of a field', nest(98, ['', 'me', 'groups', 'parents'], 'pk')),
  withoutToken('98 levels of inline fragments', `{ ${nest(96, ['... on Query'], 'me { pk }')} }`),
  withoutToken('1990 fields of one name', `{ ${words(1990, () => '__typename')} }`),
  withoutToken('1990 fields of one name in a user', `{ me { ${words(1980, () => 'pk')} } }`),
  withoutToken('unknown fields', `{ ${words(1990, (index) => `f${index}`)} }`),
  withoutToken('unknown fields of near names', `{ ${words(1000, (index) => `accessToken${index}`)} }`),
  withoutToken('one unknown field of 32 kB', `{ ${text(32_000)} }`),
  withoutToken('unknown arguments', `{ me(${words(600, (index) => `a${index}: 1`)}) { pk } }`),
  withoutToken('unknown types', `query (${words(400, (index) => `$a${index}: T${index}`)}) { me { pk } }`),
  withoutToken('unused variables', `query (${words(400, (index) => `$a${index}: Int`)}) { me { pk } }`),
  withoutToken(
    'a value that fits nowhere, 90 levels',
    `{ node(id: ${'['.repeat(90)}"${text(30_000)}"${']'.repeat(90)}) { id } }`,
  ),
  withoutToken(
    'an object that fits nowhere',
    `{ users(filter: { ${words(600, (index) => `k${index}: 1`)} }) { totalCount } }`,
  ),
  withoutToken('aliases of __typename', `{ ${words(600, (index) => `a${index}: __typename`)} }`),
  withoutToken('aliases of me', `{ ${words(300, (index) => `a${index}: me { pk }`)} }`),
  withoutToken('directives', `{ me { ${words(300, () => 'pk @include(if: true)')} } }`),
  withoutToken('unknown directives', `{ me { pk ${words(900, (index) => `@d${index}`)} } }`),
  withoutToken(
    'fragments that double',
    `{ me { ...F0 } } ${words(90, (index) => `fragment F${index} on User { ...F${index + 1} ...F${index + 1} }`)} fragment F90 on User { pk }`,
  ),
  withoutToken(
    'a cycle of fragments',
    `{ me { ...F0 } } ${words(100, (index) => `fragment F${index} on User { ...F${(index + 1) % 100} }`)}`,
  ),
  withoutToken(
    'unused fragments',
    words(250, (index) => `fragment F${index} on User { pk }`),
  ),
  withoutToken(
    'fragments that all spread all',
    `{ me { ...F0 } } ${words(40, (index) => `fragment F${index} on User { ${words(40 - index, (other) => `...F${index + other + 1}`)} }`)} fragment F40 on User { pk } fragment F41 on User { pk }`,
  ),
  withoutToken(
    'fields to compare, by fragments',
    `{ ${words(60, (index) => `me { ...F${index} }`)} } ${words(60, (index) => `fragment F${index} on User { a${index}: pk groups { name } }`)}`,
  ),
  withoutToken('fields that conflict', `{ me { ${words(500, (index) => `a: ${index % 2 ? 'pk' : 'name'}`)} } }`),
  withoutToken('499 users to compare', `{ ${words(499, () => 'me{pk}')} }`),
  input(
    '499 users to compare, in each of a batch',
    times(10, () => from(`{${times(499, () => 'me{pk}').join('')}}`)),
  ),
  withoutToken(
    '400 operations',
    words(300, (index) => `query Q${index} { __typename }`),
  ),
  withoutToken('a comment of 32 kB', `{ __typename } #${text(32_000)}`),
  withoutToken('a block string of lines', `{ node(id: """${'\n '.repeat(14_000)}""") { id } }`),
  withoutToken('numbers of 30 kB', `{ users(first: ${'9'.repeat(30_000)}) { totalCount } }`),
  withoutToken('a document of 250 kB', `{ ${text(250_000)} }`),
]

const variables = [
  withoutToken('50 wrong ids of 3 kB', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids: times(50, () => ({ [text(3000)]: 1 })),
  }),
  withoutToken('159 kB of an unknown filter', 'query ($f: UserFilter) { users(filter: $f) { totalCount } }', {
    f: Object.fromEntries(times(150, (index) => [`${index}${text(1000)}`, 1])),
  }),
  withoutToken('a wrong text of 200 kB', 'query ($uuid: UUID) { users(filter: { uuid: $uuid }) { totalCount } }', {
    uuid: text(200_000),
  }),
  withoutToken('50,000 wrong items', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids: times(50_000, () => null),
  }),
  withoutToken('lists, 60,000 deep', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [] }),
  withoutToken('50,000 ids', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids: times(40_000, (index) => String(index)),
  }),
]
const deep = '['.repeat(60_000) + ']'.repeat(60_000)
variables[4].body = variables[4].body.replace('"ids":[]', `"ids":${deep}`)

const schema = [
  withoutToken('_sdl x 100', `{ ${words(100, (index) => `a${index}: _sdl`)} }`),
  withoutToken('__schema x 100', `{ ${words(100, (index) => `a${index}: __schema { types { name } }`)} }`),
  withoutToken(
    'aliases below __schema',
    `{ __schema { types { ${words(90, (index) => `a${index}: fields { type { ${deepType} } }`)} } } }`,
  ),
  withoutToken(
    'the whole schema, deep',
    `{ __schema { types { ...T } } } fragment T on __Type { name description fields(includeDeprecated: true) { name description args(includeDeprecated: true) { name description type { ${deepType} } } type { ${deepType} } } possibleTypes { name fields { name description type { ${deepType} } args { name type { ${deepType} } } } } interfaces { name fields { name type { ${deepType} } } } inputFields { name type { ${deepType} } } }`,
  ),
  withoutToken(
    'types in types',
    `{ __schema { types { fields { type { ...F ofType { ...F ofType { ...F ofType { ...F } } } } } } } } fragment F on __Type { fields { name description args { name description type { ${deepType} } } type { ${deepType} } } }`,
  ),
  withoutToken(
    'possible types of possible types',
    `{ __schema { types { possibleTypes { interfaces { name description } possibleTypes { name description kind } fields { name } } } } }`,
  ),
  input(
    '_sdl in each operation of a batch',
    times(10, () => from(`{ ${words(100, (index) => `a${index}: _sdl`)} }`)),
  ),
  input(
    '_sdl and _service, once each operation',
    times(10, () => from('{ _sdl _service { sdl } }')),
  ),
  input(
    '__schema in each operation of a batch',
    times(10, () => from('{ __schema { types { name fields { name } } } }')),
  ),
]

const embedded = [
  withToken('children and parents in turn', `{ groups { nodes { ${nest(12, ['children', 'parents'], 'pk')} } } }`),
  withToken(
    'children and parents of one group',
    `{ group(id: "00000000-0000-0000-0000-000000000001") { ${nest(13, ['children', 'parents'], 'pk name')} } }`,
  ),
  withToken(
    'federated providers of federated providers',
    `{ oauth2Provider(id: 1) { ${nest(13, ['jwtFederationProviders'], 'pk')} } }`,
  ),
  withToken(
    'federated providers of a list',
    `{ oauth2Providers(first: 1000) { nodes { ${nest(11, ['jwtFederationProviders'], 'pk')} } } }`,
  ),
  withToken('tokens of users of tokens', `{ user(id: 1) { ${nest(12, ['accessTokens', 'nodes', 'user'], 'pk')} } }`),
  withToken(
    'groups of users of tokens, 1000',
    `{ accessTokens(first: 1000) { nodes { user { groups { name pk } } } } }`,
  ),
  withToken(
    'aliases of the groups of 1000 tokens',
    `{ accessTokens(first: 1000) { nodes { user { ${words(98, (index) => `a${index}: groups { name }`)} } } } }`,
  ),
  withToken(
    'aliases of a field of 1000 tokens',
    `{ accessTokens(first: 1000) { nodes { ${words(98, (index) => `a${index}: expires`)} } } }`,
  ),
  withToken(
    'aliases of a long text of 1000 codes',
    `{ authorizationCodes(first: 1000) { nodes { ${words(50, (index) => `a${index}: scope`)} } } }`,
  ),
  withToken(
    'directives on each of 1000 tokens',
    `{ accessTokens(first: 1000) { nodes { ${words(90, () => 'pk @skip(if: false)')} } } }`,
  ),
  withToken('members of members', `{ groups { nodes { ${nest(9, ['users', 'nodes', 'groups'], 'pk')} } } }`),
  withToken('edges with cursors, 1000', `{ accessTokens(first: 1000) { edges { cursor node { ${everyField} } } } }`),
  withToken(
    'two lists of 1000, every field',
    `{ a: accessTokens(first: 1000) { nodes { ${everyField} } } b: users(first: 1000) { nodes { pk name username groups { pk name } } } }`,
  ),
  withToken(
    'empty bodies: an error at each field',
    `{ refreshTokens(first: 1000) { nodes { expires scope isExpired user { pk } } } }`,
  ),
  withToken('effective groups of 500', `query ($ids: [ID!]!) { usersByIds(ids: $ids) { effectiveGroups { name } } }`, {
    ids: same,
  }),
]

const lookups = [
  withToken('500 ids', `{ accessTokensByIds(ids: ${idList}) { pk } }`),
  withToken(
    '500 ids x 10 aliases',
    `query ($ids: [ID!]!) { ${words(10, (index) => `a${index}: accessTokensByIds(ids: $ids) { pk scope user { pk groups { pk } } }`)} }`,
    { ids },
  ),
  withToken(
    'one id 500 times x 100 aliases',
    `query ($ids: [ID!]!) { ${words(100, (index) => `a${index}: accessTokensByIds(ids: $ids) { pk user { pk } }`)} }`,
    { ids: same },
  ),
  withToken(
    '500 malformed ids x 100 aliases',
    `query ($ids: [ID!]!) { ${words(100, (index) => `a${index}: nodes(ids: $ids) { id }`)} }`,
    { ids: times(500, () => text(400)) },
  ),
  withToken(
    '500 malformed ids x 2 aliases',
    `query ($ids: [ID!]!) { ${words(2, (index) => `a${index}: nodes(ids: $ids) { id }`)} }`,
    { ids: times(500, () => text(400)) },
  ),
  withToken(
    '500 malformed ids x 100 aliases, of one type',
    `query ($ids: [ID!]!) { ${words(98, (index) => `a${index}: usersByIds(ids: $ids) { id }`)} }`,
    { ids: times(500, () => text(400)) },
  ),
  input(
    'a batch of 10 with 500 malformed ids each',
    times(10, () => from('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: times(500, () => text(40)) })),
    { token },
  ),
  withToken(
    'bad representations x 98 aliases',
    `query ($r: [_Any!]!) { ${words(98, (index) => `a${index}: _entities(representations: $r) { __typename }`)} }`,
    { r: times(500, (index) => ({ __typename: text(200), pk: `${index}${text(200)}` })) },
  ),
  withToken(
    'a revocation of one id 500 times, told 98 times',
    `mutation ($ids: [ID!]!) { revokeAccessTokens(ids: $ids) { results { ${words(98, (index) => `a${index}: outcome`)} } } }`,
    { ids: same },
  ),
  withToken(
    'a revocation of one id 500 times, told 50 times',
    `mutation ($ids: [ID!]!) { revokeAccessTokens(ids: $ids) { results { ${words(50, (index) => `a${index}: outcome`)} } } }`,
    { ids: same },
  ),
  withToken('representations', `query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }`, {
    r: times(500, () => ({ __typename: 'User', pk: {} })),
  }),
  input(
    'a batch of 10 with 500 ids each',
    times(10, () =>
      from('query ($ids: [ID!]!) { usersByIds(ids: $ids) { pk groups { pk parents { pk } } } }', {
        ids: ids.slice(0, 480).map(Number),
      }),
    ),
    { token },
  ),
  input(
    'a batch of 10 wide lists',
    times(10, () => from(`{ accessTokens(first: 1000) { nodes { ${everyField} } } }`)),
    { token },
  ),
  input(
    'a batch of 10 large documents',
    times(10, (index) => from(`{ ${words(1900, (field) => `f${index}x${field}`)} }`)),
  ),
  input(
    'a batch of 5000',
    times(5000, () => from('{ me { pk } }')),
  ),
  { name: 'no JSON, 250 kB', body: '['.repeat(250_000) },
]

/** Each costs little, or has made authentik do something for it. */
export const hostileInputs = [...documents, ...variables, ...schema, ...embedded, ...lookups]
