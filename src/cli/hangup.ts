import { type Config, settings } from '../config/config.ts'
import type { Log } from '../observe/log.ts'

/**
 * Reads the file of persisted operations again at each SIGHUP. If it is broken, the operations stay that there are. The log tells both.
 * The signal never ends the process.
 */
export function readAgainOnHangup({ persistedOperations: file }: Config, log: Log): void {
  process.on('SIGHUP', () => {
    if (!file) return log.info({}, 'SIGHUP: no PERSISTED_OPERATIONS to read again')
    if (file.readAgain())
      return log.info({ file: file.path, operations: file.size }, 'SIGHUP: PERSISTED_OPERATIONS was read again')
    const { expected } = settings.persistedOperations
    log.error({ file: file.path, expected }, 'SIGHUP: PERSISTED_OPERATIONS is broken, the operations stay as they were')
  })
}
