import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './paths.ts'

/** Asks for everything as everybody, and writes down in docs/authorization.md what they are answered. */
const { status } = spawnSync(
  join(ROOT, 'node_modules/.bin/vitest'),
  ['run', 'e2e/test/authorization.test.ts'],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, KARCIS_WRITE_AUTHORIZATION: '1' } },
)
process.exitCode = status ?? 1
