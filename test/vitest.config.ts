import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: `${import.meta.dirname}/..`,
  resolve: {
    // One copy of graphql for our source and for yoga: with two, every error of ours would be masked.
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
  test: { include: ['test/**/*.test.ts'], testTimeout: 20_000 },
})
