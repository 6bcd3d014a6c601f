import { prismaOptions, postgresErrorOf, transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { createLog } from '@karcis/kit/log'
import { createTestDatabase, type TestDatabase } from '@karcis/testkit/database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Db } from '../src/domain/database.ts'
import {
  advance,
  newPaymentState,
  type PaymentChange,
  type PaymentState,
  type PaymentStatus,
} from '../src/domain/payments/payment-state.ts'
import { findPayments, insertPayments, movePayment } from '../src/domain/payments/payment-store.ts'
import { billOf } from '../src/domain/payments/subject.ts'
import { PrismaClient } from '../src/generated/prisma/client.ts'
import { pendingBooking } from './money.ts'
import { dropTriggers } from './mutants.ts'

const PRICE = 1_000

/** A payment of each status, as the domain makes it. */
const asked = newPaymentState(PRICE)
const paid = advance(asked, { type: 'CAPTURED' })
const STATES: Record<PaymentStatus, PaymentState> = {
  REQUIRES_ACTION: asked,
  AUTHORIZED: advance(asked, { type: 'AUTHORIZED' }),
  PAID: paid,
  PARTIALLY_REFUNDED: advance(paid, { type: 'REFUNDED', amount: 300 }),
  REFUNDED: advance(paid, { type: 'REFUNDED', amount: PRICE }),
  DISPUTED: advance(paid, { type: 'DISPUTED' }),
  FAILED: advance(asked, { type: 'FAILED' }),
}
const DISPUTED_PART = advance(STATES.PARTIALLY_REFUNDED, { type: 'DISPUTED' })
const STATUSES = Object.keys(STATES) as PaymentStatus[]

const CHANGES: PaymentChange[] = [
  { type: 'AUTHORIZED' },
  { type: 'CAPTURED' },
  { type: 'FAILED' },
  { type: 'RETURNED' },
  { type: 'REFUNDED', amount: 300 },
  { type: 'REFUNDED', amount: 700 },
  { type: 'REFUNDED', amount: PRICE },
  { type: 'DISPUTED' },
  { type: 'DISPUTE_WON' },
  { type: 'DISPUTE_LOST' },
]

let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await createTestDatabase('booking')
  db = new PrismaClient(prismaOptions(database.url, 'test', createLog('test', 'silent')))
})

afterAll(async () => {
  await db.$disconnect()
  await database[Symbol.asyncDispose]()
})

/** Runs `run` on a database of its own, from which it may take guards. */
async function onDatabase(run: (db: Db) => Promise<void>): Promise<void> {
  await using copy = await createTestDatabase('booking')
  const client = new PrismaClient(prismaOptions(copy.url, 'test', createLog('test', 'silent')))
  try {
    await run(client)
  } finally {
    await client.$disconnect()
  }
}

/** What refuses; null when nothing does. */
const refusing = (work: Promise<unknown>): Promise<string | null> =>
  work.then(
    () => null,
    (error: unknown) => postgresErrorOf(error).constraint ?? postgresErrorOf(error).sqlState ?? String(error),
  )

/** Writes a payment in a state, whatever way leads there; gives its id. */
async function paymentIn(state: PaymentState, on: Db = db, bookingId?: string): Promise<string> {
  const [id, booking] = [newId(), bookingId ?? (await pendingBooking(on, newId(), PRICE)).id]
  const start = STATES[state.status === 'FAILED' ? 'REQUIRES_ACTION' : startOf(state.status)]
  const paidAt = start.status === 'PAID' ? new Date() : null
  await on.$executeRaw`INSERT INTO payments
    (id, booking_id, provider, status, amount, captured_amount, currency, paid_at)
    VALUES (${id}::uuid, ${booking}::uuid, 'WALLET', ${start.status}, ${PRICE}::bigint, ${start.capturedAmount}::bigint,
      'IDR', ${paidAt}::timestamptz)`
  if (state === DISPUTED_PART) await write(id, STATES.PARTIALLY_REFUNDED, on)
  if (state !== start) await write(id, state, on)
  return id
}

