import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { reconcile } from '../src/books/reconcile.ts'
import { readReport } from '../src/books/settlement-report.ts'
import { id, smallWorld, type World } from './books-fixture.ts'

let world: World

beforeAll(async () => {
  world = await smallWorld()
})

afterEach(() => world.heal())

afterAll(() => world[Symbol.asyncDispose]())

/** The fixture's payment of 300 rupiah, as though it had been made at Stripe; and a refund of 100 of it. */
const AT_STRIPE = `UPDATE payments SET provider = 'STRIPE', provider_reference = 'pi_1'`
const REFUNDED = `INSERT INTO refunds (id, payment_id, amount, status) SELECT '${id(95)}', id, 100, 'DONE' FROM payments`

const STRIPE = 'balance_transaction_id,reporting_category,payment_intent_id,currency,gross,fee,net'
const stripe = (...rows: string[]) => readReport('STRIPE', [STRIPE, ...rows].join('\r\n'))
const CHARGE = 'txn_1,charge,pi_1,idr,300.00,9.00,291.00'

const run = (lines: ReturnType<typeof stripe>, more: object = {}) =>
  reconcile(world.urls.booking, 'STRIPE', lines, { post: true, ...more })

const settled = () =>
  world.rows(
    'booking',
    `SELECT a.kind, sum(e.amount)::int AS sum FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
     JOIN ledger_accounts a ON a.id = e.account_id WHERE t.kind = 'SETTLEMENT' GROUP BY a.kind ORDER BY a.kind`,
  )

describe('a report', () => {
  it('of Stripe is read in major units, of each currency in its own; what is about no payment is passed over', () => {
    expect(
      stripe(CHARGE, 'txn_2,refund,pi_2,usd,-12.50,0.00,-12.50', 'txn_3,payout,,usd,-500,0,-500'),
    ).toEqual([
      { id: 'txn_1', kind: 'PAYMENT', payment: 'pi_1', amount: 300, fee: 9, currency: 'IDR' },
      { id: 'txn_2', kind: 'REFUND', payment: 'pi_2', amount: -1_250, fee: 0, currency: 'USD' },
    ])
  })

  it('of Xendit has fees and their VAT on lines of their own', () => {
    const report = readReport(
      'XENDIT',
      [
        'Transaction ID,Line Type,Reference,Currency,Amount',
        `t1,TRANSACTION,${id(91)},IDR,300`,
        `t1,FEE,${id(91)},IDR,-4`,
        `t1,VAT,${id(91)},IDR,-1`,
        `t2,TRANSACTION,${id(91)},IDR,"-1,000"`,
      ].join('\n'),
    )
    expect(report.map(({ kind, amount, fee }) => [kind, amount, fee])).toEqual([
      ['PAYMENT', 300, 0],
      ['FEE', 0, 4],
      ['FEE', 0, 1],
      ['REFUND', -1_000, 0],
    ])
  })

  it('of Midtrans has what was settled and refunded', () => {
    const report = readReport(
      'MIDTRANS',
      [
        '"Order ID","Transaction ID","Transaction status",Amount,Fee',
        `${id(91)},m1,settlement,300,4`,
        `${id(92)},m2,expire,300,0`,
        `${id(93)},m3,partial_refund,100,0`,
      ].join('\n'),
    )
    expect(report).toMatchObject([
      { kind: 'PAYMENT', payment: id(91), amount: 300, fee: 4 },
      { kind: 'REFUND', payment: id(93), amount: -100 },
    ])
  })

  it('that cannot be read says in which line', () => {
    expect(() => readReport('OVO', '')).toThrow(/reports of OVO are not known/)
    expect(() => readReport('STRIPE', 'gross,fee')).toThrow(
      /line 1: there is no column balance_transaction_id/,
    )
    expect(() => stripe(CHARGE, 'txn_2,charge,pi_2,usd,12.505,0,12')).toThrow(
      /line 3: "12.505" is no amount in USD/,
    )
    expect(() => stripe('txn_2,charge,,usd,12.50,0,12')).toThrow(/line 2: it has no id, or is of no payment/)
  })
})

