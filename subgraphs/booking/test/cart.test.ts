import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { balanceOf } from './booking-process.ts'
import { ADD, APPLY, letHoldsLapse, REMOVE, shopper, UPDATE, VIEW } from './cart-operations.ts'
import { audit } from './money.ts'
import { CANCEL, PAY, READ } from './operations.ts'
import { eventOnSale, makePromo } from './promo-operations.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const buy = async () => shopper(world, await world.buyer())

/** A type of general admission at an event of its own. */
async function onSale(input: Record<string, unknown> = {}) {
  const event = await eventOnSale(world)
  return { event, ticketTypeId: await world.ticketType(event, { price: 100_000, quota: 10, ...input }) }
}

describe('a cart', () => {
  it('goes over several events, reserves all of it, and is checked out into one payment', async () => {
    const buyer = await buy()
    const concert = await onSale()
    const play = await eventOnSale(world)
    const stalls = await world.ticketType(play, { name: 'Stalls', price: 50_000, quota: 6 })
    const seatIds = await world.seatMap(play, stalls, 1, 6)
    const gift = await world.ticketType(play, { name: 'Gift', kind: 'DONATION', price: 5_000, quota: 5 })

    await buyer.add({ ticketTypeId: concert.ticketTypeId, quantity: 2 })
    await buyer.add({ eventId: play.eventId, seatIds: seatIds.slice(0, 2) })
    const cart = await buyer.add({ ticketTypeId: gift, quantity: 1, unitPrice: 20_000 })
    expect(cart).toMatchObject({ totalPrice: 320_000, currency: 'IDR', discount: 0 })
    expect(cart.events.map(({ event, totalPrice }) => [event.id, totalPrice])).toEqual([
      [concert.event.eventId, 200_000],
      [play.eventId, 120_000],
    ])
    const items = cart.events.flatMap((event) => event.items)
    expect(items.map(({ quantity, problem }) => [quantity, problem])).toEqual([
      [2, null],
      [2, null],
      [1, null],
    ])
    expect(items[1]?.items.map(({ seatLabel }) => seatLabel)).toEqual(['Stalls A-1', 'Stalls A-2'])
    expect(cart.expiresAt).toBe(items.map(({ reservedUntil }) => reservedUntil).toSorted()[0])
    expect(await world.stock(concert.ticketTypeId)).toEqual({ sold: 0, held: 2, available: 8 })
    expect(await buyer.cart()).toEqual(cart) // from whichever device

    const { data, errors } = await buyer.checkout(320_000)
    expect(errors).toEqual([])
    const bookings = data.checkout as { id: string; checkoutId: string; expiresAt: string }[]
    expect(bookings).toMatchObject([
      { status: 'PENDING', totalPrice: 200_000, items: [{ quantity: 2 }] },
      {
        status: 'PENDING',
        totalPrice: 120_000,
        items: [{ seatLabel: 'Stalls A-1' }, { seatLabel: 'Stalls A-2' }, { unitPrice: 20_000 }],
      },
    ])
    expect(new Set(bookings.map(({ checkoutId }) => checkoutId)).size).toBe(1)
    expect(await buyer.cart()).toMatchObject({ events: [], totalPrice: 0, currency: null, expiresAt: null })

    await world.ask(buyer.viewer, PAY, { id: bookings[1]?.id })
    expect(await balanceOf(world, buyer.viewer)).toBe(680_000)
    for (const [at, tickets] of [2, 3].entries()) {
      await eventually(async () => {
        const booking = (await world.ask(buyer.viewer, READ, { id: bookings[at]?.id })).data.booking
        expect(booking).toMatchObject({ status: 'PAID', payment: { amount: 320_000 } })
        expect(booking.tickets).toHaveLength(tickets)
      })
    }
    expect(await world.stock(concert.ticketTypeId)).toEqual({ sold: 2, held: 0, available: 8 })
    expect(await audit(world.db)).toEqual([])
  })

  it('has of one type one item, which is made more and less, and lets go of nothing for that', async () => {
    const buyer = await buy()
    const { ticketTypeId } = await onSale({ quota: 6 })
    const rival = await buy()
    await buyer.add({ ticketTypeId, quantity: 3 })
    const cart = await buyer.add({ ticketTypeId, quantity: 1 })
    const [item] = cart.events[0]?.items ?? []
    expect(item?.quantity).toBe(4)
    await rival.add({ ticketTypeId, quantity: 1 })
    const refused = await world.ask(buyer.viewer, UPDATE, { id: item?.id, input: { quantity: 6 } })
    expect(refused.code).toBe('SOLD_OUT')
    expect(await buyer.itemsOf()).toMatchObject([{ quantity: 4, reservedUntil: item?.reservedUntil }])
    await buyer.update(item?.id ?? '', { quantity: 2 })
    expect(await world.stock(ticketTypeId)).toEqual({ sold: 0, held: 3, available: 3 })
    await buyer.update(item?.id ?? '', { quantity: 5 })
    expect(await world.stock(ticketTypeId)).toEqual({ sold: 0, held: 6, available: 0 })
    await buyer.remove(item?.id ?? '')
    expect(await world.stock(ticketTypeId)).toEqual({ sold: 0, held: 1, available: 5 })
  })

  it('changes how many of the best seats it has', async () => {
    const buyer = await buy()
    const event = await eventOnSale(world)
    const ticketTypeId = await world.ticketType(event, { price: 10_000, quota: 10 })
    await world.seatMap(event, ticketTypeId, 2, 5)
    const cart = await buyer.add({ ticketTypeId, quantity: 2 })
    const id = cart.events[0]?.items[0]?.id ?? ''
    const more = await buyer.update(id, { quantity: 4 })
    expect(more.events[0]?.items[0]?.items).toHaveLength(4)
    expect(await world.stock(ticketTypeId)).toEqual({ sold: 0, held: 4, available: 6 })
    await buyer.update(id, { quantity: 1 })
    expect(await world.stock(ticketTypeId)).toEqual({ sold: 0, held: 1, available: 9 })
    const { data } = await buyer.checkout(10_000)
    await world.ask(buyer.viewer, PAY, { id: data.checkout[0].id })
    await eventually(async () =>
      expect(await world.stock(ticketTypeId)).toEqual({ sold: 1, held: 0, available: 9 }),
    )
  })

  it('counts towards what one person may have', async () => {
    const buyer = await buy()
    const { event, ticketTypeId } = await onSale({ maxPerUser: 3 })
    const other = await world.ticketType(event, { price: 1, quota: 20 })
    await buyer.add({ ticketTypeId, quantity: 3 })
    expect((await world.ask(buyer.viewer, ADD, { input: { ticketTypeId, quantity: 1 } })).code).toBe(
      'LIMIT_EXCEEDED',
    )
    expect((await world.ask(buyer.viewer, ADD, { input: { ticketTypeId: other, quantity: 8 } })).code).toBe(
      'LIMIT_EXCEEDED',
    )
    expect(await buyer.itemsOf()).toMatchObject([{ quantity: 3 }])
    await buyer.add({ ticketTypeId: other, quantity: 7 })
  })

  it('is its owner’s alone, and in one currency', async () => {
    const [buyer, stranger] = [await buy(), await buy()]
    const { ticketTypeId } = await onSale()
    const cart = await buyer.add({ ticketTypeId, quantity: 1 })
    const id = cart.events[0]?.items[0]?.id
    expect((await world.ask(null, VIEW)).code).toBe('UNAUTHENTICATED')
    expect((await world.ask(stranger.viewer, REMOVE, { id })).code).toBe('NOT_FOUND')
    expect((await world.ask(stranger.viewer, UPDATE, { id, input: {} })).code).toBe('NOT_FOUND')
    expect((await stranger.cart()).events).toEqual([])
    expect((await stranger.checkout(0)).code).toBe('BAD_USER_INPUT')

    const abroad = await world.eventOnSale('USD')
    const dollars = await world.ticketType(abroad, { price: 1_250, quota: 5 })
    const refused = await world.ask(buyer.viewer, ADD, { input: { ticketTypeId: dollars, quantity: 1 } })
    expect(refused).toMatchObject({ code: 'CONFLICT', facts: { currency: 'USD', cartCurrency: 'IDR' } })
    expect(await world.stock(dollars)).toEqual({ sold: 0, held: 0, available: 5 })
    expect(await buyer.itemsOf()).toHaveLength(1)
  })

  it('says which field is wrong', async () => {
    const { viewer } = await buy()
    const { event, ticketTypeId } = await onSale()
    const fields = async (input: Record<string, unknown>) => {
      const { facts } = await world.ask(viewer, ADD, { input })
      return (facts?.fields as { path: string }[] | undefined)?.map(({ path }) => path)
    }
    expect(await fields({})).toEqual(['input.ticketTypeId'])
    expect(await fields({ ticketTypeId })).toEqual(['input.quantity'])
    expect(await fields({ ticketTypeId, quantity: 11 })).toEqual(['input.quantity'])
    expect(await fields({ ticketTypeId, quantity: 1, eventId: event.eventId })).toEqual(['input.eventId'])
    expect(await fields({ seatIds: [ticketTypeId] })).toEqual(['input.eventId'])
    await world.ask(viewer, ADD, { input: { ticketTypeId, quantity: 9 } })
    expect(await fields({ ticketTypeId, quantity: 2 })).toEqual(['input.quantity'])
  })
})

