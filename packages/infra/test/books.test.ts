import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { grantDatabase } from '../src/database-role.ts'
import { openBooks } from '../src/books/audit.ts'
import { describeFindings } from '../src/books/print.ts'
import type { Finding } from '../src/books/report.ts'
import * as w from './books-fixture.ts'
import { id, smallWorld, type World } from './books-fixture.ts'

const audit = async (world: World, options: { repair?: boolean; graceSeconds?: number } = {}) => {
  await using books = openBooks(world.urls)
  return (await books.audit(options)).filter(({ count }) => count > 0)
}

const job = (task: string, more: string): string =>
  `SELECT graphile_worker.add_job('${task}', payload => '{}', job_key => 'a key', queue_name => 'a queue');
   UPDATE graphile_worker._private_jobs SET ${more}`

const LATE_HOLD = `INSERT INTO holds (id, user_id, event_id, expires_at)
  VALUES ('${id(39)}', '${w.USER}', '${w.EVENT}', now() - interval '1 hour')`

/** As a process leaves it that died before it wrote the booking. */
const BOUND_FOR_NOBODY = `INSERT INTO holds (id, user_id, event_id, booking_id, expires_at)
  VALUES ('${id(38)}', '${w.USER}', '${w.EVENT}', '${id(29)}', now() - interval '1 hour')`

/** Of the paid booking. @param lines what its one line comes to. */
const invoice = (number: number, total: number, lines: number) => `INSERT INTO invoices
  (id, transaction_id, organizer_id, kind, year, number, booking_id, event_id, user_id, currency, total, content)
  VALUES ('${id(121)}', '${id(72)}', '${w.ORGANIZER}', 'INVOICE', 2026, ${number}, '${w.PAID}', '${w.EVENT}', '${w.USER}', 'IDR',
    ${total}, '{"lines": [{"amount": ${lines}, "inclusive": false}, {"amount": 30, "inclusive": true}]}')`

interface Fault {
  check: string
  database: SubgraphName
  sql: string
  /** What is to be named of it. */
  row: Record<string, unknown>
  /** Other checks that see the same fault from their side. */
  besides?: string[]
}

