import { transaction } from '@karcis/kit/database'
import { NOTHING } from '../account-management/delete-user.ts'
import { listGuestsToForget, lockAccount, updateAccount } from '../accounts/account-store.ts'
import { recordRightsChange } from '../accounts/rights-changed.ts'
import type { Deps } from '../deps.ts'

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
        await recordRightsChange(tx, await updateAccount(tx, id, { ...NOTHING, deletedAt: new Date() }))
      })
    }
    if (guests.length < BATCH) return
  }
}
