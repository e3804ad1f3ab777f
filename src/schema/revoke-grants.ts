import type { Authentik } from '../authentik/authentik.ts'
import type { Context } from '../context.ts'
import { UpstreamError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { findMe } from '../graph/caller.ts'
import { limits } from '../limits.ts'
import { providers } from './oauth2-provider.ts'
import { revokeAll } from './revoke.ts'
import {
  count,
  type Found,
  find,
  hiddenGrants,
  type Kind,
  kinds,
  type Me,
  predict,
  type Whose,
} from './revoke-kinds.ts'
import { type Report, type Result, RevokePayload, reportOf, weightOfResult } from './revoke-payload.ts'
import { users } from './user.ts'

/** In this order, so that no client can exchange a code or a refresh token for what was just revoked. */
const inOrder = [kinds.codes, kinds.refreshTokens, kinds.accessTokens]

const how = `First authorization codes, then refresh tokens, then access tokens, and of these the one with which you ask last. Each kind is listed again until no new grant appears. One request revokes at most ${limits.revocations}; how many are left is one result. A client may trust a signed token until it expires. Only superusers see other people's grants, and so can revoke them. Deleting needs the rights \`delete_authorizationcode\`, \`delete_refreshtoken\` and \`delete_accesstoken\`.`

export const dryRunArgument = {
  required: true,
  defaultValue: false,
  description: 'If true, nothing is deleted: the result says what would be.',
} as const

builder.mutationFields((t) => ({
  revokeUserGrants: t.field({
    type: RevokePayload,
    description: `Revokes what a user granted. Sessions, device codes and the user's API tokens stay. ${how}`,
    args: {
      user: t.arg.id({ required: true, description: "The user: authentik's key or the global id." }),
      provider: t.arg.id({ description: "Only grants of this provider: authentik's key or the global id." }),
      dryRun: t.arg.boolean(dryRunArgument),
    },
    resolve: (_root, { user: id, provider, dryRun }, context, info) => {
      const user = users.readId(id)
      const whose = { user, ...(provider != null && { provider: providers.readId(provider) }) }
      return revokeGrants(context, { whose, target: users.globalId(user), dryRun, weight: weightOfResult(info) })
    },
  }),
  revokeProviderGrants: t.field({
    type: RevokePayload,
    description: `Revokes all that a provider issued, since its client secret has leaked say. Change the secret first: a client mints again. ${how}`,
    args: {
      provider: t.arg.id({ required: true, description: "The provider: authentik's key or the global id." }),
      dryRun: t.arg.boolean(dryRunArgument),
    },
    resolve: (_root, { provider: id, dryRun }, context, info) => {
      const provider = providers.readId(id)
      const target = providers.globalId(provider)
      return revokeGrants(context, { whose: { provider }, target, dryRun, weight: weightOfResult(info) })
    },
  }),
}))

interface Order {
  readonly whose: Whose
  /** The global id of whom or what the grants are of. */
  readonly target: string
  readonly dryRun: boolean
  /** What a result costs the gateway. */
  readonly weight: number
}

interface Work extends Order {
  readonly context: Context
  readonly authentik: Authentik
  readonly me: Me
  /** Each result is added as soon as it is known: what fails later does not take it away. */
  readonly results: Result[]
  /** What goes last: the token with which authentik is asked. */
  readonly last: Found[]
  /** How many grants are too many for one request. */
  left: number
  seesOthers: boolean
}

function revokeGrants(context: Context, order: Order): Promise<Report> {
  return context.authentik.finish(
    async (authentik) => {
      const me = await findMe(context)
      return workThrough({ ...order, context, authentik, me, results: [], last: [], left: 0, seesOthers: false })
    },
    () => findMe(context),
  )
}

async function workThrough(work: Work): Promise<Report> {
  const { results, target, authentik, whose } = work
  const failures: unknown[] = []
  for (const kind of inOrder) {
    try {
      if (work.left > 0) work.left += await count(authentik, kind, whose)
      else await revokeKind(work, kind)
    } catch (error) {
      failures.push(error)
      results.push(notListed(target, kind, error))
      if (isTooMuch(error)) break
    }
  }
  // If nothing but failures came, the first is thrown. Otherwise the results are returned, failures included.
  if (failures.length > 0 && failures.length === results.length && work.last.length === 0) throw failures[0]
  await revokeLast(work, failures)
  if (work.left > 0) results.push(tooMany(target, work.left))
  if (failures.length === 0 && isBlind(work)) {
    results.push(hiddenGrants(target, work.me, whose.user ? 'Grants' : 'Grants of others'))
  }
  return reportOf(results)
}

/** Lists grants of one kind from the newest and revokes them, again and again until no new one is listed. */
async function revokeKind(work: Work, kind: Kind): Promise<void> {
  const tried = new Set<string>()
  for (let fresh = true; fresh; ) {
    fresh = false
    let offset = 0
    for (let more = true; more; ) {
      const listed = await find(work.authentik, kind, work.whose, offset)
      const found = listed.found.filter(({ target }) => !tried.has(target))
      for (const { target } of found) tried.add(target)
      work.seesOthers ||= found.some(({ owner }) => owner !== work.me?.pk)
      work.last.push(...found.filter(({ isInUse }) => isInUse))
      const next = found.filter(({ isInUse }) => !isInUse)
      const results = await revoke(work, next)
      const deleted = results.filter(({ outcome }) => outcome === 'REVOKED' || outcome === 'NOT_FOUND').length
      if (work.left > 0) {
        work.left += listed.length - offset - listed.rows
        return
      }
      // The next offset skips only the rows that remain.
      more = offset + listed.rows < listed.length
      offset += listed.rows - deleted
      fresh ||= found.length > 0
    }
  }
}

/** Revokes as many of them as may be. Throws QUERY_TOO_COMPLEX before it deletes what could not be told. */
async function revoke(work: Work, found: readonly Found[]): Promise<Result[]> {
  const { context, authentik, dryRun, weight, results } = work
  const most = context.account.takeRevocations(found.length)
  const taken = found.slice(0, most)
  work.left += found.length - most
  // A deletion is a request as well, and so allows for more fields.
  const consequence = dryRun || results.length === 0 ? 'Nothing is deleted' : 'Nothing more is deleted'
  context.account.payResults(most * weight, dryRun ? 1 : most, consequence)
  const told = dryRun
    ? taken.map((one) => predict(one, work.me, mayLoseCredential(work, one)))
    : await revokeAll(context, authentik, taken)
  results.push(...told)
  return told
}

async function revokeLast(work: Work, failures: unknown[]): Promise<void> {
  try {
    await revoke(work, work.last)
  } catch (error) {
    failures.push(error)
    work.results.push(notListed(work.target, kinds.accessTokens, error))
  }
}

/** With a signed token, one of the access tokens is the one with which authentik is asked: claims alone do not tell for certain. */
function mayLoseCredential({ authentik, me, whose }: Work, { kind }: Found): boolean {
  return kind === kinds.accessTokens && !!authentik.claims && (whose.user === undefined || whose.user === me?.pk)
}

/** Whether no grant was seen that is not the caller's own, by a caller to whom authentik may not show any. */
function isBlind({ me, whose, seesOthers }: Work): boolean {
  if (seesOthers || me?.is_superuser === true) return false
  return whose.user === undefined || whose.user !== me?.pk
}

/** Whether no more requests, or no more fields, can be paid: what comes next would cost still more. */
export function isTooMuch(error: unknown): boolean {
  return error instanceof UpstreamError && error.code === 'QUERY_TOO_COMPLEX'
}

/** What is told of objects that could not be listed. Throws what is no failure of authentik. */
export function notListed(target: string, { lookup }: Kind, error: unknown): Result {
  if (!(error instanceof UpstreamError)) throw error
  const { code, message: reason, authentik } = error
  const message = isTooMuch(error)
    ? `There may be more. ${reason}`
    : `There may be more of type ${lookup.typename}, which could not be listed: ${reason}`
  return { target, outcome: 'FAILED', code, right: authentik?.right, message }
}

/** What is told of all that is too much for one request. */
export function tooMany(target: string, left: number): Result {
  const message = `${left} more stay: one request revokes at most ${limits.revocations}. Ask again.`
  return { target, outcome: 'STAYS', message }
}
