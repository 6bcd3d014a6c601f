import { chmodSync, chownSync, createReadStream, createWriteStream, statSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { findPostgres } from './postgres.ts'
import { SetupError } from './setup.ts'

/**
 * What a copy begins without, by the documentation of Postgres: a running server's own files, and folders whose contents it makes
 * anew (https://www.postgresql.org/docs/18/continuous-archiving.html, "Backing Up the Data Directory").
 */
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts', 'server.log'])
const LEFT_EMPTY = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
])
const TEMPORARY = /^(pgsql_tmp|pg_internal\.init)/

/**
 * Copies the data of a running server of ours, all databases as they are at the same moment: the end of this call. A server that
 * is started on the copy comes up with what had been committed by then. Nobody is kept from writing meanwhile.
 * The documentation calls it a base backup by the low-level API.
 * @param target a folder that is not there yet.
 * @throws SetupError when no server runs on the data.
 */
export async function backUpPostgres(dataDir: string, target: string): Promise<void> {
  const urlOf = findPostgres(dataDir)
  if (!urlOf)
    throw new SetupError(
      `No Postgres runs on ${dataDir}. What is stopped is backed up by copying the folder.`,
    )
  const client = new pg.Client({
    connectionString: urlOf('postgres'),
    application_name: 'karcis backup',
  })
  await client.connect()
  try {
    // Ends with this connection; until then the log is kept that the copy will need.
    await client.query(`SELECT pg_create_physical_replication_slot('karcis_backup', true, true)`)
    await client.query(`SELECT pg_backup_start('karcis', fast => true)`)
    await copyFolder(dataDir, target, (name, depth) => depth > 0 || !LEFT_OUT.has(name))
    const { rows } = await client.query<{ labelfile: string }>(
      'SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)',
    )
    await copyFolder(join(dataDir, 'pg_wal'), join(target, 'pg_wal'), () => true)
    const label = join(target, 'backup_label')
    await writeFile(label, rows[0]?.labelfile ?? '', { flush: true, mode: 0o600 })
    likeOriginal(join(dataDir, 'PG_VERSION'), label)
  } catch (error) {
    if ((error as pg.DatabaseError).code === ALREADY_THERE)
      throw new SetupError('Another backup of this data is under way.')
    throw error
  } finally {
    await client.end()
  }
}

/** Of the slot, whose name is the same for all. */
const ALREADY_THERE = '42710'

type Wanted = (name: string, depth: number) => boolean

async function copyFolder(source: string, target: string, wanted: Wanted, depth = 0): Promise<void> {
  await mkdir(target, { recursive: true })
  likeOriginal(source, target)
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const { name } = entry
    if (!wanted(name, depth) || TEMPORARY.test(name)) continue
    const [from, to] = [join(source, name), join(target, name)]
    if (entry.isDirectory()) {
      const empty = depth === 0 && LEFT_EMPTY.has(name)
      await copyFolder(from, to, empty ? () => false : wanted, depth + 1)
    } else await copyFile(from, to)
  }
}

/** Not by `fs.copyFile`, which fails where a file shrinks meanwhile. What is gone by now is gone in the log as well. */
async function copyFile(source: string, target: string): Promise<void> {
  try {
    await pipeline(createReadStream(source), createWriteStream(target, { flush: true }))
    likeOriginal(source, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** The same owner and mode, where the original is still there. */
function likeOriginal(source: string, target: string): void {
  const found = statSync(source, { throwIfNoEntry: false })
  if (!found) return
  if (process.getuid?.() === 0) chownSync(target, found.uid, found.gid)
  chmodSync(target, found.mode)
}
