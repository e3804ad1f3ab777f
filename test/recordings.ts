import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'

/** The releases whose answers were recorded, all by the same questions. */
export const recordedReleases = ['2024.10.5', '2025.10.4', '2025.12.4', '2026.5.0-rc1'] as const

/** A file of recordings: a release, or what one answered about sessions, consents, tokens, applications and events. */
export type RecordingsName = (typeof recordedReleases)[number] | 'access-2026.5.0-rc1'

/** One exchange with a real authentik. */
export interface Recording {
  /** The file that holds it. */
  readonly from: RecordingsName
  readonly name: string
  readonly method: string
  /** With its query, for example "/api/v3/core/users/?page_size=3". */
  readonly url: string
  /** Who asked: a name that says something of the caller's rights, "-" for nobody. */
  readonly caller: string
  /** The further headers and the body that were sent. */
  readonly sent: { readonly headers: Readonly<Record<string, string>>; readonly body?: string | undefined }
  readonly status: number
  readonly headers: Headers
  /** The bytes of the answer's body. */
  readonly body: Buffer
}

/** Every exchange that a file holds, in the order in which they were made. Throws where the file is missing. */
export function readRecordings(from: RecordingsName): readonly Recording[] {
  const files = readFiles(from)
  const order = linesOf(files, 'manifest.tsv').map((line) => line.split('\t')[0])
  const names = [...files.keys()].flatMap((file) => /^(.+)\.http$/.exec(file)?.[1] ?? [])
  // What the manifest does not list was recorded with a server that was down or throttled: those come first.
  const sorted = names.toSorted((one, other) => order.indexOf(one) - order.indexOf(other))
  return sorted.map((name) => ({ from, name, ...readExchange(fileOf(files, `${name}.http`)) }))
}

/** A line of a manifest, which lists each exchange. */
export interface ManifestLine {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly caller: string
  readonly status: number
}

/** What the manifest of a file lists. */
export function readManifest(from: RecordingsName): readonly ManifestLine[] {
  const [, ...lines] = linesOf(readFiles(from), 'manifest.tsv')
  return lines.map((line) => {
    const [name = '', method = '', url = '', caller = '', status] = line.split('\t')
    return { name, method, url, caller, status: Number(status) }
  })
}

/** The keys of the recorded objects, by what is special about them, for example `TOKEN_EXPIRED`. */
export function readKeys(from: RecordingsName): ReadonlyMap<string, string> {
  return new Map(linesOf(readFiles(from), 'ids.env').map((line) => line.split('=', 2) as [string, string]))
}

type Files = ReadonlyMap<string, Buffer>

/** The files in a packed folder, which is a tar: before each file stand 512 bytes with its name and its size, in octal. */
function readFiles(from: RecordingsName): Files {
  const tar = brotliDecompressSync(readFileSync(`${import.meta.dirname}/recordings/${from}.tar.br`))
  const files = new Map<string, Buffer>()
  for (let start = 0; tar[start]; ) {
    const name = tar.toString('latin1', start, start + 100).replace(/\0.*/s, '')
    const size = Number.parseInt(tar.toString('latin1', start + 124, start + 136), 8)
    files.set(name, tar.subarray(start + 512, start + 512 + size))
    start += 512 * (1 + Math.ceil(size / 512))
  }
  return files
}

function fileOf(files: Files, name: string): Buffer {
  const file = files.get(name)
  if (!file) throw new Error(`The recordings hold no ${name}`)
  return file
}

function linesOf(files: Files, name: string): string[] {
  return fileOf(files, name).toString().trim().split('\n')
}

function readExchange(file: Buffer): Omit<Recording, 'from' | 'name'> {
  // As Latin-1, one byte is one character: what was no text is not changed.
  const [request = '', answer = ''] = file.toString('latin1').split(/^(?=HTTP\/1\.1 )/m)
  const [head = '', body = ''] = answer.split(/\r?\n\r?\n(.*)/s)
  const [statusLine = '', ...headerLines] = head.split(/\r?\n/)
  const [, method = '', url = ''] = /^# (\S+) (\S+)$/m.exec(request) ?? []
  const [, caller = ''] = /^# auth: (.*?)(?: {3}\(.*)?$/m.exec(request) ?? []
  const options = /^# curl: (.*)$/m.exec(request)?.[1]?.split(/(?:^| )-(?=[Hd] )/) ?? []
  const given = (option: string) => options.filter((text) => text.startsWith(option)).map((text) => text.slice(2))
  return {
    method,
    url,
    caller,
    sent: { headers: Object.fromEntries(given('H ').map(readHeader)), body: given('d ')[0] },
    status: Number(statusLine.split(' ')[1]),
    headers: new Headers(headerLines.map(readHeader)),
    body: Buffer.from(body, 'latin1'),
  }
}

function readHeader(line: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? []
  return [name, value]
}