describe('what is reserved no more', () => {
  it('stays in the cart, and is reserved again by a change of it or by the checkout', async () => {
    const buyer = await buy()
    const [one, other] = [await onSale(), await onSale()]
    await buyer.add({ ticketTypeId: one.ticketTypeId, quantity: 2 })
    await buyer.add({ ticketTypeId: other.ticketTypeId, quantity: 1 })
    await letHoldsLapse(world)
    const cart = await buyer.cart()
    expect(cart).toMatchObject({ totalPrice: 300_000, expiresAt: null })
    const items = await buyer.itemsOf()
    expect(items).toMatchObject([
      { quantity: 2, reservedUntil: null, problem: null },
      { quantity: 1, reservedUntil: null, problem: null },
    ])
    await buyer.update(items[0]?.id ?? '', {})
    expect(await buyer.itemsOf()).toMatchObject([
      { reservedUntil: expect.any(String) },
      { reservedUntil: null },
    ])
    expect((await buyer.checkout(300_000)).data.checkout).toHaveLength(2)
    expect(await world.stock(one.ticketTypeId)).toEqual({ sold: 0, held: 2, available: 8 })
    expect(await world.stock(other.ticketTypeId)).toEqual({ sold: 0, held: 1, available: 9 })
  })

  it('and is sold to others by then refuses the checkout, which says what it is, and keeps nothing of it', async () => {
    const [buyer, rival] = [await buy(), await buy()]
    const [one, scarce] = [await onSale(), await onSale({ quota: 1 })]
    await buyer.add({ ticketTypeId: one.ticketTypeId, quantity: 2 })
    await buyer.add({ ticketTypeId: scarce.ticketTypeId, quantity: 1 })
    await letHoldsLapse(world)
    await rival.add({ ticketTypeId: scarce.ticketTypeId, quantity: 1 })
    const refused = await buyer.checkout(300_000)
    const [, gone] = await buyer.itemsOf()
    expect(refused).toMatchObject({
      code: 'SOLD_OUT',
      facts: { cartItemId: gone?.id, eventId: scarce.event.eventId },
    })
    expect(await world.db.booking.count({ where: { userId: buyer.viewer.id } })).toBe(0)
    await buyer.remove(gone?.id ?? '')
    expect((await buyer.checkout(200_000)).data.checkout).toHaveLength(1)
  })

  it('says that it costs something else, and nobody pays another price than was shown', async () => {
    const buyer = await buy()
    const { event, ticketTypeId } = await onSale()
    await buyer.add({ ticketTypeId, quantity: 1 })
    const price = async (input: Record<string, unknown>) => {
      const query = 'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { id } }'
      expect((await world.askTicket(event.organizer, query, { input })).errors).toEqual([])
    }
    await price({ id: ticketTypeId, price: 120_000 })
    expect(await buyer.cart()).toMatchObject({ totalPrice: 100_000 }) // what is reserved keeps its price
    await letHoldsLapse(world)
    expect(await buyer.cart()).toMatchObject({ totalPrice: 120_000 })
    expect(await buyer.itemsOf()).toMatchObject([{ problem: { code: 'PRICE_CHANGED' } }])
    expect(await buyer.checkout(100_000)).toMatchObject({
      code: 'CONFLICT',
      facts: { reason: 'PRICE_CHANGED', expectedTotal: 100_000, totalPrice: 120_000, currency: 'IDR' },
    })
    expect((await buyer.checkout(120_000, 'another')).data.checkout).toMatchObject([{ totalPrice: 120_000 }])
  })

  it('of which the sale is over says so', async () => {
    const buyer = await buy()
    const [off, on] = [await onSale(), await onSale()]
    await buyer.add({ ticketTypeId: off.ticketTypeId, quantity: 1 })
    await buyer.add({ ticketTypeId: on.ticketTypeId, quantity: 1 })
    await letHoldsLapse(world)
    const { db } = world.ticket().deps
    await db.$executeRaw`UPDATE ticket_types SET sale_ends_at = now() - interval '1 minute' WHERE id = ${off.ticketTypeId}::uuid`
    expect(await buyer.cart()).toMatchObject({ totalPrice: 100_000 })
    const [item] = await buyer.itemsOf()
    expect(item).toMatchObject({ reservedUntil: null, problem: { code: 'SALE_NOT_OPEN' } })
    expect(await buyer.checkout(100_000)).toMatchObject({
      code: 'SALE_NOT_OPEN',
      facts: { cartItemId: item?.id },
    })
  })
})

