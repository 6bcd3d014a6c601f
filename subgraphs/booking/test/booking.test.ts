import { newId } from '@karcis/kit/ids'
import { type Bearer } from '@karcis/kit/service-token'
import { ask } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import type { Loose } from '@karcis/testkit/gql'
import { person, scanner } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countQueries } from './count-queries.ts'
import { audit } from './money.ts'
import { CANCEL, CREATE, PAY, READ, REFUND } from './operations.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const MY_TICKETS = '{ myTickets { edges { node { id status ticketType { id } } } } }'

describe('a first purchase', () => {
  it('two seats: held, booked, paid, and there are two tickets', async () => {
    const event = await world.eventOnSale()
    const type = await world.ticketType(event, { name: 'VIP', price: 350_000, quota: 1 })
    const seats = await world.seatMap(event, type, 2, 5)
    const buyer = await world.buyer()
    const holdId = await world.holdSeats(buyer, event, seats.slice(0, 2))

    const created = await world.ask(buyer, CREATE, { input: { holdId } })
    expect(created.errors).toEqual([])
    const booking = created.data.createBooking
    expect(booking).toMatchObject({
      status: 'PENDING',
      event: { id: event.eventId },
      subtotal: 700_000,
      totalPrice: 700_000,
      currency: 'IDR',
      tickets: [],
      payment: null,
      items: seats.slice(0, 2).map((id) => ({
        seat: { id },
        ticketType: { id: type },
        name: 'VIP',
        unitPrice: 350_000,
        quantity: 1,
      })),
    })
    const hold = await world.askTicket(buyer, 'query ($id: ID!) { hold(id: $id) { expiresAt } }', {
      id: holdId,
    })
    const margin = Date.parse(hold.data.hold.expiresAt) - Date.parse(booking.expiresAt)
    expect(margin).toBe(30_000) // what is paid in time finds its seats

    const paid = (await world.ask(buyer, PAY, { id: booking.id })).data.confirmPayment
    expect(paid).toMatchObject({ id: booking.id, status: 'PAID', payment: { amount: 700_000 } })
    expect(paid.tickets).toHaveLength(2)
    const mine = (await world.askTicket(buyer, MY_TICKETS)).data.myTickets.edges
    expect(mine.map((edge: { node: { id: string } }) => edge.node.id).toSorted()).toEqual(
      paid.tickets.map((ticket: { id: string }) => ticket.id).toSorted(),
    )
    expect(await world.stock(type)).toEqual({ sold: 2, held: 0, available: 8 })
    expect((await world.ask(buyer, READ, { id: booking.id })).data.booking).toEqual(paid)
  })

  it('three places of general admission, taken and booked in one step', async () => {
    const event = await world.eventOnSale()
    const type = await world.ticketType(event, { price: 100_000, quota: 10 })
    const buyer = await world.buyer()
    const { data } = await world.ask(buyer, CREATE, { input: { ticketTypeId: type, quantity: 3 } })
    expect(data.createBooking).toMatchObject({
      totalPrice: 300_000,
      items: [{ seat: null, seatLabel: null, quantity: 3, unitPrice: 100_000 }],
    })
    expect(await world.stock(type)).toEqual({ sold: 0, held: 3, available: 7 })
    const paid = await world.ask(buyer, PAY, { id: data.createBooking.id })
    expect(paid.data.confirmPayment.tickets).toHaveLength(3)
    expect(await world.stock(type)).toEqual({ sold: 3, held: 0, available: 7 })
  })

  it('of several kinds: each ticket knows its booking, and what its own place was sold at, for those who may see the booking', async () => {
    const event = await world.eventOnSale()
    const price = { kind: 'PAID', quota: 10 }
    const regular = await world.ticketType(event, { ...price, name: 'Regular', price: 100_000 })
    const free = await world.ticketType(event, { name: 'Child', kind: 'FREE', quota: 10 })
    const vip = await world.ticketType(event, { ...price, name: 'VIP', price: 350_000 })
    const buyer = await world.buyer()
    const items = [
      { ticketTypeId: regular, quantity: 3 },
      { ticketTypeId: free, quantity: 1 },
      { ticketTypeId: vip, quantity: 2 },
    ]
    const id = await world.book(buyer, { items })
    const { tickets } = (await world.ask(buyer, PAY, { id })).data.confirmPayment
    const types = await world.askTicket(buyer, '{ myTickets { edges { node { id ticketType { id } } } } }')
    const typeOf = new Map<string, string>(
      types.data.myTickets.edges.map(({ node }: Loose) => [node.id, node.ticketType.id]),
    )
    const other = await world.buyer()
    const others = await world.book(other, { ticketTypeId: vip, quantity: 1 })
    const [theirs] = (await world.ask(other, PAY, { id: others })).data.confirmPayment.tickets

    const LOOK = `query ($of: [_Any!]!) { _entities(representations: $of) {
      ... on Ticket { id unitPrice currency booking { id } } } }`
    const ids: string[] = [...tickets.map((ticket: Loose) => ticket.id), theirs.id, newId()]
    const of = ids.map((ticketId) => ({ __typename: 'Ticket', id: ticketId }))
    const look = async (viewer: Bearer | null, service: 'router' | 'ticket' = 'router') =>
      (await ask(world.subgraph, viewer, LOOK, { of }, service)).data._entities

    const priceOf = new Map([
      [regular, 100_000],
      [free, 0],
      [vip, 350_000],
    ])
    const nothing = { unitPrice: null, currency: null, booking: null }
    const all = ids.slice(0, 6).map((ticketId) => {
      const unitPrice = priceOf.get(typeOf.get(ticketId) ?? '')
      return { id: ticketId, unitPrice, currency: 'IDR', booking: { id } }
    })
    expect(all.map(({ unitPrice }) => unitPrice)).toEqual([100_000, 100_000, 100_000, 0, 350_000, 350_000])
    const its = { id: theirs.id, unitPrice: 350_000, currency: 'IDR', booking: { id: others } }
    const none = { id: ids[7], ...nothing }
    const { queries, result } = await countQueries(world, () => look(buyer))
    expect(result).toEqual([...all, { ...its, ...nothing }, none])
    expect(queries).toBe(3) // the places of all tickets, their bookings, and who works for the events of those that are not theirs
    for (const viewer of [event.organizer, person({ role: 'ADMIN' })])
      expect(await look(viewer)).toEqual([...all, its, none])
    for (const viewer of [person(), person({ role: 'ORGANIZER' }), scanner(newId()), null])
      expect(await look(viewer)).toEqual(ids.map((ticketId) => ({ id: ticketId, ...nothing })))
    // The ticket subgraph draws tickets for whoever has their links: prices are for it too, in nobody's name alone.
    expect(await look(null, 'ticket')).toEqual([
      ...[...all, its].map((ticket) => ({ ...ticket, booking: null })),
      none,
    ])
    expect((await look(other, 'ticket'))[0]).toEqual({ id: ids[0], ...nothing })
  })

  it('of what is free, in dollars, costs nothing', async () => {
    const event = await world.eventOnSale('USD')
    const type = await world.ticketType(event, { kind: 'FREE', price: 0, quota: 10 })
    const buyer = person()
    const id = await world.book(buyer, { ticketTypeId: type, quantity: 1 })
    const paid = await world.ask(buyer, PAY, { id })
    expect(paid.data.confirmPayment).toMatchObject({ status: 'PAID', totalPrice: 0, currency: 'USD' })
    expect(paid.data.confirmPayment.tickets).toHaveLength(1)
  })

  it('of a donation costs what its giver says, from the price up', async () => {
    const event = await world.eventOnSale()
    const [gift, fixed] = [
      await world.ticketType(event, { name: 'Gift', kind: 'DONATION', price: 10_000, quota: 10 }),
      await world.ticketType(event, { price: 10_000, quota: 10 }),
    ]
    const buyer = person()
    const create = async (input: Record<string, unknown>) => world.ask(buyer, CREATE, { input })
    const given = await create({ ticketTypeId: gift, quantity: 2, unitPrice: 25_000 })
    expect(given.data.createBooking).toMatchObject({ totalPrice: 50_000, items: [{ unitPrice: 25_000 }] })
    expect((await create({ ticketTypeId: gift, quantity: 1 })).data.createBooking.totalPrice).toBe(10_000)

    const fields = [{ path: 'input.unitPrice' }]
    for (const input of [
      { ticketTypeId: gift, quantity: 1, unitPrice: 9_999 },
      { ticketTypeId: fixed, quantity: 1, unitPrice: 10_000 },
    ]) {
      expect((await create(input)).errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields })
    }
    expect(await world.stock(gift)).toEqual({ sold: 0, held: 3, available: 7 }) // what was refused is not kept
    expect(await world.stock(fixed)).toEqual({ sold: 0, held: 0, available: 10 })
  })
})

