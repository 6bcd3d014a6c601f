import { eventually } from '@karcis/testkit/eventually'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decideRefund } from '../src/domain/refunds/review-refund.ts'
import { finishRefund } from '../src/domain/refunds/refund-tickets.ts'
import { settleDispute } from '../src/domain/payments/settle-dispute.ts'
import { audit } from './money.ts'
import { REFUND } from './operations.ts'
import { act, providerKit } from './provider-kits.ts'
import { becomes, type ProviderShop, START, startShop } from './provider-shop.ts'
import { knownEvent, past, PRICE, refundAlone, REQUEST, REVIEW, setPolicy, tellOf } from './refund-stories.ts'
import { salesProblems } from './sales-operations.ts'
import { startWorld, type World } from './world.ts'

let shop: ProviderShop<World>
let world: World

beforeAll(async () => {
  shop = await startShop(providerKit('STRIPE'), (settings) => startWorld({}, settings))
  world = shop.booking
})

afterAll(() => shop[Symbol.asyncDispose]())

const READ = `query ($id: ID!) { booking(id: $id) { status refundedAmount payment { status }
  refunds { status amount toWallet reason tickets { id } } refundRequests { status message } } }`

type Bought = Awaited<ReturnType<typeof bought>>

/** Two tickets, paid by card. @param policy of the event. */
async function bought(policy: Record<string, unknown> = {}) {
  const event = await knownEvent(world)
  await setPolicy(world, event, policy)
  const type = await world.ticketType(event, { price: PRICE, quota: 10 })
  const buyer = await world.buyer()
  const id = await world.book(buyer, { ticketTypeId: type, quantity: 2 })
  const { data } = await world.ask(buyer, START, { id, method: 'STRIPE' })
  const order: string = data.confirmPayment.payment.id
  shop.pay(order)
  const tickets = await eventually(async () => {
    const row = await world.ask(buyer, '{ myBookings { edges { node { tickets { id } } } } }')
    const found: { id: string }[] = row.data.myBookings.edges[0].node.tickets
    expect(found).toHaveLength(2)
    return found.map((ticket) => ticket.id)
  })
  return { event, type, buyer, id, order, tickets }
}

const dispute = async ({ buyer, id, order }: Bought, status = 'PAID') => {
  act(shop.standIn, order, 'dispute', 'fraudulent')
  await becomes(world, buyer, id, status, 'DISPUTED')
}

const close = (order: string, outcome: 'won' | 'lost') => act(shop.standIn, order, 'closeDispute', outcome)

const ask = ({ buyer, id }: Bought, ticketIds: string[] | null = null) =>
  world.ask(buyer, REQUEST, { input: { bookingId: id, ticketIds, reason: 'Ill.' } })

const look = async ({ buyer, id }: Bought) => (await world.ask(buyer, READ, { id })).data.booking

const admin = person({ role: 'ADMIN' })