const startOf = (status: PaymentStatus): PaymentStatus =>
  status === 'PARTIALLY_REFUNDED' || status === 'REFUNDED' || status === 'DISPUTED' ? 'PAID' : status

/** Writes a state over a payment, past everything but the database's own guards. */
const write = (id: string, { status, capturedAmount, refundedAmount }: PaymentState, on: Db = db) =>
  on.$executeRaw`UPDATE payments SET status = ${status}, captured_amount = ${capturedAmount}::bigint,
    refunded_amount = ${refundedAmount}::bigint, paid_at = CASE WHEN ${capturedAmount}::bigint > 0 THEN coalesce(paid_at, now()) END
    WHERE id = ${id}::uuid`

/** The state after a change; null when the domain refuses it. */
function attempt(state: PaymentState, change: PaymentChange): PaymentState | null {
  try {
    return advance(state, change)
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return null
  }
}

describe('a payment', () => {
  it('goes from being asked for to paid, and back piece by piece', () => {
    const authorized = advance(asked, { type: 'AUTHORIZED' })
    const captured = advance(authorized, { type: 'CAPTURED' })
    expect(captured).toEqual({ status: 'PAID', amount: 1_000, capturedAmount: 1_000, refundedAmount: 0 })
    const part = advance(captured, { type: 'REFUNDED', amount: 300 })
    expect(part).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedAmount: 300 })
    const more = advance(part, { type: 'REFUNDED', amount: 300 })
    expect(more).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedAmount: 600 })
    expect(advance(more, { type: 'REFUNDED', amount: 400 })).toMatchObject({
      status: 'REFUNDED',
      refundedAmount: 1_000,
    })
  })

  it('gives back no more than it took, nothing twice, and whole numbers only', () => {
    for (const amount of [-1, 0, 0.5, 1_001, Number.NaN]) {
      expect(() => advance(paid, { type: 'REFUNDED', amount })).toThrow(RangeError)
    }
    expect(() => advance(STATES.PARTIALLY_REFUNDED, { type: 'REFUNDED', amount: 701 })).toThrow(RangeError)
    expect(() => advance(STATES.REFUNDED, { type: 'REFUNDED', amount: 0 })).toThrow(RangeError)
    expect(() => advance(STATES.AUTHORIZED, { type: 'REFUNDED', amount: 1 })).toThrow(RangeError)
  })

  it('in dispute is ours again as it was, or gone as a whole, and nothing of it is refunded meanwhile', () => {
    for (const before of [paid, STATES.PARTIALLY_REFUNDED]) {
      const disputed = advance(before, { type: 'DISPUTED' })
      expect(disputed).toEqual({ ...before, status: 'DISPUTED' })
      expect(() => advance(disputed, { type: 'REFUNDED', amount: 300 })).toThrow(RangeError)
      expect(advance(disputed, { type: 'DISPUTE_WON' })).toEqual(before)
      expect(advance(disputed, { type: 'DISPUTE_LOST' })).toEqual(STATES.REFUNDED)
      for (const type of ['DISPUTE_WON', 'DISPUTE_LOST'] as const)
        expect(() => advance(before, { type })).toThrow(RangeError)
    }
  })

  it('of nothing is refunded by nothing', () => {
    const free = advance(newPaymentState(0), { type: 'CAPTURED' })
    expect(free).toEqual({ status: 'PAID', amount: 0, capturedAmount: 0, refundedAmount: 0 })
    expect(advance(free, { type: 'REFUNDED', amount: 0 }).status).toBe('REFUNDED')
  })
})

