import { readFile } from 'node:fs/promises'
import { verifyLedger } from '@karcis/infra/books/verify-ledger'
import { startMidtrans } from '@karcis/stand-ins/midtrans'
import { eventually } from '@karcis/testkit/eventually'
import pg from 'pg'
import { expect, it } from 'vitest'
import { booksOf } from './books.ts'
import { approvedEvent, signInAdmin, signUp, signUpOrganizer, ticketType } from './builders.ts'
import { startKarcis } from './karcis.ts'
import { startRelay } from './relay.ts'

const SERVER_KEY = 'SB-Mid-server-test'
const LOOK = `query ($id: ID!) { booking(id: $id) { status refundedAmount tickets { id status } refunds { amount status } } }`
const INVOICES = '{ invoices { edges { node { kind total url(language: EN) } } } }'
const BALANCE = '{ organizerBalance { currency owed heldBack disputed available onItsWay paidOut } }'
const REQUEST_REFUND = `mutation ($input: RequestRefundInput!) {
  requestRefund(input: $input) { status amount booking { status refundedAmount } } }`

/** From, and to, which accounts each kind of posting moves money, by docs/money.md. */
async function documented(): Promise<Map<string, { reference: string; from: string; to: string }>> {
  const page = await readFile(new URL('../../docs/money.md', import.meta.url), 'utf8')
  const rows = page.matchAll(/^\| `([A-Z_]+)` \| `([^`]+)` \| ([^|]+) \| ([^|]+) \|/gm)
  return new Map(
    [...rows].map(([, kind = '', reference = '', from = '', to = '']) => [kind, { reference, from, to }]),
  )
}

/** Postings as they were made: the begin of the reference, and the kinds of account that gave and that got. */
const POSTINGS = `SELECT DISTINCT t.kind, split_part(t.reference, ':', 1) AS reference,
    split_part(a.kind, ':', 1) AS account, e.amount < 0 AS gave
  FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id`

it('follows the money from a cart over two events to the payout, with a ticket that is given back and an event that is called off', async () => {
  await using relay = await startRelay()
  await using midtrans = await startMidtrans({
    serverKey: SERVER_KEY,
    notificationUrl: `${relay.url}/webhooks/midtrans`,
  })
  await using karcis = await startKarcis({
    MIDTRANS_SERVER_KEY: SERVER_KEY,
    MIDTRANS_SNAP_URL: midtrans.url,
    MIDTRANS_API_URL: midtrans.url,
  })
  relay.handOnTo(karcis.url)
  await using stack = new AsyncDisposableStack()
  const db = stack.adopt(new pg.Pool({ connectionString: karcis.databases.booking, max: 1 }), (pool) =>
    pool.end(),
  )
  const books = stack.use(await booksOf(karcis.databases))
  const admin = await signInAdmin(karcis)
  const sari = await signUpOrganizer(karcis, admin, 'Sari')
  const concert = await approvedEvent(karcis, admin, sari)
  const talk = await approvedEvent(karcis, admin, sari)
  const seat = await ticketType(karcis, sari, concert, { name: 'Regular', price: 150_000, quota: 10 })
  const chair = await ticketType(karcis, sari, talk, { name: 'Chair', price: 50_000, quota: 10 })
  const setFees = 'mutation ($input: SetFeesInput!) { setFees(input: $input) { id } }'
  const platformFees = [{ name: 'Service', basisPoints: 500 }]
  const taxes = [{ name: 'PPN 11%', basisPoints: 1_100 }]
  await karcis.run(setFees, { input: { eventId: concert, platformFees, taxes } }, admin)
  const policy = {
    eventId: concert,
    tiers: [{ hoursBeforeStart: 0, percent: 100 }],
    approval: 'AUTOMATIC',
    feesKept: false,
  }
  await karcis.run(
    'mutation ($input: SetRefundPolicyInput!) { setRefundPolicy(input: $input) { approval } }',
    { input: policy },
    sari.token,
  )
  await karcis.run(
    'mutation ($input: CreatePromoCodeInput!) { createPromoCode(input: $input) { id } }',
    { input: { eventId: concert, code: 'TENTH', kind: 'PERCENT', percent: 10 } },
    sari.token,
  )

  // Two seats at 150,000 less a tenth, with 5 % for the platform and 11 % tax on top; and a chair at 50,000.
  const budi = await signUp(karcis, 'Budi')
  const add = 'mutation ($input: AddToCartInput!) { addToCart(input: $input) { totalPrice } }'
  await karcis.run(add, { input: { ticketTypeId: seat, quantity: 2 } }, budi.token)
  await karcis.run(add, { input: { ticketTypeId: chair, quantity: 1 } }, budi.token)
  const { applyPromo } = await karcis.run(
    'mutation { applyPromo(code: "TENTH") { subtotal discount surcharge totalPrice } }',
    {},
    budi.token,
  )
  expect(applyPromo).toEqual({ subtotal: 350_000, discount: 30_000, surcharge: 43_200, totalPrice: 363_200 })
  const { checkout } = await karcis.run(
    'mutation ($input: CheckoutInput!) { checkout(input: $input) { id totalPrice event { id } } }',
    { input: { expectedTotal: 363_200, idempotencyKey: 'once' } },
    budi.token,
  )
  const idOf = (eventId: string): string =>
    checkout.find((booking: { event: { id: string } }) => booking.event.id === eventId).id
  const [seats, chairs] = [idOf(concert), idOf(talk)]
  const { confirmPayment } = await karcis.run(
    `mutation ($id: ID!) { confirmPayment(id: $id, input: { method: MIDTRANS }) { payment { id amount redirectUrl } } }`,
    { id: seats },
    budi.token,
  )
  expect(confirmPayment.payment.amount).toBe(363_200)
  midtrans.pay(confirmPayment.payment.id, { method: 'gopay' })
  const look = async (id: string) => (await karcis.run(LOOK, { id }, budi.token)).booking
  const tickets: string[] = await eventually(async () => {
    expect(await look(chairs)).toMatchObject({ status: 'PAID', tickets: [{ status: 'VALID' }] })
    const booking = await look(seats)
    expect(booking).toMatchObject({ status: 'PAID', tickets: [{ status: 'VALID' }, { status: 'VALID' }] })
    return booking.tickets.map(({ id }: { id: string }) => id)
  })
  const balance = async () => (await karcis.run(BALANCE, {}, sari.token)).organizerBalance[0]
  const none = { currency: 'IDR', disputed: 0, available: 0, onItsWay: 0, paidOut: 0 }
  expect(await balance()).toEqual({ ...none, owed: 349_700, heldBack: 349_700 })

  /** Invoices and credit notes of Budi, once there are so many. */
  const invoices = async (count: number) => {
    await db.query("SELECT graphile_worker.add_job('issue-invoices', payload => '{}')") // as each minute
    return eventually(async () => {
      const found = (await karcis.run(INVOICES, {}, budi.token)).invoices.edges
      expect(found).toHaveLength(count)
      return found.map((edge: { node: { kind: string; total: number; url: string } }) => edge.node)
    })
  }
  const totals = (found: { kind: string; total: number }[], kind: string) =>
    found.flatMap((one) => (one.kind === kind ? one.total : [])).toSorted((a, b) => b - a)
  const [file, ...others] = await invoices(2)
  expect(totals([file, ...others], 'INVOICE')).toEqual([313_200, 50_000])
  const pdf = await fetch(karcis.url + file.url)
  expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf'])

  // One of the seats is given back, with its half of fee and tax.
  const input = { bookingId: seats, ticketIds: [tickets[0]], reason: 'Ill.' }
  const { requestRefund } = await karcis.run(REQUEST_REFUND, { input }, budi.token)
  expect(requestRefund).toEqual({
    status: 'APPROVED',
    amount: 156_600,
    booking: { status: 'PARTIALLY_REFUNDED', refundedAmount: 156_600 },
  })
  // The talk is called off.
  await karcis.run(
    'mutation ($id: ID!) { cancelEvent(id: $id, reason: "The speaker is ill.") { status } }',
    { id: talk },
    sari.token,
  )
  await eventually(async () => {
    expect(await look(seats)).toMatchObject({ refunds: [{ amount: 156_600, status: 'DONE' }] })
    expect(await look(chairs)).toMatchObject({
      status: 'REFUNDED',
      refunds: [{ amount: 50_000, status: 'DONE' }],
    })
  })
  const { rows } = await db.query('SELECT status, captured_amount, refunded_amount FROM payments')
  expect(rows).toEqual([
    { status: 'PARTIALLY_REFUNDED', captured_amount: '363200', refunded_amount: '206600' },
  ])
  expect(midtrans.ledger()).toMatchObject([{ captured: '363200.00', refunded: '206600.00' }])
  expect(totals(await invoices(4), 'CREDIT_NOTE')).toEqual([156_600, 50_000])
  expect(await balance()).toEqual({ ...none, owed: 149_850, heldBack: 149_850 })

  // Four days after the concert Sari is paid: its price and its tax, less what went back.
  await db.query(`UPDATE event_copies SET payable_until = now() - interval '4 days' WHERE event_id = $1`, [
    concert,
  ])
  expect(await balance()).toEqual({ ...none, owed: 149_850, heldBack: 0, available: 149_850 })
  const bankAccount = { bankName: 'Bank Nusantara', accountHolder: 'Sari', accountNumber: '123-456 789' }
  const { requestPayout } = await karcis.run(
    `mutation ($input: RequestPayoutInput!) { requestPayout(input: $input) {
      id amount statement { eventId sales refunds fees tax disputes collected paidBefore amount remaining } } }`,
    { input: { currency: 'IDR', bankAccount } },
    sari.token,
  )
  expect(requestPayout).toMatchObject({
    amount: 149_850,
    statement: [
      {
        eventId: concert,
        sales: 283_500,
        refunds: -141_750,
        fees: -6_750,
        tax: 14_850,
        disputes: 0,
        collected: 0,
        paidBefore: 0,
        amount: 149_850,
        remaining: 0,
      },
    ],
  })
  const { id } = requestPayout
  await karcis.run(
    'mutation ($id: ID!) { reviewPayout(id: $id, input: { decision: APPROVED }) { status } }',
    { id },
    admin,
  )
  await karcis.run('mutation ($id: ID!) { markPayoutPaid(id: $id) { status } }', { id }, admin)
  expect(await balance()).toEqual({ ...none, owed: 0, heldBack: 0, paidOut: 149_850 })

  // What is left: the platform's fee of one seat, and with Midtrans what was not given back.
  const left = await db.query(`SELECT a.kind, sum(e.amount)::int AS amount FROM ledger_entries e
    JOIN ledger_accounts a ON a.id = e.account_id GROUP BY a.kind HAVING sum(e.amount) <> 0 ORDER BY a.kind`)
  expect(left.rows).toMatchObject([
    { kind: 'BANK', amount: 149_850 },
    { kind: 'CLEARING:MIDTRANS', amount: -156_600 },
    { kind: 'PLATFORM_FEES', amount: 6_750 },
    { kind: 'SIGNUP_GRANTS' },
    { kind: 'WALLET' },
  ])
  const page = await documented()
  const postings = await db.query<{ kind: string; reference: string; account: string; gave: boolean }>(
    POSTINGS,
  )
  for (const { kind, reference, account, gave } of postings.rows) {
    expect(page.get(kind)?.reference.split(':')[0], kind).toBe(reference)
    expect(page.get(kind)?.[gave ? 'from' : 'to'], kind).toContain(account)
  }
  expect(new Set(postings.rows.map(({ kind }) => kind))).toEqual(
    new Set(['GRANT', 'PAYMENT', 'REFUND', 'REFUND_SENT', 'PAYOUT', 'PAYOUT_SENT']),
  )
  await eventually(async () => expect(await books.unfinished()).toEqual([]))
  // For a minute the refunds of the talk stay open, in case that a payment was under way when it was called off.
  await eventually(async () => {
    const contradictions = await books.contradictions()
    expect(contradictions.filter(({ check }) => check !== 'late-event-refunds')).toEqual([])
  })
  const verified = await verifyLedger(karcis.databases.booking)
  expect(verified.findings.filter(({ count }) => count > 0)).toEqual([])
})
