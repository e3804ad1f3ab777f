import type { Authentik } from '../authentik/authentik.ts'
import type { GrantBody } from '../authentik/bodies.ts'
import type { Context } from '../context.ts'
import { invalidAnswer, UpstreamError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { checkPage, type Page, rowsIn, Walk } from '../graph/lists/walk.ts'
import type { PageRequest } from '../graph/lists/window.ts'
import { limits } from '../limits.ts'
import { accessTokens } from './access-token.ts'
import { authorizationCodes } from './authorization-code.ts'
import type { GrantKind } from './grant.ts'
import { providers } from './oauth2-provider.ts'
import { refreshTokens } from './refresh-token.ts'
import { type Report, type Result, RevokePayload, revokeAll, weightOfResult, whoAsks } from './revoke.ts'
import { users } from './user.ts'

/** In this order, so that no client can exchange a code or a refresh token for what was just revoked. */
const kinds = [authorizationCodes, refreshTokens, accessTokens] as const

interface Whose {
  readonly user: number
  readonly provider?: number
}

builder.mutationField('revokeUserGrants', (t) =>
  t.field({
    type: RevokePayload,
    description:
      "Revokes what a user granted: first authorization codes, then refresh tokens, then access tokens. Each kind is listed again until no new grant appears. Sessions, device codes and the user's API tokens stay. A client may trust a signed token until it expires. Only superusers see other people's grants, and so can revoke them. Deleting needs the rights `delete_authorizationcode`, `delete_refreshtoken` and `delete_accesstoken`.",
    args: {
      user: t.arg.id({ required: true, description: "The user: authentik's key or the global id." }),
      provider: t.arg.id({ description: "Only grants of this provider: authentik's key or the global id." }),
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'If true, nothing is deleted: the result says what would be.',
      }),
    },
    resolve: (_root, { user, provider, dryRun }, context, info) => {
      const whose = {
        user: users.readId(user),
        ...(provider != null && { provider: providers.readId(provider) }),
      }
      const weight = weightOfResult(info)
      return context.authentik.finish(
        (authentik) => revokeGrants(context, authentik, { whose, dryRun, weight }),
        dryRun ? undefined : () => whoAsks(context),
      )
    },
  }),
)

async function revokeGrants(context: Context, authentik: Authentik, work: Omit<Work, 'results'>): Promise<Report> {
  const results: Result[] = []
  const failures: unknown[] = []
  for (const kind of kinds) {
    try {
      await revokeKind(context, authentik, kind, { ...work, results })
    } catch (error) {
      failures.push(error)
      results.push(notListed(kind, work.whose, error))
      if (isTooMuch(error)) break
    }
  }
  // If nothing but failures came, the first is thrown. Otherwise the results are returned, failures included.
  if (failures.length > 0 && failures.length === results.length) throw failures[0]
  return { results, distinct: results }
}

interface Work {
  readonly whose: Whose
  readonly dryRun: boolean
  /** What a result costs the gateway. */
  readonly weight: number
  /** Each result is added as soon as it is known: what fails later does not take it away. */
  readonly results: Result[]
}

/** Lists a user's grants of one kind from the newest and revokes them, again and again until no new one is listed. */
async function revokeKind<B extends GrantBody>(
  context: Context,
  authentik: Authentik,
  kind: GrantKind<B>,
  { whose, dryRun, weight, results }: Work,
): Promise<void> {
  const tried = new Set<number>()
  for (let fresh = true; fresh; ) {
    fresh = false
    let offset = 0
    for (let more = true; more; ) {
      const listed = await listPks(authentik, kind, whose, offset)
      const pks = [...new Set(listed.pks)].filter((pk) => !tried.has(pk))
      for (const pk of pks) tried.add(pk)
      // A deletion is a request as well, and so allows for more fields.
      const consequence = dryRun || results.length === 0 ? 'Nothing is deleted' : 'Nothing more is deleted'
      context.account.payResults(pks.length * weight, dryRun ? 1 : pks.length, consequence)
      const outcomes = dryRun
        ? pks.map((pk): Result => ({ id: kind.lookup.globalId(pk), outcome: 'WOULD_REVOKE' }))
        : await revokeAll(context, authentik, kind.lookup, pks)
      results.push(...outcomes)
      const deleted = outcomes.filter(({ outcome }) => outcome === 'REVOKED' || outcome === 'NOT_FOUND').length
      // The next offset skips only the rows that remain.
      offset += listed.pks.length - deleted
      more = listed.more
      fresh ||= pks.length > 0
    }
  }
}

/** Whether no more requests, or no more fields, can be paid: the other kinds would cost still more. */
function isTooMuch(error: unknown): boolean {
  return error instanceof UpstreamError && error.code === 'QUERY_TOO_COMPLEX'
}

function notListed<B extends GrantBody>({ lookup }: GrantKind<B>, { user }: Whose, error: unknown): Result {
  if (!(error instanceof UpstreamError)) throw error
  const message = isTooMuch(error)
    ? `There may be more grants. ${error.message}`
    : `There may be more grants of type ${lookup.typename}, which could not be listed: ${error.message}`
  return { id: users.globalId(user), outcome: 'FAILED', code: error.code, message }
}

async function listPks<B extends GrantBody>(
  authentik: Authentik,
  { lookup, list: { endpoint } }: GrantKind<B>,
  whose: Whose,
  offset: number,
): Promise<{ pks: number[]; more: boolean }> {
  const left = (endpoint.includes ?? []).map((include) => [include, false])
  const query = { ...whose, ordering: '-pk', ...Object.fromEntries(left) }
  const ask = async (page: PageRequest) => {
    const came = (await authentik.findPage(endpoint, { ...query, ...page })) as unknown as Page<GrantBody> | null
    return came && checkPage(came)
  }
  const walk = new Walk(ask, authentik.pageLimit, 1)
  const window = await walk.collect({
    first: limits.rowsPerPage,
    after: offset - 1,
    last: undefined,
    before: undefined,
  })
  const grants = rowsIn(walk, window)
  // A filter that went unheeded must not cost other people their grants.
  const isOthers = ({ user, provider }: GrantBody) =>
    user?.pk !== whose.user || (whose.provider !== undefined && provider?.pk !== whose.provider)
  if (grants.some(isOthers)) throw invalidAnswer("another user's grants")
  return { pks: grants.map((grant) => lookup.keyOf(grant)), more: window.to < walk.length }
}
