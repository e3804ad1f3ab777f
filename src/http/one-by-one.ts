import type { RequestListener } from 'node:http'

/** Turns of which strangers have one, where accepted callers wait as well. */
const turnsForOneStranger = 4

/**
 * Begins one request in each turn of the event loop. Many that come at one moment would all be worked on before anything else
 * is, for seconds: supervisors are answered in between. Callers take turns; of those whom authentik has not accepted lately the
 * newest goes first, and every fourth turn is theirs. `callerOf` tells an accepted caller by the Authorization header.
 */
export function beginOneByOne(
  listener: RequestListener,
  callerOf: (authorization: string | undefined) => string | undefined,
): RequestListener {
  /** In the order of their turns. */
  const lines = new Map<string, (() => void)[]>()
  const strangers: (() => void)[] = []
  let turns = 0
  let isSet = false

  const ofAccepted = () => {
    const [first] = lines
    if (!first) return undefined
    const [caller, line] = first
    const begin = line.shift()
    lines.delete(caller)
    if (line.length > 0) lines.set(caller, line)
    return begin
  }
  const next = () => {
    turns += 1
    const begin = turns % turnsForOneStranger === 0 ? strangers.pop() : undefined
    ;(begin ?? ofAccepted() ?? strangers.pop())?.()
    isSet = lines.size > 0 || strangers.length > 0
    if (isSet) setImmediate(next)
  }
  return (request, response) => {
    const caller = callerOf(request.headers.authorization)
    const line = caller === undefined ? strangers : (lines.get(caller) ?? [])
    if (caller !== undefined) lines.set(caller, line)
    line.push(() => response.closed || listener(request, response))
    if (!isSet) setImmediate(next)
    isSet = true
  }
}
