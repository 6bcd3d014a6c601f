import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { codeMutants } from './packages/testkit/src/code-mutants.ts'

// Each file is a process of its own, and starts others: what Node has compiled once they take from here. Coverage would lose functions by it.
if (!process.argv.some((argument) => argument.startsWith('--coverage')))
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

export default defineConfig({
  plugins: [codeMutants()],
  // Vite would take graphql's ES module where Node takes its CommonJS one: two copies refuse each other's schemas.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    include: ['{packages,subgraphs,router,e2e,scripts,web}/**/*.test.{ts,tsx}'],
    globalSetup: ['scripts/generate.ts', 'packages/testkit/src/global-setup.ts'],
    pool: 'forks',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    maxWorkers: 3, // each file brings its own servers, which wait a fifth of the time: more would only wait for the same cores
    // For what hangs, not for what is slow: on a busy machine everything takes several times as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 5_000, // a server that a test forgot to close must not hang the run
    coverage: {
      include: ['{packages,subgraphs,router}/*/src/**/*.ts', 'router/src/**/*.ts'],
      exclude: ['**/generated/**'],
    },
  },
})
