import { newId } from '@karcis/kit/ids'
import { importMutant } from '@karcis/testkit/code-mutants'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { describe, expect, it } from 'vitest'
import type * as SettlePayment from '../src/domain/payments/settle-payment.ts'
import { settlePayment } from '../src/domain/payments/settle-payment.ts'
import { startBooking } from './booking-process.ts'
import { pileUp } from './mutants.ts'
import { providerKit } from './provider-kits.ts'
import {
  becomes,
  bookProblems,
  isLookedAt,
  paidUnheard,
  PRICE,
  refundsOf,
  runOut,
  started,
  startShop,
} from './provider-shop.ts'

// Counterexamples of docs/model/sale.pml that have to do with an outside provider, replayed; docs/model/README.md names them all.

const openShop = () => startShop(providerKit('STRIPE'), (settings) => startBooking(settings))

describe('two runs that are told of the same money at the same moment', () => {
  /** @returns how much went back, by the provider's own books, of what a booking that is PAID has been paid by. */
  async function settledTwice(guarded: boolean): Promise<number> {
    await using shop = await openShop()
    const { booking, standIn } = shop
    const { deps } = booking.subgraph
    const { buyer, id, order } = await paidUnheard(shop)
    const mutant = await importMutant<typeof SettlePayment>(
      new URL('../src/domain/payments/settle-payment.ts', import.meta.url),
      [['const payment = await lockPayment(tx, known.id)', 'const payment: Payment | null = known']],
    )
    const settle = guarded ? settlePayment : mutant.settlePayment
    const atOnce = () =>
      pileUp(booking.db, 'bookings', 2, () => Promise.all([settle(deps, order), settle(deps, order)]))
    // The row is compared with what was read once more when it is written: without the lock that is in the way, too.
    if (guarded) await atOnce()
    else await withMutant(deps, [' AND refunded_amount = ', ' IS NOT NULL AND 0 <= '], atOnce)
    expect(await booking.db.booking.findUnique({ where: { id } })).toMatchObject({ status: 'PAID' })
    if (guarded) {
      await becomes(booking, buyer, id, 'PAID', 'PAID')
      expect(await bookProblems(shop)).toEqual([])
    } else await eventually(async () => expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE' }]))
    return Number(standIn.ledger()[0]?.refunded)
  }

  it('take it once', async () => {
    expect(await settledTwice(true)).toBe(0)
  })

  it('without the guard (the payment, looked at under its lock) give it back to a buyer who keeps the places', async () => {
    expect(await settledTwice(false)).toBe(PRICE)
  })
})

describe('money that comes when an event was called off, and all that was paid for it went back', () => {
  async function tooLate(guarded: boolean) {
    await using shop = await openShop()
    const { booking } = shop
    const { db, subgraph } = booking
    const { id, order } = await started(shop)
    await isLookedAt(shop, order)
    const { eventId = '' } = (await db.booking.findUnique({ where: { id } })) ?? {}
    shop.arm({ kind: 'lose', times: 9 })
    await db.$executeRaw`INSERT INTO event_copies VALUES (${eventId}::uuid, ${newId()}::uuid, 'CANCELLED', now(), 1)`
    await db.$executeRaw`INSERT INTO event_refunds (event_id, reason, status) VALUES (${eventId}::uuid, 'Rain.', 'DONE')`
    await runOut(booking, id)
    shop.pay(order)
    await shop.standIn.quiet()
    const settle = () => settlePayment(subgraph.deps, order)
    const guard = [
      'event_copies.event_id = bookings.event_id AND payable_until <= clock_timestamp()',
      'false',
    ] as const
    await (guarded ? settle() : withMutant(subgraph.deps, guard, settle))
    return (await db.booking.findUnique({ where: { id } }))?.status
  }

  it('goes back as well', async () => {
    expect(await tooLate(true)).not.toBe('PAID')
  })

  it('without the guard (payable_until, of moveToPaidLate) pays for a booking that nobody refunds any more', async () => {
    expect(await tooLate(false)).toBe('PAID')
  })
})
