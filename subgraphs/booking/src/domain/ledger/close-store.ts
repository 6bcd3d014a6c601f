import type { Db, Tx } from '../database.ts'

/** A sale of hundreds of thousands in one day takes its time. */
const TIMEOUT_MS = 600_000

/** The first day (UTC, as `2026-12-31`) that is over, has postings or follows one that is closed, and is not closed; null when there is none. */
export async function findDayToClose(db: Db): Promise<string | null> {
  const [row] = await db.$queryRaw<{ day: string | null }[]>`
    SELECT to_char(next.day, 'YYYY-MM-DD') AS day FROM (SELECT coalesce((SELECT max(day) + 1 FROM ledger_closes),
      (SELECT (created_at AT TIME ZONE 'UTC')::date FROM ledger_transactions ORDER BY id LIMIT 1)) AS day) next
    WHERE next.day < (clock_timestamp() AT TIME ZONE 'UTC')::date`
  return row?.day ?? null
}

/** The last number that was drawn for a posting. */
export async function findHorizon(db: Db): Promise<bigint> {
  const [row] = await db.$queryRaw<{ last: bigint | null }[]>`
    SELECT pg_sequence_last_value('ledger_transactions_seq'::regclass) AS last`
  return row?.last ?? 0n
}

/** The open transactions that have written postings, or are about to. */
export async function listWriters(db: Db): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT DISTINCT virtualtransaction AS id FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'ledger_transactions'::regclass AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  return rows.map(({ id }) => id)
}

/** Writes a day's close. @returns its hash, in hexadecimal; null when another has closed it. */
export async function insertClose(tx: Tx, day: string, horizon: bigint): Promise<string | null> {
  await tx.$executeRaw`SELECT set_config('statement_timeout', ${String(TIMEOUT_MS)}, true)`
  const [row] = await tx.$queryRaw<{ hash: string }[]>`
    INSERT INTO ledger_closes (day, previous_day, horizon, transactions, entries, sums, hash)
    SELECT ${day}::date, (SELECT day FROM ledger_closes WHERE day = ${day}::date - 1), ${horizon}::bigint, said.*
    FROM digest_ledger_day(${day}::date, ${horizon}::bigint) said
    ON CONFLICT DO NOTHING RETURNING encode(hash, 'hex') AS hash`
  return row?.hash ?? null
}
