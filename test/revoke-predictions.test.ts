import { describe, expect, it } from 'vitest'
import { demonstrationJwt } from '../src/sandbox/server.ts'
import { goneOf, readWorld } from './revocable-world.ts'
import { startGateway } from './start.ts'

const fields = '{ revokedCount failedCount revokedIds results { targetId outcome message right } }'

interface Told {
  targetId: string
  outcome: string
  message: string | null
  right: string | null
}

/** What may come of each prediction. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  WOULD_REVOKE: ['REVOKED'],
  MAY_REVOKE: ['REVOKED', 'FORBIDDEN', 'NOT_FOUND', 'FAILED', 'STAYS'],
  STAYS: ['STAYS'],
  FAILED: ['FAILED'],
}

/** Everybody who asks, and their user. */
const callers: readonly [who: string, token: string, user: number][] = [
  ['a superuser', 'demo-superuser', 4],
  ['who sees all', 'demo-auditor', 6],
  ['who sees and deletes all', 'demo-delegate', 12],
  ['who may only delete', 'demo-deleter', 17],
  ['who has rights on single objects', 'demo-viewer', 13],
  ['an ordinary user', 'demo-plain', 5],
  ['a signed token', demonstrationJwt(280), 5],
  ['a signed token with a session', demonstrationJwt(255), 5],
  ['who has no right at all', 'demo-nobody', 7],
]

const kept = 'UserConsent:6'

const mutations: readonly [name: string, field: (own: number, dryRun: boolean) => string][] = [
  ['revokeUserGrants of oneself', (own, dryRun) => `revokeUserGrants(user: ${own}, dryRun: ${dryRun})`],
  ['revokeUserGrants of another', (_own, dryRun) => `revokeUserGrants(user: 15, dryRun: ${dryRun})`],
  ['revokeProviderGrants', (_own, dryRun) => `revokeProviderGrants(provider: 6, dryRun: ${dryRun})`],
  ['revokeUserAccess of oneself', (own, dryRun) => `revokeUserAccess(user: ${own}, dryRun: ${dryRun})`],
  [
    'revokeUserAccess of oneself, with API tokens',
    (own, dryRun) => `revokeUserAccess(user: ${own}, apiTokens: true, dryRun: ${dryRun})`,
  ],
  [
    'revokeUserAccess of another, with API tokens',
    (_own, dryRun) => `revokeUserAccess(user: 8, apiTokens: true, dryRun: ${dryRun})`,
  ],
  [
    'revokeUserAccess of Paul, but for a consent',
    (_own, dryRun) => `revokeUserAccess(user: 5, keep: ["${kept}"], dryRun: ${dryRun})`,
  ],
]

