import { newId } from '@karcis/kit/ids'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { balanceOf } from './booking-process.ts'
import { audit } from './money.ts'
import { PAY } from './operations.ts'
import { boughtAt, GRANT, knownEvent, PRICE, setPolicy } from './refund-stories.ts'
import { startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

const REFUNDS =
  'query ($id: ID!) { booking(id: $id) { status refundedAmount refunds { status amount reason tickets { id } } } }'

/** All places are sold; one buyer of three offers the ticket in the middle, and somebody else buys its place. */
async function resold() {
  const event = await knownEvent(world)
  const { eventId, organizer } = event
  await world.askTicket(organizer, 'mutation ($input: SetResaleInput!) { setResale(input: $input) { id } }', {
    input: { eventId, untilHoursBeforeStart: 1 },
  })
  const sale = await boughtAt(world, event)
  const rest = await world.buyer()
  await world.ask(rest, PAY, { id: await world.book(rest, { ticketTypeId: sale.type, quantity: 7 }) })
  const [, ticketId = ''] = sale.tickets
  await world.askTicket(sale.buyer, 'mutation ($id: ID!) { offerForResale(ticketId: $id) { id } }', {
    id: ticketId,
  })
  const next = await world.buyer()
  const { data } = await world.ask(next, PAY, {
    id: await world.book(next, { ticketTypeId: sale.type, quantity: 1 }),
  })
  expect(data.confirmPayment.tickets).toHaveLength(1)
  const [told] = await world.ticket().deps.db.$queryRaw<
    { id: string; payload: object }[]
  >`SELECT id, payload FROM kit.outbox
    WHERE type = 'ticket.resold' AND consumer = 'booking' AND aggregate_id = ${ticketId}`
  if (!told) throw new Error('nobody was told')
  const word = { type: 'ticket.resold', aggregateId: ticketId, ...told }
  return {
    ...sale,
    event,
    ticketId,
    next,
    tell: (id = told.id) => tell(world.subgraph, 'ticket', { ...word, id }),
  }
}

const bookingOf = async ({ buyer, bookingId }: Awaited<ReturnType<typeof resold>>) =>
  (await world.ask(buyer, REFUNDS, { id: bookingId })).data.booking

describe('a ticket whose place was sold to somebody else', () => {
  it('is refunded to whoever sold it, once, however often it is told', async () => {
    const sale = await resold()
    expect(await balanceOf(world, sale.buyer)).toBe(GRANT - 3 * PRICE)
    await Promise.all([sale.tell(), sale.tell(), sale.tell()])
    await eventually(async () =>
      expect(await bookingOf(sale)).toMatchObject({
        status: 'PARTIALLY_REFUNDED',
        refundedAmount: PRICE,
        refunds: [{ status: 'DONE', amount: PRICE, tickets: [{ id: sale.ticketId }] }],
      }),
    )
    expect(await balanceOf(world, sale.buyer)).toBe(GRANT - 2 * PRICE)
    expect(await balanceOf(world, sale.next)).toBe(GRANT - PRICE)
    expect(await world.stock(sale.type)).toEqual({ sold: 10, held: 0, available: 0 })
    await audit(world.db)
  })

  it('is refunded in full, also where a refund would give less', async () => {
    const sale = await resold()
    await setPolicy(world, sale.event, { tiers: [] })
    await sale.tell()
    await eventually(async () => expect((await bookingOf(sale)).refundedAmount).toBe(PRICE))
  })

  it('is not refunded twice when its booking was refunded meanwhile', async () => {
    const sale = await resold()
    await refundInFull(world.subgraph.deps, sale.bookingId, 'Ill.', { fulfilled: true })
    await sale.tell()
    expect(await bookingOf(sale)).toMatchObject({ status: 'REFUNDED', refundedAmount: 3 * PRICE })
    expect(await balanceOf(world, sale.buyer)).toBe(GRANT)
    await audit(world.db)
  })

  it('is refunded once, also where the word of it comes under another id', async () => {
    const sale = await resold()
    await sale.tell()
    await eventually(async () => expect((await bookingOf(sale)).refundedAmount).toBe(PRICE))
    await world.db.$executeRaw`DELETE FROM kit.inbox`
    await expect(sale.tell(newId())).rejects.toThrow()
    expect((await bookingOf(sale)).refundedAmount).toBe(PRICE)
  })
})
