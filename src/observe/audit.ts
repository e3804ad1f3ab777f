import type { Log } from './log.ts'
import type { Observer } from './observer.ts'

/** A line for each deletion: who, what, and what became of it. */
export function logDeletions(log: Pick<Log, 'info'>): Partial<Observer> {
  return {
    deleted({ operation: { request, name }, caller, target, outcome, code, requestId }) {
      const facts = {
        kind: 'audit',
        requestId: request.id,
        ...(name !== undefined && { operation: name }),
        credential: request.credential,
        caller,
        target,
        outcome,
        ...(code !== undefined && { code }),
        authentik: { requestId },
      }
      log.info(facts, 'revoke')
    },
  }
}
