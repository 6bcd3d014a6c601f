import type { IncomingHttpHeaders } from 'node:http'
import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { enqueue } from '@karcis/kit/jobs'
import type { Deps } from '../deps.ts'
import { SETTLE_DISPUTE, SETTLE_PAYMENT } from './payment-jobs.ts'
import { findPaymentId, insertNotification } from './payment-store.ts'
import type { Notification } from './provider.ts'
import type { PaymentMethod } from './providers.ts'

/**
 * Takes in what a provider has sent to its webhook: written down, and the job that asks the provider how the payment stands, in one
 * transaction. What came before is passed over.
 * @param body byte for byte as it came.
 * @returns whether it was taken in now.
 * @throws Unauthenticated for what the provider has not signed; NotFound for a provider that is not offered; BadUserInput.
 */
export async function takeNotification(
  { db, providers }: Deps,
  method: PaymentMethod,
  body: Buffer,
  headers: IncomingHttpHeaders,
): Promise<{ taken: boolean }> {
  const provider = providers[method]
  if (provider?.kind !== 'EXTERNAL') throw new NotFound('webhook', method)
  const notification = provider.readNotification(body, headers)
  if (!notification) return { taken: false }
  const paymentId = await idOf(db, method, notification)
  if (paymentId === null) return { taken: false }
  const job = notification.about === 'DISPUTE' ? SETTLE_DISPUTE : SETTLE_PAYMENT
  const taken = await transaction(db, async (tx) => {
    if (!(await insertNotification(tx, method, { eventId: notification.eventId, paymentId }, body)))
      return false
    await enqueue(tx, job, { paymentId }, { key: `${job.name}:${paymentId}` })
    return true
  })
  await faultPoint('take-notification/written')
  return { taken }
}

/** Our own id of the payment that a notification is about; null where it is about nothing of ours. */
const idOf = async (
  db: Deps['db'],
  method: PaymentMethod,
  { payment }: Notification,
): Promise<string | null> => ('id' in payment ? payment.id : findPaymentId(db, method, payment.reference))