describe('reconcile', () => {
  it('posts what agrees once: from clearing to the bank, less what the provider keeps', async () => {
    await world.plant('booking', `${AT_STRIPE}; ${REFUNDED}`)
    const lines = stripe(CHARGE, 'txn_2,refund,pi_1,idr,-100.00,0.00,-100.00')
    expect(await run(lines, { post: false })).toMatchObject({ agreeing: 2, posted: 0 })
    expect(await settled()).toEqual([])
    expect(await run(lines)).toEqual({ lines: 2, agreeing: 2, posted: 2, differences: [] })
    const sums = [
      { kind: 'BANK', sum: -191 },
      { kind: 'CLEARING:STRIPE', sum: 200 },
      { kind: 'PROVIDER_FEES', sum: -9 },
    ]
    expect(await settled()).toEqual(sums)
    expect(await run(lines)).toMatchObject({ posted: 0, differences: [] })
    expect(await settled()).toEqual(sums)
  })

  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
  const period = { from: day(1), to: day(0) }
  const differing: [string, string[], object, object][] = [
    [
      'a payment that is not ours',
      ['txn_9,charge,pi_9,idr,70.00,1.00,69.00'],
      {},
      { kind: 'MISSING_HERE', payment: 'pi_9', here: 'no such payment', there: '70 IDR' },
    ],
    [
      'a payment that is not in it',
      [],
      { period },
      { kind: 'MISSING_THERE', payment: id(91), here: '300 IDR' },
    ],
    [
      'another amount',
      ['txn_1,charge,pi_1,idr,299.00,9.00,290.00'],
      {},
      { kind: 'AMOUNT', payment: id(91), here: '300 IDR', there: '299 IDR' },
    ],
    [
      'another currency',
      ['txn_1,charge,pi_1,usd,3.00,0.09,2.91'],
      {},
      { kind: 'AMOUNT', payment: id(91), here: '300 IDR', there: '300 USD' },
    ],
    ['a payment twice', [CHARGE, CHARGE.replace('txn_1', 'txn_2')], {}, { kind: 'TWICE', there: '2 times' }],
    [
      'a refund of another amount',
      [CHARGE, 'txn_2,refund,pi_1,idr,-90.00,0.00,-90.00'],
      {},
      { kind: 'REFUND', here: '-100 IDR', there: '-90 IDR' },
    ],
    [
      'a refund that is not in it',
      [CHARGE],
      { period },
      { kind: 'REFUND', here: '-100 IDR', there: 'nothing' },
    ],
  ]

  it.for(differing)('names %s, and posts nothing of it', async ([, rows, more, difference]) => {
    await world.plant('booking', `${AT_STRIPE}; ${REFUNDED}`)
    const { posted, differences } = await run(stripe(...rows), more)
    expect(differences).toContainEqual(expect.objectContaining(difference))
    expect(posted).toBe(0)
    expect(await settled()).toEqual([])
  })

  it('posts a line once though it is read by two at the same moment: guard ledger_transactions_reference_key', async () => {
    await world.plant('booking', AT_STRIPE)
    const both = await Promise.all([run(stripe(CHARGE)), run(stripe(CHARGE))])
    expect(both[0].posted + both[1].posted).toBe(1)
    expect((await settled())[1]).toEqual({ kind: 'CLEARING:STRIPE', sum: 300 })
  })

  it('ends as a command with 0 when all agrees, 1 when not, 2 when it could not look', async () => {
    await world.plant('booking', AT_STRIPE)
    const folder = await mkdtemp(join(tmpdir(), 'karcis-report-'))
    try {
      const file = join(folder, 'report.csv')
      const script = new URL('../../../scripts/reconcile.ts', import.meta.url).pathname
      const command = async (text: string, ...args: string[]) => {
        await writeFile(file, text)
        return promisify(execFile)(
          process.execPath,
          ['--disable-warning=ExperimentalWarning', script, 'stripe', file, ...args],
          { env: { PATH: process.env.PATH, BOOKING_DATABASE_URL: world.urls.booking } },
        ).then(
          ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
          (error: { code: number; stdout: string; stderr: string }) => error,
        )
      }
      const right = await command(`${STRIPE}\n${CHARGE}\n`)
      expect(right).toMatchObject({ code: 0 })
      expect(right.stdout).toContain('1 lines: 1 agree, 1 posted, 0 differences')
      const wrong = await command(`${STRIPE}\n`, '--from', day(1), '--to', day(0))
      expect(wrong.code).toBe(1)
      expect(wrong.stdout).toContain(`MISSING_THERE  payment ${id(91)}`)
      expect(await command('nothing')).toMatchObject({ code: 2 })
      expect(await command(STRIPE, '--from', 'soon', '--to', 'later')).toMatchObject({ code: 2 })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
