import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

/** What depends on the release of authentik runs over an old and a middle one, too. */
const throughTheGateway = [
  'access-token',
  'http',
  'lists',
  'loading',
  'refusals',
  'revoke',
  'revoke-predictions',
  'revoke-provider-grants',
  'revoke-user-access',
]

const over = (name: string, release: string) => ({
  extends: true as const,
  test: { name, include: throughTheGateway.map((file) => `test/${file}.test.ts`), env: { SANDBOX_RELEASE: release } },
})

export default defineConfig({
  root: `${import.meta.dirname}/..`,
  resolve: {
    // One copy of graphql for our source and for yoga: with two, every error of ours would be masked.
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
  test: {
    testTimeout: 20_000,
    coverage: { include: ['src/**/*.ts'], exclude: ['src/authentik/openapi.ts'], reporter: ['text'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'newest',
          include: ['test/**/*.test.ts'],
          exclude: ['test/hive/**', 'test/composers/**', 'test/relay/**', 'test/codegen/**', '**/node_modules/**'],
        },
      },
      over('oldest', '2024.10'),
      over('middle', '2025.10'),
    ],
  },
})