const FAULTS: Fault[] = [
  {
    check: 'seat-owners',
    database: 'ticket',
    sql: `INSERT INTO tickets (id, code, event_id, ticket_type_id, seat_id, owner_id, booking_id, ordinal)
      VALUES ('${id(59)}', 'again', '${w.EVENT}', '${w.SEATED}', '${w.SOLD_SEAT}', '${w.USER}', '${w.PAID}', 2)`,
    row: { seat_id: w.SOLD_SEAT, tickets: [id(51), id(59)] },
    besides: ['stock', 'allowances', 'tickets'],
  },
  {
    check: 'seats-sold',
    database: 'ticket',
    sql: `UPDATE seats SET status = 'SOLD' WHERE id = '${w.FREE_SEAT}'`,
    row: { seat_id: w.FREE_SEAT, status: 'SOLD', ticket_id: null },
    besides: ['stock-of-seats'],
  },
  {
    check: 'seats-held',
    database: 'ticket',
    sql: `UPDATE seats SET hold_id = '${w.PAID_HOLD}' WHERE id = '${w.HELD_SEAT}'`,
    row: { seat_id: w.HELD_SEAT, hold_id: w.PAID_HOLD, active_hold_id: w.OPEN_HOLD },
    besides: ['pending-places'],
  },
  {
    check: 'stock',
    database: 'ticket',
    sql: `UPDATE ticket_types SET sold = 2, available = 7 WHERE id = '${w.STANDING}'`,
    row: { ticket_type_id: w.STANDING, sold: 2, tickets: 1, held: 1, in_holds: 1 },
  },
  {
    check: 'held-back',
    database: 'ticket',
    sql: `INSERT INTO contingents (id, event_id, ticket_type_id, name, quantity, kept)
      VALUES ('${id(33)}', '${w.EVENT}', '${w.STANDING}', 'Sponsors', 3, 1)`,
    row: { ticket_type_id: w.STANDING, held_back: 0, in_contingents: 1, seats: 0 },
  },
  {
    check: 'contingents-of-seats',
    database: 'ticket',
    sql: `INSERT INTO contingents (id, event_id, name, quantity, kept) VALUES ('${id(33)}', '${w.EVENT}', 'House', 3, 1)`,
    row: { contingent_id: id(33), kept: 1, seats: 0 },
  },
  {
    check: 'stock-of-seats',
    database: 'ticket',
    sql: `UPDATE seats SET status = 'BLOCKED' WHERE id = '${w.FREE_SEAT}'`,
    row: { ticket_type_id: w.SEATED, available: 1, free_seats: 0 },
  },
  {
    check: 'seats-of-sections',
    database: 'ticket',
    sql: `UPDATE sections SET ticket_type_id = '${w.STANDING}' WHERE ticket_type_id = '${w.SEATED}'`,
    row: { ticket_type_id: w.SEATED, of_section: w.STANDING },
  },
  {
    check: 'open-places',
    database: 'ticket',
    sql: 'UPDATE open_places SET taken = 7',
    row: { user_id: w.USER, event_id: w.EVENT, taken: 7, counted: 2 },
  },
  {
    check: 'allowances',
    database: 'ticket',
    sql: `DELETE FROM allowances WHERE ticket_type_id = '${w.STANDING}'`,
    row: { user_id: w.USER, ticket_type_id: w.STANDING, taken: null, counted: 2 },
  },
  {
    check: 'waitlists',
    database: 'ticket',
    sql: `INSERT INTO waitlist_entries (id, user_id, event_id, ticket_type_id, quantity, status, hold_id, open_limit, offer_seconds, gather_seconds)
      VALUES ('${id(58)}', '${w.USER}', '${w.EVENT}', '${w.STANDING}', 1, 'OFFERED', '${w.PAID_HOLD}', 10, 900, 900)`,
    row: { ticket_type_id: w.STANDING, waiting: 0, entries: 0, without_hold: 1 },
  },
  {
    check: 'waitlists',
    database: 'ticket',
    sql: `UPDATE ticket_types SET waiting = 1 WHERE id = '${w.STANDING}'`,
    row: { ticket_type_id: w.STANDING, waiting: 1, entries: 0 },
  },
  {
    check: 'resale',
    database: 'ticket',
    sql: `UPDATE tickets SET offered_at = now() WHERE ticket_type_id = '${w.STANDING}'`,
    row: { ticket_type_id: w.STANDING, resale: 0, offered: 1 },
  },
  {
    check: 'guests',
    database: 'ticket',
    sql: `INSERT INTO guests (id, event_id, ticket_type_id, name, email, key, invited_by)
      VALUES ('${id(59)}', '${w.EVENT}', '${w.STANDING}', 'Siti', 'siti@karcis.test', 'siti', '${w.USER}')`,
    row: { guest_id: id(59), event_id: w.EVENT, tickets: 0 },
  },
  {
    check: 'late-holds',
    database: 'ticket',
    sql: LATE_HOLD,
    row: { hold_id: id(39), user_id: w.USER },
  },
  {
    check: 'ledger',
    database: 'booking',
    sql: `UPDATE ledger_entries SET amount = -900 WHERE id = '${id(81)}'`,
    row: { transaction_id: id(71), currency: 'IDR', sum: '100' },
  },
  {
    check: 'empty-postings',
    database: 'booking',
    sql: `INSERT INTO ledger_transactions (id, kind, reference) VALUES ('${id(79)}', 'GRANT', 'grant:nobody')`,
    row: { transaction_id: id(79), reference: 'grant:nobody' },
  },
  {
    check: 'wallets',
    database: 'booking',
    sql: `UPDATE ledger_accounts SET balance = 650 WHERE kind = 'WALLET'`,
    row: { user_id: w.USER, balance: '650', entries: '700' },
  },
  {
    check: 'payers',
    database: 'booking',
    sql: `UPDATE bookings SET user_id = '${id(9)}' WHERE id = '${w.PAID}'`,
    row: { booking_id: w.PAID, user_id: id(9), wallet_of: w.USER },
  },
  {
    check: 'earnings',
    database: 'booking',
    sql: `UPDATE bookings SET status = 'CANCELLED' WHERE id = '${w.PAID}'`,
    row: { booking_id: w.PAID, status: 'CANCELLED', earned: '300' },
    besides: ['payments', 'sales', 'tickets'],
  },
  {
    check: 'sales',
    database: 'booking',
    sql: 'DELETE FROM sale_changes',
    row: { event_id: w.EVENT, noted: null },
  },
  {
    check: 'sales-parts',
    database: 'booking',
    sql: `INSERT INTO sale_sums VALUES
      ('${w.EVENT}', 'TYPE', '${w.STANDING}', 'IDR', 'Standing', 0, 1, 0, 1, 0, 100, 0, 0, 0, 0, 0),
      ('${w.EVENT}', 'METHOD', 'WALLET', 'IDR', NULL, 0, 1, 0, 1, 0, 300, 0, 0, 0, 0, 0)`,
    row: { event_id: w.EVENT, currency: 'IDR', dimensions: ['METHOD', 'TYPE'] },
  },
  {
    check: 'payments',
    database: 'booking',
    sql: 'DELETE FROM payments',
    row: { booking_or_checkout_id: w.PAID, kept: null, payments: null },
  },
  {
    check: 'checkouts',
    database: 'booking',
    sql: `INSERT INTO checkouts (id, user_id, currency, total_price) VALUES ('${id(201)}', '${w.USER}', 'IDR', 5)`,
    row: { checkout_id: id(201), total_price: '5', of_bookings: '0' },
  },
  {
    check: 'top-ups',
    database: 'booking',
    sql: `INSERT INTO payments (id, top_up_user_id, provider, status, amount, captured_amount, currency, paid_at, expires_at)
      VALUES ('${id(202)}', '${w.USER}', 'MIDTRANS', 'PAID', 5, 5, 'IDR', now(), now())`,
    row: { payment_id: id(202), captured_amount: '5', credited: '0' },
  },
  {
    check: 'fees',
    database: 'booking',
    sql: `UPDATE bookings SET platform_fees = 5 WHERE id = '${w.PAID}'`,
    row: { booking_id: w.PAID, platform_fees: '5', lines_platform_fees: '0', paid_platform_fees: '0' },
  },
  {
    check: 'invoice-numbers',
    database: 'booking',
    sql: `INSERT INTO invoice_issuers VALUES ('${w.ORGANIZER}'); ${invoice(2, 300, 300)}`,
    row: { organizer_id: w.ORGANIZER, kind: 'INVOICE', year: 2026, issued: 1, last: 2 },
  },
  {
    check: 'invoices',
    database: 'booking',
    sql: `INSERT INTO invoice_issuers VALUES ('${w.ORGANIZER}'); ${invoice(1, 300, 200)}`,
    row: { invoice_id: id(121), total: '300', lines: '200', moved: '300' },
  },
  {
    check: 'late-invoices',
    database: 'booking',
    sql: `UPDATE ledger_transactions SET created_at = now() - interval '2 hours' WHERE id = '${id(72)}'`,
    row: { transaction_id: id(72), kind: 'PAYMENT', booking_id: w.PAID },
  },
  {
    check: 'discounts',
    database: 'booking',
    sql: `UPDATE booking_items SET discount = 30 WHERE booking_id = '${w.PENDING}' AND position = 0`,
    row: { booking_id: w.PENDING, discount: '0', of_items: '30', of_promos: '0' },
  },
  {
    check: 'promo-uses',
    database: 'booking',
    sql: 'UPDATE promos SET used = 1',
    row: { promo_id: w.PROMO, used: 1, max_uses: 5, held: 0, of_codes: 0, of_users: 0 },
  },
  {
    check: 'late-payments',
    database: 'booking',
    sql: `UPDATE bookings SET expires_at = now() - interval '1 hour' WHERE id = '${w.PENDING}'`,
    row: { booking_id: w.PENDING, status: 'PENDING' },
  },
  {
    check: 'refunds',
    database: 'booking',
    sql: `INSERT INTO booking_refunds (id, booking_id, status, amount, reason) VALUES ('${id(96)}', '${w.PAID}', 'MADE', 0, 'Rain.');
      INSERT INTO booking_tickets (ticket_id, booking_id, position) VALUES ('${id(52)}', '${w.PAID}', 1);
      INSERT INTO refund_items (ticket_id, refund_id, amount) VALUES ('${id(52)}', '${id(96)}', 100)`,
    row: { booking_id: w.PAID, status: 'PAID', refunded_amount: '0', refunded: '0', of_tickets: '100' },
    besides: ['tickets', 'sales'],
  },
  {
    check: 'refunds-posted',
    database: 'booking',
    sql: `INSERT INTO booking_refunds (id, booking_id, status, amount, reason) VALUES ('${id(96)}', '${w.PAID}', 'MADE', 100, 'Rain.')`,
    row: { refund_id: id(96), booking_id: w.PAID, amount: '100', asked: null, posted: null },
    besides: ['refunds'],
  },
  {
    check: 'late-refunds',
    database: 'booking',
    sql: `INSERT INTO booking_refunds (id, booking_id, status, amount, reason, updated_at)
      VALUES ('${id(96)}', '${w.PAID}', 'ENDING', 100, 'Rain.', now() - interval '1 hour')`,
    row: { refund_id: id(96), booking_id: w.PAID, amount: '100' },
  },
  {
    check: 'late-event-refunds',
    database: 'booking',
    sql: `INSERT INTO event_refunds (event_id, reason, updated_at) VALUES ('${w.EVENT}', 'Rain.', now() - interval '1 hour')`,
    row: { event_id: w.EVENT, status: 'RUNNING', refunded: 0, left: 1 },
  },
  {
    check: 'hanging-refunds',
    database: 'booking',
    sql: `INSERT INTO refunds (id, payment_id, amount, created_at) SELECT '${id(95)}', id, 300, now() - interval '2 days' FROM payments`,
    row: { refund_id: id(95), booking_id: w.PAID, amount: '300', attempts: 0, last_error: null },
    besides: ['refunds-due'],
  },
  {
    check: 'late-webhooks',
    database: 'booking',
    sql: `INSERT INTO webhook_endpoints (id, organizer_id, slot, url, events, secret)
        VALUES ('${id(96)}', '${w.ORGANIZER}', 1, 'https://example.com/', '{booking.paid}', '\\x00');
      INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, aggregate_id, body, next_try_at)
        SELECT d.id::uuid, '${id(96)}', d.id::uuid, 'booking.paid', '${w.PAID}', '{}', now() - interval '1 hour'
        FROM (VALUES ('${id(97)}'), ('${id(98)}')) AS d (id)`,
    row: { endpoint_id: id(96), deliveries: 1 }, // the second waits for the first
  },
  {
    check: 'refunds-due',
    database: 'booking',
    sql: `INSERT INTO refunds (id, payment_id, amount) SELECT '${id(95)}', id, 300 FROM payments`,
    row: { currency: 'IDR', due: '0', pending: '300' },
  },
  {
    check: 'late-close',
    database: 'booking',
    sql: `INSERT INTO ledger_closes SELECT (now() AT TIME ZONE 'UTC')::date - 9, NULL, 0, 0, 0, '[]', sha256('')`,
    row: { day: new Date(Date.now() - 8 * 86_400_000).toISOString().slice(0, 10) },
  },
  {
    check: 'payouts',
    database: 'booking',
    sql: `INSERT INTO payouts (id, organizer_id, amount, currency, bank_name, account_holder, account_number, account_ending)
        VALUES ('${id(131)}', '${w.ORGANIZER}', 300, 'IDR', 'Bank', 'Sari', '12345', '2345');
      INSERT INTO payout_lines VALUES ('${id(131)}', '${w.EVENT}', 300, 0, 0, 300, 300, 0, 0, 0, 0, 0, 0, 0)`,
    row: { payout_id: id(131), status: 'REQUESTED', lines: '300', due: '0', taken: '0' },
  },
  {
    check: 'late-fulfilment',
    database: 'booking',
    sql: `UPDATE bookings SET fulfilled = false, updated_at = now() - interval '1 hour' WHERE id = '${w.PAID}'`,
    row: { booking_id: w.PAID, status: 'PAID' },
  },
  {
    check: 'outbox',
    database: 'user',
    sql: 'UPDATE kit.outbox SET delivered_at = NULL',
    row: { consumer: 'booking', aggregate_id: w.USER, events: 1, type: 'user.registered' },
  },
  {
    check: 'jobs-given-up',
    database: 'event',
    sql: job('deliver-events', `attempts = max_attempts, key = NULL, last_error = 'away'`),
    row: { task: 'deliver-events', key: null, attempts: 25, last_error: 'away' },
  },
  {
    check: 'jobs-failing',
    database: 'booking',
    sql: job('issue-tickets', `attempts = 9, run_at = now() + interval '1 hour', last_error = 'away'`),
    row: { task: 'issue-tickets', key: 'a key', attempts: 9, last_error: 'away' },
  },
  {
    check: 'jobs-of-dead-workers',
    database: 'ticket',
    sql: job('expire-hold', `locked_at = now() - interval '1 hour', locked_by = 'worker-gone'`),
    row: { worker: 'worker-gone', what: 'job' },
  },
  {
    check: 'jobs-without-queue',
    database: 'user',
    sql: `${job('deliver-events', "run_at = now() - interval '1 hour'")}; DELETE FROM graphile_worker._private_job_queues`,
    row: { task: 'deliver-events', key: 'a key', lost_queue: expect.any(Number) },
  },
  {
    check: 'late-jobs',
    database: 'event',
    sql: job('lapse-reviews', "run_at = now() - interval '1 hour'"),
    row: { task: 'lapse-reviews', key: 'a key' },
  },
  {
    check: 'tickets',
    database: 'booking',
    sql: `UPDATE booking_items SET quantity = 3 WHERE booking_id = '${w.PAID}' AND position = 1`,
    row: { booking_id: w.PAID, user_id: w.USER, status: 'PAID', places: 4, tickets: 2 },
  },
  {
    check: 'ticket-bookings',
    database: 'booking',
    sql: `DELETE FROM bookings WHERE id = '${w.PAID}'; DELETE FROM payments;
      DELETE FROM ledger_entries WHERE transaction_id = '${id(72)}'; DELETE FROM ledger_transactions WHERE id = '${id(72)}';
      UPDATE ledger_accounts SET balance = 1000 WHERE kind = 'WALLET'`,
    row: { booking_id: w.PAID, tickets: 2 },
  },
  {
    check: 'pending-places',
    database: 'booking',
    sql: `UPDATE booking_items SET quantity = 3 WHERE booking_id = '${w.PENDING}' AND position = 1`,
    row: { booking_id: w.PENDING, places: 4, kept: 2 },
  },
  {
    check: 'idle-holds',
    database: 'booking',
    sql: `UPDATE bookings SET status = 'CANCELLED' WHERE id = '${w.PENDING}'`,
    row: { booking_id: w.PENDING, status: 'CANCELLED', hold_id: w.OPEN_HOLD },
  },
  {
    check: 'idle-holds',
    database: 'ticket',
    sql: BOUND_FOR_NOBODY,
    row: { booking_id: id(29), status: null, hold_id: id(38) },
  },
  {
    check: 'frozen-tickets',
    database: 'ticket',
    sql: 'UPDATE tickets SET frozen = true',
    row: { booking_id: w.PAID, payment_id: id(91), disputed: false, frozen: 2, free: 0 },
  },
  {
    check: 'people-without-wallet',
    database: 'user',
    sql: `INSERT INTO users (id, email, password_hash, name, created_at)
      VALUES ('${id(8)}', 'sari@karcis.test', '$2b$04$' || repeat('x', 53), 'Sari', now() - interval '1 day')`,
    row: { user_id: id(8) },
  },
  {
    check: 'events-of-user',
    database: 'booking',
    sql: 'DELETE FROM kit.inbox',
    row: { event_id: id(101), consumer: 'booking', type: 'user.registered', aggregate_id: w.USER },
  },
]