describe('createBooking refuses', () => {
  it('an input that says too little or too much, naming every field', async () => {
    const problems = async (input: Record<string, unknown>) => {
      const { errors } = await world.ask(person(), CREATE, { input })
      return ((errors[0]?.extensions?.fields ?? []) as { path: string }[]).map(({ path }) => path)
    }
    expect(await problems({})).toEqual(['input.holdId'])
    expect(await problems({ holdId: newId(), ticketTypeId: newId() })).toEqual([
      'input.ticketTypeId',
      'input.quantity',
    ])
    expect(await problems({ ticketTypeId: newId() })).toEqual(['input.quantity'])
    expect(await problems({ holdId: 'x', unitPrice: -1, idempotencyKey: '' })).toEqual([
      'input.holdId',
      'input.unitPrice',
      'input.idempotencyKey',
    ])
  })

  it('what the ticket subgraph refuses, with its code and facts', async () => {
    const event = await world.eventOnSale()
    const type = await world.ticketType(event, { price: 1_000, quota: 3 })
    const code = async (
      input: Record<string, unknown>,
      viewer: ReturnType<typeof person> | null = person(),
    ) => (await world.ask(viewer, CREATE, { input })).code
    expect(await code({ ticketTypeId: type, quantity: 1 }, null)).toBe('UNAUTHENTICATED')
    expect(await code({ ticketTypeId: newId(), quantity: 1 })).toBe('NOT_FOUND')
    expect(await code({ holdId: newId() })).toBe('NOT_FOUND')
    const greedy = await world.ask(person(), CREATE, { input: { ticketTypeId: type, quantity: 4 } })
    expect(greedy.errors[0]?.extensions).toMatchObject({ code: 'SOLD_OUT', remaining: 3 })
  })

  it("someone else's hold, as if there were none", async () => {
    const event = await world.eventOnSale()
    const type = await world.ticketType(event, { price: 1_000, quota: 1 })
    const [seat = ''] = await world.seatMap(event, type, 1, 3)
    const holdId = await world.holdSeats(person(), event, [seat])
    expect((await world.ask(person(), CREATE, { input: { holdId } })).code).toBe('NOT_FOUND')
  })
})