describe('guard payments_status_moves: the database allows what the domain allows', () => {
  const pairs = STATUSES.flatMap((from) =>
    STATUSES.filter((to) => to !== from).map((to) => [from, to] as const),
  )
  /** States that differ in more than their status: what is in dispute may have been refunded in part. */
  const variants = (status: PaymentStatus) =>
    status === 'DISPUTED' ? [STATES.DISPUTED, DISPUTED_PART] : [STATES[status]]
  /** The state before and after a move that the domain allows; else any of that status. */
  function moveOf(from: PaymentStatus, to: PaymentStatus) {
    const moves = variants(from).flatMap((before) =>
      CHANGES.map((change) => ({ before, after: attempt(before, change) })),
    )
    const move = moves.find(({ after }) => after?.status === to)
    return {
      before: move?.before ?? STATES[from],
      after: move?.after ?? STATES[to],
      allowed: move !== undefined,
    }
  }

  it.for(pairs)('from %s to %s', async ([from, to]) => {
    const { before, after, allowed } = moveOf(from, to)
    const id = await paymentIn(before)
    const refused = await refusing(write(id, after))
    expect(refused === null).toBe(allowed)
  })

  it('which is seventeen of the forty-two moves', () => {
    expect(pairs.filter(([from, to]) => moveOf(from, to).allowed).map((pair) => pair.join(' → '))).toEqual([
      'REQUIRES_ACTION → AUTHORIZED',
      'REQUIRES_ACTION → PAID',
      'REQUIRES_ACTION → REFUNDED',
      'REQUIRES_ACTION → FAILED',
      'AUTHORIZED → PAID',
      'AUTHORIZED → REFUNDED',
      'AUTHORIZED → FAILED',
      'PAID → PARTIALLY_REFUNDED',
      'PAID → REFUNDED',
      'PAID → DISPUTED',
      'PARTIALLY_REFUNDED → REFUNDED',
      'PARTIALLY_REFUNDED → DISPUTED',
      'DISPUTED → PAID',
      'DISPUTED → PARTIALLY_REFUNDED',
      'DISPUTED → REFUNDED',
      'FAILED → PAID',
      'FAILED → REFUNDED',
    ])
  })

  it('without it a payment that failed is asked for again, and one that went back goes back less', async () => {
    await onDatabase(async (mutant) => {
      const [failed, refunded] = [
        await paymentIn(STATES.FAILED, mutant),
        await paymentIn(STATES.REFUNDED, mutant),
      ]
      await dropTriggers(mutant, 'payments.payments_status_moves')
      expect(await refusing(write(failed, STATES.AUTHORIZED, mutant))).toBeNull()
      expect(await refusing(write(refunded, STATES.PARTIALLY_REFUNDED, mutant))).toBeNull()
    })
  })

  it('lets none begin as what only a payment can become', async () => {
    const { id } = await pendingBooking(db, newId(), PRICE)
    for (const { status, capturedAmount, refundedAmount } of [STATES.FAILED, STATES.REFUNDED]) {
      const begin = db.$executeRaw`INSERT INTO payments
          (id, booking_id, provider, status, amount, captured_amount, refunded_amount, currency, paid_at)
        VALUES (${newId()}::uuid, ${id}::uuid, 'WALLET', ${status}, ${PRICE}::bigint, ${capturedAmount}::bigint,
          ${refundedAmount}::bigint, 'IDR', CASE WHEN ${capturedAmount}::bigint > 0 THEN now() END)`
      await expect(begin).rejects.toThrow(/a payment does not start as/)
    }
  })
})

