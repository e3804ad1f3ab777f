import type { Authentik } from '../authentik/authentik.ts'
import type { Endpoint } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { inputError, UpstreamError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { findMe } from '../graph/caller.ts'
import { chargeIds } from '../graph/charges.ts'
import { addressable } from '../graph/loading/keys.ts'
import type { Lookup } from '../graph/loading/lookup.ts'
import type { Types } from '../graph/types.ts'
import { limits } from '../limits.ts'
import type { DeletionFacts } from '../observe/observer.ts'
import { type Report, type Result, RevokePayload, weightOfResult } from './revoke-payload.ts'

/** A type whose objects can be deleted at authentik. */
export type Revocable<K extends string | number = number> = Pick<
  Lookup<K, object, Endpoint & { readonly deleteRight: string }>,
  'typename' | 'key' | 'endpoint' | 'readId' | 'keyOf' | 'globalId' | 'clear'
>

builder.mutationType({
  description:
    "What can be changed. authentik is asked in the caller's name. Mutations need an HTTP POST. Each change is one line in the gateway's log.",
})

/** What a mutation says of the objects that it revokes. */
interface Revoking {
  readonly noun: string
  /** What deleting them means. */
  readonly meaning?: string
  /** Whether one's own may be deleted without the right. */
  readonly own?: true
}

/** The mutation that revokes objects of one type by their ids. */
export function revokeField<K extends string | number>(
  t: PothosSchemaTypes.MutationFieldBuilder<Types, Types['Root']>,
  revocable: Revocable<K>,
  { noun, meaning = 'as authentik does when a client revokes one (RFC 7009)', own }: Revoking,
): PothosSchemaTypes.FieldRef<Types> {
  const right = `Needs the right \`${revocable.endpoint.deleteRight}\`${own ? " for others than one's own" : ''}.`
  return t.field({
    type: RevokePayload,
    description: `Revokes ${noun}: deletes them, ${meaning}. Each has its own outcome. If one id is malformed, or if the results would have too many fields, nothing is deleted. ${right}`,
    args: { ids: t.arg.idList({ required: true, description: `authentik's keys or global ids, 1 to ${limits.ids}.` }) },
    resolve: (_root, { ids }, context, info) => revokeByIds(context, revocable, ids, weightOfResult(info)),
  })
}

/**
 * Deletes each distinct object once. Throws BAD_USER_INPUT for a malformed id, and QUERY_TOO_COMPLEX where the results would be
 * too much to tell, before anything is deleted.
 */
async function revokeByIds<K extends string | number>(
  context: Context,
  revocable: Revocable<K>,
  ids: readonly string[],
  weight: number,
): Promise<Report> {
  if (ids.length === 0) throw inputError('at least one id', ids.length)
  chargeIds(context, ids, 'ids', 'revocations')
  const keys = ids.map((id) => revocable.readId(id))
  const distinct = [...new Set(keys)]
  context.account.payResults(ids.length * weight, distinct.length)
  const targets = distinct.map((key) => ({ kind: { lookup: revocable }, key, target: revocable.globalId(key) }))
  const results = await context.authentik.finish(
    (authentik) => revokeAll(context, authentik, targets),
    () => findMe(context),
  )
  const resultOf = new Map(distinct.map((key, index) => [key, results[index]]))
  return { results: keys.flatMap((key) => resultOf.get(key) ?? []), distinct: results }
}

/** One object that is to be deleted. */
export interface Target<K extends string | number = string | number> {
  readonly kind: { readonly lookup: Revocable<K> }
  readonly key: K
  /** The global id. */
  readonly target: string
}

/**
 * Deletes objects, as many at once as may run at once, so that none times out while it waits for the others. Gives a result
 * for each, in their order.
 */
export async function revokeAll<K extends string | number>(
  context: Context,
  authentik: Authentik,
  targets: readonly Target<K>[],
): Promise<Result[]> {
  const deletions = authentik.startDeletions(targets.map(({ target }) => target))
  const results: Result[] = []
  let next = 0
  const work = async () => {
    while (next < targets.length) {
      const index = next
      next += 1
      const [target, deletion] = [targets[index] as Target<K>, deletions[index] as DeletionFacts]
      results[index] = await revokeOne(context, authentik, target, deletion)
    }
  }
  await Promise.all(Array.from({ length: authentik.concurrency }, work))
  return results
}

async function revokeOne<K extends string | number>(
  context: Context,
  authentik: Authentik,
  { kind: { lookup }, key, target }: Target<K>,
  deletion: DeletionFacts,
): Promise<Result> {
  deletion.caller = authentik.nameOf(await findMe(context))
  if (lookup.key.isAddress?.(key) === false) return endUnsent(authentik, deletion)
  let isTried = false
  try {
    const requestId = await authentik.delete(lookup.endpoint, key, () => {
      isTried = true
    })
    lookup.clear(context, key)
    authentik.endDeletion(deletion, { outcome: 'REVOKED', sent: true, code: undefined, requestId })
    return { target, outcome: 'REVOKED' }
  } catch (error) {
    if (!(error instanceof UpstreamError)) {
      authentik.endDeletion(deletion, {
        outcome: 'FAILED',
        sent: true,
        code: 'INTERNAL_SERVER_ERROR',
        requestId: undefined,
      })
      throw error
    }
    const { code, message, authentik: details, mayBeDone } = error
    const outcome = code === 'NOT_FOUND' || code === 'FORBIDDEN' ? code : 'FAILED'
    const sent = isTried && error.sent !== 'no'
    authentik.endDeletion(deletion, { outcome, sent, code, requestId: details?.requestId })
    const right = code === 'FORBIDDEN' ? details?.right : undefined
    return { target, outcome, code, right, message: mayBeDone ? `${message} It may have been revoked.` : message }
  }
}

/** An identifier of an API token that cannot stand in an address. */
function endUnsent(authentik: Authentik, deletion: DeletionFacts): Result {
  authentik.endDeletion(deletion, { outcome: 'FAILED', sent: false, code: 'BAD_USER_INPUT', requestId: undefined })
  return unaddressable(deletion.target)
}

/** What is told of an object that authentik cannot be asked for. */
export function unaddressable(target: string): Result {
  const message = `authentik can be asked for identifiers of ${addressable} only. This token cannot be revoked through its API.`
  return { target, outcome: 'FAILED', code: 'BAD_USER_INPUT', message }
}
