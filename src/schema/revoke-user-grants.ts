import type { GrantBody } from '../authentik/bodies.ts'
import type { Authentik } from '../authentik/client.ts'
import type { Context } from '../context.ts'
import { invalidAnswer } from '../errors.ts'
import { accessTokens } from './access-token.ts'
import { authorizationCodes } from './authorization-code.ts'
import { builder } from './builder.ts'
import type { GrantKind } from './grant.ts'
import { providerByPk } from './oauth2-provider.ts'
import { refreshTokens } from './refresh-token.ts'
import { failureOf, type Result, RevokePayload, revokeAll } from './revoke.ts'
import { userByPk } from './user.ts'
import { checkPage, Walk } from './walk.ts'

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
      return revokeGrants(context, whose, dryRun)
    },
  }),
)

async function revokeGrants(context: Context, whose: Whose, dryRun: boolean): Promise<Result[]> {
  const authentik = context.authentik.lasting()
  const results: Result[] = []
  for (const kind of kinds) {
    try {
      for await (const pks of untried(authentik, kind, whose)) {
        const found = pks.map((pk): Result => ({ id: `${kind.typename}:${pk}`, outcome: 'WOULD_REVOKE' }))
        results.push(...(dryRun ? found : await revokeAll(context, authentik, kind, pks)))
        if (dryRun) break
      }
    } catch (error) {
      // Of what is done already nothing is lost; what could not be listed is told beside it.
      if (results.length === 0) throw error
      const { message, ...failure } = failureOf(`User:${whose.user}`, error)
      results.push({
        ...failure,
        outcome: 'FAILED',
        message: `There may be more grants of type ${kind.typename}: ${message}`,
      })
    }
  }
  return results
}

/** Lists a user's grants again and again, until none is listed that was not before. */
async function* untried<B extends GrantBody>(
  authentik: Authentik,
  kind: GrantKind<B>,
  whose: Whose,
): AsyncGenerator<number[]> {
  const tried = new Set<number>()
  for (;;) {
    const pks = (await listPks(authentik, kind, whose)).filter((pk) => !tried.has(pk))
    if (pks.length === 0) return
    for (const pk of pks) tried.add(pk)
    yield pks
  }
}

async function listPks<B extends GrantBody>(
  authentik: Authentik,
  { all }: GrantKind<B>,
  whose: Whose,
): Promise<number[]> {
  const query = { ...whose, ordering: '-pk', ...Object.fromEntries(all.includes.map((include) => [include, false])) }
  const walk = new Walk(async (page) => {
    const came = await authentik.find(all, undefined, { ...query, ...page })
    return came && checkPage(came)
  }, authentik.limits)
  const from = { after: undefined, last: undefined, before: undefined }
  await walk.collect({ ...from, first: 100 })
  const grants = walk.rowsOf(await walk.collect({ ...from, first: walk.length }))
  // A filter that went unheeded must not cost everybody their grants.
  const others = grants.some(
    ({ user, provider }) => user?.pk !== whose.user || provider?.pk !== (whose.provider ?? provider?.pk),
  )
  if (others) throw invalidAnswer("another user's grants")
  return grants.map(({ pk }) => pk)
}
