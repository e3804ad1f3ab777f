import type { GraphQLResolveInfo } from 'graphql'
import type { Code } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { weightOfItems } from '../graph/loading/wanted.ts'

// What mutations tell of what they were to take away.

type Outcome = 'REVOKED' | 'WOULD_REVOKE' | 'MAY_REVOKE' | 'NOT_FOUND' | 'FORBIDDEN' | 'FAILED' | 'STAYS'

export interface Result {
  /** The global id. */
  readonly target: string
  readonly outcome: Outcome
  readonly code?: Code
  readonly message?: string
  /** The right that authentik checks. */
  readonly right?: string | undefined
}

/** What happened to all that was to be revoked. */
export interface Report {
  /** A result for each id, in the order asked. An id that was given twice has its result at both places. */
  readonly results: readonly Result[]
  /** The results without such repetitions. */
  readonly distinct: readonly Result[]
}

const RevokeOutcome = builder.enumType('RevokeOutcome', {
  description: 'What happened to one object that was to be revoked.',
  values: {
    REVOKED: { description: 'It is deleted.' },
    WOULD_REVOKE: { description: 'A dry run deletes nothing. Without it, this would be deleted.' },
    MAY_REVOKE: {
      description:
        'A dry run deletes nothing. Without it, this may be deleted: authentik does not tell beforehand who has the right.',
    },
    NOT_FOUND: { description: 'It is absent, or hidden from the caller.' },
    FORBIDDEN: {
      description: 'The caller sees it but may not delete it: that needs a right such as `delete_accesstoken`.',
    },
    FAILED: {
      description: 'authentik did not confirm the deletion. The message says whether it may have been deleted.',
    },
    STAYS: { description: 'It is not taken away. The message says why.' },
  },
})

const RevokeResult = builder.objectRef<Result>('RevokeResult').implement({
  description: 'What happened to one object that was to be revoked.',
  fields: (t) => ({
    targetId: t.exposeID('target', {
      nullable: false,
      description:
        'Global id of the object. If the result is about several objects, or about some that could not be listed: of the user or the provider whose they are.',
    }),
    outcome: t.expose('outcome', { type: RevokeOutcome, nullable: false, description: 'What happened to it.' }),
    code: t.exposeString('code', { description: 'For a failure: the code that an error would have.' }),
    message: t.exposeString('message', { description: 'The reason, if there is one to tell.' }),
    right: t.exposeString('right', {
      description: 'For `FORBIDDEN` and `MAY_REVOKE`: the right that authentik checks.',
    }),
  }),
})

export const RevokePayload = builder.objectRef<Report>('RevokePayload').implement({
  description: 'What happened to all that was to be revoked.',
  fields: (t) => ({
    results: t.field({
      type: [RevokeResult],
      nullable: false,
      description:
        'One result for each id, in the order of the ids; or one for each object that was found, in the order in which they were revoked.',
      resolve: ({ results }) => results,
    }),
    revokedIds: t.idList({
      nullable: false,
      description:
        'Global ids of what is there no longer, or not for the caller: `REVOKED` and `NOT_FOUND`. A client takes them out of its cache.',
      resolve: ({ distinct }) => those(distinct, ['REVOKED', 'NOT_FOUND']).map(({ target }) => target),
    }),
    revokedCount: t.int({
      nullable: false,
      description: 'How many objects were revoked. An id that was given twice counts once. A dry run revokes none.',
      resolve: ({ distinct }) => those(distinct, ['REVOKED']).length,
    }),
    failedCount: t.int({
      nullable: false,
      description: 'How many results are FORBIDDEN or FAILED. An id that was given twice counts once.',
      resolve: ({ distinct }) => those(distinct, ['FORBIDDEN', 'FAILED']).length,
    }),
  }),
})

function those(results: readonly Result[], outcomes: readonly Outcome[]): readonly Result[] {
  return results.filter(({ outcome }) => outcomes.includes(outcome))
}

/** What a result costs the gateway, by what is selected of it. */
export function weightOfResult(info: GraphQLResolveInfo): number {
  const ids = weightOfItems(info, RevokePayload.name, 'revokedIds', 'ID')
  return ids + weightOfItems(info, RevokePayload.name, 'results', RevokeResult.name)
}

/** The report of what has one result for each object. */
export function reportOf(results: readonly Result[]): Report {
  return { results, distinct: results }
}
