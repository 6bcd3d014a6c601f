import { RESERVE_PLACES, RESIZE_HOLD } from '@karcis/kit/contracts/bound-hold'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import type { Answer } from '@karcis/testkit/ask'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectBooksToBalance } from './races.ts'
import { eventFacts, HOLD, type Story, startStory } from './stories.ts'

// Every way to take places against every limit of what may be taken: each limit has to stop each way, and nothing else may.

let story: Story

beforeAll(async () => {
  story = await startStory()
})

afterAll(() => story[Symbol.asyncDispose]())

/** An event with seats and standing places, and a buyer for each way, who has one of each already. */
async function openEvent() {
  const { eventId, typeId: seated, seat } = await story.hall(WAYS.length, 20)
  const standing = await story.ticketType(eventId, { name: 'Standing', quota: 200 })
  const buyers = await Promise.all(
    WAYS.map(async (_, at) => {
      const viewer = person()
      const row = String.fromCharCode(65 + at)
      const had = await story.holdTickets(viewer, standing, 1)
      await story.holdSeats(viewer, eventId, [seat(`${row}20`)])
      return { viewer, row, holdId: had.data.holdTickets.id as string }
    }),
  )
  return { eventId, seated, standing, seat, buyers }
}

type Sale = Awaited<ReturnType<typeof openEvent>>

/** What one way asks for: so many places, with a code or without one. */
interface Attempt {
  viewer: Viewer
  sale: Sale
  row: string
  holdId: string
  quantity: number
  accessCode: string | null
}

const chosen = ({ sale, row, quantity }: Attempt): string[] =>
  Array.from({ length: quantity }, (_, at) => sale.seat(`${row}${at + 1}`))

const holdBy = (name: string, inputType: string) => (viewer: Viewer, input: object) =>
  story.ask(viewer, `mutation ($input: ${inputType}!) { ${name}(input: $input) { ${HOLD} } }`, { input })
const holdSeats = holdBy('holdSeats', 'HoldSeatsInput')
const holdBestSeats = holdBy('holdBestSeats', 'HoldBestSeatsInput')
const holdTickets = holdBy('holdTickets', 'HoldTicketsInput')
const holdItems = holdBy('holdItems', 'HoldItemsInput')
const asBooking = (viewer: Viewer, operation: string, variables: Record<string, unknown>) =>
  story.ask(viewer, operation, variables, 'booking')
const take = (viewer: Viewer, items: object[], accessCode: string | null) =>
  asBooking(
    viewer,
    `mutation ($id: ID!, $items: [BookingItemInput!]!, $accessCode: String) {
      takeForBooking(bookingId: $id, items: $items, accessCode: $accessCode) { holdId } }`,
    { id: newId(), items, accessCode },
  )

