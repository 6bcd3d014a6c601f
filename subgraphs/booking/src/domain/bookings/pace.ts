import { type Pace, paceOf as paceBesideSales } from '@karcis/kit/pace'
import type { Db } from '../database.ts'

/** At which pace to do what nobody waits for. */
export const paceOf = (db: Db): Promise<Pace> => paceBesideSales(db, isSelling)

/** Whether anybody has booked anything in the last seconds: ids tell when they were made. */
async function isSelling(db: Db): Promise<boolean> {
  const [row] = await db.$queryRaw<{ selling: boolean | null }[]>`
    SELECT (SELECT id FROM bookings ORDER BY id DESC LIMIT 1) > uuidv7(interval '-5 seconds') AS selling`
  return row?.selling === true
}
