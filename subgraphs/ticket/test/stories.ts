import { CANCEL_TICKETS_OF } from '@karcis/kit/contracts/cancelled-tickets'
import { BIND_HOLD, BOOKING_QUOTE, TAKE_FOR_BOOKING, type WantedItem } from '@karcis/kit/contracts/bound-hold'
import { NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { ServiceName } from '@karcis/kit/contracts/subgraphs'
import { type Bearer, SERVICE_TOKEN_EXTENSION, type Viewer } from '@karcis/kit/service-token'
import type { RunningSubgraph } from '@karcis/kit/subgraph'
import { type Answer, ask as askSubgraph, tell } from '@karcis/testkit/ask'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import type { Loose } from '@karcis/testkit/gql'
import { person, SERVICE_SECRET, tokenOf } from '@karcis/testkit/people'
import { testRedisUrl } from '@karcis/testkit/redis'
import { createStandIn } from '@karcis/testkit/stand-in'
import { createWsClient } from '@karcis/testkit/ws-client'
import type { Deps } from '../src/domain/deps.ts'
import { ticketSettings } from '../src/env.ts'
import { createTicketSubgraph } from '../src/server.ts'

const HOUR = 3_600_000

/** What a subscription has received so far. */
export interface Watch {
  received: Loose[]
  /** Waits for the first message that fits. */
  until(fits: (message: Loose) => boolean): Promise<Loose>
  /** Resolves when the server has ended it. */
  completed: Promise<void>
  stop(): void
}

export const HOLD = `id eventId status expiresAt seats { id status } items { quantity unitPrice currency seat { id } ticketType { id } }`
export const STOCK = 'quota sold held available'

/** What the event subgraph tells of an event: open for booking, from in a day to two hours later. */
export const eventFacts = (organizerId: string, facts: Record<string, unknown> = {}) => ({
  id: newId(),
  organizerId,
  title: 'Laskar Pelangi',
  status: 'APPROVED',
  startsAt: new Date(Date.now() + 24 * HOUR).toISOString(),
  endsAt: new Date(Date.now() + 26 * HOUR).toISOString(),
  currency: 'IDR',
  timezone: 'Asia/Jakarta',
  roomId: null,
  capacity: null,
  salesPaused: false,
  salesPausedReason: null,
  maxOpenPlaces: null,
  version: 1,
  ...facts,
})

/** One process of the ticket subgraph and ways to talk to it. */
async function startProcess(settings: Record<string, string>) {
  await using undo = new AsyncDisposableStack()
  const subgraph: RunningSubgraph<Deps> = undo.use(await createTicketSubgraph(ticketSettings.parse(settings)))
  const sockets = undo.use(createWsClient(`${subgraph.url}/graphql`))

  const ask = (
    viewer: Bearer | null,
    operation: string,
    variables: Record<string, unknown> = {},
    service: ServiceName = 'router',
  ): Promise<Answer> => askSubgraph(subgraph, viewer, operation, variables, service)

  /** A subscription, as the router opens it; everything received is kept. */
  async function watch(
    query: string,
    variables: Record<string, unknown> = {},
    viewer: Bearer | null = null,
  ): Promise<Watch> {
    const extensions = { [SERVICE_TOKEN_EXTENSION]: await tokenOf(viewer, 'ticket') }
    const completed = Promise.withResolvers<void>()
    const received: Loose[] = []
    const failures: unknown[] = []
    const stop = sockets.client.subscribe(
      { query, variables, extensions },
      {
        next: (message) => received.push(message),
        error: (error) => failures.push(error),
        complete: () => completed.resolve(),
      },
    )
    return {
      received,
      completed: completed.promise,
      stop,
      until: (fits) =>
        eventually(() => {
          if (failures.length > 0) throw failures[0]
          const found = received.find(fits)
          if (!found)
            throw new Error(`none of ${received.length} messages fits: ${JSON.stringify(received.at(-1))}`)
          return found
        }),
    }
  }

  const running = undo.move()
  return {
    subgraph,
    deps: subgraph.deps,
    ask,
    watch,
    /** What the event subgraph tells of an event. */
    tellOfEvent: (payload: { id: string }) =>
      tell(subgraph, 'event', { type: 'event.changed', aggregateId: payload.id, payload }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

export type Process = Awaited<ReturnType<typeof startProcess>>

/** What the event and booking subgraphs know and are asked for, as far as a test is about it. */
interface Neighbours {
  /** By id, the newest of events; what `story.event` tells of is known by itself. */
  events: Map<string, ReturnType<typeof eventFacts>>
  /** Which operations came, in order, as `eventForSale <id>`. */
  asked: string[]
  chargeable: string[]
  /** Seat layouts by room. */
  layouts: Map<string, object>
  /** Ids of people by their addresses. */
  users: Map<string, string>
  /** Where events are, by id. */
  places: Map<string, object>
  /** What calendars say of events beside what everybody is told of them, by id. */
  calendars: Map<string, object>
  /** What people are called, by id. */
  names: Map<string, string>
  /** What the places of tickets were sold at, by the ticket's id. */
  prices: Map<string, object>
  /** What whoever asks may do with a room, by room. */
  rooms: Map<string, { mayUse: boolean; mayChange: boolean }>
  /** Bookings that keep their places past their time: paid ones. */
  paid: Set<string>
  /** Whether they answer at all. */
  away: boolean
}

const startNeighbours = (state: Neighbours) => {
  const asked = <T>(what: string, give: () => T): T => {
    if (state.away) throw new ServiceUnavailable()
    state.asked.push(what)
    return give()
  }
  return createStandIn({
    eventForSale: ({ id }) => asked(`eventForSale ${id}`, () => state.events.get(id) ?? null),
    seatLayoutOfRoom: ({ roomId }) =>
      asked(`seatLayoutOfRoom ${roomId}`, () => state.layouts.get(roomId) ?? null),
    roomRights: ({ roomId }) => asked(`roomRights ${roomId}`, () => state.rooms.get(roomId) ?? null),
    expireBookings: ({ holds }: { holds: { bookingId: string }[] }) =>
      asked('expireBookings', () =>
        holds.map(({ bookingId }) => bookingId).filter((id) => !state.paid.has(id)),
      ),
    userByEmail: ({ email }) =>
      asked(`userByEmail ${email}`, () => {
        const id = state.users.get(email)
        return id === undefined ? null : { id }
      }),
    usersByEmail: ({ emails }: { emails: string[] }) =>
      asked(`usersByEmail ${emails.length}`, () =>
        emails.map((email) => {
          const id = state.users.get(email)
          return id === undefined ? null : { id }
        }),
      ),
    calendarEvents: ({ ids }: { ids: string[] }) =>
      asked(`calendarEvents ${ids.length}`, () =>
        ids.map((id) => {
          const told = state.events.get(id)
          const unsaid = {
            place: null,
            latitude: null,
            longitude: null,
            cancellationReason: null,
            rescheduledAt: null,
          }
          const updatedAt = '2026-11-26T00:00:00Z'
          return told ? { ...told, description: '', ...unsaid, updatedAt, ...state.calendars.get(id) } : null
        }),
      ),
    eventPlace: ({ id }) => asked(`eventPlace ${id}`, () => state.places.get(id) ?? null),
    _entities: ({ representations }: { representations: { __typename: string; id: string }[] }) =>
      asked('entities', () =>
        representations.map(({ __typename, id }) =>
          __typename === 'Ticket'
            ? (state.prices.get(id) ?? { unitPrice: null, currency: null })
            : { id, name: state.names.get(id) ?? 'Rara' },
        ),
      ),
    chargeableCurrencies: () => asked('chargeableCurrencies', () => state.chargeable),
    fixCurrency: ({ eventId }) =>
      asked(`fixCurrency ${eventId}`, () => {
        const event = state.events.get(eventId)
        if (!event) throw new NotFound('event', eventId)
        return event.currency
      }),
  })
}

/** A ticket subgraph with a database of its own, an organizer, and words for what people do there. */
export async function startStory(overrides: Record<string, string> = {}) {
  await using undo = new AsyncDisposableStack()
  const database = undo.use(await createTestDatabase('ticket'))
  const neighbours: Neighbours = {
    events: new Map(),
    asked: [],
    chargeable: ['IDR', 'USD'],
    layouts: new Map(),
    users: new Map(),
    places: new Map(),
    calendars: new Map(),
    names: new Map(),
    prices: new Map(),
    rooms: new Map(),
    paid: new Set(),
    away: false,
  }
  const { url: neighboursUrl } = undo.use(await startNeighbours(neighbours))
  const settings = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    PORT: '0',
    SERVICE_SECRET,
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    KEY_ENCRYPTION_SECRET: 'a secret that seals private keys at rest',
    USER_URL: neighboursUrl,
    EVENT_URL: neighboursUrl,
    BOOKING_URL: neighboursUrl,
    LIVE_POLL_MS: '200',
    ...overrides,
  }
  const main = undo.use(await startProcess(settings))
  const organizer = person({ role: 'ORGANIZER' })
  const admin = person({ role: 'ADMIN' })
  const { ask } = main

  async function mustAsk(...args: Parameters<typeof ask>): Promise<Loose> {
    const { data, code, facts } = await ask(...args)
    if (code) throw new Error(`${code} ${JSON.stringify(facts)}`)
    return data
  }

  const story = {
    ...main,
    /** What a process of its own on the same database is started with. */
    settings,
    mustAsk,
    neighbours,
    organizer,
    admin,

    /** Another process on the same database and, unless told otherwise, the same Redis. */
    join: async (other: Record<string, string> = {}): Promise<Process> =>
      undo2.use(await startProcess({ ...settings, ...other })),

    /** An event that the event subgraph has told of. @returns its id. */
    async event(facts: Record<string, unknown> = {}): Promise<string> {
      const told = eventFacts(organizer.id, facts)
      neighbours.events.set(told.id, told)
      await main.tellOfEvent(told)
      return told.id
    },

    /** @returns id of a new ticket type of an event: PAID, 100 000, 100 places, unless `input` says otherwise. */
    async ticketType(eventId: string, input: Record<string, unknown> = {}): Promise<string> {
      const data = await mustAsk(
        organizer,
        'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
        { input: { eventId, name: 'Festival', kind: 'PAID', price: 100_000, quota: 100, ...input } },
      )
      return data.createTicketType.id
    },

    /** A hall of one section: rows of seats by label, in order. */
    async hall(
      rows: number,
      seatsPerRow: number,
      facts: Record<string, unknown> = {},
      type: Record<string, unknown> = {},
    ) {
      const eventId = await story.event(facts)
      const typeId = await story.ticketType(eventId, { name: 'Seat', quota: 1, ...type })
      const data = await mustAsk(
        organizer,
        `mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision seats { id row number } } }`,
        { input: { eventId, sections: [{ name: 'Stalls', ticketTypeId: typeId, rows, seatsPerRow }] } },
      )
      const seats: { id: string; row: string; number: number }[] = data.createSeatMap.seats
      const seat = (label: string): string => {
        const found = seats.find(({ row, number }) => `${row}${number}` === label)
        if (!found) throw new Error(`no seat ${label}`)
        return found.id
      }
      return { eventId, typeId, seats, seat, ids: seats.map(({ id }) => id) }
    },

    holdSeats: (viewer: Viewer, eventId: string, seatIds: string[], process: Process = main) =>
      process.ask(viewer, `mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { ${HOLD} } }`, {
        input: { eventId, seatIds },
      }),

    holdBest: (
      viewer: Viewer,
      eventId: string,
      ticketTypeId: string,
      quantity: number,
      process: Process = main,
    ) =>
      process.ask(
        viewer,
        `mutation ($input: HoldBestSeatsInput!) { holdBestSeats(input: $input) { ${HOLD} } }`,
        {
          input: { eventId, ticketTypeId, quantity },
        },
      ),

    holdTickets: (viewer: Viewer, ticketTypeId: string, quantity: number, process: Process = main) =>
      process.ask(viewer, `mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { ${HOLD} } }`, {
        input: { ticketTypeId, quantity },
      }),

    release: (viewer: Viewer, id: string, process: Process = main) =>
      process.ask(viewer, 'mutation ($id: ID!) { releaseHold(id: $id) { id status } }', { id }),

    /** What the booking subgraph asks. */
    booking: {
      bind: (viewer: Viewer, holdId: string, bookingId: string) =>
        ask(viewer, BIND_HOLD, { holdId, bookingId }, 'booking'),
      take: (
        viewer: Viewer,
        bookingId: string,
        ticketTypeId: string,
        quantity: number,
        process: Process = main,
      ) => story.booking.takeItems(viewer, bookingId, [{ ticketTypeId, quantity }], process),
      takeItems: (viewer: Viewer, bookingId: string, items: WantedItem[], process: Process = main) =>
        process.ask(viewer, TAKE_FOR_BOOKING, { bookingId, items }, 'booking'),
      quote: (viewer: Viewer, wanted: { holdId?: string; items?: WantedItem[] }) =>
        ask(viewer, BOOKING_QUOTE, wanted, 'booking'),
      issue: (bookingId: string) =>
        ask(
          null,
          'mutation ($bookingId: ID!) { issueTickets(bookingId: $bookingId) { issued ticketIds } }',
          { bookingId },
          'booking',
        ),
      release: (bookingId: string) =>
        ask(
          null,
          'mutation ($bookingId: ID!) { releaseBooking(bookingId: $bookingId) }',
          { bookingId },
          'booking',
        ),
      cancel: (bookingId: string, reason = 'REFUNDED') =>
        ask(
          null,
          'mutation ($bookingId: ID!, $reason: TicketCancelReason!) { cancelTickets(bookingId: $bookingId, reason: $reason) }',
          { bookingId, reason },
          'booking',
        ),
      cancelAll: (bookingIds: string[]) => ask(null, CANCEL_TICKETS_OF, { bookingIds }, 'booking'),
    },

    /** Numbers of a ticket type as clients see them. */
    async stock(id: string): Promise<{ quota: number; sold: number; held: number; available: number }> {
      return (await mustAsk(null, `query ($id: ID!) { ticketType(id: $id) { ${STOCK} } }`, { id })).ticketType
    },

    /** Status of every seat of an event, by id, as clients see it. */
    async seatStatuses(eventId: string): Promise<Map<string, string>> {
      const data = await mustAsk(
        null,
        'query ($eventId: ID!) { seatMap(eventId: $eventId) { seats { id status } } }',
        { eventId },
      )
      return new Map(data.seatMap.seats.map((seat: { id: string; status: string }) => [seat.id, seat.status]))
    },

    /** Straight to the database, for what no operation does: taking out a guard, moving the clock on, looking inside. */
    sql: <Row = Loose>(statement: string): Promise<Row[]> => main.deps.db.$queryRawUnsafe<Row[]>(statement),

    /** As if the hold had been made so long ago that its time was up, with nobody having noticed. */
    async lapse(holdId: string): Promise<void> {
      await story.sql(`UPDATE holds SET expires_at = now() - interval '1 second' WHERE id = '${holdId}'`)
      await story.sql(`UPDATE seats SET held_until = now() - interval '1 second' WHERE hold_id = '${holdId}'`)
    },
  }
  const undo2 = undo.move()
  return { ...story, [Symbol.asyncDispose]: () => undo2.disposeAsync() }
}

export type Story = Awaited<ReturnType<typeof startStory>>