describe('giving up', () => {
  it('a cancelled booking frees its places at once', async () => {
    const event = await world.eventOnSale()
    const type = await world.ticketType(event, { price: 1_000, quota: 5 })
    const buyer = person()
    const id = await world.book(buyer, { ticketTypeId: type, quantity: 2 })
    expect((await world.ask(buyer, CANCEL, { id })).data.cancelBooking.status).toBe('CANCELLED')
    expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 5 })
    expect((await world.ask(buyer, PAY, { id })).errors[0]?.extensions).toEqual({
      code: 'BOOKING_NOT_PAYABLE',
      status: 'CANCELLED',
    })
  })

  it('a refund gives the money back, ends the tickets and frees their places, once', async () => {
    const event = await world.eventOnSale()
    const type = await world.ticketType(event, { price: 1_000, quota: 5 })
    const [buyer, admin] = [await world.buyer(), person({ role: 'ADMIN' })]
    const id = await world.book(buyer, { ticketTypeId: type, quantity: 2 })
    await world.ask(buyer, PAY, { id })
    for (let n = 0; n < 2; n += 1) {
      const { data } = await world.ask(admin, REFUND, { id, reason: 'The band is ill.' })
      expect(data.refundBooking).toMatchObject({
        status: 'REFUNDED',
        refundedAmount: 2_000,
        refundReason: 'The band is ill.',
        payment: { status: 'REFUNDED' },
      })
    }
    expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 5 })
    const tickets = (await world.askTicket(buyer, MY_TICKETS)).data.myTickets.edges
    for (const { node } of tickets) expect(node.status).toBe('REFUNDED')
    const { data } = await world.ask(buyer, '{ walletEntries { edges { node { kind amount } } } }')
    expect(data.walletEntries.edges.map((edge: { node: unknown }) => edge.node)).toEqual([
      { kind: 'REFUND', amount: 2_000 },
      { kind: 'PAYMENT', amount: -2_000 },
      { kind: 'GRANT', amount: 1_000_000 },
    ])
    expect(await audit(world.db)).toEqual([])
  })

  it('a short hold leaves three quarters of its time to pay', async () => {
    await using quick = await startWorld({ holdSeconds: 40 })
    const type = await quick.ticketType(await quick.eventOnSale(), { price: 1_000, quota: 5 })
    const before = Date.now()
    const created = await quick.ask(person(), CREATE, { input: { ticketTypeId: type, quantity: 1 } })
    const left = Date.parse(created.data.createBooking.expiresAt) - before
    expect(left).toBeGreaterThanOrEqual(29_990) // and not 10 seconds, as with the whole margin
  })

  it('a booking left alone expires, and its places are free again', async () => {
    await using quick = await startWorld({ holdSeconds: 2 })
    const event = await quick.eventOnSale()
    const type = await quick.ticketType(event, { price: 1_000, quota: 5 })
    const buyer = person()
    const id = await quick.book(buyer, { ticketTypeId: type, quantity: 2 })
    const next = await quick.watch(buyer, 'subscription ($id: ID!) { bookingChanged(id: $id) { status } }', {
      id,
    })
    let status = 'PENDING'
    while (status === 'PENDING') status = (await next()).data.bookingChanged.status
    expect(status).toBe('EXPIRED')
    await eventually(async () => expect(await quick.stock(type)).toEqual({ sold: 0, held: 0, available: 5 }))
    expect((await quick.ask(buyer, PAY, { id })).code).toBe('BOOKING_NOT_PAYABLE')
  })
})
