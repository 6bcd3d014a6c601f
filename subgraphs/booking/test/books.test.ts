import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { dropTriggers } from './mutants.ts'
import { CANCEL, PAY } from './operations.ts'

describe('guard bookings_money_agrees', () => {
  it('without it a status can lie about money', async () => {
    await using booking = await startBooking()
    const { id } = await pendingBooking(booking.db, newId(), 1_000)
    const lie = () => booking.db.$executeRaw`UPDATE bookings SET status = 'PAID' WHERE id = ${id}::uuid`
    await expect(lie()).rejects.toThrow(/should have brought 1000, the ledger has 0/)
    await dropTriggers(booking.db, 'bookings.bookings_money_agrees')
    await lie()
    expect(await audit(booking.db)).toEqual([
      'captured 0, live bookings 1000, refunds 0',
      `booking ${id} and its payment disagree`,
    ])
  })
})

describe('any mixture of payments, refunds, cancellings and expiries', () => {
  it.for([1, 7, 1945])('keeps the books (seed %i)', async (seed) => {
    await using booking = await startBooking({ SIGNUP_GRANT_IDR: 20_000 })
    const { db, subgraph, ask } = booking
    const random = mulberry(seed)
    const people = [await booking.buyer(), await booking.buyer(), await booking.buyer()]
    const all = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const buyer = people[Math.floor(random() * people.length)] as Viewer
        const price = Math.floor(random() * 5) * 700
        return { buyer, id: (await pendingBooking(db, buyer.id, price)).id }
      }),
    )
    const steps = Array.from({ length: 240 }, () => {
      const { buyer, id } = all[Math.floor(random() * all.length)] as (typeof all)[number]
      const step = Math.floor(random() * 6)
      if (step < 3) return () => ask(buyer, PAY, { id })
      if (step === 3) return () => ask(buyer, CANCEL, { id })
      if (step === 4) return () => refundInFull(subgraph.deps, id, 'test', { fulfilled: false })
      return async () => {
        await db.$executeRaw`UPDATE bookings SET expires_at = now() WHERE id = ${id}::uuid AND status = 'PENDING'`
        await expireBooking(subgraph.deps, id)
      }
    })
    for (let at = 0; at < steps.length; at += 12)
      await Promise.all(steps.slice(at, at + 12).map((step) => step()))

    const counts = await db.booking.groupBy({ by: ['status'], _count: true })
    expect(new Set(counts.map(({ status }) => status)).size).toBeGreaterThan(3) // the mixture was one
    expect(await audit(db)).toEqual([])
  })
})

/** A small seeded random number generator, so that a failing mixture can be run again. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
