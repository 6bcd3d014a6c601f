import { transaction } from '@karcis/kit/database'
import { recordEvent } from '@karcis/kit/events'
import type { Deps } from '../deps.ts'
import { countHanging } from './refund-store.ts'

/** Tells, once a day, of refunds that a provider should have made long ago. Nobody is told the same twice: the day is what they are told of. */
export async function tellOfHangingRefunds({ db }: Pick<Deps, 'db'>): Promise<void> {
  await transaction(db, async (tx) => {
    const { day, count } = await countHanging(tx)
    if (count === 0) return
    await recordEvent(tx, {
      type: 'booking.refunds-hanging',
      aggregateId: 'refunds-hanging',
      payload: { day, count },
      consumers: ['user'],
    })
  })
}
