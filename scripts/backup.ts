import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { backUpPostgres } from '@karcis/infra/postgres-backup'
import { reachableDataDirectory } from '@karcis/infra/postgres-home'
import { SetupError } from '@karcis/infra/setup'
import { ROOT } from './paths.ts'

/** What belongs to the data: without its secrets nobody could sign in, and no ticket could be signed. */
const KEPT = ['dev-secrets.json', 'seeded']

/** What people have sent, where `npm start` keeps it. */
const FILES = 'files'

/**
 * A copy of what a running `npm start` has stored, all four databases at the same moment, in the form that `npm start -- --data`
 * takes. Redis is not in it: it may lose everything.
 */
async function backUp(dataDir: string, target: string): Promise<void> {
  if (existsSync(target))
    throw new SetupError(`${target} is there already: a backup goes into a folder of its own.`)
  const partial = `${target}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o755 })
  await backUpPostgres(reachableDataDirectory(join(dataDir, 'postgres')), join(partial, 'postgres'))
  const kept = KEPT.filter((name) => existsSync(join(dataDir, name)))
  await Promise.all(kept.map((name) => copyFile(join(dataDir, name), join(partial, name))))
  // After the databases: what they name was there before. What was removed since, nothing used.
  if (existsSync(join(dataDir, FILES)))
    await cp(join(dataDir, FILES), join(partial, FILES), { recursive: true })
  await rename(partial, target)
  console.log(`backed up to ${target}`)
  if (existsSync(join(ROOT, '.env')))
    console.log('Secrets that stand in .env are not in it: keep that file as well.')
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: { type: 'string', default: '.data' } },
  })
  const [target] = positionals
  if (!target || positionals.length > 1) throw new SetupError('usage: npm run backup -- FOLDER [--data DIR]')
  await backUp(resolve(ROOT, values.data), resolve(ROOT, target))
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
