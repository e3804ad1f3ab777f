/** Both pages' client, and how they show rows and words. Data become text, never markup. */
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, ServerError } from '@apollo/client'

export const byId = (id) => document.getElementById(id)

/** Calls back with a client whenever somebody connects. The token stays in the client: no storage, no address, no field has it. */
export function onConnect(start) {
  byId('connect').addEventListener('submit', (event) => {
    event.preventDefault()
    const { gateway, token } = event.target.elements
    const headers = { authorization: `Bearer ${token.value.trim()}` }
    token.value = ''
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: new HttpLink({ uri: gateway.value, headers, credentials: 'omit' }),
      defaultOptions: {
        query: { errorPolicy: 'all' },
        watchQuery: { errorPolicy: 'all' },
        mutate: { errorPolicy: 'all' },
      },
      devtools: { enabled: true },
    })
    act(() => start(client))
  })
}

/** Runs what a click asks for, and says when it is done or why it is not. */
export async function act(work) {
  document.body.dataset.state = 'busy'
  say([])
  try {
    say((await work()) ?? [])
  } catch (error) {
    say(wordsOf(error))
  }
  document.body.dataset.state = 'ready'
}

function say(lines) {
  byId('messages').replaceChildren(...[...new Set(lines)].map((line) => element('li', line)))
}

/** An error of the client as lines that a person can act upon. */
export function wordsOf(error) {
  if (!error) return []
  if (CombinedGraphQLErrors.is(error)) return error.errors.map(wordsOfOne)
  if (ServerError.is(error)) {
    try {
      return JSON.parse(error.bodyText).errors.map(wordsOfOne)
    } catch {
      return [`The gateway answered with status ${error.statusCode}.`]
    }
  }
  return ['The gateway cannot be reached.']
}

function wordsOfOne({ message, extensions: { code, retryAfter } = {} }) {
  const wait = retryAfter ? ` Try again in ${retryAfter} seconds.` : ''
  switch (code) {
    case 'UNAUTHENTICATED':
      return 'Your token is not accepted, or no longer. Connect again with another one.'
    case 'FORBIDDEN':
      return `You may not see or do all of this. ${message}`
    case 'NOT_FOUND':
      return `This does not exist, or you may not see it. ${message}`
    case 'UPSTREAM_BUSY':
    case 'RATE_LIMITED':
      return `authentik is busy.${wait}`
    case 'UPSTREAM_UNAVAILABLE':
    case 'UPSTREAM_TIMEOUT':
      return `authentik does not answer at present.${wait}`
    default:
      return message
  }
}

/** Whether the token is accepted no longer, as when its own session is gone: a page then knows nothing any more. */
export function isRefused(error) {
  const errors = CombinedGraphQLErrors.is(error) ? error.errors : []
  const body = ServerError.is(error) ? error.bodyText : ''
  return errors.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED') || body.includes('"UNAUTHENTICATED"')
}

/** What became of one object, in words. */
export function wordsOfResult({ targetId, outcome, message, right }) {
  const needed = right ? ` That needs the right ${right}.` : ''
  const said = {
    REVOKED: 'gone.',
    WOULD_REVOKE: 'would go.',
    MAY_REVOKE: `may go.${needed}`,
    NOT_FOUND: 'was gone already.',
    FORBIDDEN: `you may not take it away.${needed}`,
    FAILED: `not confirmed.${needed}`,
    STAYS: 'stays.',
  }[outcome]
  return `${targetId}: ${said}${message && outcome !== 'FORBIDDEN' && outcome !== 'MAY_REVOKE' ? ` ${message}` : ''}`
}

export function showResults(id, results) {
  byId(id).replaceChildren(
    ...results.map((result) => {
      const item = element('li', wordsOfResult(result))
      Object.assign(item.dataset, { id: result.targetId, outcome: result.outcome })
      return item
    }),
  )
}

/** Takes out of the cache what payloads say is gone, and then what nothing refers to. */
export function evict(client, payloads) {
  for (const id of payloads.flatMap((payload) => payload?.revokedIds ?? [])) {
    const [__typename] = id.split(':')
    client.cache.evict({ id: client.cache.identify({ __typename, id }) })
  }
  client.cache.gc()
}

/** One row for each object, with text cells; a cell may be an element. */
export function fill(id, rows, cellsOf) {
  byId(id).replaceChildren(
    ...rows.map((row) => {
      const line = element('tr')
      line.dataset.id = row.id ?? ''
      line.append(
        ...cellsOf(row).map((cell) => {
          const box = element('td')
          box.append(cell ?? '')
          return box
        }),
      )
      return line
    }),
  )
}

export function element(name, text = '') {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

export function button(text, work) {
  const made = element('button', text)
  made.type = 'button'
  made.addEventListener('click', () => act(work))
  return made
}

/** A picture from the web or of the page itself: no other scheme, and its server is not told who looks. */
export function icon(url) {
  if (!/^(https?:\/\/|data:image\/)/.test(url ?? '')) return ''
  const made = document.createElement('img')
  Object.assign(made, { alt: '', width: 24, height: 24, referrerPolicy: 'no-referrer', src: url })
  return made
}

export const day = (date) => date?.slice(0, 10) ?? 'never'
