import { endpoints } from '../authentik/endpoints.ts'
import { type Context, keep } from '../context.ts'

/** The caller's own user, as authentik tells it to anybody who is signed in. It is asked for once in an operation. */
export function getMe(context: Context) {
  return keep(context, getMe, async () => (await context.authentik.get(endpoints.me)).user)
}
