import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../database.ts'

/** How work is done of which there is very much and for which nobody waits: in pieces, each followed by a rest. */
export interface Pace {
  /** Bookings, or invoices, of one piece, which is one transaction: for so long the event loop and a processor of Postgres are busy with it. */
  piece: number
  /** As many times as long as the piece took. On a machine that is busy it takes longer, and so does its rest. */
  rest: number
}

/** Nobody waits for processors and disk. */
const ALONE: Pace = { piece: 100, rest: 0.05 }

/** Processors and disk are for those who buy meanwhile. */
const BESIDE_SALES: Pace = { piece: 25, rest: 1 }
/** For each other session that Postgres is at work for, or that has a transaction open: these are what a sale would wait behind. */
const REST_PER_SESSION = 1
const LONGEST_REST = 5

/**
 * At which pace to go on: by whether anybody has booked anything in the last seconds (ids tell when they were made), and if so by how many others
 * Postgres serves at this moment, those who wait for their turn in a process included.
 */
export async function paceOf(db: Db): Promise<Pace> {
  const [row] = await db.$queryRaw<{ selling: boolean; others: number }[]>`
    SELECT (SELECT id FROM bookings ORDER BY id DESC LIMIT 1) > uuidv7(interval '-5 seconds') AS selling,
      (SELECT count(*) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid())::int AS others`
  if (!row?.selling) return ALONE
  const { piece, rest } = BESIDE_SALES
  return { piece, rest: Math.min(LONGEST_REST, rest + REST_PER_SESSION * row.others) }
}

/** @param ms how long the piece took. */
export const restAfter = ({ rest }: Pace, ms: number): Promise<void> => sleep(ms * rest)
