import { defineConfig } from 'vitest/config'
import usual from '../vitest.config.ts'

export default defineConfig({
  ...usual,
  test: { include: ['test/composers/*.test.ts'], testTimeout: 60_000 },
})
