import type { ApiTokenBody, GrantBody, UserBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import { type Context, keep } from '../context.ts'
import { UpstreamError } from '../errors.ts'
import { getMe } from '../graph/caller.ts'
import type { Elsewhere } from '../graph/loading/elsewhere.ts'

// What callers see of themselves. Most may not look up users, and so not themselves: but authentik tells them who they are, and shows
// them whole inside each of their own API tokens and grants.

/** What names a user, beside the key. */
export interface UserIdentity {
  readonly username?: string | null | undefined
  readonly email?: string | null | undefined
  readonly uuid?: string | null | undefined
}

type Me = Awaited<ReturnType<typeof getMe>>

/** The caller, as a user that stands shortened: without the groups, which are others there. */
export function shortened({ groups: _effective, roles: _roles, ...me }: Me): UserBody {
  return me
}

/** What authentik tells callers of themselves. */
export const toldOfCallers = [
  'pk',
  'username',
  'name',
  'uid',
  'is_active',
  'is_superuser',
  'email',
  'avatar',
  'type',
] as const

/** Where a user is found whose look-up is refused: whoever asks is told of themselves. */
export const ofOneself: Elsewhere<number, UserBody> = {
  cost: 'caller',
  find: async (context, pk, refusal) => {
    const me = await getMe(context).catch((error: unknown) => {
      // While it is not known who asks, nobody can say that a right is missing. Whoever is refused that too is refused, and who is absent absent.
      const isRefused = error instanceof UpstreamError && error.code === 'FORBIDDEN'
      throw isRefused || refusal.code === 'NOT_FOUND' ? refusal : error
    })
    if (me.pk === pk) return shortened(me)
    throw refusal
  },
  tells: toldOfCallers,
  // As in a group: see group-members.ts.
  isShort: (user) => !('uuid' in user || 'path' in user),
  complete: async (context, me, refusal) => {
    const user = await findInside(context, me)
    if (user) return user
    throw refusal
  },
}

/**
 * Whoever asks, if they are the user with this username, e-mail address or UUID: to most callers authentik shows no list of users, or
 * one without themselves.
 */
export async function findOneself(context: Context, by: UserIdentity): Promise<UserBody | null> {
  const me = await getMe(context)
  // Nobody is hidden from them.
  if (me.is_superuser) return null
  if (by.uuid == null)
    return me.username === by.username || (by.email != null && me.email === by.email) ? shortened(me) : null
  const whole = await findInside(context, shortened(me))
  return whole?.uuid === by.uuid ? whole : null
}

/** The caller, whole, inside one row of theirs: of the kind that the credential is of, if there is one. It is asked for once in an operation. */
function findInside(context: Context, me: UserBody): Promise<UserBody | undefined> {
  return keep(context, findInside, async () => {
    const ways = [inApiToken, inGrant]
    if (context.authentik.claims) ways.reverse()
    let failure: unknown
    for (const way of ways) {
      try {
        const user = await way(context, me)
        if (user?.pk === me.pk) return user
      } catch (error) {
        failure ??= error
      }
    }
    if (failure) throw failure
    return undefined
  })
}

async function inApiToken(context: Context, { username }: UserBody): Promise<UserBody | undefined> {
  const query = { user__username: username, ordering: 'pk', page: 1, page_size: 1 }
  const page = await context.authentik.findPage(endpoints.apiTokens, query)
  return (page?.results[0] as ApiTokenBody | undefined)?.user_obj
}

async function inGrant(context: Context, { pk }: UserBody): Promise<UserBody | undefined> {
  const query = { user: pk, ordering: '-pk', page: 1, page_size: 1, include_groups: true, include_roles: false }
  const page = await context.authentik.findPage(endpoints.accessTokens, query)
  return (page?.results[0] as GrantBody | undefined)?.user
}
