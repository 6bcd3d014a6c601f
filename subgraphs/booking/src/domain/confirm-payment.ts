import { Forbidden, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { type Booking, mayManage } from './booking.ts'
import { findBooking } from './booking-reads.ts'
import { insertPayment, moveToPaid } from './booking-writes.ts'
import { type Deps, transaction, type Tx } from './deps.ts'
import { BookingNotPayable, InsufficientBalance, WrongCurrency } from './errors.ts'
import { claimKey } from './idempotency.ts'
import { idempotencyKeySchema } from './input.ts'
import { issueTickets } from './issue-tickets.ts'
import { WALLET_CURRENCY, walletPaymentPosting } from './ledger/postings.ts'
import { Overdrawn, post } from './ledger/store.ts'
import { publishChange, recordStatus } from './news.ts'
import { findWallets, openWallet } from './wallet.ts'

const confirmPaymentInput = z.object({
  method: z.enum(['WALLET']),
  idempotencyKey: idempotencyKeySchema.nullish(),
})

/**
 * Pays a booking out of its buyer's wallet: money, status, news and the job that issues the tickets are one
 * transaction. The tickets are then issued at once; if that fails, or this process dies, the job does it.
 * @throws NotFound, Forbidden, BookingNotPayable, InsufficientBalance, WrongCurrency, IdempotencyKeyReused.
 */
export async function confirmPayment(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  rawInput: unknown,
): Promise<Booking> {
  const id = parseInput(idSchema, rawId, 'id')
  const { method, idempotencyKey } = parseInput(confirmPaymentInput, rawInput)
  const booking = await payableBooking(deps, viewer, id)

  const paid = await transaction(deps, async (tx) => {
    if (idempotencyKey != null) {
      // In the payment's own transaction: a key that is taken is a payment that was made.
      const attempt = { userId: viewer.id, operation: 'confirmPayment', key: idempotencyKey } as const
      const { first } = await claimKey(tx, { ...attempt, input: [id, method], resultId: id })
      if (!first) return null
    }
    return pay(tx, deps, booking)
  }).catch(async (error: unknown) => {
    throw error instanceof Overdrawn ? await insufficient(deps, booking) : error
  })
  if (paid) {
    publishChange(deps, paid)
    await issueNow(deps, id)
  }
  return (await findBooking(deps.db, id)) ?? booking
}

/** The booking, if the viewer may pay it; whether it can still be paid is decided by the payment itself. */
async function payableBooking(deps: Deps, viewer: Viewer, id: string): Promise<Booking> {
  const booking = await findBooking(deps.db, id)
  if (!booking) throw new NotFound('booking', id)
  if (booking.userId !== viewer.id) {
    throw new Forbidden(
      mayManage(viewer, booking) ? 'A booking is paid by its buyer.' : 'This is not your booking.',
    )
  }
  return booking
}

async function pay(tx: Tx, deps: Deps, { id, userId, currency, totalPrice }: Booking): Promise<Booking> {
  const paid = await moveToPaid(tx, id)
  if (!paid) throw new BookingNotPayable((await findBooking(tx, id))?.status ?? 'EXPIRED')
  if (totalPrice > 0) {
    if (currency !== WALLET_CURRENCY) throw new WrongCurrency(currency, WALLET_CURRENCY)
    await openWallet(tx, userId, deps.settings.SIGNUP_GRANT_IDR)
    if (!(await post(tx, walletPaymentPosting(paid)))) throw new Error(`booking ${id} has a payment already`)
  }
  await insertPayment(tx, paid, 'WALLET')
  await recordStatus(tx, paid)
  return paid
}

async function insufficient({ db, settings }: Deps, booking: Booking): Promise<InsufficientBalance> {
  const wallet = (await findWallets(db, [booking.userId])).get(booking.userId)
  const balance = wallet?.balance ?? settings.SIGNUP_GRANT_IDR // not opened: what it would have been opened with
  return new InsufficientBalance(balance, booking.totalPrice, booking.currency)
}

async function issueNow(deps: Deps, id: string): Promise<void> {
  try {
    await issueTickets(deps, id)
  } catch (error) {
    deps.log.warn({ err: error, bookingId: id }, 'paid; the tickets are left to the job')
  }
}
