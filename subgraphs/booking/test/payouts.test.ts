import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { mutantOf, withMutant } from '@karcis/testkit/mutants'
import { person, tokenOf } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { insertPosting } from '../src/domain/ledger/ledger-store.ts'
import { clearingOf, salesOf } from '../src/domain/ledger/postings.ts'
import { forgetPayoutAccounts } from '../src/domain/payouts/decide-payout.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { audit } from './money.ts'
import { dropTriggers, pileUp } from './mutants.ts'
import {
  BALANCE,
  BANK_ACCOUNT,
  MARK_FAILED,
  MARK_PAID,
  PAYOUTS,
  REQUEST,
  REVIEW,
  sell,
  soldEvent,
  tellEvent,
} from './payout-operations.ts'

let booking: BookingProcess
const admin = person({ role: 'ADMIN' })
const organizer = () => person({ role: 'ORGANIZER' })

beforeAll(async () => {
  booking = await startBooking()
})

afterAll(() => booking[Symbol.asyncDispose]())

const balanceFor = async (viewer: Viewer) => (await booking.ask(viewer, BALANCE)).data.organizerBalance
const request = (viewer: Viewer, input: Record<string, unknown> = {}) =>
  booking.ask(viewer, REQUEST, { input: { currency: 'IDR', bankAccount: BANK_ACCOUNT, ...input } })
const approve = (id: string) => booking.ask(admin, REVIEW, { id, input: { decision: 'APPROVED' } })

describe('organizerBalance', () => {
  it('holds back what is not over yet, then for PAYOUT_HOLD_DAYS, and what is left of an event that was called off', async () => {
    const sari = organizer()
    await soldEvent(booking, sari, [1_000], 7)
    await soldEvent(booking, sari, [200], -1)
    await soldEvent(booking, sari, [30, 3], -4)
    const off = await soldEvent(booking, sari, [500], -4)
    await tellEvent(booking, off, { endsInDays: -4, version: 3, status: 'CANCELLED' })
    expect(await balanceFor(sari)).toEqual([
      {
        currency: 'IDR',
        owed: 1_733,
        heldBack: 1_700,
        disputed: 0,
        available: 33,
        onItsWay: 0,
        paidOut: 0,
      },
    ])
  })

  it('goes with an event that is transferred, and is what bookings say of one that was never heard of', async () => {
    const [before, after] = [organizer(), organizer()]
    const event = await soldEvent(booking, before, [900], -4)
    await tellEvent(booking, { ...event, organizerId: after.id }, { endsInDays: -4, version: 3 })
    expect(await balanceFor(before)).toEqual([])
    expect((await balanceFor(after))[0]).toMatchObject({ owed: 900, available: 900 })

    const unheard = organizer()
    await sell(booking, { eventId: newId(), organizerId: unheard.id }, 70)
    expect((await balanceFor(unheard))[0]).toMatchObject({ owed: 70, heldBack: 70, available: 0 })
  })

  it('is the organizer’s own; admins name whose', async () => {
    const sari = organizer()
    await soldEvent(booking, sari, [1_000], -4)
    expect((await booking.ask(null, BALANCE)).code).toBe('UNAUTHENTICATED')
    expect((await booking.ask(organizer(), BALANCE, { organizerId: sari.id })).code).toBe('FORBIDDEN')
    expect((await booking.ask(admin, BALANCE, { organizerId: 'x' })).code).toBe('BAD_USER_INPUT')
    const seen = await booking.ask(admin, BALANCE, { organizerId: sari.id })
    expect(seen.data.organizerBalance[0].available).toBe(1_000)
  })
})

