import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './paths.ts'

/** `npm run monolith -- PAIRS [--seed N]`: the long form of router/src/testing/monolith/monolith.test.ts. */
const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true })
const { status } = spawnSync(
  join(ROOT, 'node_modules/.bin/vitest'),
  ['run', 'router/src/testing/monolith/monolith.test.ts', '--disable-console-intercept'],
  {
    cwd: ROOT,
    env: {
      ...process.env,
      KARCIS_MONOLITH_PAIRS: positionals[0] ?? '100000',
      KARCIS_MONOLITH_SEED: values.seed ?? String(randomInt(1, 2 ** 31)),
    },
    stdio: 'inherit',
  },
)
process.exitCode = status ?? 1
