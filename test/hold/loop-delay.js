// Preloaded into a gateway: measures how long its event loop is kept, and tells it to whoever sends a message, from then on anew.
import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolution = 5
const delay = monitorEventLoopDelay({ resolution })
delay.enable()
process.on('message', () => {
  // The histogram holds the times between two looks.
  const milliseconds = (nanoseconds) => Math.max(0, Math.round(nanoseconds / 1e6 - resolution))
  process.send({ p99: milliseconds(delay.percentile(99)), longest: milliseconds(delay.max) })
  delay.reset()
})
