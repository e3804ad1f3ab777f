import type { Authentik } from '../authentik/authentik.ts'
import type { GrantBody } from '../authentik/bodies.ts'
import type { Context } from '../context.ts'
import { type Code, inputError, UpstreamError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { checkIds } from '../graph/loading/loader.ts'
import type { GrantKind } from './grant.ts'

type Outcome = 'REVOKED' | 'WOULD_REVOKE' | 'NOT_FOUND' | 'FORBIDDEN' | 'FAILED'

export interface Result {
  readonly id: string
  readonly outcome: Outcome
  readonly code?: Code
  readonly message?: string
}

builder.mutationType({
  description:
    "What can be changed, at authentik in the caller's name. Only an HTTP POST may; each change is one line of the gateway's log.",
})

const RevokeOutcome = builder.enumType('RevokeOutcome', {
  description: 'What became of one grant.',
  values: {
    REVOKED: { description: 'It is deleted.' },
    WOULD_REVOKE: { description: 'It is there, and a dry run leaves it there.' },
    NOT_FOUND: { description: 'It is absent, or hidden from the caller.' },
    FORBIDDEN: {
      description: 'The caller sees it but may not delete it: that needs a right such as `delete_accesstoken`.',
    },
    FAILED: { description: 'authentik did not say that it is deleted; the message tells whether it may be.' },
  },
})

const RevokeResult = builder.objectRef<Result>('RevokeResult').implement({
  description: 'What became of one grant that was to be revoked.',
  fields: (t) => ({
    id: t.exposeID('id', {
      nullable: false,
      description: "The grant's global id; the user's, where their grants of one type could not be listed.",
    }),
    outcome: t.expose('outcome', { type: RevokeOutcome, nullable: false, description: 'What became of it.' }),
    code: t.exposeString('code', { description: 'Of a failure, the code that an error would have.' }),
    message: t.exposeString('message', { description: 'Of a failure, the reason.' }),
  }),
})

export const RevokePayload = builder.objectRef<readonly Result[]>('RevokePayload').implement({
  description: 'What became of the grants that were to be revoked.',
  fields: (t) => ({
    results: t.field({
      type: [RevokeResult],
      nullable: false,
      description: 'A result for each id, in the order asked; for each grant found, in the order revoked.',
      resolve: (results) => [...results],
    }),
    revokedCount: t.int({
      nullable: false,
      description: 'How many grants were revoked; an id that was given twice counts once.',
      resolve: (results) => countOf(results, ['REVOKED']),
    }),
    failedCount: t.int({
      nullable: false,
      description: 'How many are FORBIDDEN or FAILED; an id that was given twice counts once.',
      resolve: (results) => countOf(results, ['FORBIDDEN', 'FAILED']),
    }),
  }),
})

/** An id that was given twice has one result, at both places. */
function countOf(results: readonly Result[], outcomes: readonly Outcome[]): number {
  return new Set(results.filter(({ outcome }) => outcomes.includes(outcome))).size
}

/** Revokes grants of one kind, each distinct one once. Throws BAD_USER_INPUT for a malformed id, before anything is deleted. */
export async function revokeByIds<B extends GrantBody>(
  context: Context,
  kind: GrantKind<B>,
  ids: readonly string[],
): Promise<Result[]> {
  if (ids.length === 0) throw inputError('at least one id', ids.length)
  checkIds(context, ids)
  const pks = ids.map((id) => kind.lookup.readId(id))
  const distinct = [...new Set(pks)]
  const results = await context.authentik.finish((authentik) => revokeAll(context, authentik, kind, distinct))
  const resultOf = new Map(distinct.map((pk, index) => [pk, results[index]]))
  return pks.flatMap((pk) => resultOf.get(pk) ?? [])
}

/** Revokes grants of one kind, as many at once as may be, so that none waits its time out in the queue. */
export async function revokeAll<B extends GrantBody>(
  context: Context,
  authentik: Authentik,
  kind: GrantKind<B>,
  pks: readonly number[],
): Promise<Result[]> {
  const results: Result[] = []
  const queue = pks.entries()
  const work = async () => {
    for (const [index, pk] of queue) results[index] = await revokeOne(context, authentik, kind, pk)
  }
  await Promise.all(Array.from({ length: authentik.concurrency }, work))
  return results
}

async function revokeOne<B extends GrantBody>(
  context: Context,
  authentik: Authentik,
  kind: GrantKind<B>,
  pk: number,
): Promise<Result> {
  const id = `${kind.typename}:${pk}`
  try {
    const requestId = await authentik.delete(kind.one, pk)
    kind.lookup.clear(context, pk)
    authentik.audit('revoke', { id, outcome: 'REVOKED', requestId })
    return { id, outcome: 'REVOKED' }
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    const outcome = error.code === 'NOT_FOUND' || error.code === 'FORBIDDEN' ? error.code : 'FAILED'
    authentik.audit('revoke', { id, outcome, code: error.code, requestId: error.authentik?.requestId })
    return {
      id,
      outcome,
      code: error.code,
      message: error.mayBeDone ? `${error.message} It may have been revoked.` : error.message,
    }
  }
}
