import { existsSync, readFileSync } from 'node:fs'

/** The release whose answers were recorded. */
export const recordedRelease = '2024.10.5'

const folder = `${import.meta.dirname}/../../shared/recordings/${recordedRelease}`

/** Whether the recordings stand beside the repository. */
export const recorded = existsSync(`${folder}/manifest.tsv`)

/** One exchange with a real authentik. */
export interface Recording {
  readonly name: string
  readonly method: string
  /** With its query, for example "/api/v3/core/users/?page_size=3". */
  readonly url: string
  readonly status: number
  readonly headers: Headers
  /** The bytes of the answer's body. */
  readonly body: Buffer
}

/** Every recorded exchange, those that were made with a server down or throttled too. */
export function readRecordings(): Recording[] {
  if (!recorded) return []
  const [, ...lines] = readFileSync(`${folder}/manifest.tsv`, 'utf8').trim().split('\n')
  const names = lines.map((line) => line.split('\t')[0] ?? '')
  return [...names, 'throttle-429-anon', 'down-postgres', 'down-redis', 'down-redis-me'].map(readRecording)
}

function readRecording(name: string): Recording {
  // As Latin-1, one byte is one character: what was no text is not changed.
  const text = readFileSync(`${folder}/${name}.http`, 'latin1')
  const [, method = '', url = ''] = /^# (\S+) (\S+)/.exec(text) ?? []
  const [head = '', body = ''] = text.slice(text.search(/^HTTP\/1\.1 /m)).split(/\r?\n\r?\n(.*)/s)
  const [statusLine = '', ...headerLines] = head.split(/\r?\n/)
  return {
    name,
    method,
    url,
    status: Number(statusLine.split(' ')[1]),
    headers: new Headers(headerLines.map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string])),
    body: Buffer.from(body, 'latin1'),
  }
}