describe('what is left of an event that was called off', () => {
  const HELD = `query ($organizerId: ID, $released: Boolean) { calledOffBalances(organizerId: $organizerId, released: $released) {
    totalCount edges { node { eventId currency left refunding releasedAt releaseReason organizer { id } } } } }`
  const RELEASE = `mutation ($eventId: ID!, $reason: String!) { releaseEventBalance(eventId: $eventId, reason: $reason) {
    eventId left refunding releasedAt releaseReason } }`
  const held = async (viewer: Viewer, args = {}) =>
    (await booking.ask(viewer, HELD, args)).data.calledOffBalances
  const release = (eventId: string, viewer = admin, reason = 'The fees were agreed on.') =>
    booking.ask(viewer, RELEASE, { eventId, reason })

  /** Called off after a refund that had kept a fee; everybody is refunded by now. */
  async function calledOff(sari: Viewer, left: number) {
    const off = await soldEvent(booking, sari, [500], 7)
    await tellEvent(booking, off, { endsInDays: 7, version: 3, status: 'CANCELLED' })
    await booking.db
      .$executeRaw`UPDATE event_refunds SET status = 'DONE' WHERE event_id = ${off.eventId}::uuid`
    await refundInFull(booking.subgraph.deps, off.bookingIds[0] ?? '', 'Called off.', { fulfilled: false })
    if (left > 0)
      await transaction(booking.db, (tx) =>
        insertPosting(tx, {
          kind: 'TOP_UP',
          reference: `kept:${off.eventId}`,
          bookingId: null,
          currency: 'IDR',
          lines: [
            { account: clearingOf('TEST'), amount: -left },
            { account: salesOf(off.eventId), amount: left },
          ],
        }),
      )
    return off.eventId
  }

  it('is seen by its organizer and admins, and released by an admin, once, to be paid out', async () => {
    const sari = organizer()
    const [eventId, nothing] = [await calledOff(sari, 25), await calledOff(sari, 0)]
    const node = {
      eventId,
      currency: 'IDR',
      left: 25,
      refunding: false,
      releasedAt: null,
      releaseReason: null,
      organizer: { id: sari.id },
    }
    expect(await held(sari)).toEqual({ totalCount: 1, edges: [{ node }] })
    expect(await held(admin, { organizerId: sari.id })).toEqual({ totalCount: 1, edges: [{ node }] })
    expect((await booking.ask(organizer(), HELD, { organizerId: sari.id })).code).toBe('FORBIDDEN')
    expect((await balanceFor(sari))[0]).toMatchObject({ owed: 25, heldBack: 25, available: 0 })
    expect((await request(sari)).code).toBe('INSUFFICIENT_BALANCE')

    expect((await release(eventId, sari)).code).toBe('FORBIDDEN')
    expect((await release(newId())).code).toBe('NOT_FOUND')
    expect((await release(eventId, admin, '')).code).toBe('BAD_USER_INPUT')
    const done = (await release(eventId)).data.releaseEventBalance
    expect(done).toMatchObject({ eventId, left: 25, releaseReason: 'The fees were agreed on.' })
    expect((await release(eventId, admin, 'Twice.')).data.releaseEventBalance).toEqual(done)
    expect((await release(nothing)).data.releaseEventBalance).toMatchObject({ left: 0 })

    expect((await held(sari)).totalCount).toBe(0)
    expect((await held(sari, { released: true })).edges).toMatchObject([{ node: { eventId, left: 25 } }])
    expect((await balanceFor(sari))[0]).toMatchObject({ owed: 25, heldBack: 0, available: 25 })
    expect((await request(sari)).data.requestPayout).toMatchObject({ amount: 25, statement: [{ eventId }] })
    await expect(booking.db.$executeRaw`DELETE FROM released_balances`).rejects.toThrow(/append only/)
  })

  it('is not released while bookings are still to be refunded', async () => {
    const sari = organizer()
    const off = await soldEvent(booking, sari, [500], 7)
    await tellEvent(booking, off, { endsInDays: 7, version: 3, status: 'CANCELLED' })
    expect(await release(off.eventId)).toMatchObject({ code: 'CONFLICT', facts: { eventId: off.eventId } })
    const on = await soldEvent(booking, sari, [500], 7)
    expect((await release(on.eventId)).code).toBe('NOT_FOUND')
  })
})

