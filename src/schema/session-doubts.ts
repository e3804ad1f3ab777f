import { type Found, type Kind, kinds } from './revoke-kinds.ts'
import type { Result } from './revoke-payload.ts'
import { goneAlong, hasRevokedSession, isLeft, type Work } from './user-access.ts'

// Access tokens and codes go with their sessions, and with those perhaps the credential with which one could look.

const perhapsGone = 'It may have gone with its session.'

/**
 * With a session, the token may have gone with which authentik was asked until then, and so may others that could not be listed again before
 * they were deleted.
 */
export function tellOfSession(work: Work, { kind, target, isInUse }: Found, result: Result): Result {
  if (work.hasEndedSessions && result.outcome === 'NOT_FOUND' && goesAlong(kind)) return goneAlong(work, target)
  if (!isInUse || result.code !== 'UNAUTHENTICATED' || !hasRevokedSession(work)) return result
  return withDoubt(result)
}

/** Where what goes with sessions could not be listed again, each of it that is told to be left may have gone. */
export function tellUnseen({ seen, results, failures, hasEndedSessions }: Work): void {
  if (!hasEndedSessions) return
  for (const { kind, target } of seen.values()) {
    const result = results.get(target)
    if (!goesAlong(kind) || !failures.has(kind) || !result || !isLeft(result)) continue
    if (!result.message?.endsWith(perhapsGone)) results.set(target, withDoubt(result))
  }
}

function goesAlong(kind: Kind): boolean {
  return kind === kinds.codes || kind === kinds.accessTokens
}

/** authentik's words may end without a full stop. */
function withDoubt(result: Result): Result {
  return { ...result, message: `${result.message?.replace(/[^.]$/, '$&.') ?? ''} ${perhapsGone}`.trim() }
}