describe('promo codes of a cart', () => {
  it('make each event cheaper that they are for, as often as they can be used', async () => {
    const buyer = await buy()
    const [one, other] = [await onSale(), await onSale()]
    const organizer = one.event.organizer
    await makePromo(world, organizer, {
      eventId: one.event.eventId,
      code: 'TEN',
      kind: 'PERCENT',
      percent: 10,
    })
    await buyer.add({ ticketTypeId: one.ticketTypeId, quantity: 1 })
    await buyer.add({ ticketTypeId: other.ticketTypeId, quantity: 1 })
    expect(await buyer.apply('ten')).toMatchObject({
      totalPrice: 190_000,
      discount: 10_000,
      promos: [{ code: 'TEN', discount: 10_000, problem: null }],
      events: [{ discount: 10_000 }, { discount: 0 }],
    })
    expect(await buyer.unapply('Ten')).toMatchObject({ totalPrice: 200_000, promos: [] })
    await buyer.apply('TEN')
    const unknown = await world.ask(buyer.viewer, APPLY, { code: 'NOBODY' })
    expect(unknown).toMatchObject({ code: 'PROMO_INVALID', facts: { reason: 'NOT_FOUND' } })

    const { data } = await buyer.checkout(190_000)
    expect(data.checkout).toMatchObject([{ discount: 10_000 }, { discount: 0 }])
    expect((await buyer.cart()).promos).toEqual([])
    await world.ask(buyer.viewer, CANCEL, { id: data.checkout[1].id })
    expect(await world.db.promo.findMany({ where: { eventId: one.event.eventId } })).toMatchObject([
      { used: 0 },
    ])
  })

  it('that can be used no more refuse the checkout at the price with them', async () => {
    const [buyer, rival] = [await buy(), await buy()]
    const { event, ticketTypeId } = await onSale()
    const terms = {
      eventId: event.eventId,
      code: 'LAST',
      kind: 'FIXED',
      amount: 30_000,
      currency: 'IDR',
      maxUses: 1,
    }
    await makePromo(world, event.organizer, terms)
    for (const person of [buyer, rival]) {
      await person.add({ ticketTypeId, quantity: 1 })
      await person.apply('LAST')
    }
    expect((await rival.checkout(70_000)).data.checkout).toHaveLength(1)
    expect(await buyer.cart()).toMatchObject({
      totalPrice: 100_000,
      promos: [{ code: 'LAST', discount: 0, problem: { code: 'PROMO_INVALID' } }],
    })
    expect((await buyer.checkout(70_000)).code).toBe('PROMO_INVALID')
    expect(await buyer.itemsOf()).toMatchObject([{ reservedUntil: expect.any(String) }])
  })
})