let world: World
beforeAll(async () => {
  world = await smallWorld()
  // Here two tickets for one seat are to be found, not refused.
  await world.rows('ticket', 'DROP INDEX tickets_one_live_per_seat')
})
afterEach(() => world.heal())
afterAll(() => world[Symbol.asyncDispose]())

describe('line 36: the books', () => {
  it('are right for a world that agrees, at work or not', async () => {
    expect(await audit(world, { graceSeconds: 0 })).toEqual([])
    await using books = openBooks(world.urls)
    expect(await books.underWay()).toMatchObject({ 'open holds': 1, 'unpaid bookings': 1, 'jobs to do': 0 })
  })

  it.for(FAULTS)('name what is wrong: $check', async ({ check, database, sql, row, besides = [] }) => {
    await world.plant(database, sql)
    const findings = await audit(world)
    expect(findings.map((finding) => finding.check)).toEqual(expect.arrayContaining([check, ...besides]))
    expect(findings).toHaveLength(1 + besides.length)
    expect(findings.find((finding) => finding.check === check)?.rows[0]).toMatchObject(row)
  })

  it('line 29: do not call late what waits past its time for word of its booking: its places are kept', async () => {
    await world.plant('ticket', `UPDATE holds SET expires_at = now() - interval '1 hour'`)
    expect(await audit(world)).toEqual([])
    await world.plant(
      'booking',
      `UPDATE bookings SET status = 'EXPIRED', fulfilled = true WHERE id = '${w.PENDING}'`,
    )
    expect(await audit(world)).toMatchObject([
      { check: 'idle-holds', rows: [{ hold_id: w.OPEN_HOLD, status: 'EXPIRED' }] },
    ])
  })

  it('miss the tickets of a payment in dispute that are not frozen', async () => {
    await world.plant('booking', `UPDATE payments SET status = 'DISPUTED'`)
    const { rows = [] } = (await audit(world)).find(({ check }) => check === 'frozen-tickets') ?? {}
    expect(rows).toMatchObject([{ booking_id: w.PAID, disputed: true, frozen: 0, free: 2 }])
    await world.plant('ticket', 'UPDATE tickets SET frozen = true')
    expect((await audit(world)).map(({ check }) => check)).not.toContain('frozen-tickets')
  })

  it('have a fault for every check', async () => {
    await using books = openBooks(world.urls)
    const checks = new Set(
      (await books.audit()).map(({ check }) => check.replace(/^events-of-.*/, 'events-of-user')),
    )
    expect(new Set(FAULTS.map(({ check }) => check))).toEqual(checks)
  })

  it('show the first of many, and say how many there are', async () => {
    await world.plant(
      'user',
      `INSERT INTO users (id, email, password_hash, name, created_at) SELECT gen_random_uuid(), n || '@karcis.test', '$2b$04$' || repeat('x', 53), 'N', now() - interval '1 day'
       FROM generate_series(1, 5000) n`,
    )
    const [finding] = await audit(world)
    expect(finding).toMatchObject({ check: 'people-without-wallet', count: 5000 })
    expect(finding?.rows).toHaveLength(20)
    expect(describeFindings([finding as Finding], {})).toContain('… and 4980 more')
  })
})

