import { expect } from 'vitest'
import {
  arena,
  createBooking,
  holdSeats,
  type Person,
  pay,
  signInAdmin,
  signUp,
  signUpOrganizer,
} from '../builders.ts'
import type { Karcis } from '../karcis.ts'

const POSITION = 'status position estimatedSeconds admittedUntil pass event { title }'
const WATCH = `subscription ($eventId: ID!) { queuePositionChanged(eventId: $eventId) { ${POSITION} } }`
const SET =
  'mutation ($input: SetQueueInput!) { setQueue(input: $input) { enabled waiting admitted event { title } } }'
const JOIN = `mutation ($eventId: ID!) { joinQueue(eventId: $eventId) { ${POSITION} } }`
const HOLD = 'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id } }'
const BOOK = 'mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id } }'
const ADD = 'mutation ($input: AddToCartInput!) { addToCart(input: $input) { totalPrice } }'

interface Told {
  queuePositionChanged: { status: string; position: number | null; pass: string | null }
}

/** a rush waits in line: seats, bookings and carts are for those whose turn it is. */
export async function waitingRoomStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, standing, seat } = await arena(karcis, admin, organizer)
  const [buyer, other] = [await signUp(karcis, 'Budi'), await signUp(karcis, 'Sari')]
  const opensAt = new Date(Date.now() + 3_000).toISOString()
  await karcis.run(SET, { input: { eventId, opensAt, admitPerMinute: 60 } }, organizer.token)
  const { event } = await karcis.run('query ($id: ID!) { event(id: $id) { queue { opensAt admitted } } }', {
    id: eventId,
  })
  expect(event.queue).toEqual({ opensAt, admitted: null })

  const wanted = seat('Front', 'A', 9)
  const ways: [string, object][] = [
    [HOLD, { eventId, seatIds: [wanted] }],
    [BOOK, { ticketTypeId: standing, quantity: 1 }],
    [ADD, { ticketTypeId: standing, quantity: 1 }],
  ]
  const codes = (person: Person) =>
    Promise.all(
      ways.map(async ([way, input]) => {
        const { errors } = await karcis.attempt(way, { input }, person.token)
        return errors?.[0]?.extensions?.code
      }),
    )
  const closed = ['QUEUE_REQUIRED', 'QUEUE_REQUIRED', 'QUEUE_REQUIRED']
  expect(await codes(buyer)).toEqual(closed)

  const { joinQueue } = await karcis.run(JOIN, { eventId }, buyer.token)
  expect(joinQueue).toMatchObject({ status: 'BEFORE_OPENING', position: null, pass: null })
  await using socket = karcis.connect(buyer.token)
  const positions = socket.subscribe<Told>(WATCH, { eventId })
  const admitted = await positions.waitFor(
    ({ data }) => data?.queuePositionChanged.status === 'ADMITTED',
    20_000,
  )
  expect(admitted.data?.queuePositionChanged.pass).toBeTruthy()
  await positions.completed

  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [wanted])
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  expect((await pay(karcis, buyer, booking.id)).confirmPayment.status).toBe('PAID')
  expect(await codes(other)).toEqual(closed)

  const { setQueue } = await karcis.run(SET, { input: { eventId, enabled: false } }, organizer.token)
  expect(setQueue).toEqual({ enabled: false, waiting: 0, admitted: 1, event: { title: expect.any(String) } })
  expect((await holdSeats(karcis, other, eventId, [seat('Front', 'A', 10)])).holdSeats.status).toBe('ACTIVE')
}
