import type { Log } from './log.ts'
import type { DeletionFacts, Observer } from './observer.ts'

export interface Audit {
  readonly observer: Partial<Observer>
  /** Writes a line for each deletion that has not ended: the process does. */
  abandon(): void
}

/** A line for each deletion: who, what, and what became of it. */
export function createAudit(log: Pick<Log, 'info'>): Audit {
  const open = new Set<DeletionFacts>()
  const tell = (deletion: DeletionFacts) => {
    open.delete(deletion)
    log.info(factsOf(deletion), 'revoke')
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

function factsOf({ operation: { request, name }, caller, target, outcome, code, requestId }: DeletionFacts) {
  return {
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
}