describe('line 36: a repair of the books', () => {
  it('enqueues what jobs have lost, delivers again, frees what is stuck, counts again', async () => {
    await world.plant('user', 'UPDATE kit.outbox SET delivered_at = NULL')
    await world.plant('user', job('retire-keys', 'attempts = max_attempts, key = NULL'))
    await world.plant(
      'event',
      `${job('lapse-reviews', "run_at = now() - interval '1 hour'")}; DELETE FROM graphile_worker._private_job_queues`,
    )
    await world.plant(
      'ticket',
      job('rotate', `locked_at = now() - interval '1 hour', locked_by = 'worker-gone'`),
    )
    await world.plant(
      'ticket',
      `UPDATE open_places SET taken = 7; DELETE FROM allowances WHERE ticket_type_id = '${w.STANDING}'`,
    )
    await world.plant('ticket', `${LATE_HOLD}; ${BOUND_FOR_NOBODY}`)
    await world.plant(
      'booking',
      `UPDATE bookings SET expires_at = now() - interval '1 hour' WHERE id = '${w.PENDING}'`,
    )
    await world.plant(
      'booking',
      `UPDATE bookings SET fulfilled = false, updated_at = now() - interval '1 hour' WHERE id = '${w.PAID}'`,
    )

    const repaired = await audit(world, { repair: true })
    expect(
      Object.fromEntries(repaired.map(({ check, count, repaired: done }) => [check, [count, done?.count]])),
    ).toEqual({
      outbox: [1, 1],
      'jobs-given-up': [1, 1],
      'jobs-without-queue': [1, 1],
      'jobs-of-dead-workers': [1, 1],
      'open-places': [1, 1],
      allowances: [1, 1],
      'late-holds': [1, 1],
      'idle-holds': [1, 1],
      'late-payments': [1, 1],
      'late-fulfilment': [1, 1],
    })
    const jobs = `SELECT task_identifier AS task, key FROM graphile_worker.jobs
      WHERE locked_at IS NULL AND attempts = 0 AND run_at <= now() ORDER BY id`
    expect(await world.rows('user', jobs)).toEqual([
      { task: 'retire-keys', key: null },
      { task: 'deliver-events', key: null },
    ])
    expect(await world.rows('ticket', jobs)).toEqual([
      { task: 'rotate', key: 'a key' },
      { task: 'expire-hold', key: `expire-hold:${id(39)}` },
      { task: 'expire-hold', key: `expire-hold:${id(38)}` },
    ])
    expect(await world.rows('booking', jobs)).toEqual([
      { task: 'expire-booking', key: `expire-booking:${w.PENDING}` },
      { task: 'issue-tickets', key: `issue-tickets:${w.PAID}` },
    ])
    expect(await world.rows('event', 'SELECT job_queue_id FROM graphile_worker._private_jobs')).toEqual([
      { job_queue_id: null },
    ])
    expect(await world.rows('ticket', 'SELECT taken FROM open_places')).toEqual([{ taken: 2 }])
    expect(await world.rows('ticket', 'SELECT taken FROM allowances')).toEqual([{ taken: 2 }, { taken: 2 }])
  })

  it('tells of an event again that a restored database has forgotten, but not after a later one of the same subject', async () => {
    const [subject, overtaken] = [id(111), id(112)]
    await world.plant(
      'user',
      `INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload, delivered_at) VALUES
        ('${id(121)}', 'event', 'user.rights-changed', '${subject}', '{}', now()),
        ('${id(122)}', 'event', 'user.rights-changed', '${subject}', '{}', now()),
        ('${id(123)}', 'event', 'user.rights-changed', '${overtaken}', '{}', now()),
        ('${id(124)}', 'event', 'user.rights-changed', '${overtaken}', '{}', now())`,
    )
    await world.plant('event', `INSERT INTO kit.inbox (event_id) VALUES ('${id(124)}')`)
    expect(await audit(world, { repair: true })).toMatchObject([
      { check: 'events-of-user', count: 3, repaired: { count: 2 } },
    ])
    const payloads = `SELECT j.payload FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t
      ON t.id = j.task_id WHERE t.identifier = 'deliver-events'`
    expect(await world.rows('user', payloads)).toEqual([
      { payload: { consumer: 'event', aggregateId: subject } },
    ])
    expect(
      await world.rows('user', 'SELECT id FROM kit.outbox WHERE delivered_at IS NULL ORDER BY seq'),
    ).toEqual([{ id: id(121) }, { id: id(122) }])
  })

  it('needs no more than what each subgraph may do in its own database', async () => {
    const urls = {} as Record<SubgraphName, string>
    for (const name of SUBGRAPHS)
      urls[name] = await grantDatabase(name, world.urls[name], 'a password of this test')
    await world.plant('user', 'UPDATE kit.outbox SET delivered_at = NULL')
    await world.plant('ticket', 'UPDATE open_places SET taken = 7')
    await world.plant('event', job('rotate', `locked_at = now() - interval '1 hour', locked_by = 'gone'`))
    await using books = openBooks(urls)
    const repaired = (await books.audit({ repair: true })).filter(({ count }) => count > 0)
    expect(repaired.map(({ check, repaired: done }) => [check, done?.count])).toEqual([
      ['open-places', 1],
      ['outbox', 1],
      ['jobs-of-dead-workers', 1],
    ])
  })

  it('ends what a booking that is over still keeps', async () => {
    await world.plant('booking', `UPDATE bookings SET status = 'CANCELLED' WHERE id = '${w.PENDING}'`)
    expect(await audit(world, { repair: true })).toMatchObject([
      { check: 'idle-holds', repaired: { count: 1 } },
    ])
    expect(await world.rows('booking', 'SELECT key FROM graphile_worker.jobs')).toEqual([
      { key: `release-booking:${w.PENDING}` },
    ])
  })
})

