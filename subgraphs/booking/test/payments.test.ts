import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { findBooking } from '../src/domain/bookings/booking-store.ts'
import { balanceOf, type BookingProcess, startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { PAY } from './operations.ts'

// Money alone: the ticket subgraph is away all the time, so what is paid waits for its tickets.

describe('paying out of the wallet', () => {
  it('moves the money, once, and tells what is missing', async () => {
    await using booking = await startBooking({ SIGNUP_GRANT_IDR: 500_000 })
    const buyer = await booking.buyer()
    const first = await pendingBooking(booking.db, buyer.id, 450_000)
    const second = await pendingBooking(booking.db, buyer.id, 100_000)

    const paid = await booking.ask(buyer, PAY, { id: first.id })
    expect(paid.errors).toEqual([])
    expect(paid.data.confirmPayment).toMatchObject({
      status: 'PAID',
      tickets: [],
      payment: { method: 'WALLET', status: 'PAID', amount: 450_000, currency: 'IDR' },
    })
    expect(await balanceOf(booking, buyer)).toBe(50_000)

    const again = await booking.ask(buyer, PAY, { id: first.id })
    expect(again.code).toBe('BOOKING_NOT_PAYABLE')
    expect(again.errors[0]?.extensions).toMatchObject({ status: 'PAID' })

    const poor = await booking.ask(buyer, PAY, { id: second.id })
    expect(poor.data).toEqual({ confirmPayment: null })
    expect(poor.errors[0]?.extensions).toEqual({
      code: 'INSUFFICIENT_BALANCE',
      balance: 50_000,
      required: 100_000,
      currency: 'IDR',
    })
    expect((await findBooking(booking.db, second.id))?.status).toBe('PENDING')
    expect(await audit(booking.db)).toEqual([])
  })

  it('is for the buyer, of a booking that there is, in the currency of the wallet', async () => {
    await using booking = await startBooking()
    const buyer = await booking.buyer()
    const dollars = await pendingBooking(booking.db, buyer.id, 1_250, { currency: 'USD' })
    const code = async (viewer: Viewer | null, id: string) => (await booking.ask(viewer, PAY, { id })).code
    expect(await code(null, dollars.id)).toBe('UNAUTHENTICATED')
    expect(await code(person(), dollars.id)).toBe('FORBIDDEN')
    expect(await code(person({ role: 'ADMIN' }), dollars.id)).toBe('FORBIDDEN')
    expect(await code(buyer, newId())).toBe('NOT_FOUND')
    expect(await code(buyer, 'nonsense')).toBe('BAD_USER_INPUT')
    const declined = await booking.ask(buyer, PAY, { id: dollars.id })
    expect(declined.errors[0]?.extensions).toEqual({
      code: 'PAYMENT_DECLINED',
      currency: 'USD',
      walletCurrency: 'IDR',
    })
  })

  it('is exact far beyond 32 bits, and works from an empty wallet up', async () => {
    const rich = 9_007_199_254_740_991
    await using booking = await startBooking({ SIGNUP_GRANT_IDR: rich })
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, rich - 1)
    const { data } = await booking.ask(buyer, PAY, { id })
    expect(data.confirmPayment).toMatchObject({ totalPrice: rich - 1, payment: { amount: rich - 1 } })
    expect(await balanceOf(booking, buyer)).toBe(1)

    await using stingy = await startBooking({ SIGNUP_GRANT_IDR: 0 })
    expect(await balanceOf(stingy, buyer)).toBe(0) // its wallet opens at the first look
    const { id: unpaid } = await pendingBooking(stingy.db, buyer.id, 1)
    expect((await stingy.ask(buyer, PAY, { id: unpaid })).errors[0]?.extensions).toMatchObject({
      balance: 0,
      required: 1,
    })
  })

  it('of nothing moves nothing', async () => {
    await using booking = await startBooking()
    const buyer = person()
    const free = await pendingBooking(booking.db, buyer.id, 0, { currency: 'USD' })
    const { data } = await booking.ask(buyer, PAY, { id: free.id })
    expect(data.confirmPayment).toMatchObject({ status: 'PAID', payment: { amount: 0 } })
    expect(await booking.db.ledgerEntry.count()).toBe(0)
  })

  it('is refused once the time is past, before any job has written so', async () => {
    await using booking = await startBooking()
    const buyer = await booking.buyer()
    const late = await pendingBooking(booking.db, buyer.id, 1_000)
    await booking.db.$executeRaw`UPDATE bookings SET expires_at = now() WHERE id = ${late.id}::uuid`
    const answer = await booking.ask(buyer, PAY, { id: late.id })
    expect(answer.errors[0]?.extensions).toEqual({ code: 'BOOKING_NOT_PAYABLE', status: 'EXPIRED' })
    const { data } = await booking.ask(buyer, '{ myBookings(status: EXPIRED) { totalCount } }')
    expect(data.myBookings.totalCount).toBe(1)
  })
})

