import { notListed, tooMany } from './revoke-grants.ts'
import { hiddenGrants, type Kind, kinds } from './revoke-kinds.ts'
import type { Result } from './revoke-payload.ts'
import { type Inventory, keepsEverySession, keepsSessions, staysWhole, type Work } from './user-access.ts'

// What is told of the access that a user has, beside a result for each object.

/** What the results do not tell: what could not be listed, what is too much, and what is hidden. */
export function notesOf(work: Work): Result[] {
  const { target, failures, left, lists, untold } = work
  const told = [...failures].map(([kind, error]) => notListed(target, kind, error))
  const refused = told.filter(({ code }) => code === 'UNAUTHENTICATED' || code === 'QUERY_TOO_COMPLEX')
  const notes = [...told.filter((note) => !refused.includes(note)), ...refused.slice(0, 1)]
  if (left > 0) notes.push(tooMany(target, left))
  const kept = [...lists].reduce(
    (sum, [kind, { left: more }]) => sum + (staysWhole(work, kind) ? more : 0),
    untold.size,
  )
  if (kept > 0) {
    const message = `${kept} more stay: you keep them, or did not ask for them.`
    notes.push({ target, outcome: 'STAYS', message })
  }
  return [...notes, ...hidden(work)]
}

const grants = [kinds.codes, kinds.refreshTokens, kinds.accessTokens]

/** Who is neither the user nor a superuser may not be shown what they do not see. */
function hidden({ me, isSelf, target, lists, results }: Work): Result[] {
  if (isSelf || me.is_superuser === true) return []
  const seen = new Set([...results.keys()].map((id) => id.split(':')[0]))
  const unseen = ([kind, { found }]: [Kind, Inventory]) => found.length === 0 && !seen.has(kind.lookup.typename)
  const blind = [...lists].filter(unseen).map(([kind]) => kind)
  const others = blind.filter((kind) => !grants.includes(kind))
  const notes = grants.every((kind) => blind.includes(kind)) ? [hiddenGrants(target, me, 'Grants')] : []
  if (others.length === 0) return notes
  const names = others.map(({ lookup, endpoint }) => `${lookup.typename} (${endpoint.right})`).join(', ')
  const message = `None was seen of these, which may be hidden from whoever lacks the right: ${names}.`
  return [...notes, { target, outcome: 'STAYS', message }]
}

/** Resource servers that check signatures alone go on to believe access tokens that are deleted, of those that were listed. */
export function believed(work: Work): Result[] {
  const { target, lists, keep } = work
  if (keepsSessions(work) && keepsEverySession(work)) return []
  const going = (lists.get(kinds.accessTokens)?.found ?? []).filter((token) => !keep.has(token.target))
  const ends = going.flatMap(({ expires }) => (expires === undefined ? [] : [expires]))
  if (ends.length === 0) return []
  const latest = ends
    .flatMap((end) => (end === null ? [] : [Date.parse(end)]))
    .reduce((one, other) => Math.max(one, other), 0)
  const until = latest > 0 ? `, the last one at ${new Date(latest).toISOString()}` : ''
  const message = `Resource servers may believe signed access tokens until they expire${until}.`
  return [{ target, outcome: 'STAYS', message }]
}

/** What is told where something new was there each time. */
export function restless({ target }: Work): Result {
  return { target, outcome: 'STAYS', message: 'New ones kept coming. Ask again.' }
}
