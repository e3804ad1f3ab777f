import { type Context, keep } from '../../context.ts'
import { UpstreamError } from '../../errors.ts'

/** Where bodies are found of objects that their own endpoint does not show the caller. */
export interface Elsewhere<K, B> {
  /** What it asks authentik for at most, once in an operation; or who the caller is. */
  readonly cost: { readonly requests: number; readonly rows: number } | 'caller'
  /** The body of one. Throws the refusal where there is none. */
  readonly find: (context: Context, key: K, refusal: UpstreamError) => Promise<B>
  /** Whether a caller whom authentik refuses one object is refused each: then one look-up tells, and the others wait for it. */
  readonly isRefusedAll?: true
  /** Whether a body is of those that have less than the object's own. */
  readonly isShort?: (body: object) => boolean
  /** The properties that such bodies have: for more, one row is asked for. */
  readonly tells?: readonly string[]
  /** A whole body in the place of such a one. Throws the refusal where there is none. */
  readonly complete?: (context: Context, body: B, refusal: UpstreamError) => Promise<B>
}

/** The body that the object's own endpoint gives, or one from elsewhere where that refuses the caller. It is asked once. */
export async function findElsewhere<K, B>(
  context: Context,
  elsewhere: Elsewhere<K, B>,
  key: K,
  own: () => Promise<object>,
): Promise<B> {
  const refusals = refusalsOf(context, elsewhere)
  let refusal = refusals.get(key)
  if (!refusal) {
    try {
      return (await unlessRefused(context, elsewhere, own)) as B
    } catch (error) {
      if (!(error instanceof UpstreamError) || !['FORBIDDEN', 'NOT_FOUND'].includes(error.code)) throw error
      refusal = error
      refusals.set(key, error)
    }
  }
  return elsewhere.find(context, key, refusal)
}

/** What the object's own endpoint gives. Where one refusal counts for all, nobody is refused twice in an operation. */
async function unlessRefused(
  context: Context,
  elsewhere: object & Pick<Elsewhere<never, never>, 'isRefusedAll'>,
  own: () => Promise<object>,
) {
  if (!elsewhere.isRefusedAll) return own()
  const firsts = keep(context, unlessRefused, () => new Map<object, Promise<unknown>>())
  const first = firsts.get(elsewhere)
  if (first) {
    const refusal = await first
    if (refusal) throw refusal
    return own()
  }
  const body = own()
  const isRefusal = (error: unknown) => error instanceof UpstreamError && error.code === 'FORBIDDEN'
  firsts.set(
    elsewhere,
    body.then(
      () => undefined,
      (error: unknown) => (isRefusal(error) ? error : undefined),
    ),
  )
  return body
}

/** Makes known that authentik does not show an object: it is not asked for it. */
export function refuse<K>(context: Context, elsewhere: object, key: K, refusal: UpstreamError): void {
  refusalsOf<K>(context, elsewhere).set(key, refusal)
}

/** The same body, or a whole one where it is short. */
export function completed<K, B extends object>(
  context: Context,
  elsewhere: Elsewhere<K, B>,
  key: K,
  body: B,
): B | Promise<B> {
  const refusal = elsewhere.isShort?.(body) && refusalsOf(context, elsewhere).get(key)
  return refusal && elsewhere.complete ? elsewhere.complete(context, body, refusal) : body
}

/** By the keys of the objects, as far as this operation has met with them. */
function refusalsOf<K>(context: Context, elsewhere: object): Map<K, UpstreamError> {
  return keep(context, elsewhere, () => new Map())
}