describe('the payments table', () => {
  const set = (id: string, sql: string) =>
    db.$executeRawUnsafe(`UPDATE payments SET ${sql} WHERE id = '${id}'`)

  it('keeps what a payment is for, and amounts that its status bears out', async () => {
    const id = await paymentIn(STATES.PAID)
    for (const sql of [
      "provider = 'OTHER'",
      'amount = 5',
      "currency = 'USD'",
      'booking_id = gen_random_uuid()',
    ]) {
      expect(await refusing(set(id, sql)), sql).not.toBeNull()
    }
    expect(await refusing(set(id, 'captured_amount = 999'))).toBe('payments_captured_check')
    expect(await refusing(set(id, 'refunded_amount = 1'))).toBe('payments_refunded_check')
    expect(await refusing(set(id, "status = 'PARTIALLY_REFUNDED'"))).toBe('payments_refunded_check')
    expect(await refusing(set(id, "status = 'PARTIALLY_REFUNDED', refunded_amount = 1000"))).toBe(
      'payments_refunded_check',
    )
    expect(await refusing(set(id, "status = 'REFUNDED', refunded_amount = 1"))).toBe(
      'payments_refunded_check',
    )
  })

  it("takes a payment of its booking's whole price and currency only (guard payments_booking_fkey)", async () => {
    const { id } = await pendingBooking(db, newId(), PRICE)
    const pay = (amount: number, currency: string) =>
      db.$executeRaw`INSERT INTO payments (id, booking_id, provider, status, amount, currency)
        VALUES (${newId()}::uuid, ${id}::uuid, 'WALLET', 'REQUIRES_ACTION', ${amount}::bigint, ${currency})`
    expect(await refusing(pay(PRICE - 1, 'IDR'))).toBe('payments_booking_fkey')
    expect(await refusing(pay(PRICE, 'USD'))).toBe('payments_booking_fkey')
    expect(await refusing(pay(PRICE, 'IDR'))).toBeNull()
  })

  it('knows a payment of a provider once, and keeps whose it is (guard payments_provider_provider_reference_key)', async () => {
    const [one, other] = [await paymentIn(asked), await paymentIn(asked)]
    await set(one, "provider_reference = 'p-1'")
    expect(await refusing(set(other, "provider_reference = 'p-1'"))).not.toBeNull()
    expect(await refusing(set(one, "provider_reference = 'p-2'"))).not.toBeNull()
    await set(other, "provider_reference = 'p-2'")
  })

  /** A booking with a payment that failed, one that paid it, and one that is asked to pay it as well. */
  async function paidTwice(
    on: Db,
  ): Promise<{ bookingId: string; first: string; second: () => Promise<unknown> }> {
    const { id: bookingId } = await pendingBooking(on, newId(), PRICE)
    await paymentIn(STATES.FAILED, on, bookingId)
    const first = await paymentIn(asked, on, bookingId)
    expect((await findPayments(on, [bookingId])).get(bookingId)?.id).toBe(first) // what is under way counts
    await write(first, STATES.PAID, on)
    const second = await paymentIn(asked, on, bookingId)
    return { bookingId, first, second: () => write(second, STATES.PAID, on) }
  }

  it('has several attempts of a booking, of which one pays (guard payments_one_paid_of_booking)', async () => {
    const { bookingId, first, second } = await paidTwice(db)
    expect(await refusing(second())).not.toBeNull()
    expect((await findPayments(db, [bookingId])).get(bookingId)).toMatchObject({ id: first, status: 'PAID' })
  })

  it('without it a booking is paid twice', async () => {
    await onDatabase(async (mutant) => {
      await mutant.$executeRaw`DROP INDEX payments_one_paid_of_booking`
      const { second } = await paidTwice(mutant)
      expect(await refusing(second())).toBeNull()
    })
  })

  it('has one attempt under way at a time (guard payments_one_under_way)', async () => {
    const { id } = await pendingBooking(db, newId(), PRICE)
    const first = await paymentIn(asked, db, id)
    expect(await refusing(paymentIn(asked, db, id))).not.toBeNull()
    await write(first, STATES.FAILED)
    await paymentIn(asked, db, id)
    await onDatabase(async (mutant) => {
      await mutant.$executeRaw`DROP INDEX payments_one_under_way`
      const booking = await pendingBooking(mutant, newId(), PRICE)
      await paymentIn(asked, mutant, booking.id)
      expect(await refusing(paymentIn(asked, mutant, booking.id))).toBeNull()
    })
  })

  it('is moved on from how it was read, or not at all', async () => {
    const booking = await pendingBooking(db, newId(), PRICE)
    await transaction(db, (tx) =>
      insertPayments(tx, [{ bill: billOf([booking]), provider: 'WALLET', state: paid }]),
    )
    const payment = (await findPayments(db, [booking.id])).get(booking.id)
    if (!payment) throw new Error('not found')
    const [part, rest] = [300, 700].map((amount) => advance(payment, { type: 'REFUNDED', amount }))
    if (!part || !rest) throw new Error('not refunded')
    expect(await transaction(db, (tx) => movePayment(tx, payment, part))).toBe(true)
    expect(await transaction(db, (tx) => movePayment(tx, payment, rest))).toBe(false)
    expect((await findPayments(db, [booking.id])).get(booking.id)).toMatchObject({
      status: 'PARTIALLY_REFUNDED',
      refundedAmount: 300,
    })
  })
})
