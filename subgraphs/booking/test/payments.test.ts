import { newId } from '@karcis/kit/ids'
import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { describe, expect, it } from 'vitest'
import type { Viewer } from '@karcis/kit/service-token'
import { findBooking } from '../src/domain/booking-reads.ts'
import { expireBooking } from '../src/domain/expire-booking.ts'
import { refund } from '../src/domain/refund.ts'
import { type BookingProcess, person, startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { dropTriggers, pileUp, withoutSql } from './mutants.ts'
import { CANCEL, PAY, WALLET } from './operations.ts'

// Money alone: the ticket subgraph is away all the time, so what is paid waits for its tickets.

const balanceOf = async ({ ask }: BookingProcess, viewer: Viewer): Promise<number> => {
  const { data } = await ask(viewer, WALLET, { refs: [{ __typename: 'User', id: viewer.id }] })
  return data._entities[0].balance
}

describe('paying out of the wallet', () => {
  it('moves the money, once, and tells what is missing', async () => {
    await using booking = await startBooking({ SIGNUP_GRANT_IDR: 500_000 })
    const buyer = person()
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
    expect(again.codes).toEqual(['BOOKING_NOT_PAYABLE'])
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
    const buyer = person()
    const dollars = await pendingBooking(booking.db, buyer.id, 1_250, { currency: 'USD' })
    const codes = async (viewer: Viewer | null, id: string) => (await booking.ask(viewer, PAY, { id })).codes
    expect(await codes(null, dollars.id)).toEqual(['UNAUTHENTICATED'])
    expect(await codes(person(), dollars.id)).toEqual(['FORBIDDEN'])
    expect(await codes(person('ADMIN'), dollars.id)).toEqual(['FORBIDDEN'])
    expect(await codes(buyer, newId())).toEqual(['NOT_FOUND'])
    expect(await codes(buyer, 'nonsense')).toEqual(['BAD_USER_INPUT'])
    const declined = await booking.ask(buyer, PAY, { id: dollars.id })
    expect(declined.errors[0]?.extensions).toEqual({
      code: 'PAYMENT_DECLINED',
      currency: 'USD',
      walletCurrency: 'IDR',
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
    const buyer = person()
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
    const buyer = person()
    await balanceOf(booking, buyer)
    const bookings = await Promise.all(
      Array.from({ length: 50 }, () => pendingBooking(booking.db, buyer.id, 100_000)),
    )
    const answers = await parallel(50, (n) => booking.ask(buyer, PAY, { id: bookings[n]?.id }))
    return answers.map((answer) =>
      answer.status === 'fulfilled' ? (answer.value.codes[0] ?? 'PAID') : 'FAILED',
    )
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

describe('guard ledger_transactions_reference_key: one sign-up present, whoever comes first', () => {
  async function allAtOnce(booking: BookingProcess, user: Viewer): Promise<number> {
    const { id } = await pendingBooking(booking.db, user.id, 1)
    await pileUp(booking.db, 'ledger_transactions', 5, () =>
      parallel(24, async (n) => {
        if (n % 3 === 0) await booking.tell('user', 'user.registered', user.id, { userId: user.id })
        else if (n % 3 === 1) await balanceOf(booking, user)
        else await booking.ask(user, PAY, { id })
      }),
    )
    return balanceOf(booking, user)
  }

  it('without it there are several', async () => {
    await using booking = await startBooking()
    await booking.db.$executeRawUnsafe(
      'ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_reference_key',
    )
    expect(await allAtOnce(booking, person())).toBeGreaterThan(1_000_000)
  })

  it('with it there is one', async () => {
    await using booking = await startBooking()
    const user = person()
    expect(await allAtOnce(booking, user)).toBe(999_999)
    await booking.tell('user', 'user.registered', user.id, { userId: user.id })
    expect(await balanceOf(booking, user)).toBe(999_999)
  })
})

describe('guard idempotency_keys_pkey: the same payment sent fifty times', () => {
  it('is one payment and fifty equal answers', async () => {
    await using booking = await startBooking()
    const buyer = person()
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
    expect((await booking.ask(buyer, PAY, { id: other.id, key: 'once' })).codes).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
    ])
  })

  it('without it all but one are told that there is nothing to pay', async () => {
    await using booking = await startBooking()
    await booking.db.$executeRawUnsafe('ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey')
    const buyer = person()
    const { id } = await pendingBooking(booking.db, buyer.id, 100_000)
    const answers = await parallel(50, () => booking.ask(buyer, PAY, { id, key: 'once' }))
    const paid = answers.filter((answer) => answer.status === 'fulfilled' && answer.value.errors.length === 0)
    expect(paid).toHaveLength(1)
  })

  it('that failed may be tried again with its key', async () => {
    await using booking = await startBooking({ SIGNUP_GRANT_IDR: 10 })
    const buyer = person()
    const { id } = await pendingBooking(booking.db, buyer.id, 100)
    expect((await booking.ask(buyer, PAY, { id, key: 'k' })).codes).toEqual(['INSUFFICIENT_BALANCE'])
    expect((await booking.ask(buyer, PAY, { id, key: 'k' })).codes).toEqual(['INSUFFICIENT_BALANCE'])
  })
})

describe('paying, expiring and cancelling at the same moment', () => {
  const CONDITIONS = [
    " AND status = 'PENDING' AND expires_at > clock_timestamp()",
    " AND status = 'PENDING' AND expires_at <= clock_timestamp()",
  ]
  const TRIGGERS = [
    'bookings.bookings_status_moves',
    'bookings.bookings_money_agrees',
    'ledger_entries.ledger_entries_money_agrees',
  ]

  /** All three at once for each of twelve bookings, just as their time runs out. Gives what an auditor finds. */
  async function race(guards: { conditions: boolean; triggers: boolean }): Promise<string[]> {
    await using booking = await startBooking()
    const { db, subgraph, ask } = booking
    const buyer = person()
    await balanceOf(booking, buyer)
    if (!guards.triggers) await dropTriggers(db, ...TRIGGERS)
    if (!guards.conditions) subgraph.deps.db = withoutSql(db, ...CONDITIONS)
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
    const moved = await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM kit.outbox
      WHERE type = 'booking.changed' GROUP BY aggregate_id HAVING count(*) > 1`
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

describe('guard bookings_money_agrees', () => {
  it('without it a status can lie about money', async () => {
    await using booking = await startBooking()
    const { id } = await pendingBooking(booking.db, newId(), 1_000)
    const lie = () => booking.db.$executeRaw`UPDATE bookings SET status = 'PAID' WHERE id = ${id}::uuid`
    await expect(lie()).rejects.toThrow(/should have brought 1000, the ledger has 0/)
    await dropTriggers(booking.db, 'bookings.bookings_money_agrees')
    await lie()
    expect(await audit(booking.db)).toEqual(['captured 0, live bookings 1000, refunds 0'])
  })
})

describe('any mixture of payments, refunds, cancellings and expiries', () => {
  it.for([1, 7, 1945])('keeps the books (seed %i)', async (seed) => {
    await using booking = await startBooking({ SIGNUP_GRANT_IDR: 20_000 })
    const { db, subgraph, ask } = booking
    const random = mulberry(seed)
    const people = [person(), person(), person()]
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
      if (step === 4) return () => refund(subgraph.deps, id, 'test', false)
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

describe('news', () => {
  it('of every status goes to the user subgraph, in order', async () => {
    await using booking = await startBooking()
    const buyer = person()
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
    await booking.ask(buyer, PAY, { id })
    await refund(booking.subgraph.deps, id, 'test', false)
    const told = await booking.db
      .$queryRaw`SELECT consumer, payload FROM kit.outbox WHERE aggregate_id = ${id} ORDER BY seq`
    expect(told).toEqual([
      { consumer: 'user', payload: { bookingId: id, userId: buyer.id, status: 'PAID' } },
      { consumer: 'user', payload: { bookingId: id, userId: buyer.id, status: 'REFUNDED' } },
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
