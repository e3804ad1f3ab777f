import { describe, expect, it } from 'vitest'
import { read, reply, subjectOf } from './recorded-upstream.ts'
import { type Recording, readRecordings, recordedReleases } from './recordings.ts'
import { resourceOf } from './rest.ts'
import { listen, startGatewayOver, withCaller } from './start.ts'

const sources = [...recordedReleases, 'access-2026.5.0-rc1'] as const
const everything = sources.flatMap(readRecordings)

describe.each(sources)('A refusal of authentik %s', (source) => {
  const recordings = everything.filter(({ from }) => from === source)
  const refusals = recordings.filter(({ method, status }) => method !== 'DELETE' && status >= 400)
  it.each(refusals)('recorded as $name ($status) has its code, its number and its words', async (recording) => {
    const { url } = await listen((_request, response) => reply(response, recording))
    const { ask } = await startGatewayOver(url)
    const { type, key } = subjectOf(recording.url) ?? { type: 'AccessToken', key: '1' }
    const { one, many } = resourceOf(type)
    const field = key === '' ? many : key === 'me' ? 'me' : one
    const id = type === 'Group' ? '11111111-1111-1111-1111-111111111111' : '1'
    const { data, errors } = await ask(`{ ${field}${field === one ? `(id: "${id}")` : ''} { __typename } }`)
    expect(data).toEqual({ [field]: null })
    const code = codeOf(recording)
    if (code === 'NOT_FOUND' && field === one) return expect(errors).toBeUndefined()
    const requestId = recording.headers.get('x-authentik-id') ?? undefined
    const retryAfter = code === 'RATE_LIMITED' ? { retryAfter: 60 } : {}
    expect(errors).toMatchObject([
      { path: [field], extensions: { code, ...retryAfter, authentik: { status: recording.status } } },
    ])
    expect(errors?.[0]?.extensions.authentik.requestId).toBe(requestId)
    const shown = ['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_USER_INPUT', 'NOT_FOUND'].includes(code ?? '')
    for (const words of shown ? wordsIn(read(recording)) : []) expect(errors?.[0]?.message).toContain(words)
  })

  const deletions = recordings.filter(({ method }) => method === 'DELETE')
  it.each(deletions)('to delete, or its consent, recorded as $name ($status) is an outcome', async (recording) => {
    const { type, key } = grantOf(recording.url)
    const asked: string[] = []
    const { url } = await listen(
      withCaller((request, response) => {
        asked.push(`${request.method} ${request.url}`)
        reply(response, recording)
      }),
    )
    const { ask } = await startGatewayOver(url)
    const { many, path } = resourceOf(type)
    const mutation = `revoke${many[0]?.toUpperCase()}${many.slice(1)}`
    const { data, errors } = await ask(
      `mutation { ${mutation}(ids: ["${key}"]) { results { targetId outcome code } } }`,
    )
    expect(errors).toBeUndefined()
    const [, , outcome, code] = outcomes.find((row) => fits(row, recording)) ?? []
    expect(data[mutation].results).toEqual([{ targetId: `${type}:${key}`, outcome, code }])
    expect(asked).toEqual([`DELETE ${path}${key}/`])
  })
})

/** What a refusal of a deletion, or its consent, is to the graph, by its status and body. */
const outcomes: readonly [status: number, body: RegExp, outcome: string, code: string | null][] = [
  [200, /^{"deleted":\d+}$/, 'FAILED', 'UPSTREAM_INVALID_RESPONSE'],
  [204, /^$/, 'REVOKED', null],
  [400, /^{"user_pks":\[/, 'FAILED', 'BAD_USER_INPUT'],
  [400, /^{"user_pks":{/, 'FAILED', 'UPSTREAM_INVALID_RESPONSE'],
  [403, /"(Authentication credentials were not provided\.|Token invalid\/expired)"/, 'FAILED', 'UNAUTHENTICATED'],
  [403, /"You do not have permission to perform this action\."/, 'FORBIDDEN', 'FORBIDDEN'],
  [404, /^{"detail":"(Not found\.|No \w+ matches the given query\.)"}$/, 'NOT_FOUND', 'NOT_FOUND'],
  [405, /^{"detail":/, 'FAILED', 'UPSTREAM_INVALID_RESPONSE'],
  // A crash. An address without the slash at its end is answered like one, but the gateway asks none.
  [405, /^$/, 'FAILED', 'UPSTREAM_UNAVAILABLE'],
]

/** The grant that a deletion was about. What was about something else stands for an access token. */
function grantOf(url: string): { type: string; key: string } {
  const subject = subjectOf(url)
  return subject && /Token|Code/.test(subject.type) && /^\d+$/.test(subject.key)
    ? subject
    : { type: 'AccessToken', key: '7' }
}

/** Which code a refusal has, by its status and body. */
const codes: readonly [status: number, body: RegExp, code: string][] = [
  // No path that the gateway asks answers in this shape.
  [400, /^{"for_user":"/, 'UPSTREAM_INVALID_RESPONSE'],
  [400, /^[{[]/, 'BAD_USER_INPUT'],
  // Asked in French. The gateway asks in English, and only so can it tell that no credentials came.
  [403, /Informations d'authentification non fournies/, 'FORBIDDEN'],
  [403, /not provided|invalid\/expired|Unsupported/, 'UNAUTHENTICATED'],
  [403, /permission/, 'FORBIDDEN'],
  [404, /^{"detail":/, 'NOT_FOUND'],
  [404, /^\s*<!DOCTYPE html>/, 'UPSTREAM_INVALID_RESPONSE'],
  [405, /^({"detail":|$)/, 'UPSTREAM_INVALID_RESPONSE'],
  [406, /^{"detail":/, 'UPSTREAM_INVALID_RESPONSE'],
  [415, /^{"detail":/, 'UPSTREAM_INVALID_RESPONSE'],
  [429, /^{"detail":/, 'RATE_LIMITED'],
  [500, /^\s*<!DOCTYPE html>/, 'UPSTREAM_UNAVAILABLE'],
]

function codeOf(recording: Recording): string | undefined {
  return codes.find((row) => fits(row, recording))?.[2]
}

function fits([status, body]: readonly [number, RegExp, ...unknown[]], recording: Recording): boolean {
  return status === recording.status && body.test(recording.body.toString())
}

/** Every text in a body. */
function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsIn) : []
}

it.each([...codes, ...outcomes])('is the rule for something that was recorded: %s %s', (...rule) => {
  expect(everything.filter((recording) => fits(rule, recording)).length).toBeGreaterThan(0)
})