describe('the statement of a payout', () => {
  const STATEMENT =
    'query ($organizerId: ID) { payouts(organizerId: $organizerId) { edges { node { statementUrl statementCsv } } } }'
  const get = async (path: string) =>
    fetch(booking.subgraph.url + path, {
      headers: { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'booking') },
    })

  it('is a file behind a link that is good for a while, and opens nothing else', async () => {
    const sari = organizer()
    await soldEvent(booking, sari, [1_000], -4)
    const { id } = (await request(sari)).data.requestPayout
    const { statementUrl, statementCsv } = (await booking.ask(sari, STATEMENT)).data.payouts.edges[0].node
    expect(statementUrl).toMatch(/^\/exports\/[\w.-]+\.csv$/)
    const file = await get(statementUrl)
    expect(file.status).toBe(200)
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="statement-${id}.csv"`)
    expect(await file.text()).toBe(statementCsv)
    const { statementUrls } = booking.subgraph.deps
    const link = (payoutId: string, until: number) =>
      `/exports/${statementUrls.sign({ payoutId }, new Date(until))}.csv`
    expect((await get(link(id, Date.now() + 60_000))).status).toBe(200)
    for (const wrong of [
      statementUrl.replace('.csv', 'A.csv'),
      link(id, Date.now() - 1),
      link(newId(), Date.now() + 60_000),
    ])
      expect((await get(wrong)).status).toBe(404)
  })
})

describe('a payout', () => {
  it('takes what there is, is approved and transferred, and can be looked up', async () => {
    const sari = organizer()
    const event = await soldEvent(booking, sari, [1_000, 500], -4)
    await refundInFull(booking.subgraph.deps, event.bookingIds[1] ?? '', 'Sick.', { fulfilled: false })
    const asked = (await request(sari)).data.requestPayout
    const line = {
      eventId: event.eventId,
      sales: 1_500,
      refunds: -500,
      fees: 0,
      tax: 0,
      disputes: 0,
      collected: 0,
      paidBefore: 0,
      amount: 1_000,
      remaining: 0,
    }
    expect(asked).toMatchObject({
      status: 'REQUESTED',
      amount: 1_000,
      currency: 'IDR',
      organizer: { id: sari.id },
      statement: [line],
      bankAccount: { bankName: 'Bank Nusantara', accountHolder: 'Sari', accountNumber: '…6789' },
    })
    expect(asked.bankAccount.fullAccountNumber).toBeNull()
    expect(asked.statementCsv).toBe(
      'eventId,currency,sales,refunds,fees,tax,disputes,collected,paidBefore,amount,remaining\r\n' +
        `${event.eventId},IDR,1500,-500,0,0,0,0,0,1000,0\r\n`,
    )
    expect((await balanceFor(sari))[0]).toMatchObject({ owed: 0, available: 0, onItsWay: 1_000, paidOut: 0 })

    const approved = (await approve(asked.id)).data.reviewPayout
    expect(approved).toMatchObject({ status: 'APPROVED' })
    expect(approved.bankAccount.fullAccountNumber).toBe('123456789')
    const paid = (await booking.ask(admin, MARK_PAID, { id: asked.id })).data.markPayoutPaid
    expect(paid).toMatchObject({ status: 'PAID', bankAccount: { fullAccountNumber: null } })
    expect(paid.paidAt).not.toBeNull()
    expect((await balanceFor(sari))[0]).toMatchObject({ owed: 0, onItsWay: 0, paidOut: 1_000 })

    await sell(booking, event, 200).catch(() => undefined) // it is over: nothing more can be sold
    await booking.db
      .$executeRaw`UPDATE event_copies SET payable_until = now() + interval '1 hour' WHERE event_id = ${event.eventId}::uuid`
    await sell(booking, event, 200)
    await tellEvent(booking, event, { endsInDays: -4, version: 3 })
    const next = (await request(sari, { bankAccount: null })).data.requestPayout // where the last one went
    expect(next.statement).toEqual([{ ...line, sales: 1_700, paidBefore: -1_000, amount: 200 }])
    expect(next.bankAccount.accountHolder).toBe('Sari')

    const mine = (await booking.ask(sari, PAYOUTS, { first: 1 })).data.payouts
    expect(mine).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true } })
    expect(mine.edges[0].node.id).toBe(next.id)
    const done = await booking.ask(admin, PAYOUTS, { organizerId: sari.id, status: 'PAID' })
    expect(done.data.payouts.edges.map((edge: { node: { id: string } }) => edge.node.id)).toEqual([asked.id])
    expect((await booking.ask(organizer(), PAYOUTS, { organizerId: sari.id })).code).toBe('FORBIDDEN')
    expect((await booking.ask(organizer(), PAYOUTS)).data.payouts.totalCount).toBe(0)
    expect(await audit(booking.db)).toEqual([])
  })

  it('of a part leaves the rest', async () => {
    const sari = organizer()
    await soldEvent(booking, sari, [1_000], -4)
    const { amount, statement } = (await request(sari, { amount: 300 })).data.requestPayout
    expect(amount).toBe(300)
    expect(statement).toMatchObject([{ amount: 300, remaining: 700 }])
    expect((await balanceFor(sari))[0]).toMatchObject({ available: 700, onItsWay: 300 })
  })

  it('that is rejected, fails, or comes back from the bank is owed again', async () => {
    const sari = organizer()
    await soldEvent(booking, sari, [1_000], -4)
    const rejected = (await request(sari)).data.requestPayout
    const no = { decision: 'REJECTED', message: 'Whose account is this?' }
    expect(
      (await booking.ask(admin, REVIEW, { id: rejected.id, input: no })).data.reviewPayout,
    ).toMatchObject({
      status: 'REJECTED',
      message: 'Whose account is this?',
    })
    expect((await balanceFor(sari))[0]).toMatchObject({ available: 1_000, onItsWay: 0 })

    const failed = (await request(sari)).data.requestPayout
    await approve(failed.id)
    const why = { id: failed.id, reason: 'No such account.' }
    expect((await booking.ask(admin, MARK_FAILED, why)).data.markPayoutFailed.status).toBe('FAILED')
    expect((await balanceFor(sari))[0]).toMatchObject({ available: 1_000, onItsWay: 0 })

    const back = (await request(sari)).data.requestPayout
    await approve(back.id)
    await booking.ask(admin, MARK_PAID, { id: back.id })
    await booking.ask(admin, MARK_FAILED, { id: back.id, reason: 'The bank sent it back.' })
    expect((await balanceFor(sari))[0]).toMatchObject({ available: 1_000, onItsWay: 0, paidOut: 0 })
    expect(await audit(booking.db)).toEqual([])
  })

  it('sets off what the organizer took in themself, and what events owe', async () => {
    const sari = organizer()
    const event = await soldEvent(booking, sari, [1_000, 400], -4)
    const owing = await soldEvent(booking, sari, [250], -4)
    const first = (await request(sari)).data.requestPayout
    expect(first.amount).toBe(1_650)
    await refundInFull(booking.subgraph.deps, owing.bookingIds[0] ?? '', 'Rained off.', { fulfilled: false })
    expect((await balanceFor(sari))[0]).toMatchObject({ owed: -250, available: 0 })
    await booking.ask(admin, REVIEW, { id: first.id, input: { decision: 'REJECTED', message: 'Wait.' } })

    // As the manual provider posts it: in cash at the door.
    await booking.db
      .$executeRaw`UPDATE event_copies SET payable_until = now() + interval '1 hour' WHERE event_id = ${event.eventId}::uuid`
    const cash = await sell(booking, event, 300)
    await transaction(booking.db, (tx) =>
      insertPosting(tx, {
        kind: 'STRAY_PAYMENT',
        reference: `moved:${cash}`,
        bookingId: cash,
        currency: 'IDR',
        lines: [
          { account: { ...clearingOf('MANUAL'), ownerId: sari.id }, amount: -300 },
          { account: clearingOf('TEST'), amount: 300 },
        ],
      }),
    )
    await tellEvent(booking, event, { endsInDays: -4, version: 3 })
    expect((await balanceFor(sari))[0]).toMatchObject({ owed: 1_400, available: 1_400 })
    const all = (await request(sari)).data.requestPayout
    expect(all.statement).toEqual([
      expect.objectContaining({ sales: 1_700, collected: -300, amount: 1_400, remaining: 0 }),
    ])
    expect((await balanceFor(sari))[0]).toMatchObject({ owed: 0, available: 0, onItsWay: 1_400 })
  })

  it('is refused for more than there is, without an account, to others, and where it is decided otherwise', async () => {
    const sari = organizer()
    const none = await request(sari)
    expect(none).toMatchObject({ code: 'INSUFFICIENT_BALANCE', facts: { balance: 0, currency: 'IDR' } })
    await soldEvent(booking, sari, [1_000], -4)
    expect(await request(sari, { amount: 1_001 })).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      facts: { balance: 1_000, required: 1_001, currency: 'IDR' },
    })
    expect((await request(sari, { currency: 'USD' })).code).toBe('INSUFFICIENT_BALANCE')
    const fields = async (input: Record<string, unknown>) => (await request(sari, input)).facts.fields[0].path
    expect(await fields({ bankAccount: null })).toBe('input.bankAccount')
    expect(await fields({ amount: 0 })).toBe('input.amount')
    expect(await fields({ currency: 'rupiah' })).toBe('input.currency')
    expect(await fields({ bankAccount: { ...BANK_ACCOUNT, accountNumber: '12?' } })).toBe(
      'input.bankAccount.accountNumber',
    )
    expect((await request(person())).code).toBe('FORBIDDEN')

    const { id } = (await request(sari)).data.requestPayout
    expect((await booking.ask(sari, REVIEW, { id, input: { decision: 'APPROVED' } })).code).toBe('FORBIDDEN')
    expect((await booking.ask(admin, REVIEW, { id, input: { decision: 'REJECTED' } })).code).toBe(
      'BAD_USER_INPUT',
    )
    expect(await booking.ask(admin, MARK_PAID, { id })).toMatchObject({
      code: 'CONFLICT',
      facts: { status: 'REQUESTED' },
    })
    expect((await booking.ask(admin, MARK_PAID, { id: newId() })).code).toBe('NOT_FOUND')
    await approve(id)
    expect((await approve(id)).data.reviewPayout.status).toBe('APPROVED')
  })

  it('asked for twice with one key is one', async () => {
    const sari = organizer()
    await soldEvent(booking, sari, [1_000], -4)
    const input = { amount: 400, idempotencyKey: 'once' }
    const answers = await Promise.all([request(sari, input), request(sari, input)])
    expect(answers[0].data.requestPayout.id).toBe(answers[1].data.requestPayout.id)
    expect((await request(sari, { ...input, amount: 401 })).code).toBe('IDEMPOTENCY_KEY_REUSED')
    expect((await balanceFor(sari))[0]).toMatchObject({ available: 600 })
  })

  it('forgets the account it went to after PAYOUT_ACCOUNT_RETENTION_DAYS, and not while it is needed', async () => {
    const sari = organizer()
    await soldEvent(booking, sari, [1_000], -4)
    const [ended, open] = [
      (await request(sari, { amount: 400 })).data.requestPayout.id,
      (await request(sari, { amount: 100 })).data.requestPayout.id,
    ]
    await booking.ask(admin, REVIEW, { id: ended, input: { decision: 'REJECTED', message: 'No.' } })
    await booking.db
      .$executeRaw`UPDATE payouts SET ended_at = ended_at - interval '91 days' WHERE id = ${ended}::uuid`
    await forgetPayoutAccounts(booking.subgraph.deps)
    const rows = await booking.db.payout.findMany({
      where: { id: { in: [ended, open] } },
      orderBy: { id: 'asc' },
    })
    expect(
      rows.map(({ accountHolder, accountNumber, accountEnding }) => [
        accountHolder,
        accountNumber,
        accountEnding,
      ]),
    ).toEqual([
      [null, null, '6789'],
      ['Sari', '123456789', '6789'],
    ])
    await expect(
      booking.db
        .$executeRaw`UPDATE payouts SET account_holder = NULL, account_number = NULL WHERE id = ${open}::uuid`,
    ).rejects.toThrow(/payouts_account_needed_check/)
  })
})

describe('two who ask for the same money at once', () => {
  /** Both see it there at the same moment. @returns how much was asked for in all. */
  async function race(viewers: (sari: Viewer) => Viewer[]): Promise<number> {
    const sari = organizer()
    await soldEvent(booking, sari, [1_000], -4)
    const asking = viewers(sari)
    await pileUp(booking.db, 'payouts', 1, () => Promise.all(asking.map((viewer) => request(viewer))))
    const [row] = await booking.db.$queryRaw<{ sum: number }[]>`
      SELECT coalesce(sum(amount), 0)::int AS sum FROM payouts WHERE organizer_id = ${sari.id}::uuid`
    return row?.sum ?? 0
  }

  const twice = (sari: Viewer) => [sari, sari]

  it('are given it once', async () => {
    expect(await race(twice)).toBe(1_000)
  })

  it('without the guard (the lock of PAYOUTS_DUE, payouts_covered) are given it twice', async () => {
    await using other = await startBooking()
    const product = booking
    booking = other
    try {
      await dropTriggers(other.db, 'ledger_transactions.payouts_covered')
      const { deps } = other.subgraph
      const unlocked = mutantOf(deps.db, ' FOR NO KEY UPDATE')
      deps.db = unlocked.db
      const sari = organizer()
      await soldEvent(other, sari, [1_000], -4)
      // The account is there already, so that opening it does not put one behind the other.
      await request(sari, { amount: 1 })
      await pileUp(other.db, 'payouts', 2, () => Promise.all([request(sari), request(sari)]))
      expect(unlocked.met.count).toBeGreaterThan(0)
      const [row] = await other.db.$queryRaw<{ sum: number }[]>`SELECT sum(amount)::int AS sum FROM payouts`
      expect(row?.sum).toBe(1 + 999 + 999)
    } finally {
      booking = product
    }
  })

  it('guard payouts_covered: what takes more than there is cannot commit', async () => {
    const sari = organizer()
    const event = await soldEvent(booking, sari, [1_000], -4)
    const posting = (amount: number) => ({
      kind: 'PAYOUT' as const,
      reference: `payout:${newId()}`,
      bookingId: null,
      currency: 'IDR',
      lines: [
        { account: salesOf(event.eventId), amount: -amount },
        { account: { kind: 'PAYOUTS_DUE' as const, ownerId: sari.id }, amount },
      ],
    })
    const post = (amount: number) => transaction(booking.db, (tx) => insertPosting(tx, posting(amount)))
    await expect(post(1_000)).rejects.toThrow(/there is no payout/) // guard payouts_money_agrees
    await using other = await startBooking()
    await dropTriggers(other.db, 'ledger_transactions.ledger_transactions_payout_agrees')
    await expect(transaction(other.db, (tx) => insertPosting(tx, posting(1)))).rejects.toThrow(
      /would be 1 short/,
    )
    await dropTriggers(other.db, 'ledger_transactions.payouts_covered')
    await transaction(other.db, (tx) => insertPosting(tx, posting(1)))
  })

  it('while the event goes to another organizer: guard lockOwnEvents (FOR SHARE)', async () => {
    const transferred = async (): Promise<boolean> => {
      const [before, after] = [organizer(), organizer()]
      const event = await soldEvent(booking, before, [1_000], -4)
      let moving: Promise<void> | undefined
      let moved = false
      await pileUp(
        booking.db,
        'payout_lines',
        1,
        () => request(before),
        async () => {
          moving = tellEvent(booking, { ...event, organizerId: after.id }, { endsInDays: -4, version: 3 })
          const first = await Promise.race([
            moving.then(() => 'moved'),
            new Promise((resolve) => setTimeout(resolve, 300, 'waits')),
          ])
          moved = first === 'moved'
        },
      )
      await moving
      return moved
    }
    expect(await transferred()).toBe(false)
    expect(await withMutant(booking.subgraph.deps, [' FOR SHARE'], transferred)).toBe(true)
  })
})

describe('guards of payouts', () => {
  it('payouts_status_moves and payouts_terms_fixed: it never goes back, and stays what it is', async () => {
    const sari = organizer()
    await soldEvent(booking, sari, [1_000], -4)
    const { id } = (await request(sari)).data.requestPayout
    const change = (sql: string) =>
      booking.db.$executeRawUnsafe(`UPDATE payouts SET ${sql} WHERE id = '${id}'`)
    await expect(change('amount = amount + 1')).rejects.toThrow(/never changes/)
    await expect(change(`account_number = '999999'`)).rejects.toThrow(/never changes/)
    await expect(
      change(
        `status = 'PAID', paid_at = now(), ended_at = now(), reviewed_at = now(), reviewed_by = '${id}'`,
      ),
    ).rejects.toThrow(/cannot go from REQUESTED to PAID/)
    await expect(
      change(`status = 'REJECTED', ended_at = now(), reviewed_at = now(), reviewed_by = '${id}'`),
    ).rejects.toThrow(/its lines say/) // guard payouts_money_agrees: its money did not go back
    await expect(
      booking.db
        .$executeRaw`UPDATE payout_lines SET amount = 1, taken_sales = 1 WHERE payout_id = ${id}::uuid`,
    ).rejects.toThrow(/append only/)
    const data = {
      id: newId(),
      organizerId: sari.id,
      amount: 1n,
      currency: 'IDR',
      bankName: 'B',
      accountEnding: '1',
    }
    await expect(
      booking.db.payout.create({
        data: {
          ...data,
          status: 'APPROVED',
          accountHolder: 'S',
          accountNumber: '1',
          reviewedAt: new Date(),
          reviewedBy: id,
        },
      }),
    ).rejects.toThrow(/starts REQUESTED/)
  })
})
