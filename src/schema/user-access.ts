import type { Authentik } from '../authentik/authentik.ts'
import { endpoints } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { inputError, nullIfNotFound } from '../errors.ts'
import { chargeIds } from '../graph/charges.ts'
import { limits } from '../limits.ts'
import { shortened } from './me.ts'
import { type Found, find, type Kind, kinds, type Me, type Whose } from './revoke-kinds.ts'
import type { Result } from './revoke-payload.ts'
import { nameToFindBy, users } from './user.ts'

// What a user has of authentik, and what of it is to stay.

/** What is asked of revokeUserAccess. */
export interface Order {
  readonly user: number
  /** Global ids of what stays. */
  readonly keep: ReadonlyMap<string, Kept>
  /** Whether API tokens go, app passwords among them. */
  readonly apiTokens: boolean
  readonly dryRun: boolean
  /** What a result costs the gateway. */
  readonly weight: number
}

interface Kept {
  readonly kind: Kind
  readonly key: string | number
}

/** One kind of what the user has, as it was listed last. */
export interface Inventory {
  readonly found: readonly Found[]
  /** How many more there are, which are too many for one request. */
  readonly left: number
}

/** The work on one user. What became of each object is in it as soon as it is known: what fails later does not take it away. */
export interface Work extends Order {
  readonly context: Context
  readonly authentik: Authentik
  readonly me: NonNullable<Me>
  readonly isSelf: boolean
  /** The user's global id. */
  readonly target: string
  /** By global id. */
  readonly results: Map<string, Result>
  readonly lists: Map<Kind, Inventory>
  /** Why a kind could not be listed: the first reason of each. */
  readonly failures: Map<Kind, unknown>
  /** What was found, by global id. */
  readonly seen: Map<string, Found>
  /** The global ids of what is told: taken away, or not. */
  readonly taken: Set<string>
  /** The global ids of those of them that stay and are told by their number alone. */
  readonly untold: Set<string>
  /** Whether sessions were deleted, or may have been: what went with them is found when it is listed again. */
  hasEndedSessions: boolean
  /** How many objects are to go, and too many for one request. */
  left: number
  /** The user's name, as soon as it is asked for. */
  name?: Promise<string>
}

/** Reads the ids that stay. Throws BAD_USER_INPUT if one is malformed. */
export function readKeep(context: Context, ids: readonly string[]): ReadonlyMap<string, Kept> {
  chargeIds(context, ids, 'ids to keep', 'revocations')
  return new Map(
    ids.map((id) => {
      const kind = Object.values(kinds).find(({ lookup }) => id.startsWith(`${lookup.typename}:`))
      if (!kind) throw inputError('"keep" with global ids of sessions, grants, consents and API tokens', id)
      const key = kind.lookup.readId(id)
      return [kind.lookup.globalId(key), { kind, key }]
    }),
  )
}

/** Lists what the user has, and tells what went with sessions. A kind that cannot be listed stays as it was listed before. */
export async function listAll(work: Work, which: readonly Kind[] = Object.values(kinds)): Promise<void> {
  if (which.some((kind) => kind.isByName)) work.name ??= nameOf(work)
  await Promise.all(
    which.map(async (kind) => {
      try {
        const username = kind.isByName ? await work.name : ''
        const listed = await listOne(work, kind, { user: work.user, username: username ?? '' })
        if (kind === kinds.codes || kind === kinds.accessTokens) tellGone(work, kind, listed)
        work.lists.set(kind, listed)
        work.failures.delete(kind)
      } catch (error) {
        work.failures.set(kind, work.failures.get(kind) ?? error)
      }
    }),
  )
}

/** Access tokens and codes go with their sessions: what was listed before, and is no longer, is gone. */
function tellGone(work: Work, kind: Kind, now: Inventory): void {
  const { seen, taken, results, lists } = work
  const before = lists.get(kind)
  if (!work.hasEndedSessions || !before) return
  const { found, left } = now
  const listed = new Set(found.map(({ target }) => target))
  let gone = 0
  // Where the list is too long, what is older than all that was listed may still be there.
  const oldest = left > 0 ? Math.min(...found.map(({ key }) => Number(key))) : 0
  for (const { kind: of, target, key } of seen.values()) {
    if (of !== kind || listed.has(target) || Number(key) < oldest || !isLeft(results.get(target))) continue
    seen.delete(target)
    gone += 1
    if (work.untold.delete(target)) continue
    if (taken.has(target)) results.set(target, goneAlong(work, target))
    else work.left -= 1
  }
  if (staysWhole(work, kind)) return
  // Of those that were never listed, their number tells.
  const fewer = before.found.length + before.left - found.length - left - gone
  work.left -= Math.min(before.left, Math.max(0, fewer))
}

