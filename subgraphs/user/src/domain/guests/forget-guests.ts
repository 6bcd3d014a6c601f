import { transaction } from '@karcis/kit/database'
import { listGuestsToForget, lockAccount, mayGuestPay } from '../accounts/account-store.ts'
import type { Deps } from '../deps.ts'
import { eraseGuest } from './erase-guest.ts'

const BATCH = 100

/** Erases guests who came so many days ago and have bought nothing, each in a transaction of its own. A closing process leaves the rest to the next time. */
export async function forgetGuests(
  { db }: Pick<Deps, 'db'>,
  days: number,
  closing?: AbortSignal,
): Promise<void> {
  for (;;) {
    const guests = await listGuestsToForget(db, days, BATCH)
    for (const { id } of guests) {
      if (closing?.aborted) return
      await transaction(db, async (tx) => {
        const guest = await lockAccount(tx, id)
        if (guest?.role !== 'GUEST' || guest.guestBoughtAt) return // bought something at this moment
        if (await mayGuestPay(tx, id)) return // or booked it
        await eraseGuest(tx, id) // whose sessions are long over: there is nothing to tell routers at once
      })
    }
    if (guests.length < BATCH) return
  }
}
