import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,subgraphs,router,e2e,scripts}/**/*.test.ts'],
    globalSetup: 'packages/testkit/src/global-setup.ts',
    pool: 'forks',
    maxWorkers: 2, // each file brings its own servers; more would only wait for the same cores
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 5_000, // a server that a test forgot to close must not hang the run
    coverage: { include: ['{packages,subgraphs,router}/*/src/**/*.ts', 'router/src/**/*.ts'], exclude: ['**/generated/**'] },
  },
})