describe('guard ledger_accounts_balance_check: fifty payments at once for the price of ten', () => {
  async function fiftyPayments(booking: BookingProcess): Promise<string[]> {
    const buyer = await booking.buyer()
    await balanceOf(booking, buyer)
    const bookings = await Promise.all(
      Array.from({ length: 50 }, () => pendingBooking(booking.db, buyer.id, 100_000)),
    )
    const answers = await parallel(50, (n) => booking.ask(buyer, PAY, { id: bookings[n]?.id }))
    return answers.map((answer) => (answer.status === 'fulfilled' ? (answer.value.code ?? 'PAID') : 'FAILED'))
  }
  const tally = (outcomes: string[], outcome: string) => outcomes.filter((one) => one === outcome).length

  it('without it the wallet goes below zero', async () => {
    await using booking = await startBooking()
    await booking.db.$executeRawUnsafe(
      'ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_balance_check',
    )
    expect(tally(await fiftyPayments(booking), 'PAID')).toBeGreaterThan(10)
    expect(await audit(booking.db)).toContainEqual(expect.stringMatching(/a wallet says -/))
  })

  it('with it ten are paid, forty are told that the balance does not suffice', async () => {
    await using booking = await startBooking()
    const outcomes = await fiftyPayments(booking)
    expect(tally(outcomes, 'PAID')).toBe(10)
    expect(tally(outcomes, 'INSUFFICIENT_BALANCE')).toBe(40)
    expect(await audit(booking.db)).toEqual([])
  })
})

describe('guard idempotency_keys_pkey: the same payment sent fifty times', () => {
  it('is one payment and fifty equal answers', async () => {
    await using booking = await startBooking()
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, 100_000)
    const answers = await parallel(50, () => booking.ask(buyer, PAY, { id, key: 'once' }))
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 'fulfilled',
        value: { errors: [], data: { confirmPayment: { id, status: 'PAID' } } },
      })
    }
    expect(await balanceOf(booking, buyer)).toBe(900_000)
    const other = await pendingBooking(booking.db, buyer.id, 100_000)
    expect((await booking.ask(buyer, PAY, { id: other.id, key: 'once' })).code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  it('without it, and without a look whether the same was paid, all but one are told that there is nothing to pay', async () => {
    await using booking = await startBooking()
    await booking.db.$executeRawUnsafe('ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey')
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, 100_000)
    const look = ['AS "isOwn"', 'AND false AS "isOwn"'] as const
    const answers = await withMutant(booking.subgraph.deps, look, () =>
      parallel(50, () => booking.ask(buyer, PAY, { id, key: 'once' })),
    )
    const paid = answers.filter((answer) => answer.status === 'fulfilled' && answer.value.errors.length === 0)
    expect(paid).toHaveLength(1)
  })

  it('that failed may be tried again with its key', async () => {
    await using booking = await startBooking({ SIGNUP_GRANT_IDR: 10 })
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, 100)
    expect((await booking.ask(buyer, PAY, { id, key: 'k' })).code).toBe('INSUFFICIENT_BALANCE')
    expect((await booking.ask(buyer, PAY, { id, key: 'k' })).code).toBe('INSUFFICIENT_BALANCE')
  })
})
