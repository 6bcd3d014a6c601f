import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../database.ts'

/** How work is done of which there is very much and for which nobody waits: in pieces, each followed by a rest of so many times as long as it took. */
export interface Pace {
  rest: number
}

/** Processors and disk are for those who buy meanwhile. */
const BESIDE_SALES: Pace = { rest: 3 }
const ALONE: Pace = { rest: 0.05 }

/** At which pace to go on: by whether anybody has booked anything in the last seconds. Ids tell when they were made. */
export async function paceOf(db: Db): Promise<Pace> {
  const [row] = await db.$queryRaw<{ selling: boolean }[]>`
    SELECT (SELECT id FROM bookings ORDER BY id DESC LIMIT 1) > uuidv7(interval '-5 seconds') AS selling`
  return row?.selling ? BESIDE_SALES : ALONE
}

/** @param ms how long the piece took. */
export const restAfter = ({ rest }: Pace, ms: number): Promise<void> => sleep(ms * rest)
