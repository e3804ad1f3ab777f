import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type RecordingsName, readKeys, readManifest, readRecordings, recordedReleases } from './recordings.ts'

const names: readonly RecordingsName[] = [...recordedReleases, 'access-2026.5.0-rc1']

/** Recorded apart, with a server that was down or throttled. */
const unlisted: Partial<Record<RecordingsName, readonly string[]>> = {
  '2024.10.5': ['down-postgres', 'down-postgres-ready', 'down-redis', 'down-redis-me', 'throttle-429-anon'],
}

it('is all that lies in the folder', () => {
  const files = readdirSync(`${import.meta.dirname}/recordings`)
  expect(files.sort()).toEqual([...names.map((name) => `${name}.tar.br`), 'README.md'].sort())
})

describe.each(names)('The recordings of %s', (name) => {
  const recordings = readRecordings(name)
  const apart = unlisted[name] ?? []

  it('hold the exchanges that their manifest lists, and those with a server that was down', () => {
    const listed = recordings.filter((recording) => !apart.includes(recording.name))
    expect(listed.map(({ name, method, url, caller, status }) => ({ name, method, url, caller, status }))).toEqual(
      readManifest(name),
    )
    expect(recordings.length - listed.length).toBe(apart.length)
  })

  it('hold each body as long as it was sent, but for pages of HTML', () => {
    const cut = recordings.filter(({ method, headers, body }) => {
      const length = headers.get('content-length')
      return method !== 'HEAD' && length !== null && Number(length) !== body.length
    })
    for (const { name, headers } of cut) expect(headers.get('content-type'), name).toMatch(/^text\/html/)
  })

  it('name the keys of their objects', () => {
    expect(readKeys(name).get('USER_PLAIN')).toMatch(/^\d+$/)
  })
})

it('was all made by the same questions', () => {
  const questions = recordedReleases.map((release) => readManifest(release).map(({ name, method }) => [name, method]))
  for (const asked of questions) expect(asked).toEqual(questions[0])
})
