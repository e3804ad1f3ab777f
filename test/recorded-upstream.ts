import type { ServerResponse } from 'node:http'
import { type Recording, type RecordingsName, readRecordings } from './recordings.ts'
import { type Body, resourceOf, resources, type World } from './rest.ts'
import { listen } from './start.ts'

// A real authentik as far as it was recorded: what its answers say of each object, and a server that gives them again.

/** The types whose recordings are replayed here. Every other type has its own test for that. */
export const replayed = ['AccessToken', 'RefreshToken', 'AuthorizationCode', 'OAuth2Provider', 'User', 'Group']

/** The type that the path is about, with the key in it: '' for a list. Undefined for other paths. */
export function subjectOf(url: string): { type: string; key: string } | undefined {
  const path = pathOf(url)
  for (const type of replayed) {
    const [before, key = ''] = path.split(resourceOf(type).path)
    if (before === '' && /^([\w-]+\/)?$/.test(key)) return { type, key: key.replace('/', '') }
  }
  return undefined
}

/** An object, or one page of a list. */
export interface RecordedBody extends Body {
  readonly results?: readonly Body[]
  readonly pagination?: {
    readonly count: number
    readonly next: number
    readonly previous: number
    readonly current: number
    readonly start_index: number
    readonly end_index: number
  }
}

/** The recorded body, read as JSON. Numbers that JavaScript would round are strings where the gateway has no other way. */
export function read({ body }: Recording): RecordedBody {
  const text = body.toString()
  return JSON.parse('rawJSON' in JSON ? text : text.replace(/(?<=[:,[])-?\d{17,}(?=[,\]}])/g, '"$&"')) as RecordedBody
}

/** The objects in a recorded body, as the graph gives them. */
export function rowsOf(recording: Recording): readonly Body[] {
  const body = read(recording)
  const rows = body.results ?? [recording.url.endsWith('/me/') ? (body['user'] as Body) : body]
  return rows.map((row) => withRelated(row, recording.from, Object.keys(related)))
}

const recordings = new Map<RecordingsName, ReadonlyMap<string, Recording>>()

function named(name: string, from: RecordingsName): Recording {
  const known = recordings.get(from) ?? new Map(readRecordings(from).map((recording) => [recording.name, recording]))
  recordings.set(from, known)
  const recording = known.get(name)
  if (!recording) throw new Error(`${from} has no recording ${name}`)
  return recording
}

/** What answers a path that the recording in question is not about. */
const elsewhere: Readonly<Record<string, string>> = {
  // Asked for each user, of whom all but one are not the caller.
  '/api/v3/core/users/me/': 'us-me',
  // The whole lists. Of these a single object is cut out.
  '/api/v3/providers/oauth2/': 'pr-list-all',
  '/api/v3/core/users/': 'us-list-all',
  '/api/v3/core/groups/': 'gr-list-nousers',
}

/** A path without its query. */
export const pathOf = (url: string) => url.split('?')[0] ?? ''

/** The lists that a group's body has only where they are asked for, with the keys that say who stands in them. */
const related: Readonly<Record<string, { readonly list: string; readonly keys: string }>> = {
  include_parents: { list: 'parents_obj', keys: 'parents' },
  include_children: { list: 'children_obj', keys: 'children' },
}

/** A body with the lists that a request with these flags gets and the recorded one did not ask for, of the recorded groups. */
export function withRelated(body: Body, from: RecordingsName, flags: readonly string[]): Body {
  const lists = flags.flatMap((flag) => {
    const { list = '', keys = '' } = related[flag] ?? {}
    if (body[list] !== null) return []
    return [[list, (body[keys] as readonly unknown[]).map((pk) => relatedGroup(pk, from))]]
  })
  return lists.length === 0 ? body : { ...body, ...Object.fromEntries(lists) }
}

/** A group as its parents' and its children's bodies tell it. */
function relatedGroup(key: unknown, from: RecordingsName): Body {
  const groups = read(named('gr-list-nousers', from)).results ?? []
  const { pk, name, is_superuser, attributes } = groups.find((group) => group['pk'] === key) ?? {}
  return { pk, name, is_superuser, attributes, group_uuid: pk }
}

/** What was recorded for the request's path, or the object as it stands in a recorded list. */
function answerTo(url: string, recording: Recording): Recording {
  const path = pathOf(url)
  const { from } = recording
  // Before a page in the midst of a list the gateway is asked how long the list is: one row tells.
  if (/page=1&page_size=1$/.test(url) && recording.name.startsWith('at-list-size5')) return named('at-list-size1', from)
  if (path === pathOf(recording.url)) return recording
  if (elsewhere[path]) return named(elsewhere[path], from)
  const [, folder = '', key = ''] = /^(.*\/)([^/]+)\/$/.exec(path) ?? []
  const list = named(elsewhere[folder] ?? path, from)
  return { ...list, body: Buffer.from(rowIn(list.body.toString(), key)) }
}

/** The text of the row with that key, cut out of the text of a list. */
function rowIn(list: string, key: string): string {
  const start = list.search(`\\{"pk":"?${key}"?,`)
  let depth = 0
  for (const { 0: token, index } of list.slice(start).matchAll(/"(?:\\.|[^"\\])*"|[{}]/g)) {
    if (token === '{') depth += 1
    if (token === '}') depth -= 1
    if (depth === 0) return list.slice(start, start + index + 1)
  }
  throw new Error(`No row of the recorded list has the key ${key}`)
}

/** That, with the lists of groups that the request asks for. Without any it is what was recorded, byte for byte. */
function wholeAnswerTo(url: string, recording: Recording): Recording {
  const answer = answerTo(url, recording)
  const flags = Object.keys(related).filter((flag) => url.includes(`${flag}=true`))
  if (flags.length === 0 || !url.includes(resourceOf('Group').path)) return answer
  const body = read(answer)
  const fill = (row: Body) => withRelated(row, recording.from, flags)
  const filled = body.results ? { ...body, results: body.results.map(fill) } : fill(body)
  return { ...answer, body: Buffer.from(JSON.stringify(filled)) }
}

/** Sends what was recorded: the status, the headers that the gateway may look at, the body byte for byte. */
export function reply(response: ServerResponse, { status, headers, body }: Recording): void {
  const told = ['content-type', 'retry-after', 'x-authentik-id'].filter((name) => headers.has(name))
  response.writeHead(status, Object.fromEntries(told.map((name) => [name, headers.get(name) ?? '']))).end(body)
}

/** A server that answers as was recorded; `asked` holds the addresses that were asked. */
export async function startRecorded(recording: Recording) {
  const asked: string[] = []
  const { url } = await listen((incoming, response) => {
    asked.push(incoming.url ?? '')
    try {
      reply(response, wholeAnswerTo(incoming.url ?? '', recording))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  return { url, asked }
}

/** The world that such a server tells of. */
export function worldOf(recording: Recording): World {
  return {
    me: read(answerTo('/api/v3/core/users/me/', recording))['user'] as Body,
    own: ({ name }, pk) => {
      const path = resources.get(name)?.path
      if (!path) return undefined
      return withRelated(read(answerTo(`${path}${pk}/`, recording)), recording.from, Object.keys(related))
    },
  }
}