describe.each(callers)('By %s', (_who, token, own) => {
  it.each(mutations)('no prediction of %s is contradicted', async (_name, field) => {
    const { ask, asked, sandbox } = await startGateway()
    const before = await readWorld(sandbox.url)
    const dry = await ask(`mutation { payload: ${field(own, true)} ${fields} }`, { token })
    expect(goneOf(before, await readWorld(sandbox.url))).toEqual([])
    expect(asked().filter((line) => line.startsWith('DELETE'))).toEqual([])
    const real = await ask(`mutation { payload: ${field(own, false)} ${fields} }`, { token })
    expect(real.errors?.[0]?.extensions.code).toBe(dry.errors?.[0]?.extensions.code)
    if (dry.errors) return
    const gone = goneOf(before, await readWorld(sandbox.url))
    const [predicted, told]: Told[][] = [dry.data.payload.results, real.data.payload.results]

    // Of the same objects, each once; what a real run cannot list any more is told beside.
    const ids = (results: readonly Told[] = []) =>
      results.map(({ targetId }) => targetId).filter((id) => !/^(User|OAuth2Provider):/.test(id))
    expect(ids(told).sort()).toEqual(ids(predicted).sort())
    expect(new Set(ids(told)).size).toBe(ids(told).length)
    const outcomes = new Map(told?.map(({ targetId, outcome }) => [targetId, outcome]))
    for (const { targetId, outcome } of predicted ?? []) {
      if (/^(User|OAuth2Provider):/.test(targetId)) continue
      expect(allowed[outcome], `${targetId} ${outcome}: ${outcomes.get(targetId)}`).toContain(outcomes.get(targetId))
    }
    // A dry run counts nothing as revoked, and predictions are in no count.
    const failed = predicted?.filter(({ outcome }) => outcome === 'FAILED').length
    expect(dry.data.payload).toMatchObject({ revokedCount: 0, revokedIds: [], failedCount: failed })
    for (const { outcome, right, message } of predicted ?? []) {
      if (outcome === 'MAY_REVOKE') expect(right ?? message).toMatch(/^delete_|gone by then/)
    }
    // What is told to be gone is gone, and nothing else that is not told to be unknown.
    for (const id of real.data.payload.revokedIds) expect(gone).toContain(id)
    const isOver = told?.some(({ message }) => /does not accept/.test(message ?? ''))
    // Grants that are hidden go with their sessions all the same.
    const isHidden = told?.some(({ message }) => /are hidden from you/.test(message ?? ''))
    const untold = gone.filter((id) => !real.data.payload.revokedIds.includes(id))
    const seen = untold.filter((id) => !isHidden || !/^(AccessToken|AuthorizationCode):/.test(id))
    if (!isOver) expect(seen).toEqual([])
  })

  it.each([
    ['revokeSessions', ['73657373-696f-4000-8000-000000000001', '73657373-696f-4000-8000-000000000063']],
    ['revokeConsents', ['3', '8', '999']],
    ['revokeApiTokens', ['paul-first', 'zoe-first', 'nosuch']],
    ['revokeAccessTokens', ['5', '42', '9999']],
    ['revokeRefreshTokens', ['5', '7']],
    ['revokeAuthorizationCodes', ['5', '7']],
  ])('%s tells what is gone, and what is not', async (name, ids) => {
    const { ask, sandbox } = await startGateway()
    const before = await readWorld(sandbox.url)
    const { data } = await ask(`mutation { payload: ${name}(ids: ${JSON.stringify(ids)}) ${fields} }`, { token })
    const gone = goneOf(before, await readWorld(sandbox.url))
    const results: Told[] = data.payload.results
    const outcomesOf = (outcome: string) =>
      results.filter((result) => result.outcome === outcome).map(({ targetId }) => targetId)
    const along = /^(AccessToken|AuthorizationCode):/
    expect(gone.filter((id) => name !== 'revokeSessions' || !along.test(id)).sort()).toEqual(
      outcomesOf('REVOKED').sort(),
    )
    expect(data.payload.revokedIds).toEqual([
      ...results.filter(({ outcome }) => ['REVOKED', 'NOT_FOUND'].includes(outcome)).map(({ targetId }) => targetId),
    ])
    for (const { outcome, right } of results) {
      if (outcome === 'FORBIDDEN') expect(right).toMatch(/^delete_/)
      else expect(right).toBeNull()
    }
  })
})

it('A dry run of a superuser is certain of all, and one of an ordinary user of what owners may delete', async () => {
  const { ask } = await startGateway()
  const dryRun = (user: number) => `mutation { payload: revokeUserAccess(user: ${user}, dryRun: true) ${fields} }`
  const kindsOf = (results: readonly Told[]) => [
    ...new Set(results.map(({ targetId, outcome, right }) => `${targetId.split(':')[0]} ${outcome} ${right}`)),
  ]
  const superuser = await ask(dryRun(5))
  expect(kindsOf(superuser.data.payload.results).sort()).toEqual([
    'AccessToken WOULD_REVOKE null',
    'ApiToken STAYS null',
    'AuthenticatedSession WOULD_REVOKE null',
    'AuthorizationCode WOULD_REVOKE null',
    'RefreshToken WOULD_REVOKE null',
    'User STAYS null',
    'UserConsent WOULD_REVOKE null',
  ])
  const ordinary = await ask(dryRun(5), { token: 'demo-plain' })
  expect(kindsOf(ordinary.data.payload.results).sort()).toEqual([
    'AccessToken MAY_REVOKE delete_accesstoken',
    'ApiToken STAYS null',
    'AuthenticatedSession WOULD_REVOKE null',
    'AuthorizationCode MAY_REVOKE delete_authorizationcode',
    'RefreshToken MAY_REVOKE delete_refreshtoken',
    'User STAYS null',
    'UserConsent WOULD_REVOKE null',
  ])
  const delegate = await ask(dryRun(5), { token: 'demo-delegate' })
  expect(kindsOf(delegate.data.payload.results)).toContain('UserConsent MAY_REVOKE delete_userconsent')
})

it('Without a token nothing is revoked', async () => {
  const { ask, asked } = await startGateway()
  for (const [, field] of mutations) {
    const { errors } = await ask(`mutation { payload: ${field(5, false)} ${fields} }`, { token: null })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  }
  expect(asked()).toEqual([])
})
