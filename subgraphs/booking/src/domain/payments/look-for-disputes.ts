import { transaction } from '@karcis/kit/database'
import { enqueueMany } from '../bookings/booking-changes.ts'
import type { Deps } from '../deps.ts'
import { findDisputeLook, listDisputed, updateDisputeLook } from './dispute-look-store.ts'
import { SETTLE_DISPUTE } from './payment-jobs.ts'
import { findPaymentIds } from './payment-store.ts'
import { PAYMENT_METHODS } from './providers.ts'

/**
 * Asks providers which payments were disputed since the last look, and what became of those that are in dispute: a notification that was lost is missed by nobody.
 * It comes to the same job as the notification does. Safe to run again, and at the same time elsewhere.
 * @throws ServiceUnavailable while a provider does not answer: the next look begins where this one did.
 */
export async function lookForDisputes({ db, providers }: Deps): Promise<void> {
  for (const method of PAYMENT_METHODS) {
    const provider = providers[method]
    if (provider?.kind !== 'EXTERNAL' || !provider.disputedSince) continue
    const { since, now } = await findDisputeLook(db, method)
    const references = await provider.disputedSince(since)
    const ids = new Set([
      ...(await findPaymentIds(db, method, references)),
      ...(await listDisputed(db, method)),
    ])
    await transaction(db, async (tx) => {
      if (ids.size > 0) await enqueueMany(tx, SETTLE_DISPUTE.name, 'paymentId', [...ids])
      await updateDisputeLook(tx, method, now)
    })
  }
}
