import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './paths.ts'

/** The long form of e2e/test/chaos.test.ts: `npm run chaos -- 20` kills each of the five processes twenty times. */
const rounds = process.argv[2] ?? '10'
const { status } = spawnSync(join(ROOT, 'node_modules/.bin/vitest'), ['run', 'e2e/test/chaos.test.ts'], {
  cwd: ROOT,
  env: { ...process.env, KARCIS_CHAOS_ROUNDS: rounds },
  stdio: 'inherit',
})
process.exit(status ?? 1)
