// What one caller who asks for much, and callers with made-up tokens who cost authentik nothing, take from others.
import { ask, me, quantile } from './ask.js'
import { memoryOf, startGateway } from './processes.js'

const list = 'accessTokens(first: 100) { nodes { pk isExpired expires } }'
const wide = `{ ${Array.from({ length: 49 }, (_, index) => `a${index}: ${list}`).join(' ')} }`
const malformed = 'query ($ids: [ID!]!) { a: usersByIds(ids: $ids) { pk } b: usersByIds(ids: $ids) { pk } }'

/** So many times the milliseconds that `me` of an accepted caller takes. */
async function waitsOf(url, times) {
  const milliseconds = []
  for (let index = 0; index < times; index += 1) milliseconds.push((await ask(url, 'demo-auditor', me)).ms)
  return `p50 ${quantile(milliseconds, 0.5)} ms, p99 ${quantile(milliseconds, 0.99)} ms`
}

/** Over the embedded authentik, in a process with a heap of 128 MB, or `HEAP`. */
export async function crowd(print) {
  const gateway = await startGateway({ NODE_OPTIONS: `--max-old-space-size=${process.env.HEAP ?? 128}` })
  const { url, child } = gateway
  for (const token of ['demo-superuser', 'demo-auditor']) await ask(url, token, me)
  const answers = Promise.all(Array.from({ length: 300 }, () => ask(url, 'demo-superuser', wide)))
  const waits = await waitsOf(url, 50)
  const refused = (await answers).filter(({ errors }) => errors?.[0]?.extensions.code === 'UPSTREAM_BUSY').length
  print('300 wide queries of one caller at once, me of another', waits)
  print(
    '300 wide queries of one caller at once',
    `${refused} refused, ${Math.round(memoryOf(child.pid, 'VmHWM'))} MB at most`,
  )

  const state = { on: true }
  const variables = { ids: Array(500).fill('x') }
  const loops = Array.from({ length: 600 }, async (_, index) => {
    while (state.on) await ask(url, `made-up-${index}`, malformed, { variables }).catch(() => {})
  })
  await ask(url, 'demo-auditor', me)
  print('600 made-up tokens with malformed ids, me of another', await waitsOf(url, 100))
  state.on = false
  child.kill('SIGKILL')
  await Promise.allSettled(loops)
}
