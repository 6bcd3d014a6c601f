import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { MigrationFile } from './migration-files.ts'
import { SetupError } from './setup.ts'
import { splitStatements } from './sql-statements.ts'

/**
 * How long a migration waits for a lock. Everything that comes to the table after it stands in line behind it, so this is how long sales
 * may stand still; then it lets them pass, and comes again.
 */
const LOCK_TIMEOUT_MS = 750
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 10_000
/** For how long it comes again. A transaction that is open for longer than that needs a person. */
const PATIENCE_MS = 5 * 60_000

const LOCK_NOT_AVAILABLE = '55P03'
const DEADLOCK = '40P01'

export type Log = (line: string) => void

/** What notes that a file was applied, in the same transaction where there is one. */
interface Note {
  readonly sql: string
  readonly values: unknown[]
}

/** Applies one file and notes it, trying again while others hold what it needs. @throws SetupError. */
export async function applyFile(client: pg.Client, file: MigrationFile, note: Note, log: Log): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      await (file.transactional ? applyAtOnce(client, file, note) : applyOneByOne(client, file, note))
      return
    } catch (error) {
      const { code, message } = error as pg.DatabaseError
      const inTheWay = code === LOCK_NOT_AVAILABLE || code === DEADLOCK
      if (!inTheWay || Date.now() + pause > deadline) {
        const blocker = inTheWay ? `; ${await oldestTransaction(client)}` : ''
        throw new SetupError(`Migration ${file.path}${place(error, file.sql)}: ${message}${blocker}`, {
          cause: error,
        })
      }
      log(
        `${file.name} waits for a lock and is tried again in ${pause / 1000} s; ${await oldestTransaction(client)}`,
      )
      await sleep(pause * (0.75 + Math.random() / 2))
    }
  }
}

async function applyAtOnce(client: pg.Client, file: MigrationFile, note: Note): Promise<void> {
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`)
    await client.query(file.sql)
    await client.query(note.sql, note.values)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined) // what has failed is told, not that the connection is gone too
    throw error
  }
}

/** Statements that wait for every transaction there is, but block nobody meanwhile. Whatever of them was done before is not done again. */
async function applyOneByOne(client: pg.Client, file: MigrationFile, note: Note): Promise<void> {
  for (const { text } of splitStatements(file.sql)) {
    if (!(await isDone(client, text))) await client.query(text)
  }
  await client.query(note.sql, note.values)
}

/**
 * Whether an index that a statement is to make is there already, from a run that was killed before it could note it. One that a run left
 * unfinished is INVALID: kept up to date and used by no query, so it goes.
 */
async function isDone(client: pg.Client, statement: string): Promise<boolean> {
  const [, index] =
    /^CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?"?([\w]+)"? ON /i.exec(statement) ?? []
  if (!index) return false
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    `SELECT i.indexrelid::regclass::text AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relname = $1 AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)`,
    [index],
  )
  const [found] = rows
  if (found && !found.valid) await client.query(`DROP INDEX CONCURRENTLY ${found.name}`)
  return found?.valid ?? false
}

/** Who most likely stands in the way. */
async function oldestTransaction(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; application: string; seconds: number; state: string }>(
    `SELECT pid, application_name AS application, extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds, state
     FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
     ORDER BY xact_start LIMIT 1`,
  )
  const [oldest] = rows
  if (!oldest) return 'no other transaction is open now'
  const { pid, application, seconds, state } = oldest
  return `the oldest transaction is open for ${seconds} s (pid ${pid}, ${application || 'without a name'}, ${state})`
}

/** Postgres counts characters; people count lines. */
function place(error: unknown, sql: string): string {
  const { position } = error as { position?: string }
  return position ? ` line ${sql.slice(0, Number(position)).split('\n').length}` : ''
}
