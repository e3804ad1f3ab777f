import { defineConfig } from 'vitest/config'
import usual from '../vitest.config.ts'

export default defineConfig({
  ...usual,
  test: { include: ['test/codegen/*.test.ts'], testTimeout: 120_000 },
})
