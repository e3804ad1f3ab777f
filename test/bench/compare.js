// Whether all answer the same, before anything is timed.
import { isDeepStrictEqual } from 'node:util'
import { ask } from './load.js'

/**
 * Each system's answer to each workload, and how many requests to authentik it made. Throws if the limit does not answer byte for
 * byte what the gateway does, or if another's data differ.
 */
export async function compare(running, chosen, countRequests) {
  const answers = {}
  const requests = {}
  for (const [workload, asked] of Object.entries(chosen)) {
    answers[workload] = {}
    requests[workload] = {}
    for (const [name, { url }] of Object.entries(running)) {
      const before = await countRequests()
      answers[workload][name] = await ask(url, asked)
      requests[workload][name] = (await countRequests()) - before
    }
    const { gateway, ...others } = answers[workload]
    for (const [name, answer] of Object.entries(others)) {
      const same = name === 'limit' ? answer === gateway : isDeepStrictEqual(dataOf(answer), dataOf(gateway))
      if (!same) throw new Error(`${workload}: ${name} does not answer what the gateway does:\n${answer}\n${gateway}`)
    }
  }
  return { answers, requests }
}

const dataOf = (answer) => JSON.parse(answer).data