describe('while a payment is in dispute', () => {
  it.for(['AUTOMATIC', 'ORGANIZER'])(
    'nothing of it can be asked for, nor refunded by an admin (%s)',
    async (approval) => {
      const booked = await bought({ approval })
      await dispute(booked)
      expect((await ask(booked)).code).toBe('REFUND_NOT_ALLOWED')
      expect((await world.ask(admin, REFUND, { id: booked.id, reason: 'Rain.' })).code).toBe(
        'REFUND_NOT_ALLOWED',
      )
      close(booked.order, 'won')
      await becomes(world, booked.buyer, booked.id, 'PAID', 'PAID')
      expect((await world.ask(admin, REFUND, { id: booked.id, reason: 'Rain.' })).code).toBeUndefined()
      expect(await audit(world.db)).toEqual([])
    },
  )

  it('what was asked for before is not approved; once its time is over it is rejected', async () => {
    const booked = await bought({ approval: 'ORGANIZER', whenUndecided: 'APPROVE' })
    const { data } = await ask(booked)
    const { id } = data.requestRefund
    await dispute(booked)
    const review = await world.ask(booked.event.organizer, REVIEW, { id, input: { decision: 'APPROVED' } })
    expect(review.code).toBe('REFUND_NOT_ALLOWED')
    expect(await look(booked)).toMatchObject({ refundRequests: [{ status: 'PENDING' }] })
    await past(world, 'review_by = now()', id)
    await decideRefund(world.subgraph.deps, id)
    expect((await look(booked)).refundRequests).toMatchObject([
      { status: 'REJECTED', message: expect.stringContaining('in dispute') },
    ])
  })

  it('an event that is called off refunds all others, and this one once it is won', async () => {
    const booked = await bought()
    await dispute(booked)
    await tellOf(world, booked.event, { status: 'CANCELLED', cancellationReason: null })
    const other = world.db.eventRefund.findUnique({ where: { eventId: booked.event.eventId } })
    expect((await other)?.status).toBe('RUNNING')
    await refundAlone(world.subgraph.deps, booked.event.eventId)
    expect(await look(booked)).toMatchObject({ status: 'PAID', refunds: [], payment: { status: 'DISPUTED' } })
    close(booked.order, 'won')
    await becomes(world, booked.buyer, booked.id, 'PAID', 'PAID')
    await world.db
      .$executeRaw`UPDATE event_refunds SET last_id = NULL WHERE event_id = ${booked.event.eventId}::uuid`
    await refundAlone(world.subgraph.deps, booked.event.eventId)
    expect(await look(booked)).toMatchObject({ status: 'REFUNDED', refunds: [{ amount: 2 * PRICE }] })
    expect(await audit(world.db)).toEqual([])
  })

  it.for(['won', 'lost'] as const)(
    'a refund that was under way waits, and once it is %s comes to its end',
    async (outcome) => {
      const booked = await bought()
      const [first = ''] = booked.tickets
      await world.stopTicket()
      expect((await ask(booked, [first])).data.requestRefund.refund).toMatchObject({ status: 'PENDING' })
      await dispute(booked)
      await world.restartTicket()
      const [refund] = await world.db.bookingRefund.findMany({ where: { bookingId: booked.id } })
      const finish = () => finishRefund(world.subgraph.deps, refund?.id ?? '')
      expect(await finish()).toMatchObject({ status: 'ENDING' })
      close(booked.order, outcome)
      if (outcome === 'won') {
        await becomes(world, booked.buyer, booked.id, 'PAID', 'PAID')
        await finish()
        expect(await look(booked)).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedAmount: PRICE })
      } else {
        await becomes(world, booked.buyer, booked.id, 'REFUNDED', 'REFUNDED')
        expect(await finish()).toMatchObject({ status: 'REFUSED' })
        const reason = 'Your bank has given the money back to you.'
        expect(await look(booked)).toMatchObject({
          refundRequests: [{ status: 'REJECTED', message: reason }],
          refunds: [{ amount: 2 * PRICE, reason, tickets: [{}, {}] }],
        })
      }
      expect(await audit(world.db)).toEqual([])
    },
  )
})

it('a dispute that is lost stands among the refunds of its booking, with what went back before', async () => {
  const booked = await bought({ tiers: [{ hoursBeforeStart: 0, percent: 50 }] })
  const [first = '', second = ''] = booked.tickets
  await ask(booked, [first])
  await eventually(async () => expect((await look(booked)).refunds).toMatchObject([{ status: 'DONE' }]))
  await dispute(booked, 'PARTIALLY_REFUNDED')
  await settleDispute(world.subgraph.deps, booked.order)
  close(booked.order, 'lost')
  await becomes(world, booked.buyer, booked.id, 'REFUNDED', 'REFUNDED')
  const reason = 'Your bank has given the money back to you.'
  expect(await look(booked)).toMatchObject({
    refundedAmount: 2 * PRICE,
    refunds: [
      { amount: PRICE / 2, tickets: [{ id: first }] },
      { status: 'DONE', amount: 1.5 * PRICE, toWallet: false, reason, tickets: [{ id: second }] },
    ],
  })
  await eventually(async () =>
    expect(await world.stock(booked.type)).toEqual({ sold: 0, held: 0, available: 10 }),
  )
  expect(await audit(world.db)).toEqual([])
  expect(await salesProblems(world.db)).toEqual([])
})
