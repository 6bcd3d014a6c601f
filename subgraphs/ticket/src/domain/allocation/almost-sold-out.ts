import { transaction } from '@karcis/kit/database'
import { recordEvents } from '@karcis/kit/events'
import type { Db } from '../database.ts'
import { insertAlmostSoldOut } from '../inventory/stock-store.ts'

/** How many events one run tells of. */
const BATCH = 100

/**
 * Tells of events of which, for the first time, a tenth at most of all places is left: once each, in the transaction that notes it. Looked for now and then, so that
 * no sale has to.
 */
export async function tellOfAlmostSoldOut({ db }: { db: Db }): Promise<void> {
  let told: number
  do {
    told = await transaction(db, async (tx) => {
      const events = await insertAlmostSoldOut(tx, BATCH)
      await recordEvents(
        tx,
        events.map((payload) => ({
          type: 'ticket.almost-sold-out',
          aggregateId: payload.eventId,
          payload,
          consumers: ['user'],
        })),
      )
      return events.length
    })
  } while (told === BATCH)
}
