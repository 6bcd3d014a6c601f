import { setTimeout as sleep } from 'node:timers/promises'
import type { RawSql } from './database.ts'

/** How work is done of which there is very much and for which nobody waits: in pieces, each followed by a rest. */
export interface Pace {
  /** Bookings, invoices or people of one piece, which is one transaction: for so long the event loop and a processor of Postgres are busy with it. */
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
 * At which pace to go on: by whether anybody buys, and if so by how many others Postgres serves at this moment, of whichever database, those who wait for their
 * turn in a process included. These are counted by what each transaction locks, its own number, which every role may see; what a session of another role does is not shown to ours.
 * @param isSelling whether anybody has bought anything in the last seconds, as far as this database knows.
 */
export async function paceOf<Db extends Pick<RawSql, '$queryRaw'>>(
  db: Db,
  isSelling: (db: Db) => Promise<boolean>,
): Promise<Pace> {
  if (!(await isSelling(db))) return ALONE
  const [row] = await db.$queryRaw<{ others: number }[]>`
    SELECT count(DISTINCT pid)::int AS others FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'virtualxid' AND usesysid IS NOT NULL AND pid <> pg_backend_pid()`
  const { piece, rest } = BESIDE_SALES
  return { piece, rest: Math.min(LONGEST_REST, rest + REST_PER_SESSION * (row?.others ?? 0)) }
}

/** @param ms how long the piece took. @param closing ends the rest. */
export const restAfter = ({ rest }: Pace, ms: number, closing?: AbortSignal): Promise<void> =>
  sleep(ms * rest, undefined, closing && { signal: closing }).catch(() => undefined)

/** Turns of those in a process who have very much to do: one does a piece at a time, and nobody while it rests from that. */
export interface PacedTurns {
  /** Does a piece once those are done that came before, and has whoever comes next wait for the rest. @param work is given how large a piece may be. */
  take<T>(work: (piece: number) => Promise<T>): Promise<T>
  /** Nobody rests any more: the process ends. */
  close(): void
}

/** @param pace asked before each piece. */
export function createPacedTurns(pace: () => Promise<Pace>): PacedTurns {
  const closing = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  return {
    take(work) {
      const turn = last.then(async () => {
        const now = await pace()
        const began = performance.now()
        return { done: await work(now.piece), now, ms: performance.now() - began }
      })
      last = turn.then(
        ({ now, ms }) => restAfter(now, ms, closing.signal),
        () => undefined, // whoever it was tries again in their own time
      )
      return turn.then(({ done }) => done)
    },
    close: () => closing.abort(),
  }
}