/** Every way that there is. */
const WAYS: { name: string; go(attempt: Attempt): Promise<Answer> }[] = [
  {
    name: 'holdSeats',
    go: (a) => holdSeats(a.viewer, { eventId: a.sale.eventId, seatIds: chosen(a), accessCode: a.accessCode }),
  },
  {
    name: 'holdBestSeats',
    go: ({ viewer, sale: { eventId, seated }, quantity, accessCode }) =>
      holdBestSeats(viewer, { eventId, ticketTypeId: seated, quantity, accessCode }),
  },
  {
    name: 'holdTickets',
    go: ({ viewer, sale: { standing }, quantity, accessCode }) =>
      holdTickets(viewer, { ticketTypeId: standing, quantity, accessCode }),
  },
  {
    name: 'holdItems, chosen',
    go: (a) =>
      holdItems(a.viewer, {
        eventId: a.sale.eventId,
        seatIds: chosen(a),
        items: [{ ticketTypeId: a.sale.standing, quantity: 1 }],
        accessCode: a.accessCode,
      }),
  },
  {
    name: 'holdItems, best',
    go: ({ viewer, sale: { eventId, seated, standing }, quantity, accessCode }) =>
      holdItems(viewer, {
        eventId,
        items: [
          { ticketTypeId: seated, quantity },
          { ticketTypeId: standing, quantity: 1 },
        ],
        accessCode,
      }),
  },
  {
    name: 'takeForBooking, standing',
    go: ({ viewer, sale: { standing }, quantity, accessCode }) =>
      take(viewer, [{ ticketTypeId: standing, quantity }], accessCode),
  },
  {
    name: 'takeForBooking, both',
    go: ({ viewer, sale: { seated, standing }, quantity, accessCode }) =>
      take(
        viewer,
        [
          { ticketTypeId: standing, quantity },
          { ticketTypeId: seated, quantity: 1 },
        ],
        accessCode,
      ),
  },
  {
    name: 'reservePlaces, standing',
    go: ({ viewer, sale: { standing }, quantity, accessCode }) =>
      asBooking(viewer, RESERVE_PLACES, {
        holdId: newId(),
        items: [{ ticketTypeId: standing, quantity }],
        accessCode,
      }),
  },
  {
    name: 'reservePlaces, seats',
    go: (a) =>
      asBooking(a.viewer, RESERVE_PLACES, {
        holdId: newId(),
        eventId: a.sale.eventId,
        seatIds: chosen(a),
        accessCode: a.accessCode,
      }),
  },
  {
    name: 'resizeHold',
    go: ({ viewer, holdId, quantity, accessCode }) =>
      asBooking(viewer, RESIZE_HOLD, { holdId, quantity: 1 + quantity, accessCode }),
  },
]

const attemptsAt = (sale: Sale, { quantity = 1, accessCode = null as string | null } = {}) =>
  Promise.all(
    WAYS.map(async ({ name, go }, at) => {
      const buyer = sale.buyers[at] as Sale['buyers'][number]
      const { code } = await go({ sale, quantity, accessCode, ...buyer })
      return [name, code ?? 'taken'] as const
    }),
  )

const all = (outcome: string) => WAYS.map(({ name }) => [name, outcome] as const)

const organize = (operation: string, variables: Record<string, unknown>) =>
  story.mustAsk(story.organizer, operation, variables)
const UPDATE = 'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { id } }'

async function update({ seated, standing }: Sale, changes: object): Promise<void> {
  for (const id of [seated, standing]) await organize(UPDATE, { input: { id, ...changes } })
}

let version = 1
async function tell({ eventId }: Sale, facts: object): Promise<void> {
  version += 1
  const told = eventFacts(story.organizer.id, { id: eventId, version, ...facts })
  story.neighbours.events.set(eventId, told)
  await story.tellOfEvent(told)
}

const QUEUE = 'mutation ($input: SetQueueInput!) { setQueue(input: $input) { eventId } }'
const tomorrow = () => new Date(Date.now() + 86_400_000 / 2).toISOString()
const justNow = () => new Date(Date.now() - 1_000).toISOString()

