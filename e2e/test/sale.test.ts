import { setTimeout as pause } from 'node:timers/promises'
import { parallel } from '@karcis/testkit/parallel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { booksOf, type Books } from './books.ts'
import {
  approvedEvent,
  arena,
  createBooking,
  holdSeats,
  type Person,
  pay,
  signInAdmin,
  signUp,
  signUpOrganizer,
  ticketType,
} from './builders.ts'
import { type Karcis, startKarcis } from './karcis.ts'

// What crosses subgraphs of a sale: holds, bookings and money, over the whole supergraph.

let karcis: Karcis
let books: Books
let admin: string
let organizer: Person
let hall: Awaited<ReturnType<typeof arena>>

beforeAll(async () => {
  karcis = await startKarcis()
  books = await booksOf(karcis.databases)
  admin = await signInAdmin(karcis)
  organizer = await signUpOrganizer(karcis, admin)
  hall = await arena(karcis, admin, organizer)
})

afterAll(async () => {
  await books[Symbol.asyncDispose]()
  await karcis[Symbol.asyncDispose]()
})

const BOOK =
  'mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id status totalPrice } }'
const PAY = 'mutation ($id: ID!) { confirmPayment(id: $id, input: { method: WALLET }) { status } }'
const CANCEL = 'mutation ($id: ID!) { cancelBooking(id: $id) { status } }'

/** What the first error of an operation says. */
async function refusal(query: string, variables: Record<string, unknown>, person: Person) {
  const { errors } = await karcis.attempt(query, variables, person.token)
  return errors?.[0]?.extensions
}

async function statuses(ids: string[]): Promise<string[]> {
  const { seats } = await karcis.run('query ($ids: [ID!]!) { seats(ids: $ids) { status } }', { ids })
  return seats.map((seat: { status: string }) => seat.status)
}

describe('line 1: a booking has its places', () => {
  it('an input that can be corrected costs neither the hold nor the idempotency key', async () => {
    const buyer = await signUp(karcis, 'Budi')
    const wanted = [hall.seat('Front', 'A', 1), hall.seat('Front', 'A', 2)]
    const { holdSeats: hold } = await holdSeats(karcis, buyer, hall.eventId, wanted)
    const input = { holdId: hold.id, idempotencyKey: 'corrected' }
    expect(await refusal(BOOK, { input: { ...input, unitPrice: 1_000 } }, buyer)).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.unitPrice' }],
    })
    expect(await statuses(wanted)).toEqual(['HELD', 'HELD'])
    const { createBooking: booking } = await createBooking(karcis, buyer, input)
    expect(booking).toMatchObject({ status: 'PENDING', totalPrice: 600_000 })
    expect(await statuses(wanted)).toEqual(['HELD', 'HELD'])
    expect(await books.bookedWithoutPlaces()).toEqual([])
    await karcis.run(CANCEL, { id: booking.id }, buyer.token)
    expect(await statuses(wanted)).toEqual(['AVAILABLE', 'AVAILABLE'])
    // What has ended is not booked again: the same key gives the booking as it is, and another has no hold.
    expect((await createBooking(karcis, buyer, input)).createBooking).toMatchObject({
      id: booking.id,
      status: 'CANCELLED',
    })
  })

  it('whatever is sent at once: twenty wrong and right bookings of one hold make one booking with its seats', async () => {
    const buyer = await signUp(karcis, 'Budi')
    const wanted = [hall.seat('Front', 'B', 1), hall.seat('Front', 'B', 2)]
    const { holdSeats: hold } = await holdSeats(karcis, buyer, hall.eventId, wanted)
    const answers = await parallel(20, (n) =>
      karcis.attempt(BOOK, { input: { holdId: hold.id, unitPrice: n % 2 ? 1_000 : null } }, buyer.token),
    )
    const made = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? (answer.value.data?.createBooking?.id ?? []) : [],
    )
    expect(new Set(made).size).toBe(1)
    expect(await statuses(wanted)).toEqual(['HELD', 'HELD'])
    expect(await books.bookedWithoutPlaces()).toEqual([])
    await karcis.run(CANCEL, { id: made[0] }, buyer.token)
  })

  it.for([
    { harm: 'its hold is ended', lose: (id: string) => books.loseHold(id) },
    { harm: 'one of its places is taken out', lose: (id: string) => books.losePlace(id) },
  ])('which the books would show if not: $harm behind its back', async ({ lose }) => {
    const buyer = await signUp(karcis, 'Budi')
    const { createBooking: booking } = await createBooking(karcis, buyer, {
      items: [
        { ticketTypeId: hall.standing, quantity: 1 },
        { ticketTypeId: hall.regular, quantity: 1 },
      ],
    })
    expect(await books.bookedWithoutPlaces()).toEqual([])
    await lose(booking.id)
    expect(await books.bookedWithoutPlaces()).toMatchObject([{ id: booking.id, places: 2 }])
    await karcis.run(CANCEL, { id: booking.id }, buyer.token)
  })
})

