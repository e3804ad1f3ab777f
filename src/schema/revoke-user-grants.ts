import type { Authentik } from '../authentik/authentik.ts'
import type { GrantBody } from '../authentik/bodies.ts'
import type { Context } from '../context.ts'
import { invalidAnswer, UpstreamError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { checkPage, Walk } from '../graph/lists/walk.ts'
import type { PageRequest } from '../graph/lists/window.ts'
import { accessTokens } from './access-token.ts'
import { authorizationCodes } from './authorization-code.ts'
import type { GrantKind } from './grant.ts'
import { providerByPk } from './oauth2-provider.ts'
import { refreshTokens } from './refresh-token.ts'
import { type Result, RevokePayload, revokeAll } from './revoke.ts'
import { userByPk } from './user.ts'

/** In this order, so that nothing mints what was just revoked. */
const kinds = [authorizationCodes, refreshTokens, accessTokens] as const

interface Whose {
  readonly user: number
  readonly provider?: number
}

builder.mutationField('revokeUserGrants', (t) =>
  t.field({
    type: RevokePayload,
    description:
      "Revokes what a user granted: authorization codes first, then refresh tokens, then access tokens, each kind until none is listed that was not tried. Sessions, device codes and the user's API tokens of authentik are not touched, and a client may keep trusting a signed token until it expires. A caller who is no superuser may see, and so revoke, only their own grants, and deleting them needs the rights `delete_authorizationcode`, `delete_refreshtoken` and `delete_accesstoken`.",
    args: {
      user: t.arg.id({ required: true, description: "The user: authentik's key or the global id." }),
      provider: t.arg.id({ description: "Only grants of this provider: authentik's key or the global id." }),
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Delete nothing, and tell what would go.',
      }),
    },
    resolve: (_root, { user, provider, dryRun }, context) => {
      const whose = {
        user: userByPk.readId(user),
        ...(provider != null && { provider: providerByPk.readId(provider) }),
      }
      return context.authentik.finish((authentik) => revokeGrants(context, authentik, whose, dryRun))
    },
  }),
)

async function revokeGrants(context: Context, authentik: Authentik, whose: Whose, dryRun: boolean): Promise<Result[]> {
  const results: Result[] = []
  const failures: unknown[] = []
  for (const kind of kinds) {
    try {
      for await (const found of untried(authentik, kind, whose)) {
        const revoked = dryRun
          ? found.pks.map((pk) => wouldRevoke(kind, pk))
          : await revokeAll(context, authentik, kind, found.pks)
        found.gone(revoked.filter(({ outcome }) => outcome === 'REVOKED' || outcome === 'NOT_FOUND').length)
        results.push(...revoked)
      }
    } catch (error) {
      failures.push(error)
      results.push(notListed(kind, whose, error))
    }
  }
  // Of what is done nothing is lost; where nothing could be, the reason is.
  if (failures.length > 0 && failures.length === results.length) throw failures[0]
  return results
}

function wouldRevoke<B extends GrantBody>({ typename }: GrantKind<B>, pk: number): Result {
  return { id: `${typename}:${pk}`, outcome: 'WOULD_REVOKE' }
}

function notListed<B extends GrantBody>({ typename }: GrantKind<B>, { user }: Whose, error: unknown): Result {
  if (!(error instanceof UpstreamError)) throw error
  const message = `There may be more grants of type ${typename}, which could not be listed: ${error.message}`
  return { id: `User:${user}`, outcome: 'FAILED', code: error.code, message }
}

/**
 * Lists a user's grants, some at a time, from the newest, again and again until none is listed that was not before. Who
 * takes them says how many are gone, for the rest to be found behind those that stay.
 */
async function* untried<B extends GrantBody>(authentik: Authentik, kind: GrantKind<B>, whose: Whose) {
  const tried = new Set<number>()
  for (let fresh = true; fresh; ) {
    fresh = false
    let offset = 0
    const gone = (count: number) => {
      offset -= count
    }
    for (let more = true; more; ) {
      const listed = await listPks(authentik, kind, whose, offset)
      more = listed.more
      offset += listed.pks.length
      const pks = [...new Set(listed.pks)].filter((pk) => !tried.has(pk))
      for (const pk of pks) tried.add(pk)
      if (pks.length === 0) continue
      fresh = true
      yield { pks, gone }
    }
  }
}

async function listPks<B extends GrantBody>(
  authentik: Authentik,
  { all }: GrantKind<B>,
  whose: Whose,
  offset: number,
): Promise<{ pks: number[]; more: boolean }> {
  const query = { ...whose, ordering: '-pk', ...Object.fromEntries(all.includes.map((include) => [include, false])) }
  const ask = async (page: PageRequest) => {
    const came = await authentik.findPage(all, { ...query, ...page })
    return came && checkPage(came)
  }
  const walk = new Walk(ask, authentik.limits, 1)
  const window = await walk.collect({ first: 100, after: offset - 1, last: undefined, before: undefined })
  const grants = walk.rowsOf(window)
  // A filter that went unheeded must not cost everybody their grants.
  const isOthers = ({ user, provider }: (typeof grants)[number]) =>
    user?.pk !== whose.user || provider?.pk !== (whose.provider ?? provider?.pk)
  if (grants.some(isOthers)) throw invalidAnswer("another user's grants")
  return { pks: grants.map(({ pk }) => pk), more: window.to < walk.length }
}
