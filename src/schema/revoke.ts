import type { GraphQLResolveInfo } from 'graphql'
import type { Authentik } from '../authentik/authentik.ts'
import type { Endpoint } from '../authentik/endpoints.ts'
import { type Context, keep } from '../context.ts'
import { type Code, inputError, UpstreamError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { chargeIds } from '../graph/charges.ts'
import type { Lookup } from '../graph/loading/lookup.ts'
import { weightOfItems } from '../graph/loading/wanted.ts'
import type { Types } from '../graph/types.ts'
import { limits } from '../limits.ts'
import type { DeletionFacts } from '../observe/observer.ts'

/** A type whose objects can be deleted at authentik. */
export type Revocable<K extends string | number = number> = Pick<
  Lookup<K, object, Endpoint & { readonly deleteRight: string }>,
  'typename' | 'endpoint' | 'readId' | 'globalId' | 'clear'
>

type Outcome = 'REVOKED' | 'WOULD_REVOKE' | 'NOT_FOUND' | 'FORBIDDEN' | 'FAILED'

export interface Result {
  readonly id: string
  readonly outcome: Outcome
  readonly code?: Code
  readonly message?: string
}

builder.mutationType({
  description:
    "What can be changed. authentik is asked in the caller's name. Mutations need an HTTP POST. Each change is one line in the gateway's log.",
})

const RevokeOutcome = builder.enumType('RevokeOutcome', {
  description: 'What happened to one grant.',
  values: {
    REVOKED: { description: 'It is deleted.' },
    WOULD_REVOKE: { description: 'It exists. A dry run deletes nothing.' },
    NOT_FOUND: { description: 'It is absent, or hidden from the caller.' },
    FORBIDDEN: {
      description: 'The caller sees it but may not delete it: that needs a right such as `delete_accesstoken`.',
    },
    FAILED: {
      description: 'authentik did not confirm the deletion. The message says whether it may have been deleted.',
    },
  },
})

const RevokeResult = builder.objectRef<Result>('RevokeResult').implement({
  description: 'What happened to one grant that was to be revoked.',
  fields: (t) => ({
    id: t.exposeID('id', {
      nullable: false,
      description: 'Global id of the grant. If listing one kind of grant failed, the id of the user.',
    }),
    outcome: t.expose('outcome', { type: RevokeOutcome, nullable: false, description: 'What happened to it.' }),
    code: t.exposeString('code', { description: 'For a failure: the code that an error would have.' }),
    message: t.exposeString('message', { description: 'For a failure: the reason.' }),
  }),
})

/** What happened to all that was to be revoked. */
export interface Report {
  /** A result for each id, in the order asked. An id that was given twice has its result at both places. */
  readonly results: readonly Result[]
  /** The results without such repetitions. */
  readonly distinct: readonly Result[]
}

export const RevokePayload = builder.objectRef<Report>('RevokePayload').implement({
  description: 'What happened to the grants that were to be revoked.',
  fields: (t) => ({
    results: t.field({
      type: [RevokeResult],
      nullable: false,
      description:
        'One result for each id, in the order of the ids; or one for each grant that was found, in the order in which they were revoked.',
      resolve: ({ results }) => results,
    }),
    revokedCount: t.int({
      nullable: false,
      description: 'How many grants were revoked. An id that was given twice counts once.',
      resolve: ({ distinct }) => howMany(distinct, ['REVOKED']),
    }),
    failedCount: t.int({
      nullable: false,
      description: 'How many results are FORBIDDEN or FAILED. An id that was given twice counts once.',
      resolve: ({ distinct }) => howMany(distinct, ['FORBIDDEN', 'FAILED']),
    }),
  }),
})

function howMany(results: readonly Result[], outcomes: readonly Outcome[]): number {
  return results.filter(({ outcome }) => outcomes.includes(outcome)).length
}

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
) {
  const right = `Needs the right \`${revocable.endpoint.deleteRight}\`${own ? " for others than one's own" : ''}.`
  return t.field({
    type: RevokePayload,
    description: `Revokes ${noun}: deletes them, ${meaning}. Each has its own outcome. If one id is malformed, or if the results would have too many fields, nothing is deleted. ${right}`,
    args: { ids: t.arg.idList({ required: true, description: `authentik's keys or global ids, 1 to ${limits.ids}.` }) },
    resolve: (_root, { ids }, context, info) => revokeByIds(context, revocable, ids, weightOfResult(info)),
  })
}

/** What a result costs the gateway, by what is selected of it. */
export function weightOfResult(info: GraphQLResolveInfo): number {
  return weightOfItems(info, RevokePayload.name, 'results', RevokeResult.name)
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
  const results = await context.authentik.finish(
    (authentik) => revokeAll(context, authentik, revocable, distinct),
    () => whoAsks(context),
  )
  const resultOf = new Map(distinct.map((key, index) => [key, results[index]]))
  return { results: keys.flatMap((key) => resultOf.get(key) ?? []), distinct: results }
}

/**
 * Deletes objects, as many at once as may run at once, so that none times out while it waits for the others. Gives a result
 * for each, in the order of the keys.
 */
export async function revokeAll<K extends string | number>(
  context: Context,
  authentik: Authentik,
  revocable: Revocable<K>,
  keys: readonly K[],
): Promise<Result[]> {
  const deletions = authentik.startDeletions(keys.map((key) => revocable.globalId(key)))
  const results: Result[] = []
  let next = 0
  const work = async () => {
    while (next < keys.length) {
      const index = next
      next += 1
      const [key, deletion] = [keys[index] as K, deletions[index] as DeletionFacts]
      results[index] = await revokeOne(context, authentik, revocable, key, deletion)
    }
  }
  await Promise.all(Array.from({ length: authentik.concurrency }, work))
  return results
}

/** Who the caller is: asked once in an operation, and to the end, even if the caller hangs up. */
export function whoAsks(context: Context): Promise<DeletionFacts['caller']> {
  return keep(context, whoAsks, () => context.authentik.whoAsks())
}

async function revokeOne<K extends string | number>(
  context: Context,
  authentik: Authentik,
  revocable: Revocable<K>,
  key: K,
  deletion: DeletionFacts,
): Promise<Result> {
  const id = deletion.target
  deletion.caller = await whoAsks(context)
  try {
    const requestId = await authentik.delete(revocable.endpoint, key)
    revocable.clear(context, key)
    authentik.endDeletion(deletion, { outcome: 'REVOKED', sent: true, code: undefined, requestId })
    return { id, outcome: 'REVOKED' }
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
    // Whoever has been refused before is not sent again.
    const sent = error.sent !== 'no' && code !== 'UNAUTHENTICATED'
    authentik.endDeletion(deletion, { outcome, sent, code, requestId: details?.requestId })
    return { id, outcome, code, message: mayBeDone ? `${message} It may have been revoked.` : message }
  }
}
