import { endpoints } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { builder } from '../graph/builder.ts'
import { findMe } from '../graph/caller.ts'
import { limits } from '../limits.ts'
import { believed, notesOf, restless } from './access-notes.ts'
import { revokeAll } from './revoke.ts'
import { dryRunArgument } from './revoke-grants.ts'
import { type Found, type Kind, kinds, predict } from './revoke-kinds.ts'
import { type Report, type Result, RevokePayload, reportOf, weightOfResult } from './revoke-payload.ts'
import { tellOfSession, tellUnseen } from './session-doubts.ts'
import { users } from './user.ts'
import { checkKeep, isLeft, listAll, type Order, readKeep, stay, staysWhole, type Work } from './user-access.ts'

builder.mutationField('revokeUserAccess', (t) =>
  t.field({
    type: RevokePayload,
    description: `Takes away what a user has of authentik: sessions, authorization codes, refresh tokens, access tokens and consents, and API tokens if asked for. All is listed first, and again until nothing new comes. Sessions go first, and take their access tokens and codes along. For yourself, what you ask with goes last. Each object has its own outcome, and what stays is told. One request takes at most ${limits.revocations} objects. Owners may delete their own sessions, consents and API tokens; all else needs rights such as \`delete_accesstoken\`. Sessions and API tokens of others are found by the username, which needs the right \`view_user\`.`,
    args: {
      user: t.arg.id({ required: true, description: "The user: authentik's key or the global id." }),
      keep: t.arg.idList({
        description:
          "Global ids of what stays. If one is malformed or not this user's, nothing is deleted. A kept session keeps all access tokens and codes, since authentik does not tell which are its own. An access token or a code can be kept only if every session is.",
      }),
      apiTokens: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'If true, API tokens go as well, app passwords among them.',
      }),
      dryRun: t.arg.boolean(dryRunArgument),
    },
    resolve: (_root, { user: id, keep, apiTokens, dryRun }, context, info) => {
      const user = users.readId(id)
      const kept = readKeep(context, keep ?? [])
      return revokeAccess(context, { user, keep: kept, apiTokens, dryRun, weight: weightOfResult(info) })
    },
  }),
)

/** What is taken away at one time. */
interface Step {
  readonly kind: Kind
  /** Those of the kind that are meant, if not all. */
  readonly takes?: (found: Found) => boolean
}

interface Steps {
  /** What is done again until nothing new comes. */
  readonly first: readonly Step[]
  /** What may end the credential with which authentik is asked. */
  readonly last: readonly Step[]
}

/** What goes when. */
function stepsOf({ isSelf, authentik, lists }: Work): Steps {
  const { sessions, codes, refreshTokens, accessTokens, consents, apiTokens } = kinds
  const all = (...taken: Kind[]): Step[] => taken.map((kind) => ({ kind }))
  if (!isSelf) return { first: all(sessions, codes, refreshTokens, accessTokens, consents, apiTokens), last: [] }
  if (!authentik.claims) {
    // Any of these may be the one in use.
    const isKey = ({ intent = 'api' }: Found) => intent === 'api'
    return {
      first: [
        ...all(codes, refreshTokens, consents),
        { kind: apiTokens, takes: (found) => !isKey(found) },
        ...all(accessTokens, sessions),
      ],
      last: [{ kind: apiTokens, takes: isKey }],
    }
  }
  // If none has the claims of the one in use, any may be it.
  const isKnown = lists.get(accessTokens)?.found.some(({ isInUse }) => isInUse)
  const isLast = ({ isInUse }: Found) => isInUse || !isKnown
  // Its session is likely to be the one that was used last. With that the token goes.
  const newest = Math.max(...(lists.get(sessions)?.found ?? []).map(timeOf))
  const isNewest = (found: Found) => timeOf(found) === newest
  return {
    first: [
      ...all(codes, refreshTokens, consents, apiTokens),
      { kind: accessTokens, takes: (found) => !isLast(found) },
    ],
    last: [
      { kind: sessions, takes: (found) => !isNewest(found) },
      { kind: sessions, takes: isNewest },
      { kind: accessTokens, takes: isLast },
    ],
  }
}

function revokeAccess(context: Context, order: Order): Promise<Report> {
  return context.authentik.finish(
    async (authentik) => {
      const me = (await findMe(context)) ?? (await authentik.get(endpoints.me)).user
      const work: Work = {
        ...order,
        context,
        authentik,
        me,
        isSelf: users.checkKey(me.pk) === order.user,
        target: users.globalId(order.user),
        results: new Map(),
        lists: new Map(),
        failures: new Map(),
        seen: new Map(),
        taken: new Set(),
        untold: new Set(),
        hasEndedSessions: false,
        left: 0,
      }
      return takeAway(work)
    },
    () => findMe(context),
  )
}

