import { transaction } from '@karcis/kit/database'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Booking } from '../bookings/booking.ts'
import { publishChange } from '../bookings/booking-changes.ts'
import { listBookingsOf, lockBookings, touchBookings } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { listLines, listTakings } from '../ledger/dispute-store.ts'
import { insertPosting } from '../ledger/ledger-store.ts'
import { type AccountRef, clearingOf } from '../ledger/postings.ts'
import { chargeBack } from '../refunds/refund-in-full.ts'
import { advance } from './payment-state.ts'
import { findPayment, lockPayment, moveLocked, type Payment } from './payment-store.ts'
import type { Dispute } from './provider.ts'
import { externalProvider } from './providers.ts'
import { settlePayment } from './settle-payment.ts'

/**
 * Asks a payment's provider what became of the dispute about it, and acts on that: while it is open, the money stands apart from what the
 * event has earned, and its tickets admit nobody; what is won comes back to it, what is lost has gone back to the buyer, and the tickets end. Safe to run again.
 * @throws ServiceUnavailable while the provider, or the ticket subgraph, does not answer, or tickets that are to be frozen are still to be issued; Error for what a person has to look at.
 */
export async function settleDispute(deps: Deps, paymentId: string): Promise<void> {
  await settlePayment(deps, paymentId) // it may be that nobody has told of the money yet
  const payment = await findPayment(deps.db, paymentId)
  const dispute = payment && (await externalProvider(deps.providers, payment.provider).dispute?.(payment))
  if (!dispute) return
  const changed = await transaction(deps.db, async (tx) => {
    const bookings = await lockBookings(tx, payment)
    const locked = await lockPayment(tx, paymentId)
    return locked ? act(tx, locked, bookings, dispute) : []
  })
  for (const booking of changed) publishChange(deps, booking)
  await freezeTickets(deps, payment)
}

/**
 * Tickets are frozen as long as their payment is in dispute. Whoever finds that decided meanwhile says so last.
 * @throws ServiceUnavailable while tickets are still to be issued: those would not be frozen.
 */
async function freezeTickets({ db, tickets }: Deps, payment: Payment): Promise<void> {
  const isDisputed = async () => (await findPayment(db, payment.id))?.status === 'DISPUTED'
  let frozen = await isDisputed()
  for (;;) {
    const bookings = await listBookingsOf(db, payment) // before they are frozen: what is fulfilled has its tickets
    for (const { id } of bookings) await tickets.freeze(id, frozen)
    const now = await isDisputed()
    if (now === frozen) {
      if (frozen && bookings.some(({ status, fulfilled }) => status === 'PAID' && !fulfilled))
        throw new ServiceUnavailable('Tickets whose payment is in dispute are still to be issued.')
      return
    }
    frozen = now
  }
}

async function act(
  tx: Tx,
  found: Payment,
  bookings: readonly Booking[],
  dispute: Dispute,
): Promise<Booking[]> {
  let payment = found
  const isPaid = payment.status === 'PAID' || payment.status === 'PARTIALLY_REFUNDED'
  if (isPaid && dispute.status !== 'WON') {
    if (payment.topUpUserId !== null || dispute.amount !== payment.capturedAmount - payment.refundedAmount)
      throw new Error(`dispute ${dispute.id} of payment ${payment.id} is not of what bookings have of it`)
    for (const booking of bookings) await freeze(tx, payment, booking, dispute)
    payment = await moveOn(tx, payment, 'DISPUTED')
  }
  if (payment.status !== 'DISPUTED') return []
  if (dispute.status === 'OPEN') return touchBookings(tx, bookings)
  await moveOn(tx, payment, dispute.status === 'WON' ? 'DISPUTE_WON' : 'DISPUTE_LOST')
  const changed: Booking[] = []
  for (const booking of bookings) {
    await decide(tx, payment, booking, dispute)
    const lost = dispute.status === 'LOST' ? await chargeBack(tx, booking) : null
    changed.push(lost ?? booking)
  }
  return touchBookings(tx, changed)
}

async function moveOn(
  tx: Tx,
  payment: Payment,
  type: 'DISPUTED' | 'DISPUTE_WON' | 'DISPUTE_LOST',
): Promise<Payment> {
  const next = advance(payment, { type })
  await moveLocked(tx, payment, next)
  return { ...payment, ...next }
}

const referenceOf = (dispute: Dispute, booking: Booking): string => `dispute:${dispute.id}:${booking.id}`
const disputedOf = ({ eventId }: Booking): AccountRef => ({ kind: 'DISPUTED', ownerId: eventId })

/** What a booking has brought stands apart. */
async function freeze(tx: Tx, { currency }: Payment, booking: Booking, dispute: Dispute): Promise<void> {
  const takings = await listTakings(tx, booking.id)
  const amount = takings.reduce((sum, line) => sum + line.amount, 0)
  if (amount === 0) return
  await insertPosting(tx, {
    kind: 'DISPUTE',
    reference: referenceOf(dispute, booking),
    bookingId: booking.id,
    currency,
    lines: [
      ...takings.map((line) => ({ ...line, amount: -line.amount })),
      { account: disputedOf(booking), amount },
    ],
  })
}

/** What stood apart goes back to whom it was of, or to the buyer's bank. */
async function decide(
  tx: Tx,
  { currency, provider }: Payment,
  booking: Booking,
  dispute: Dispute,
): Promise<void> {
  const reference = referenceOf(dispute, booking)
  const frozen = await listLines(tx, reference)
  const amount = frozen.find(({ account }) => account.kind === 'DISPUTED')?.amount ?? 0
  if (amount === 0) return
  const isWon = dispute.status === 'WON'
  await insertPosting(tx, {
    kind: isWon ? 'DISPUTE_WON' : 'DISPUTE_LOST',
    reference: `${reference}:decided`,
    bookingId: booking.id,
    currency,
    lines: isWon
      ? frozen.map((line) => ({ ...line, amount: -line.amount }))
      : [
          { account: disputedOf(booking), amount: -amount },
          { account: clearingOf(provider), amount },
        ],
  })
}