describe('line 2: a sale that is paused', () => {
  it('sells nothing from the moment its organizer is told so, and sells again once it is resumed', async () => {
    const buyer = await signUp(karcis, 'Sari')
    const place = { ticketTypeId: hall.standing, quantity: 1 }
    const PAUSE = 'mutation ($id: ID!) { pauseSales(eventId: $id, reason: "A storm") { salesPaused } }'
    const RESUME = 'mutation ($id: ID!) { resumeSales(eventId: $id) { salesPaused } }'
    await karcis.run(PAUSE, { id: hall.eventId }, organizer.token)
    const refused = await refusal(BOOK, { input: place }, buyer)
    expect(refused).toMatchObject({ code: 'SALES_PAUSED', reason: 'A storm' })
    await karcis.run(RESUME, { id: hall.eventId }, organizer.token)
    await createBooking(karcis, buyer, place)
  })
})

describe('line 3: nothing is booked or paid past the end of the event', () => {
  it('a booking can be paid until the event ends, and not a moment longer', async () => {
    const buyer = await signUp(karcis, 'Budi')
    const endsAt = Date.now() + 7_000
    const eventId = await approvedEvent(karcis, admin, organizer, { startsAt: endsAt - 4_000, endsAt })
    const type = await ticketType(karcis, organizer, eventId, { name: 'Late', price: 10_000, quota: 10 })
    const { createBooking: paid } = await createBooking(karcis, buyer, { ticketTypeId: type, quantity: 1 })
    const { createBooking: late } = await createBooking(karcis, buyer, { ticketTypeId: type, quantity: 1 })
    expect(Date.parse(late.expiresAt)).toBeLessThanOrEqual(endsAt)
    const { holdTickets } = await karcis.run(
      'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id expiresAt } }',
      { input: { ticketTypeId: type, quantity: 1 } },
      buyer.token,
    )
    expect(Date.parse(holdTickets.expiresAt)).toBeLessThanOrEqual(endsAt)
    expect((await pay(karcis, buyer, paid.id)).confirmPayment.status).toBe('PAID')

    await pause(endsAt - Date.now() + 50)
    expect(await refusal(PAY, { id: late.id }, buyer)).toEqual({
      code: 'BOOKING_NOT_PAYABLE',
      status: 'EXPIRED',
    })
    const held = await refusal(BOOK, { input: { holdId: holdTickets.id } }, buyer)
    expect(['HOLD_EXPIRED', 'EVENT_NOT_BOOKABLE']).toContain(held?.code)
    const fresh = await refusal(BOOK, { input: { ticketTypeId: type, quantity: 1 } }, buyer)
    expect(['EVENT_NOT_BOOKABLE', 'SALE_NOT_OPEN']).toContain(fresh?.code)
  })
})

describe('line 4: currencies', () => {
  const TYPE = 'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id currency } }'

  it('one that nothing charges is refused when the type is made, and an event keeps its own once it has a type', async () => {
    const eventId = await approvedEvent(karcis, admin, organizer, { currency: 'USD' })
    const paid = { eventId, name: 'Regular', kind: 'PAID', price: 1_250, quota: 10 }
    const refused = await karcis.attempt(TYPE, { input: paid }, organizer.token)
    expect(refused.errors?.[0]).toMatchObject({
      message: expect.stringContaining('IDR'),
      extensions: { code: 'BAD_USER_INPUT' },
    })
    await karcis.run(TYPE, { input: { ...paid, kind: 'FREE', price: 0 } }, organizer.token)
    const change = 'mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { id } }'
    expect(await refusal(change, { input: { id: eventId, currency: 'IDR' } }, organizer)).toMatchObject({
      code: 'CONFLICT',
    })
  })
})

describe('line 6: one account does not hold the hall', () => {
  it('ten places over holds and unpaid bookings together, also at once; what is given up may be taken again', async () => {
    const buyer = await signUp(karcis, 'Budi')
    const { createBooking: booked } = await createBooking(karcis, buyer, {
      ticketTypeId: hall.standing,
      quantity: 4,
    })
    const hold = (n: number) =>
      karcis.attempt(
        'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id } }',
        {
          input: {
            eventId: hall.eventId,
            seatIds: [hall.seat('Back', 'E', 2 * n + 1), hall.seat('Back', 'E', 2 * n + 2)],
          },
        },
        buyer.token,
      )
    const answers = await parallel(8, hold)
    const held = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? (answer.value.data?.holdSeats?.id ?? []) : [],
    )
    expect(held).toHaveLength(3)
    const refused = await refusal(BOOK, { input: { ticketTypeId: hall.standing, quantity: 1 } }, buyer)
    expect(refused).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 10, remaining: 0 })
    expect(refused?.holdIds).toEqual(expect.arrayContaining(held))
    await karcis.run(CANCEL, { id: booked.id }, buyer.token)
    await createBooking(karcis, buyer, { ticketTypeId: hall.standing, quantity: 4 })
    expect(await books.bookedWithoutPlaces()).toEqual([])
  })
})