async function takeAway(work: Work): Promise<Report> {
  await listAll(work)
  if (work.lists.size === 0) throw work.failures.get(kinds.sessions)
  await checkKeep(work)
  const steps = stepsOf(work)
  const plan: Plan = new Map()
  allot(work, steps, plan)
  const outliving = believed(work)
  let [round, more] = [0, true]
  for (; more && round < limits.rounds; round += 1) {
    for (const step of steps.first) await take(work, steps, plan, step)
    if (work.dryRun || work.left > 0 || plan.size === 0) break
    await listAll(work)
    more = allotMore(work, steps, plan)
  }
  if (more && round === limits.rounds) outliving.push(restless(work))
  for (const step of steps.last) await take(work, steps, plan, step)
  tellUnseen(work)
  const results = [...work.results.values()]
  const stays = ({ outcome }: Result) => outcome === 'STAYS'
  return reportOf([
    ...results.filter((result) => !stays(result)),
    ...results.filter(stays),
    ...notesOf(work),
    ...outliving,
  ])
}

/** What each step is to take. */
type Plan = Map<Step, readonly Found[]>

/**
 * Adds what was listed and is new to the plan, as much as one request may take. Tells whether there was any. Throws QUERY_TOO_COMPLEX
 * before anything of it is deleted, if it could not all be told.
 */
function allot(work: Work, { first, last }: Steps, plan: Plan, consequence?: string): boolean {
  const { context, lists, results, dryRun, weight, taken } = work
  const fresh = [...lists.values()].flatMap(({ found }) => found).filter(({ target }) => !taken.has(target))
  for (const one of fresh) work.seen.set(one.target, one)
  const staying = fresh.flatMap((found) => stay(work, found) ?? [])
  const stays = new Set(staying.map(({ target }) => target))
  const going = [...first, ...last].flatMap((step) => {
    const meant = fresh.filter((found) => found.kind === step.kind && (step.takes?.(found) ?? true))
    return meant.filter(({ target }) => !stays.has(target)).map((found) => ({ step, found }))
  })
  const most = context.account.takeRevocations(going.length)
  const told = Math.min(staying.length, Math.max(0, limits.revocations - taken.size - most))
  context.account.payResults((most + told) * weight, dryRun ? 1 : most, consequence)
  const unlisted = [...lists].filter(([kind]) => !staysWhole(work, kind)).map(([, { left }]) => left)
  work.left += unlisted.reduce((sum, left) => sum + left, going.length - most)
  for (const { step, found } of going.slice(0, most)) {
    plan.set(step, [...(plan.get(step) ?? []), found])
    taken.add(found.target)
  }
  for (const [index, result] of staying.entries()) {
    taken.add(result.target)
    if (index < told) results.set(result.target, result)
    else work.untold.add(result.target)
  }
  return going.length > 0
}

/** The same after something was deleted: if it could not be told, that is told. */
function allotMore(work: Work, steps: Steps, plan: Plan): boolean {
  try {
    return allot(work, steps, plan, 'Nothing more is deleted')
  } catch (error) {
    work.failures.set(kinds.accessTokens, error)
    return false
  }
}

/** Takes what is planned for a step and is not gone yet. */
async function take(work: Work, steps: Steps, plan: Plan, step: Step): Promise<void> {
  const { context, authentik, me, results, dryRun } = work
  const found = (plan.get(step) ?? []).filter(({ target }) => !results.has(target))
  if (found.length === 0) return
  const mayEnd = mayLoseCredential(steps, plan, step)
  const told = dryRun ? found.map((one) => predict(one, me, mayEnd)) : await revokeAll(context, authentik, found)
  for (const [index, one] of found.entries()) {
    const result = told[index]
    if (result) results.set(one.target, tellOfSession(work, one, result))
  }
  if (step.kind !== kinds.sessions || dryRun) return
  work.hasEndedSessions ||= told.some(({ outcome }) => outcome === 'REVOKED' || outcome === 'FAILED')
  if (work.hasEndedSessions) await findGone(work)
}

const timeOf = ({ lastUsed = '' }: Found) => Date.parse(lastUsed) || 0

/** Whether the credential may end before authentik is asked for all of the step: more than one object is the last one. */
function mayLoseCredential({ last }: Steps, plan: Plan, step: Step): boolean {
  const before = last.slice(0, last.indexOf(step) + 1)
  return before.reduce((sum, one) => sum + (plan.get(one)?.length ?? 0), 0) > 1
}

/** Lists again what may have gone with sessions, if any of it is left. */
async function findGone(work: Work): Promise<void> {
  const { seen, results } = work
  // The token with which authentik is asked is tried in any case.
  const left = [...seen.values()].filter(({ target, isInUse }) => !isInUse && isLeft(results.get(target)))
  const kindsLeft = new Set(left.map(({ kind }) => kind))
  await listAll(
    work,
    [kinds.codes, kinds.accessTokens].filter((kind) => kindsLeft.has(kind)),
  )
}