/** What is told of an object that was there before sessions were deleted, and is no longer. */
export function goneAlong(work: Work, target: string): Result {
  const message = hasRevokedSession(work) ? 'It went with its session.' : 'It is gone, perhaps with a session.'
  return { target, outcome: 'REVOKED', message }
}

/** Whether there may be something left of an object that has this result. */
export function isLeft(result: Result | undefined): boolean {
  return result?.outcome !== 'REVOKED' && result?.outcome !== 'NOT_FOUND'
}

export function hasRevokedSession({ results }: Work): boolean {
  const prefix = `${kinds.sessions.lookup.typename}:`
  return [...results.values()].some(({ target, outcome }) => outcome === 'REVOKED' && target.startsWith(prefix))
}

async function listOne({ authentik }: Work, kind: Kind, whose: Whose): Promise<Inventory> {
  const found = new Map<string, Found>()
  let [offset, length] = [0, 1]
  while (offset < length && found.size < limits.revocations) {
    const page = await find(authentik, kind, whose, offset)
    for (const one of page.found) found.set(one.target, one)
    offset += page.rows
    length = page.rows === 0 ? offset : page.length
  }
  return { found: [...found.values()], left: length - offset }
}

/** The name by which authentik finds some of what the user has. */
async function nameOf({ authentik, me, isSelf, user }: Work): Promise<string> {
  if (isSelf) return nameToFindBy(shortened(me))
  const left = { include_groups: false, include_roles: false }
  return nameToFindBy(await authentik.get(endpoints.user, user, left, (body) => users.findKey(body) === user))
}

/**
 * Throws BAD_USER_INPUT if something is to be kept that is not this user's, or that a session may take along; and why a kind could not
 * be listed, if it is not known therefore.
 */
export async function checkKeep(work: Work): Promise<void> {
  for (const [id, { kind, key }] of work.keep) {
    const { found, left } = inventoryOf(work, kind)
    const isTheirs = found.some(({ target }) => target === id) || (left > 0 && (await isOwn(work, kind, key)))
    if (!isTheirs) throw inputError(`"keep" with what ${work.target} has`, id)
    const goesWithSession = kind === kinds.accessTokens || kind === kinds.codes
    if (goesWithSession && !keepsEverySession(work)) {
      throw inputError('"keep" with every session of the user, if an access token or a code is to stay', id)
    }
  }
}

/** Looks it up, where the list is too long. */
async function isOwn({ authentik, user }: Work, kind: Kind, key: string | number): Promise<boolean> {
  const body = await authentik.get(kind.lookup.endpoint, key).catch(nullIfNotFound)
  return body !== null && kind.ownerOf(body as Parameters<Kind['ownerOf']>[0]) === user
}

function inventoryOf({ lists, failures }: Work, kind: Kind): Inventory {
  const inventory = lists.get(kind)
  if (!inventory) throw failures.get(kind)
  return inventory
}

export function keepsSessions({ keep }: Work): boolean {
  return [...keep.values()].some(({ kind }) => kind === kinds.sessions)
}

export function keepsEverySession(work: Work): boolean {
  const { found, left } = inventoryOf(work, kinds.sessions)
  return left === 0 && found.every(({ target }) => work.keep.has(target))
}

/** What is told of an object that is not taken away; undefined for one that is to go. */
export function stay(work: Work, { kind, target }: Found): Result | undefined {
  const stays = (message: string): Result => ({ target, outcome: 'STAYS', message })
  if (work.keep.has(target)) return stays('You keep it.')
  if (!staysWhole(work, kind)) return undefined
  if (kind === kinds.apiTokens) return stays('API tokens go if `apiTokens` is true.')
  if (!work.dryRun || keepsEverySession(work)) return stays('It may be of a session that you keep.')
  const right = kinds.sessions.lookup.endpoint.deleteRight
  return { target, outcome: 'MAY_REVOKE', right, message: 'It goes if its session does.' }
}

/** Whether nothing of a kind goes, whatever else there is of it. */
export function staysWhole(work: Work, kind: Kind): boolean {
  if (kind === kinds.apiTokens) return !work.apiTokens
  return (kind === kinds.accessTokens || kind === kinds.codes) && keepsSessions(work)
}
