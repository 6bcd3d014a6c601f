import { expect, it } from 'vitest'
import { arena, createBooking, holdSeats, pay, signInAdmin, signUp, signUpOrganizer } from './builders.ts'
import { startKarcis } from './karcis.ts'

const WATCH = `subscription ($eventId: ID!, $since: Int) {
  seatMapChanged(eventId: $eventId, sinceRevision: $since) {
    eventId revision
    seats { id status heldUntil ticketType { name event { title organizer { name } } } }
  }
}`

const TOLD = 'subscription { notificationReceived { kind subject event { id title } } }'

interface Told {
  notificationReceived: { kind: string; subject: string; event: { id: string; title: string } }
}

interface Watched {
  seatMapChanged: {
    revision: number
    seats: {
      id: string
      status: string
      ticketType: { name: string; event: { title: string; organizer: { name: string } } }
    }[]
  }
}

it('takes a first purchase from sign-up to two tickets, and everyone who watches sees it', async () => {
  await using karcis = await startKarcis()
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, vip, seat, revision } = await arena(karcis, admin, organizer)
  const wanted = [seat('Front', 'A', 9), seat('Front', 'A', 10)]
  const [buyer, watcher] = [await signUp(karcis, 'Budi'), await signUp(karcis, 'Sari')]

  await using socket = karcis.connect(watcher.token)
  const map = socket.subscribe<Watched>(WATCH, { eventId, since: revision })
  await using buyersSocket = karcis.connect(buyer.token)
  const news = buyersSocket.subscribe<Told>(TOLD)

  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, wanted)
  expect(hold.status).toBe('ACTIVE')
  const held = await map.next()
  expect(held.errors).toBeUndefined()
  expect(held.data?.seatMapChanged.seats.map((one) => [one.id, one.status]).toSorted()).toEqual(
    wanted.map((id) => [id, 'HELD']).toSorted(),
  )
  expect(held.data?.seatMapChanged.seats[0]?.ticketType).toMatchObject({
    name: 'VIP',
    event: { organizer: { name: 'Rara' } },
  })

  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  expect(booking).toMatchObject({ status: 'PENDING', totalPrice: 600_000, currency: 'IDR' })
  const { confirmPayment: paid } = await pay(karcis, buyer, booking.id)
  expect(paid.status).toBe('PAID')
  expect(paid.tickets).toHaveLength(2)
  for (const ticket of paid.tickets) {
    expect(ticket.qrCode).toMatch(/^data:image\/png;base64,/)
    expect(ticket.owner.name).toBe('Budi')
  }

  const sold = await map.waitFor((message) => message.data?.seatMapChanged.seats[0]?.status === 'SOLD')
  const revisions = map.received.map((message) => message.data?.seatMapChanged.revision ?? 0)
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
  expect(new Set(revisions).size).toBe(revisions.length)
  expect(sold.data?.seatMapChanged.revision).toBeGreaterThan(held.data?.seatMapChanged.revision ?? Number.NaN)

  const { me } = await karcis.run(
    '{ me { balance tickets { totalCount } bookings { totalCount } } }',
    {},
    buyer.token,
  )
  expect(me).toEqual({ balance: 400_000, tickets: { totalCount: 2 }, bookings: { totalCount: 1 } })
  const { ticketType } = await karcis.run(
    'query ($id: ID!) { ticketType(id: $id) { quota sold held available } }',
    { id: vip },
  )
  expect(ticketType).toEqual({ quota: 200, sold: 2, held: 0, available: 198 })

  // The buyer is told of their tickets, and of what becomes of the event: live, and in their list.
  const told = await news.next()
  expect(told.errors).toBeUndefined()
  expect(told.data?.notificationReceived).toMatchObject({ kind: 'PURCHASE', event: { id: eventId } })
  await karcis.run(
    'mutation ($id: ID!) { cancelEvent(id: $id, reason: "The hall is flooded.") { status } }',
    { id: eventId },
    organizer.token,
  )
  const after = [await news.next(), await news.next()]
  expect(after.map(({ data }) => data?.notificationReceived.kind).toSorted()).toEqual([
    'EVENT_CANCELLED',
    'REFUND_PAID',
  ])
  const { notifications } = await karcis.run(
    '{ notifications { unreadCount edges { node { kind subject event { title } } } } }',
    {},
    buyer.token,
  )
  expect(notifications).toMatchObject({ unreadCount: 3, edges: [{}, {}, { node: { kind: 'PURCHASE' } }] })
})

it('puts a hold that is left alone back on sale, and tells the watcher', async () => {
  await using karcis = await startKarcis({ HOLD_SECONDS: 2 })
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, seat, revision } = await arena(karcis, admin, organizer)
  const buyer = await signUp(karcis, 'Budi')
  await using socket = karcis.connect()
  const map = socket.subscribe<Watched>(WATCH, { eventId, since: revision })

  const wanted = seat('Back', 'C', 1)
  await holdSeats(karcis, buyer, eventId, [wanted])
  await map.waitFor((message) => message.data?.seatMapChanged.seats[0]?.status === 'HELD')
  const free = await map.waitFor((message) => message.data?.seatMapChanged.seats[0]?.status === 'AVAILABLE')
  expect(free.data?.seatMapChanged.seats[0]?.id).toBe(wanted)
  const { seats } = await karcis.run('query ($ids: [ID!]!) { seats(ids: $ids) { status heldUntil } }', {
    ids: [wanted],
  })
  expect(seats).toEqual([{ status: 'AVAILABLE', heldUntil: null }])
})

it('sells three general-admission tickets, and the stock says so to whoever watches', async () => {
  await using karcis = await startKarcis()
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, standing } = await arena(karcis, admin, organizer)
  const buyer = await signUp(karcis, 'Budi')
  await using socket = karcis.connect()
  const stock = socket.subscribe<{
    ticketStockChanged: { id: string; available: number; sold: number; event: { title: string } }[]
  }>(
    'subscription ($eventId: ID!) { ticketStockChanged(eventId: $eventId) { id available sold event { title } } }',
    { eventId },
  )
  const standingIn = (message: (typeof stock.received)[number]) =>
    message.data?.ticketStockChanged.find((type) => type.id === standing)

  const { createBooking: booking } = await createBooking(karcis, buyer, {
    ticketTypeId: standing,
    quantity: 3,
  })
  await stock.waitFor((message) => standingIn(message)?.available === 997)
  const { confirmPayment: paid } = await pay(karcis, buyer, booking.id)
  expect(paid.tickets).toHaveLength(3)
  const last = await stock.waitFor((message) => standingIn(message)?.sold === 3)
  expect(standingIn(last)?.available).toBe(997)
})
