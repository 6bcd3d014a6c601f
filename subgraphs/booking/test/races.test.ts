import { newId } from '@karcis/kit/ids'
import { eventually } from '@karcis/testkit/eventually'
import { mutantOf } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { dropTriggers, pileUp } from './mutants.ts'
import { CANCEL, PAY } from './operations.ts'

/** As the store has it: whether a PENDING booking can still be paid. */
const inTime = (is: '>' | '<=') => `status = 'PENDING' AND least(bookings.expires_at,
  (SELECT payable_until FROM event_copies WHERE event_copies.event_id = bookings.event_id),
  CASE WHEN bookings.checkout_id IS NOT NULL THEN (SELECT min(least(other.expires_at, event.payable_until))
    FROM bookings other LEFT JOIN event_copies event ON event.event_id = other.event_id
    WHERE other.checkout_id = bookings.checkout_id) END) ${is} clock_timestamp()`

describe('paying, expiring and cancelling at the same moment', () => {
  const CONDITIONS = [` AND ${inTime('>')}`, ` AND ${inTime('<=')}`]
  const TRIGGERS = [
    'bookings.bookings_status_moves',
    'bookings.bookings_money_agrees',
    'ledger_entries.ledger_entries_money_agrees',
  ]

  /** All three at once for each of twelve bookings, just as their time runs out. Gives what an auditor finds. */
  async function race(guards: { conditions: boolean; triggers: boolean }): Promise<string[]> {
    await using booking = await startBooking()
    const { db, subgraph, ask } = booking
    const buyer = await booking.buyer()
    if (!guards.triggers) await dropTriggers(db, ...TRIGGERS)
    if (!guards.conditions) {
      for (const condition of CONDITIONS) subgraph.deps.db = mutantOf(subgraph.deps.db, condition).db
    }
    const bookings = await Promise.all(Array.from({ length: 12 }, () => pendingBooking(db, buyer.id, 1_000)))
    const everything = () =>
      parallel(36, async (n) => {
        const { id } = bookings[Math.floor(n / 3)] as (typeof bookings)[number]
        if (n % 3 === 0) await ask(buyer, CANCEL, { id })
        else if (n % 3 === 1) await ask(buyer, PAY, { id })
        else await expireBooking(subgraph.deps, id)
      })
    await pileUp(
      db,
      'bookings',
      6,
      everything,
      (tx) =>
        // The first of them are past their time already, the last have a few milliseconds left.
        tx.$executeRaw`UPDATE bookings SET expires_at = clock_timestamp() + due.n * interval '4 ms' - interval '10 ms'
        FROM (SELECT id, row_number() OVER () AS n FROM bookings) AS due WHERE due.id = bookings.id`,
    )
    const findings = await audit(db)
    // Where only triggers guard, the sweep may expire what is expired: that moves nothing, and is told twice.
    const moved = await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM kit.outbox
      WHERE type = 'booking.changed' GROUP BY aggregate_id
      HAVING count(DISTINCT payload->>'status') > 1 OR (count(*) > 1 AND ${guards.conditions})`
    if (moved.length > 0) findings.push('a booking left PENDING more than once')
    return findings
  }

  it('without guards (the conditions of the UPDATEs, the triggers) more than one wins', async () => {
    const findings = await race({ conditions: false, triggers: false })
    expect(findings).toContain('a booking left PENDING more than once')
  })

  it.for([
    { guard: 'the conditions of the UPDATEs alone', conditions: true, triggers: false },
    {
      guard: 'the triggers alone (bookings_status_moves, bookings_money_agrees)',
      conditions: false,
      triggers: true,
    },
    { guard: 'both', conditions: true, triggers: true },
  ])('with $guard exactly one wins and the money agrees', async (guards) => {
    expect(await race(guards)).toEqual([])
  })
})

describe('events', () => {
  it('of every status goes to the user subgraph, in order', async () => {
    await using booking = await startBooking()
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
    await booking.ask(buyer, PAY, { id })
    await refundInFull(booking.subgraph.deps, id, 'test', { fulfilled: false })
    const told = await booking.db
      .$queryRaw`SELECT consumer, payload FROM kit.outbox WHERE aggregate_id = ${id} ORDER BY seq`
    const same = { bookingId: id, userId: buyer.id, eventId: expect.any(String), currency: 'IDR' }
    expect(told).toEqual([
      { consumer: 'user', payload: { ...same, status: 'PAID', refundedAmount: 0, refundReason: null } },
      {
        consumer: 'user',
        payload: { ...same, status: 'REFUNDED', refundedAmount: 1_000, refundReason: 'test' },
      },
    ])
  })

  it('of a booking whose time has come is written by its job or the sweep', async () => {
    await using booking = await startBooking()
    const { id } = await pendingBooking(booking.db, newId(), 1_000)
    await booking.db.$executeRaw`UPDATE bookings SET expires_at = now() WHERE id = ${id}::uuid`
    await booking.db.$executeRaw`SELECT graphile_worker.add_job('sweep-bookings', '{}')`
    await eventually(async () => {
      const [row] = await booking.db.$queryRaw<
        { status: string }[]
      >`SELECT status FROM bookings WHERE id = ${id}::uuid`
      expect(row?.status).toBe('EXPIRED')
    })
  })
})