/** Every limit: how it is set, how it is lifted, and what it is refused with. */
const LIMITS: {
  name: string
  set(sale: Sale): Promise<unknown>
  lift(sale: Sale): Promise<unknown>
  code: string
}[] = [
  {
    name: 'a sale that has not begun',
    set: (sale) => update(sale, { saleStartsAt: tomorrow() }),
    lift: (sale) => update(sale, { saleStartsAt: null }),
    code: 'SALE_NOT_OPEN',
  },
  {
    name: 'a sale that is over',
    set: (sale) => update(sale, { saleEndsAt: justNow() }),
    lift: (sale) => update(sale, { saleEndsAt: null }),
    code: 'SALE_NOT_OPEN',
  },
  {
    name: 'what one user may have of a type',
    set: (sale) => update(sale, { maxPerUser: 1 }),
    lift: (sale) => update(sale, { maxPerUser: null }),
    code: 'LIMIT_EXCEEDED',
  },
  {
    name: 'what one user may have open',
    set: (sale) => tell(sale, { maxOpenPlaces: 2 }),
    lift: (sale) => tell(sale, { maxOpenPlaces: null }),
    code: 'LIMIT_EXCEEDED',
  },
  {
    name: 'a paused sale',
    set: (sale) => tell(sale, { salesPaused: true }),
    lift: (sale) => tell(sale, { salesPaused: false }),
    code: 'SALES_PAUSED',
  },
  {
    name: 'an event that is not approved',
    set: (sale) => tell(sale, { status: 'PENDING' }),
    lift: (sale) => tell(sale, { status: 'APPROVED' }),
    code: 'EVENT_NOT_BOOKABLE',
  },
  {
    name: 'a waiting room',
    set: ({ eventId }) => organize(QUEUE, { input: { eventId, opensAt: tomorrow() } }),
    lift: ({ eventId }) => organize(QUEUE, { input: { eventId, enabled: false } }),
    code: 'QUEUE_REQUIRED',
  },
  {
    name: 'an access code',
    set: (sale) => update(sale, { accessCode: 'presale' }),
    lift: (sale) => update(sale, { accessCode: null }),
    code: 'FORBIDDEN',
  },
  {
    name: 'a hidden type',
    set: (sale) => update(sale, { hidden: true }),
    lift: (sale) => update(sale, { hidden: false }),
    code: 'NOT_FOUND',
  },
]

describe('every limit on every way to take places', () => {
  it.for(LIMITS)('$name', async ({ set, lift, code }) => {
    const sale = await openEvent()
    await set(sale)
    const before = [await stockOf(sale.standing), await stockOf(sale.seated)]
    expect(await attemptsAt(sale)).toEqual(all(code))
    expect([await stockOf(sale.standing), await stockOf(sale.seated)]).toEqual(before)
    await lift(sale)
    expect(await attemptsAt(sale)).toEqual(all('taken'))
    await expectBooksToBalance(story)
  })

  it('what one hold may keep', async () => {
    const sale = await openEvent()
    expect(await attemptsAt(sale, { quantity: 11 })).toEqual(all('LIMIT_EXCEEDED'))
  })

  it('a wrong access code, and the right one', async () => {
    const sale = await openEvent()
    await update(sale, { accessCodes: ['first friends', 'fan club'] })
    expect(await attemptsAt(sale, { accessCode: 'first friend' })).toEqual(all('FORBIDDEN'))
    expect(await attemptsAt(sale, { accessCode: ' Fan Club ' })).toEqual(all('taken'))
  })

  it('what is held back', async () => {
    const sale = await openEvent()
    const { eventId, standing, seat } = sale
    const { available } = await stockOf(standing)
    const seatIds = sale.buyers.flatMap(({ row }) =>
      Array.from({ length: 19 }, (_, at) => seat(`${row}${at + 1}`)),
    )
    const backSeats = `mutation ($input: HoldBackSeatsInput!) { holdBackSeats(input: $input) { id } }`
    const backTickets = `mutation ($input: HoldBackTicketsInput!) { holdBackTickets(input: $input) { id } }`
    const ofSeats = await organize(backSeats, { input: { eventId, seatIds, name: 'House' } })
    const ofTickets = await organize(backTickets, {
      input: { ticketTypeId: standing, quantity: available, name: 'Sponsors' },
    })
    for (const [name, outcome] of await attemptsAt(sale))
      expect({ name, outcome }).toEqual({
        name,
        outcome: /holdSeats|chosen|seats/.test(name) ? 'SEATS_UNAVAILABLE' : 'SOLD_OUT',
      })
    const release = 'mutation ($id: ID!) { releaseHeldBack(id: $id) { left } }'
    for (const { id } of [ofSeats.holdBackSeats, ofTickets.holdBackTickets]) await organize(release, { id })
    expect(await attemptsAt(sale)).toEqual(all('taken'))
    await expectBooksToBalance(story)
  })
})

async function stockOf(id: string) {
  const query = 'query ($id: ID!) { ticketType(id: $id) { quota sold held available } }'
  return (await organize(query, { id })).ticketType as { held: number; available: number }
}
