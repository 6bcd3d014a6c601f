import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeVerified } from '../src/books/print.ts'
import { verifyLedger } from '../src/books/verify-ledger.ts'
import * as w from './books-fixture.ts'
import { id, smallWorld, type World } from './books-fixture.ts'

let world: World

beforeAll(async () => {
  world = await smallWorld()
})

afterEach(() => world.heal())

afterAll(() => world[Symbol.asyncDispose]())

const found = async () => (await verifyLedger(world.urls.booking)).findings.filter(({ count }) => count > 0)

/** Two days ago, and yesterday, which are closed; the fixture's postings are of the first. */
const CLOSED = `
  UPDATE ledger_transactions SET created_at = now() - interval '2 days';
  INSERT INTO ledger_closes (day, previous_day, horizon, transactions, entries, sums, hash)
    SELECT day, NULL, 1000, d.* FROM (SELECT (now() AT TIME ZONE 'UTC')::date - 2 AS day) c, digest_ledger_day(day, 1000) d;
  INSERT INTO ledger_closes (day, previous_day, horizon, transactions, entries, sums, hash)
    SELECT day, day - 1, 1000, d.* FROM (SELECT (now() AT TIME ZONE 'UTC')::date - 1 AS day) c, digest_ledger_day(day, 1000) d`

/** Bookings of one small, unpaid item, before and after those of the fixture. */
const unpaid = (
  n: number,
) => `INSERT INTO bookings (id, user_id, event_id, organizer_id, hold_id, currency, subtotal, total_price, expires_at)
  VALUES ('${id(n)}', '${w.USER}', '${w.EVENT}', '${w.ORGANIZER}', '${id(1_000 + n)}', 'IDR', 7, 7, now())`

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)

describe('verify-ledger', () => {
  it('finds nothing in a ledger that is right, and says what it has read', async () => {
    await world.plant('booking', `${CLOSED}; ${unpaid(7)}; ${unpaid(77)}`)
    const verified = await verifyLedger(world.urls.booking)
    expect(verified).toMatchObject({
      postings: 2,
      entries: 4,
      bookings: 4,
      closedDays: 2,
      lastClose: { day: day(1) },
    })
    expect(describeVerified(verified)).toContain('the ledger is right')
    expect(await found()).toEqual([])
  })

  const faults: [string, string, string, Record<string, unknown>][] = [
    [
      'a posting that does not sum to zero',
      'postings',
      `UPDATE ledger_entries SET amount = 999 WHERE id = '${id(82)}'`,
      { transaction_id: id(71), kind: 'GRANT', currency: 'IDR', sum: '-1' },
    ],
    [
      'a posting without entries',
      'postings',
      `INSERT INTO ledger_transactions (id, kind, reference) VALUES ('${id(79)}', 'GRANT', 'nothing')`,
      { transaction_id: id(79), entries: 0 },
    ],
    [
      'a booking that has brought something else than its status says',
      'bookings',
      `UPDATE bookings SET status = 'PARTIALLY_REFUNDED', refunded_amount = 100 WHERE id = '${w.PAID}'`,
      { booking_id: w.PAID, kept: '200', entries: '300' },
    ],
    [
      'a booking that says it is paid, and has no entries',
      'bookings',
      `UPDATE bookings SET status = 'PAID' WHERE id = '${w.PENDING}'`,
      { booking_id: w.PENDING, kept: '300', entries: '0' },
    ],
    [
      'money of a booking that is not there',
      'bookings',
      `UPDATE ledger_transactions SET booking_id = '${id(20)}' WHERE id = '${id(72)}'`,
      { booking_id: id(20), problem: 'there is no such booking' },
    ],
    [
      'money of a booking that went to another event',
      'bookings',
      `UPDATE ledger_accounts SET owner_id = '${id(9)}' WHERE id = '${id(62)}'`,
      { booking_id: w.PAID, problem: 'of another event', event_id: id(9) },
    ],
    [
      'money of a booking out of another wallet',
      'bookings',
      `UPDATE bookings SET user_id = '${id(9)}' WHERE id = '${w.PAID}'`,
      { booking_id: w.PAID, problem: 'another wallet', user_id: w.USER },
    ],
    [
      'money of a booking in another currency',
      'bookings',
      `UPDATE bookings SET currency = 'USD' WHERE id = '${w.PAID}'`,
      { booking_id: w.PAID, problem: 'another currency', currency: 'IDR' },
    ],
    [
      'a wallet with another balance',
      'wallets',
      `UPDATE ledger_accounts SET balance = 701 WHERE id = '${id(61)}'`,
      { user_id: w.USER },
    ],
    [
      'a payment that says otherwise',
      'payments',
      "UPDATE payments SET captured_amount = 0, amount = 0, paid_at = NULL, status = 'FAILED'",
      { booking_or_checkout_id: w.PAID },
    ],
    [
      'a day that was changed after its close',
      'closes',
      `${CLOSED}; UPDATE ledger_transactions SET reference = 'other' WHERE id = '${id(72)}'`,
      { day: day(2) },
    ],
    [
      'a posting that was added to a day after its close',
      'closes',
      `${CLOSED}; UPDATE ledger_transactions SET created_at = now() - interval '1 day' WHERE id = '${id(71)}'`,
      { day: day(2), postings: '2', postings_now: '1' },
    ],
    [
      'a day that is left out',
      'closes',
      `${CLOSED}; UPDATE ledger_closes SET day = day - 3, previous_day = NULL WHERE previous_day IS NULL`,
      { day: day(1), problem: `follows ${day(5)}` },
    ],
  ]

  it.for(faults)('names %s', async ([, check, sql, row]) => {
    await world.plant('booking', sql)
    const finding = (await found()).find((each) => each.check === check)
    expect(finding?.rows).toContainEqual(expect.objectContaining(row))
  })

  it('names the first of several wrong bookings first', async () => {
    await world.plant(
      'booking',
      `${unpaid(7)}; ${unpaid(77)}; UPDATE bookings SET status = 'PAID' WHERE id IN ('${id(7)}', '${id(77)}', '${w.PENDING}')`,
    )
    const wrong = (await found()).find(({ check }) => check === 'bookings')
    expect(wrong?.count).toBe(3)
    expect(wrong?.rows.map(({ booking_id }) => booking_id)).toEqual([id(7), w.PENDING, id(77)])
  })

  it('ends as a command with 0 when all is right, 1 when not, 2 when it could not look', async () => {
    const script = new URL('../../../scripts/verify-ledger.ts', import.meta.url).pathname
    const run = (url: string, ...args: string[]) =>
      promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
        env: { PATH: process.env.PATH, BOOKING_DATABASE_URL: url },
      }).then(
        ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
        (error: { code: number; stdout: string; stderr: string }) => error,
      )
    expect(await run(world.urls.booking)).toMatchObject({ code: 0 })
    await world.plant('booking', `UPDATE bookings SET status = 'PAID' WHERE id = '${w.PENDING}'`)
    const wrong = await run(world.urls.booking)
    expect(wrong).toMatchObject({ code: 1 })
    expect(wrong.stdout).toContain(`booking_id=${w.PENDING}`)
    expect(wrong.stdout).toContain('the ledger is wrong: bookings')
    expect(await run('postgresql://karcis@127.0.0.1:9/none')).toMatchObject({ code: 2 })
    expect(await run(world.urls.booking, '--grace')).toMatchObject({ code: 2 })
  })
})
