import type { ServerResponse } from 'node:http'
import { type Recording, readRecordings } from './recordings.ts'
import { type Body, resources, type Typename, type World } from './rest.ts'
import { listen } from './start.ts'

// A real authentik as far as it was recorded: what its answers say of each object, and a server that gives them again.

/** The type that the path is about, with the key in it: '' for a list. Undefined for paths that the gateway never asks. */
export function subjectOf(url: string): { type: Typename; key: string } | undefined {
  const [path = ''] = url.split('?')
  for (const type of Object.keys(resources) as Typename[]) {
    const [before, key = ''] = path.split(resources[type].path)
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
    start_index: number
  }
}

/** The recorded body, read as JSON. */
export function read({ body }: Recording): RecordedBody {
  return JSON.parse(body.toString()) as RecordedBody
}

/** The objects in a recorded body, as the graph gives them. */
export function rowsOf(recording: Recording): readonly Body[] {
  const body = read(recording)
  return body.results ?? [recording.url.endsWith('/me/') ? (body['user'] as Body) : body]
}

const recordings = new Map(readRecordings().map((recording) => [recording.name, recording]))

function named(name: string): Recording {
  const recording = recordings.get(name)
  if (!recording) throw new Error(`Nothing was recorded as ${name}`)
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

/** What was recorded for the request's path, whatever its query, or the object as it stands in a recorded list. */
function answerTo(url: string, recording: Recording): Recording {
  const path = pathOf(url)
  // Before a page in the midst of a list the gateway is asked how long the list is: one row tells.
  if (/page=1&page_size=1$/.test(url) && recording.name.startsWith('at-list-size5')) return named('at-list-size1')
  if (path === pathOf(recording.url)) return recording
  if (elsewhere[path]) return named(elsewhere[path])
  const list = named(elsewhere[path.replace(/[^/]+\/$/, '')] ?? path)
  const row = JSON.stringify(read(list).results?.find(({ pk }) => path.endsWith(`/${pk}/`)))
  if (!list.body.includes(row)) throw new Error(`${list.name} does not hold ${row} byte for byte`)
  return { ...list, body: Buffer.from(row) }
}

/** Sends what was recorded: the status, the headers that the gateway may look at, the body byte for byte. */
export function reply(response: ServerResponse, { status, headers, body }: Recording): void {
  const told = ['content-type', 'retry-after', 'x-authentik-id'].filter((name) => headers.has(name))
  response.writeHead(status, Object.fromEntries(told.map((name) => [name, headers.get(name) ?? '']))).end(body)
}

/** A server that answers as was recorded, byte for byte; `asked` holds the addresses that were asked. */
export async function startRecorded(recording: Recording) {
  const asked: string[] = []
  const { url } = await listen((incoming, response) => {
    asked.push(incoming.url ?? '')
    reply(response, answerTo(incoming.url ?? '', recording))
  })
  return { url, asked }
}

/** The world that such a server tells of. */
export function worldOf(recording: Recording): World {
  return {
    me: read(answerTo('/api/v3/core/users/me/', recording))['user'] as Body,
    own: ({ name }, pk) => {
      const path = resources[name as Typename]?.path
      return path && read(answerTo(`${path}${pk}/`, recording))
    },
  }
}