describe('users missed: several ticket types in one booking', () => {
  it('an adult and two children, all or none, paid together', async () => {
    const buyer = await signUp(karcis, 'Budi')
    const eventId = await approvedEvent(karcis, admin, organizer)
    const adult = await ticketType(karcis, organizer, eventId, { name: 'Adult', price: 100_000, quota: 5 })
    const child = await ticketType(karcis, organizer, eventId, { name: 'Child', price: 40_000, quota: 2 })
    const of = (children: number) => [
      { ticketTypeId: adult, quantity: 1 },
      { ticketTypeId: child, quantity: children },
    ]
    expect(await refusal(BOOK, { input: { items: of(3) } }, buyer)).toMatchObject({ code: 'SOLD_OUT' })
    const stock = 'query ($id: ID!) { ticketType(id: $id) { held available } }'
    expect(await karcis.run(stock, { id: adult })).toEqual({ ticketType: { held: 0, available: 5 } })

    const { createBooking: booking } = await createBooking(karcis, buyer, { items: of(2) })
    expect(booking).toMatchObject({ totalPrice: 180_000, status: 'PENDING' })
    const { confirmPayment } = await pay(karcis, buyer, booking.id)
    expect(confirmPayment.tickets).toHaveLength(3)
  })
})

describe('line 7: bookingChanged', () => {
  it('its last message after a refund is how the booking is, with the tickets out of use', async () => {
    const buyer = await signUp(karcis, 'Budi')
    const { createBooking: booking } = await createBooking(karcis, buyer, {
      ticketTypeId: hall.standing,
      quantity: 1,
    })
    await pay(karcis, buyer, booking.id)
    await using socket = karcis.connect(buyer.token)
    const fields = 'status tickets { status }'
    const changes = socket.subscribe<{ bookingChanged: { status: string; tickets: { status: string }[] } }>(
      `subscription ($id: ID!) { bookingChanged(id: $id) { ${fields} } }`,
      { id: booking.id },
    )
    await changes.next()
    await karcis.run(
      'mutation ($id: ID!) { refundBooking(id: $id, reason: "Rain.") { status } }',
      { id: booking.id },
      admin,
    )
    const last = await changes.waitFor(({ data }) => data?.bookingChanged.tickets[0]?.status === 'REFUNDED')
    const query = await karcis.run(
      `query ($id: ID!) { booking(id: $id) { ${fields} } }`,
      { id: booking.id },
      buyer.token,
    )
    expect(last.data?.bookingChanged).toEqual(query.booking)
  })
})

describe('line 10: a booking of what is gone stays readable', () => {
  it('its ticket type deleted: null, and the name and price it had', async () => {
    const buyer = await signUp(karcis, 'Budi')
    const eventId = await approvedEvent(karcis, admin, organizer)
    const type = await ticketType(karcis, organizer, eventId, { name: 'Gone', price: 1_000, quota: 5 })
    const { createBooking: booking } = await createBooking(karcis, buyer, { ticketTypeId: type, quantity: 1 })
    await karcis.run(CANCEL, { id: booking.id }, buyer.token)
    await karcis.run(
      'mutation ($id: ID!) { deleteTicketType(id: $id) { id } }',
      { id: type },
      organizer.token,
    )
    for (const fields of ['id', 'id name']) {
      const { booking: read } = await karcis.run(
        `query ($id: ID!) { booking(id: $id) { items { name unitPrice ticketType { ${fields} } } } }`,
        { id: booking.id },
        buyer.token,
      )
      expect(read.items).toEqual([{ name: 'Gone', unitPrice: 1_000, ticketType: null }])
    }
  })
})

describe('line 6: ticketStockChanged', () => {
  it('begins with the stock as it is, for the first watcher and for those who join them, and then says what changes', async () => {
    const buyer = await signUp(karcis, 'Budi')
    const eventId = await approvedEvent(karcis, admin, organizer)
    const type = await ticketType(karcis, organizer, eventId, { name: 'Pit', price: 1_000, quota: 5 })
    await using first = karcis.connect()
    await using second = karcis.connect(buyer.token)
    const watch = (socket: typeof first) =>
      socket.subscribe<{ ticketStockChanged: { id: string; available: number; saleStatus: string }[] }>(
        'subscription ($eventId: ID!) { ticketStockChanged(eventId: $eventId) { id available saleStatus } }',
        { eventId },
      )
    const stock = (available: number) => ({
      ticketStockChanged: [{ id: type, available, saleStatus: 'ON_SALE' }],
    })
    const early = watch(first)
    expect((await early.next()).data).toEqual(stock(5))
    await createBooking(karcis, buyer, { ticketTypeId: type, quantity: 2 })
    await early.waitFor(({ data }) => data?.ticketStockChanged[0]?.available === 3)
    const late = watch(second) // shares the first one's topic
    expect((await late.next()).data).toEqual(stock(3))
    await createBooking(karcis, buyer, { ticketTypeId: type, quantity: 1 })
    for (const watcher of [early, late])
      await watcher.waitFor(({ data }) => data?.ticketStockChanged[0]?.available === 2)
  })
})
