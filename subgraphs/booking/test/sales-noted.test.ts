import { readFile } from 'node:fs/promises'
import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import { withMutant } from '@karcis/testkit/mutants'
import { splitStatements } from '@karcis/infra/sql-statements'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { foldSales } from '../src/domain/sales/fold-sales.ts'
import { findEventSales } from '../src/domain/sales/sale-store.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { pendingBooking } from './money.ts'
import { dropTriggers, pileUp } from './mutants.ts'
import { PAY } from './operations.ts'
import { salesProblems } from './sales-operations.ts'

let booking: BookingProcess

beforeAll(async () => {
  booking = await startBooking()
})

afterAll(() => booking[Symbol.asyncDispose]())

let eventId: string

beforeEach(() => {
  eventId = newId()
})

/** So many bookings of the event that were paid, the last of them refunded. */
async function sell({ db, ask, buyer, subgraph }: BookingProcess, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const viewer = await buyer()
    const { id } = await pendingBooking(db, viewer.id, 1_000, { eventId })
    await ask(viewer, PAY, { id })
    if (at === count - 1) await refundInFull(subgraph.deps, id, 'test', { fulfilled: false })
  }
}

const sold = async ({ db }: BookingProcess) => (await findEventSales(db, [eventId])).get(eventId)

const foldTwice = ({ subgraph }: BookingProcess) =>
  Promise.allSettled([foldSales(subgraph.deps), foldSales(subgraph.deps)])

describe('what was sold is added up once', () => {
  it('by two processes at the same moment', async () => {
    await sell(booking, 4)
    await pileUp(booking.db, 'sale_changes', 2, () => foldTwice(booking))
    await foldSales(booking.subgraph.deps)
    expect(await sold(booking)).toMatchObject({ bookings: 4, refundedBookings: 1, net: 3_000, changes: 5 })
    expect(await salesProblems(booking.db)).toEqual([])
  })

  it('guards FOR UPDATE SKIP LOCKED and sale_changes_folded_once: without them, twice', async () => {
    await using mutant = await startBooking()
    await sell(mutant, 4)
    await dropTriggers(mutant.db, 'sale_changes.sale_changes_folded_once')
    let folding: Promise<unknown> | undefined
    await withMutant(mutant.subgraph.deps, ['FOR UPDATE SKIP LOCKED'], async () => {
      // Both have chosen the same notes, and wait for the rows.
      await transaction(mutant.db, async (tx) => {
        await tx.$queryRaw`SELECT id FROM sale_changes FOR UPDATE`
        folding = foldTwice(mutant)
        await untilBlocked(tx, 2)
      })
      await folding
    })
    expect(await sold(mutant)).toMatchObject({ bookings: 8, changes: 10 })
    expect(await salesProblems(mutant.db)).toMatchObject([{ event_id: eventId }])
  })

  it('guard sale_changes_folded_once: a note is neither changed, nor taken back, nor lost', async () => {
    await sell(booking, 1)
    const refused = /sale_changes_folded_once|added up once/
    const { db } = booking
    await expect(db.$executeRaw`DELETE FROM sale_changes`).rejects.toThrow(refused)
    await expect(db.$executeRaw`UPDATE sale_changes SET refunded = 1`).rejects.toThrow(refused)
    await foldSales(booking.subgraph.deps)
    await expect(db.$executeRaw`UPDATE sale_changes SET folded = false`).rejects.toThrow(refused)
  })
})

it.for([
  ['bookings.bookings_sales_noted', { bookings: 0, refundedBookings: 1 }],
  ['booking_refunds.booking_refunds_noted', { bookings: 2, refundedBookings: 0 }],
] as const)(
  'guard %s: without it a sale, or a refund, is missing, which the books see',
  async ([guard, noted]) => {
    await using mutant = await startBooking()
    await dropTriggers(mutant.db, guard)
    await sell(mutant, 2)
    expect(await sold(mutant)).toMatchObject(noted)
    expect(await salesProblems(mutant.db)).toMatchObject([{ event_id: eventId }])
  },
)

it('guard sale_changes_refund_id_key: a refund is noted once', async () => {
  await sell(booking, 1)
  await expect(
    booking.db.$executeRaw`INSERT INTO sale_changes (event_id, booking_id, kind, refund_id, changed_at)
      SELECT event_id, booking_id, kind, refund_id, changed_at FROM sale_changes WHERE event_id = ${eventId}::uuid AND kind = 'REFUND'`,
  ).rejects.toThrow(/sale_changes_refund_id_key|refund_id/)
})

it('what was sold before sales were noted is noted by the migration, and nothing twice', async () => {
  await using old = await startBooking()
  const { db } = old
  await dropTriggers(db, 'bookings.bookings_sales_noted')
  await sell(old, 3)
  const viewer = await old.buyer()
  const half = await pendingBooking(db, viewer.id, 1_000, { eventId })
  await old.ask(viewer, PAY, { id: half.id })
  await db.$executeRawUnsafe(`CREATE CONSTRAINT TRIGGER bookings_sales_noted AFTER UPDATE OF status, refunded_amount ON bookings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')) EXECUTE FUNCTION note_sale()`)
  // Meanwhile, by a process of the version before: one of them is refunded, another sold.
  await refundInFull(old.subgraph.deps, half.id, 'test', { fulfilled: false })
  const { id } = await pendingBooking(db, viewer.id, 1_000, { eventId })
  await old.ask(viewer, PAY, { id })

  const file = new URL(
    '../../../prisma/booking/migrations/20261126055001_sales_before/migration.sql',
    import.meta.url,
  )
  const statements = splitStatements(await readFile(file, 'utf8'))
  for (let times = 0; times < 2; times += 1)
    for (const { text } of statements) await db.$executeRawUnsafe(text)
  expect(await sold(old)).toMatchObject({ bookings: 5, refundedBookings: 2, net: 3_000 })
  expect(await salesProblems(db)).toEqual([])
  await foldSales(old.subgraph.deps)
  expect(await salesProblems(db)).toEqual([])
})