describe('line 36: npm run books', () => {
  const run = promisify(execFile)
  const books = async (urls: Partial<Record<SubgraphName, string>>, ...args: string[]) => {
    const env = {
      PATH: process.env.PATH,
      ...Object.fromEntries(
        Object.entries(urls).map(([name, url]) => [`${name.toUpperCase()}_DATABASE_URL`, url]),
      ),
    }
    const script = new URL('../../../scripts/books.ts', import.meta.url).pathname
    return run(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], { env }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
  }

  it('ends with 0 when all is right, 1 when not, 2 when it could not look', async () => {
    const right = await books(world.urls)
    expect(right).toMatchObject({ code: 0 })
    expect(right.stdout).toContain('the books are right')

    await world.plant('ticket', 'UPDATE open_places SET taken = 7')
    const wrong = await books(world.urls, '--json')
    expect(wrong.code).toBe(1)
    const report = JSON.parse(wrong.stdout) as { findings: Finding[] }
    expect(report.findings.filter(({ count }) => count > 0)).toMatchObject([{ check: 'open-places' }])
    expect(await books(world.urls, '--repair')).toMatchObject({ code: 0 })

    const away = await books({ ...world.urls, event: 'postgresql://karcis@127.0.0.1:9/none' })
    expect(away).toMatchObject({ code: 2 })
    expect(away.stderr).toMatch(/^The books cannot be read: .*ECONNREFUSED/)
    expect(await books(world.urls, '--grace', 'never')).toMatchObject({ code: 2 })
  })
})
