import { endpoints } from '../authentik/endpoints.ts'
import { type Context, keep } from '../context.ts'

/** The caller's own user, as authentik tells it to anybody who is signed in. It is asked for once in an operation. */
export function getMe(context: Context) {
  return keep(context, getMe, async () => (await context.authentik.get(endpoints.me)).user)
}

/**
 * The same, for revocations, and to the end even if the caller hangs up; undefined where authentik does not tell it soon. It is asked for
 * once in an operation.
 */
export function findMe(context: Context) {
  return keep(context, findMe, () => context.authentik.findMe())
}