describe('two tabs at once', () => {
  it('that add the same have one item of all of it', async () => {
    const buyer = await buy()
    const { ticketTypeId } = await onSale()
    const answers = await parallel(8, () => buyer.add({ ticketTypeId, quantity: 1 }))
    expect(answers.filter(({ status }) => status === 'rejected')).toEqual([])
    expect(await buyer.itemsOf()).toMatchObject([{ quantity: 8 }])
    expect(await world.stock(ticketTypeId)).toEqual({ sold: 0, held: 8, available: 2 })
  })

  it('that add it by one key add it once', async () => {
    const buyer = await buy()
    const { ticketTypeId } = await onSale()
    await parallel(6, () => buyer.add({ ticketTypeId, quantity: 2, idempotencyKey: 'k' }))
    expect(await buyer.itemsOf()).toMatchObject([{ quantity: 2 }])
    const other = { ticketTypeId, quantity: 1, idempotencyKey: 'k' }
    expect((await world.ask(buyer.viewer, ADD, { input: other })).code).toBe('IDEMPOTENCY_KEY_REUSED')
    expect(await world.stock(ticketTypeId)).toMatchObject({ held: 2 })
  })

  it('that set different numbers have one of these reserved', async () => {
    const buyer = await buy()
    const { ticketTypeId } = await onSale()
    const cart = await buyer.add({ ticketTypeId, quantity: 1 })
    const id = cart.events[0]?.items[0]?.id ?? ''
    await parallel(6, (n) => buyer.update(id, { quantity: n + 1 }))
    const [item] = await buyer.itemsOf()
    expect(await world.stock(ticketTypeId)).toMatchObject({ held: item?.quantity })
    const row = await world.db.cartItem.findUnique({ where: { id } })
    expect(row?.quantity).toBe(item?.quantity)
  })
})
