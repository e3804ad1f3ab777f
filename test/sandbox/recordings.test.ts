import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { ask } from './ask.ts'
import { difference, shapeOf } from './shape.ts'

const folder = `${import.meta.dirname}/../../../shared/recordings/2024.10.5`
const recorded = existsSync(`${folder}/manifest.tsv`)

/** What the sandbox does not serve, so that nothing can be compared. */
const leftOut: [names: RegExp, reason: string][] = [
  [/^ap-/, 'applications are not served'],
  [/^pr-all-list$/, '/providers/all/ is not served'],
  [/^pr-setup-urls$/, '/setup_urls/ is not served'],
  [/^at-used-by/, '/used_by/ is not served'],
  [/^misc-version$/, '/admin/version/ is not served'],
  [/^us-(post|patch)-/, 'users are not written'],
]

/** The recorded keys, and ours of the same nature. The first that fits a place counts. */
const keys: [recorded: RegExp, ours: string][] = [
  [/access_tokens\/12\b/, 'access_tokens/42'],
  [/access_tokens\/2\//, 'access_tokens/5/'],
  [/access_tokens\/3\//, 'access_tokens/41/'],
  [/access_tokens\/4\//, 'access_tokens/7/'],
  [/access_tokens\/6\//, 'access_tokens/12/'],
  [/access_tokens\/10\//, 'access_tokens/4/'],
  [/access_tokens\/44\//, 'access_tokens/1/'],
  [/access_tokens\/84\//, 'access_tokens/23/'],
  [/core\/users\/13\//, 'core/users/8/'],
  [/core\/users\/14\//, 'core/users/15/'],
  [/user=28/, 'user=21'],
  [/user=13/, 'user=8'],
  [/members_by_pk=13/, 'members_by_pk=8'],
  [/client_id=seedclient03/, 'client_id=demo-client-wiki'],
  [/search=seed-user/, 'search=a'],
  [/%22n%22%3A13/, '%22badge%22%3A%22N-0042%22'],
  [/%22n__in%22%3A%5B13%2C14%2C15%5D/, '%22badge__in%22%3A%5B%22N-0042%22%5D'],
  [/b2fb16e2-40d4-5fb4-a729-4ba21fcd3d62/, '67726f75-7000-4000-8000-000000000003'],
  [/1b52a4a1-7a50-570f-a256-46fea80cf194/, '67726f75-7000-4000-8000-000000000001'],
  [/seed-key-admin/, 'demo-superuser'],
]

/** Callers that are not named here have no token that works. */
const tokens: Record<string, string> = {
  admin: 'demo-superuser',
  jwtadmin: 'demo-superuser',
  jwtrevoked: 'demo-superuser',
  plain: 'demo-plain',
  jwtplain: 'demo-plain',
  viewer: 'demo-viewer',
  delegate: 'demo-delegate',
  outpost: 'demo-outpost',
  expired: 'demo-expired',
}

/** A provider with a backchannel application was never recorded, and the sandbox has one. */
const neverRecorded = /assigned_backchannel_application_(slug|name)$/

describe.skipIf(!recorded)('playing 2024.10', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox({ release: '2024.10' })
  })
  afterAll(() => sandbox.close())

  it.each(recordings())('answers $name as authentik did: $method $url', async ({ name, method, url, caller }) => {
    const { headers, body, answer } = readRecording(name)
    const token = caller === '-' ? undefined : (tokens[caller] ?? 'demo-unknown')
    const reply = await ask(sandbox, ours(url), { method, token, headers, ...(body && { body }) })

    expect({ status: reply.status, type: reply.type }).toEqual({
      status: answer.status,
      type: answer.headers.get('content-type'),
    })
    for (const header of ['vary', 'x-frame-options', 'x-content-type-options', 'referrer-policy']) {
      expect(reply.headers.get(header), header).toBe(answer.headers.get(header))
    }
    expect(reply.headers.get('x-authentik-id')).toMatch(/^[0-9a-f]{32}$/)
    if (url.includes('/oauth2/access_tokens/') || answer.status === 405) {
      expect(reply.headers.get('allow')).toBe(answer.headers.get('allow'))
    }
    if (reply.type !== 'application/json' || method === 'HEAD') return
    const wanted: unknown = JSON.parse(answer.text)
    if (answer.status >= 400) expect(reply.body).toEqual(wanted)
    else
      expect(difference(shapeOf(wanted), shapeOf(reply.body)).filter((path) => !neverRecorded.test(path))).toEqual([])
  })
})

it.runIf(!recorded)('has no recordings of a real authentik beside the repository to be compared with', () => {
  expect(recorded).toBe(false)
})

it.skip.each(leftOut)('is not compared with what %s recorded: %s', () => {})

function recordings() {
  if (!recorded) return []
  const [, ...lines] = readFileSync(`${folder}/manifest.tsv`, 'utf8').trim().split('\n')
  return lines
    .map((line) => {
      const [name = '', method = '', url = '', caller = ''] = line.split('\t')
      return { name, method, url, caller }
    })
    .filter(({ name }) => !leftOut.some(([names]) => names.test(name)))
}

function readRecording(name: string) {
  // Read as Latin-1: one byte, one character, since one request holds bytes that are no text.
  const text = readFileSync(`${folder}/${name}.http`, 'latin1')
  const [request = '', answer = ''] = text.split(/^(?=HTTP\/1\.1 )/m)
  const [head = '', body = ''] = answer.split(/\r?\n\r?\n(.*)/s)
  const [statusLine = '', ...headerLines] = head.split(/\r?\n/)
  const added = /^# curl: (.*)$/m.exec(request)?.[1]?.split(/ ?-(?=[Hd] )/) ?? []
  return {
    headers: Object.fromEntries(
      added.flatMap((option) => (option.startsWith('H ') ? [headerOf(ours(option.slice(2)))] : [])),
    ),
    body: added.find((option) => option.startsWith('d '))?.slice(2),
    answer: {
      status: Number(statusLine.split(' ')[1]),
      headers: new Headers(headerLines.map(headerOf)),
      text: Buffer.from(body, 'latin1').toString('utf8'),
    },
  }
}

function headerOf(line: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? []
  return [name, value]
}

function ours(text: string): string {
  return keys.reduce((result, [theirs, ownKey]) => result.replaceAll(new RegExp(theirs, 'g'), ownKey), text)
}
