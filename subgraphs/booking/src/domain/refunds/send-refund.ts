import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { enqueue } from '@karcis/kit/jobs'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { insertPosting } from '../ledger/ledger-store.ts'
import { BANK, clearingOf, refundSentPosting } from '../ledger/postings.ts'
import { findManualClearing } from '../manual/manual-store.ts'
import { SETTLE_PAYMENT } from '../payments/payment-jobs.ts'
import { findPayment, listOverduePayments, type Payment } from '../payments/payment-store.ts'
import { RefundImpossible } from '../payments/provider.ts'
import { externalProvider } from '../payments/providers.ts'
import { enqueueRefundTickets, listQuietEnding } from './booking-refund-store.ts'
import {
  enqueueRefund,
  findPendingRefund,
  listQuietRefunds,
  moveRefundToDone,
  updateByHand,
  updateRefundFailed,
} from './refund-store.ts'

/** How many of each kind one sweep takes. */
const SWEEP_LIMIT = 200
/** A refund that nobody has tried for so long has lost its job. */
const QUIET_SECONDS = 3_600
/** A refund whose tickets were to end so long ago is most likely in nobody's hands. */
const QUIET_ENDING_SECONDS = 30
/** By then a payment whose time is over has been looked at, unless its job was lost. */
const OVERDUE_SECONDS = 600

/**
 * Has a provider give money back, by the refund's own id: however often it is tried, it goes back once. Then what was due in the
 * ledger is cleared. What no provider can give back waits for a person. Safe to run again, and at the same time elsewhere.
 * @throws ServiceUnavailable, RefundFailed: noted on the refund, and tried again by the job.
 */
export async function sendRefund(deps: Deps, refundId: string): Promise<void> {
  const { db } = deps
  const refund = await findPendingRefund(db, refundId)
  if (!refund) return
  const payment = await findPayment(db, refund.paymentId)
  if (!payment) throw new Error(`refund ${refundId} is of no payment`)
  try {
    const provider = externalProvider(deps.providers, payment.provider)
    await provider.refund(payment, { key: refund.id, amount: refund.amount })
    await faultPoint('send-refund/sent')
  } catch (error) {
    if (error instanceof RefundImpossible)
      return transaction(db, (tx) => updateByHand(tx, refundId, error.message))
    await transaction(db, (tx) => updateRefundFailed(tx, refundId, (error as Error).message))
    throw error
  }
  await transaction(db, (tx) => settleRefund(tx, payment, refund, 'BY_PROVIDER'))
  await faultPoint('send-refund/noted')
}

/** Notes, once, that money has gone back, and clears what was due: out of what its provider or the organizer holds, or out of our bank. */
export async function settleRefund(
  tx: Tx,
  payment: Payment,
  { id, amount }: { id: string; amount: number },
  how: 'BY_PROVIDER' | 'BY_HAND',
): Promise<void> {
  if (!(await moveRefundToDone(tx, id))) return
  const ofOutside = how === 'BY_HAND' ? BANK : clearingOf(payment.provider)
  const heldBy = payment.provider === 'MANUAL' ? await findManualClearing(tx, payment) : ofOutside
  await insertPosting(tx, refundSentPosting(payment, id, amount, heldBy))
}

/** Finds what jobs have left undone: refunds that nobody tries, those whose tickets are still to end, and payments past their time that nobody asks about. */
export async function sweepPayments({ db }: Deps): Promise<void> {
  for (const id of await listQuietRefunds(db, QUIET_SECONDS, SWEEP_LIMIT))
    await transaction(db, (tx) => enqueueRefund(tx, id))
  for (const id of await listQuietEnding(db, QUIET_ENDING_SECONDS, SWEEP_LIMIT))
    await transaction(db, (tx) => enqueueRefundTickets(tx, id))
  for (const paymentId of await listOverduePayments(db, OVERDUE_SECONDS, SWEEP_LIMIT)) {
    const key = `${SETTLE_PAYMENT.name}:${paymentId}`
    await transaction(db, (tx) => enqueue(tx, SETTLE_PAYMENT, { paymentId }, { key }))
  }
}
