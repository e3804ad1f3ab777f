// Callers: one who asks once, to compare answers, and 32 who ask as fast as they are answered, by autocannon.
import autocannon from 'autocannon'
import { within } from './processes.js'
import { bodyOf } from './workloads.js'

export const callers = 32

const headersOf = (token) => ({ 'content-type': 'application/json', authorization: `Bearer ${token}` })

/** The text that answers a workload. Throws where it is no success. */
export async function ask(url, workload) {
  const request = { method: 'POST', headers: headersOf('bench-0'), body: bodyOf(workload) }
  const response = await within(20, 'An answer', fetch(url, request))
  const text = await response.text()
  if (!response.ok || JSON.parse(text).errors)
    throw new Error(`${url} answers ${response.status}: ${text.slice(0, 500)}`)
  return text
}

/**
 * Sends a workload, so many times or for so many seconds. Each caller has a token of its own, unless the requests are to be
 * identical. Resolves with the number of answers and the seconds that they took. Throws if any of them is not like `answer`.
 */
export async function load(url, workload, { amount, seconds, answer }) {
  let token = 0
  let answers = 0
  let end = 0
  const began = performance.now()
  const cannon = autocannon({
    url,
    method: 'POST',
    body: bodyOf(workload),
    connections: callers,
    // Seconds: the slowest that is measured takes four for 32 callers.
    timeout: 30,
    ...(amount ? { amount } : { duration: seconds }),
    // How often it looks whether it is done, in milliseconds.
    sampleInt: 10,
    setupClient: (client) => client.setHeaders(headersOf(`bench-${workload.identical ? 0 : token++}`)),
    // A character that came in two parts counts as several.
    verifyBody: (body) => body.length >= answer.length && body.startsWith(answer.slice(0, 50)),
  })
  cannon.on('response', () => {
    answers += 1
    end = performance.now()
  })
  const { errors, non2xx, mismatches } = await within(120, `${amount ?? 'Some'} requests`, cannon)
  if (errors + non2xx + mismatches > 0)
    throw new Error(`${url}: ${errors} errors, ${non2xx} refusals, ${mismatches} wrong answers`)
  return { answers, seconds: (end - began) / 1000 }
}
