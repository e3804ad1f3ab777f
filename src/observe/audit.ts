import type { Log } from './log.ts'
import type { DeletionFacts, Observer, RequestFacts } from './observer.ts'

export interface Audit {
  readonly observer: Partial<Observer>
  /** Writes a line for each deletion that has not ended: the process does. */
  abandon(): void
}

/**
 * A line for each deletion: who, what, and what became of it. Of those that were not sent, the first one of a request alone is told
 * for each reason: nothing became of them, and whoever has no right to delete must not fill the log.
 */
export function createAudit(log: Pick<Log, 'info'>): Audit {
  const open = new Set<DeletionFacts>()
  const told = new WeakMap<RequestFacts, Set<string | undefined>>()
  const isToldAlready = ({ operation: { request }, sent, code }: DeletionFacts) => {
    if (sent) return false
    const reasons = told.get(request) ?? new Set()
    told.set(request, reasons)
    return reasons.has(code) || !reasons.add(code)
  }
  const tell = (deletion: DeletionFacts) => {
    open.delete(deletion)
    if (!isToldAlready(deletion)) log.info(factsOf(deletion), 'revoke')
  }
  return {
    observer: {
      deletionStarted: (deletion) => void open.add(deletion),
      deletionEnded: tell,
    },
    abandon() {
      for (const deletion of open) tell(deletion)
    },
  }
}

function factsOf({ operation: { request, name }, caller, target, outcome, sent, code, requestId }: DeletionFacts) {
  return {
    kind: 'audit',
    requestId: request.id,
    ...(name !== undefined && { operation: name }),
    credential: request.credential,
    caller,
    target,
    outcome,
    ...(!sent && { sent }),
    ...(code !== undefined && { code }),
    authentik: { requestId },
  }
}
