import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { createStandIn } from '@karcis/testkit/stand-in'
import { describe, expect, it } from 'vitest'
import { lookForDisputes } from '../src/domain/payments/look-for-disputes.ts'
import { settleDispute } from '../src/domain/payments/settle-dispute.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { audit, markIssued } from './money.ts'
import { act, providerKit } from './provider-kits.ts'
import { becomes, LOOK, PRICE, type ProviderShop, START, started, startShop } from './provider-shop.ts'
import { startWorld } from './world.ts'

/** Money alone: of the ticket subgraph there is only what freezes tickets, so that none are issued. */
async function alone(freezeTickets: (variables: { frozen: boolean }) => boolean = () => true) {
  await using stack = new AsyncDisposableStack()
  const ticket = stack.use(await createStandIn({ freezeTickets }))
  const shop = stack.use(
    await startShop(providerKit('STRIPE'), (settings) =>
      startBooking({ ...settings, TICKET_URL: ticket.url }),
    ),
  )
  const all = stack.move()
  return { ...shop, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** A PAID booking whose tickets count as issued, and whose buyer disputes the payment. */
async function disputed(shop: ProviderShop<BookingProcess>) {
  const { booking, standIn } = shop
  const payment = await started(shop)
  shop.pay(payment.order)
  await becomes(booking, payment.buyer, payment.id, 'PAID', 'PAID')
  await markIssued(booking.db, payment.id)
  act(standIn, payment.order, 'dispute', 'fraudulent')
  await becomes(booking, payment.buyer, payment.id, 'PAID', 'DISPUTED')
  return payment
}

/** What stands in the accounts of a kind, all of them together. */
async function sumOf({ db }: BookingProcess, kind: string): Promise<number> {
  const [row] = await db.$queryRaw<
    { sum: bigint }[]
  >`SELECT coalesce(sum(e.amount), 0)::bigint AS sum FROM ledger_entries e
    JOIN ledger_accounts a ON a.id = e.account_id WHERE a.kind = ${kind}`
  return Number(row?.sum)
}

describe('a dispute at Stripe', () => {
  it('sets the money apart, and gives it back to the event when it is won', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const { buyer, id, order } = await disputed(shop)
    expect([await sumOf(booking, 'EVENT_SALES'), await sumOf(booking, 'DISPUTED')]).toEqual([0, PRICE])
    await parallel(5, () => settleDispute(booking.subgraph.deps, order))
    expect(await sumOf(booking, 'DISPUTED')).toBe(PRICE)

    act(standIn, order, 'closeDispute', 'won')
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    expect([await sumOf(booking, 'EVENT_SALES'), await sumOf(booking, 'DISPUTED')]).toEqual([PRICE, 0])
    await parallel(5, () => settleDispute(booking.subgraph.deps, order))
    expect(await sumOf(booking, 'CLEARING:STRIPE')).toBe(-PRICE)
    expect(await audit(booking.db)).toEqual([])
  })

  it('that is lost takes the money out of what Stripe holds, and the booking is REFUNDED', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const { buyer, id, order } = await disputed(shop)
    act(standIn, order, 'closeDispute', 'lost')
    await becomes(booking, buyer, id, 'REFUNDED', 'REFUNDED')
    expect([await sumOf(booking, 'DISPUTED'), await sumOf(booking, 'CLEARING:STRIPE')]).toEqual([0, 0])
    const jobs = await booking.db.$queryRaw<
      { n: number }[]
    >`SELECT count(*)::int AS n FROM graphile_worker._private_jobs
      WHERE key = ${`cancel-tickets:${id}`}`
    expect(jobs[0]?.n).toBe(1) // its tickets end
    await parallel(5, () => settleDispute(booking.subgraph.deps, order))
    expect(await sumOf(booking, 'CLEARING:STRIPE')).toBe(0)
    expect(await audit(booking.db)).toEqual([])
  })

  it('of which only the end is heard has the same outcome', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    for (const [outcome, status] of [
      ['won', 'PAID'],
      ['lost', 'REFUNDED'],
    ] as const) {
      const { buyer, id, order } = await started(shop)
      shop.arm({ kind: 'lose', times: 99 })
      shop.pay(order)
      act(standIn, order, 'dispute', 'fraudulent')
      standIn.disarm()
      act(standIn, order, 'closeDispute', outcome)
      await becomes(booking, buyer, id, status, status)
      await eventually(async () => expect(await audit(booking.db)).toEqual([]))
    }
    expect(await sumOf(booking, 'DISPUTED')).toBe(0)
    expect(await sumOf(booking, 'CLEARING:STRIPE')).toBe(-PRICE)
  })

  it('of which nothing is heard at all is found by the next look, and its end too, each once', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const { deps } = booking.subgraph
    const { buyer, id, order } = await started(shop)
    shop.pay(order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    await markIssued(booking.db, id)
    await lookForDisputes(deps)
    const looks = () => booking.db.disputeLook.findMany()
    const [first] = await looks()
    const unheard = async (action: 'dispute' | 'closeDispute', how: string) => {
      shop.arm({ kind: 'lose', times: 99 })
      act(standIn, order, action, how)
      standIn.disarm()
      await parallel(3, () => lookForDisputes(deps))
    }
    await unheard('dispute', 'fraudulent')
    await becomes(booking, buyer, id, 'PAID', 'DISPUTED')
    expect(await sumOf(booking, 'DISPUTED')).toBe(PRICE)
    await unheard('closeDispute', 'lost')
    await becomes(booking, buyer, id, 'REFUNDED', 'REFUNDED')
    await lookForDisputes(deps) // there is nothing more to it
    expect([await sumOf(booking, 'DISPUTED'), await sumOf(booking, 'CLEARING:STRIPE')]).toEqual([0, 0])
    expect((await looks())[0]?.lookedAt.getTime()).toBeGreaterThan(Number(first?.lookedAt))
    expect(await audit(booking.db)).toEqual([])
  })

  it('of another amount than bookings have of the payment waits for a person', async () => {
    await using shop = await alone()
    const { booking, standIn, rewrite } = shop
    const { buyer, id, order } = await started(shop)
    shop.pay(order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    await standIn.quiet()
    rewrite((answer) =>
      answer.includes('"object":"dispute"')
        ? answer.replace(`"amount":${PRICE * 100}`, '"amount":100')
        : answer,
    )
    act(standIn, order, 'dispute', 'fraudulent')
    await expect(settleDispute(booking.subgraph.deps, order)).rejects.toThrow(
      'is not of what bookings have of it',
    )
    expect((await booking.ask(buyer, LOOK, { id })).data.booking.payment.status).toBe('PAID')
    expect(await audit(booking.db)).toEqual([])
  })

  it('freezes tickets that are not issued before it was raised', async () => {
    const asked: boolean[] = []
    await using shop = await alone(({ frozen }) => {
      asked.push(frozen)
      return true
    })
    const { booking, standIn } = shop
    const { buyer, id, order } = await started(shop)
    shop.pay(order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    act(standIn, order, 'dispute', 'fraudulent')
    await becomes(booking, buyer, id, 'PAID', 'DISPUTED')
    await eventually(() => expect(asked).not.toEqual([]))
    await markIssued(booking.db, id)
    const before = asked.length
    await eventually(() => expect(asked.length).toBeGreaterThan(before), 20_000)
    expect(new Set(asked)).toEqual(new Set([true]))
  })

  it('freezes the tickets: they are let in again when it is won, and end when it is lost', async () => {
    await using shop = await startShop(providerKit('STRIPE'), (settings) => startWorld({}, settings))
    const { booking, standIn } = shop
    const ticketTypeId = await booking.ticketType(await booking.eventOnSale(), { price: PRICE, quota: 2 })
    for (const outcome of ['won', 'lost'] as const) {
      const buyer = await booking.buyer()
      const id = await booking.book(buyer, { ticketTypeId, quantity: 1 })
      const { data } = await booking.ask(buyer, START, { id, method: 'STRIPE' })
      const order = data.confirmPayment.payment.id
      const isTicket = (expected: object) =>
        eventually(async () => {
          const { data: mine } = await booking.askTicket(
            buyer,
            '{ myTickets { edges { node { status frozen } } } }',
          )
          expect(mine.myTickets.edges).toMatchObject([{ node: expected }])
        })
      shop.pay(order)
      await isTicket({ status: 'VALID', frozen: false })
      act(standIn, order, 'dispute', 'fraudulent')
      await isTicket({ status: 'VALID', frozen: true })
      act(standIn, order, 'closeDispute', outcome)
      await isTicket(outcome === 'won' ? { status: 'VALID', frozen: false } : { status: 'REFUNDED' })
    }
    expect(await booking.stock(ticketTypeId)).toEqual({ sold: 1, held: 0, available: 1 })
    expect(await audit(booking.db)).toEqual([])
  })
})
