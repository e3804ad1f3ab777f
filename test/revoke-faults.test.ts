import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { demonstrationJwt, startSandbox } from '../src/sandbox/server.ts'
import { goneOf, readWorld, startBefore } from './revocable-world.ts'
import { startGatewayOver, usualRelease } from './start.ts'

/** All requests may go wrong, one after the other; else some of each kind. */
const EVERY = process.env['FAULTS'] === 'every'

const fields = '{ revokedCount failedCount revokedIds results { targetId outcome code message } }'

interface Told {
  targetId: string
  outcome: string
  code: string | null
  message: string | null
}

const say = (response: ServerResponse, status: number, detail: string) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ detail }))

/** What goes wrong: for the same request again, or for all from then on. */
const faults: Readonly<
  Record<string, { lasts: boolean; happen: (request: IncomingMessage, response: ServerResponse) => unknown }>
> = {
  'a 500': { lasts: false, happen: (_request, response) => say(response, 500, 'no') },
  'a missing right': {
    lasts: false,
    happen: (_request, response) => say(response, 403, 'You do not have permission to perform this action.'),
  },
  'a hang-up': { lasts: false, happen: (request) => request.socket.destroy() },
  'an answer that is lost': { lasts: false, happen: () => 'lost' },
  'a credential that is refused from then on': {
    lasts: true,
    happen: (_request, response) => say(response, 403, 'Token invalid/expired'),
  },
}

const cases: readonly [what: string, mutation: string, user: number, token: string][] = [
  ['another user', 'revokeUserAccess(user: 5, apiTokens: true)', 5, 'demo-superuser'],
  ['oneself by an API key', 'revokeUserAccess(user: 4)', 4, 'demo-superuser'],
  ['oneself without any right', 'revokeUserAccess(user: 5)', 5, 'demo-plain'],
  ['oneself by a signed token', 'revokeUserAccess(user: 5)', 5, demonstrationJwt(280)],
  ["a user's grants", 'revokeUserGrants(user: 5)', 5, 'demo-superuser'],
]

/** Runs the mutation with a fault at the request of that number, and holds the report against what is gone. */
async function run([, mutation, user, token]: (typeof cases)[number], name: string, number: number): Promise<string[]> {
  const sandbox = await startSandbox({ release: usualRelease })
  const before = await readWorld(sandbox.url)
  let [count, struck] = [0, '']
  const fault = faults[name]
  const { url, asked } = await startBefore(sandbox.url, (request, response) => {
    count += 1
    const line = `${request.method} ${request.url}`
    if (count === number) struck = line
    const strikes = struck !== '' && (fault?.lasts || line === struck)
    return strikes && (fault?.happen(request, response) === 'lost' ? 'lost' : true)
  })
  const { ask } = await startGatewayOver(url, { concurrency: 1 })
  const { data, errors } = await ask(`mutation { payload: ${mutation} ${fields} }`, { token })
  const gone = goneOf(before, await readWorld(sandbox.url))
  const deletions = asked.filter((line) => line.startsWith('DELETE'))
  expect(deletions).toHaveLength(new Set(deletions).size)
  await sandbox.close()
  if (errors) {
    expect(gone).toEqual([])
    return asked
  }
  holdAgainst(
    data.payload.results,
    gone,
    before.filter((row) => row.user === user).map(({ id }) => id),
    struck,
  )
  return asked
}

function holdAgainst(results: readonly Told[], gone: readonly string[], own: readonly string[], struck: string): void {
  const byId = new Map(results.map((result) => [result.targetId, result]))
  const notes = results.filter(({ targetId }) => targetId.startsWith('User:'))
  const isUnlisted = (id: string) =>
    notes.some(({ outcome, code, message }) => {
      const all = code === 'UNAUTHENTICATED'
      return (
        outcome === 'FAILED' && (all || message?.includes(`of type ${id.split(':')[0]}, which could not be listed`))
      )
    })
  for (const id of gone) {
    const { outcome = 'none', message = '' } = byId.get(id) ?? {}
    const isTold = ['REVOKED', 'NOT_FOUND'].includes(outcome) || /may have (been revoked|gone)/.test(message ?? '')
    expect(isTold || isUnlisted(id) ? '' : `${id} is gone, told ${outcome}; at ${struck}`).toBe('')
    expect(own).toContain(id)
  }
  for (const { targetId, outcome } of results) {
    if (outcome === 'REVOKED') expect(gone, struck).toContain(targetId)
  }
  if (results.some(({ targetId }) => targetId.startsWith('ApiToken:') || targetId.startsWith('UserConsent:'))) {
    for (const id of own) expect(byId.has(id) || isUnlisted(id) ? '' : `${id} is not told; at ${struck}`).toBe('')
  }
}

describe.each(cases)('Revoking of %s', (...which) => {
  it.each(Object.keys(faults))(
    'loses nothing of the report and tries nothing twice, wherever there is %s',
    async (name) => {
      const whole = await run(which, name, 0)
      expect(whole.length).toBeGreaterThan(15)
      // Where another kind of request begins, and in the middle of many of a kind.
      const kindAt = (index: number) => whole[index]?.replace(/\/[^/]+\/$|\?.*/, '')
      const numbers = whole.map((_, index) => index + 1)
      const turns = numbers.filter((number) => EVERY || kindAt(number - 1) !== kindAt(number - 2) || number % 9 === 0)
      await Promise.all(turns.map((number) => run(which, name, number)))
    },
    120_000,
  )

  it('tells a credential that is refused midway as such', async () => {
    const sandbox = await startSandbox({ release: usualRelease })
    let deleted = 0
    const { url } = await startBefore(sandbox.url, (request, response) => {
      deleted += Number(request.method === 'DELETE')
      if (deleted < 3) return false
      say(response, 403, 'Token invalid/expired')
      return true
    })
    const { ask } = await startGatewayOver(url, { concurrency: 1 })
    const { data } = await ask(`mutation { payload: ${which[1]} ${fields} }`, { token: which[3] })
    const failed = data.payload.results.filter(
      ({ outcome, code }: Told) => outcome === 'FAILED' && code !== 'BAD_USER_INPUT',
    )
    expect(failed.length).toBeGreaterThan(0)
    expect(new Set(failed.map(({ code }: Told) => code))).toEqual(new Set(['UNAUTHENTICATED']))
    await sandbox.close()
  })
})
