import { newId } from '@karcis/kit/ids'
import { createServiceTokens, type Viewer } from '@karcis/kit/service-token'
import { createTestDatabase } from '@karcis/testkit/database'
import { testRedisUrl } from '@karcis/testkit/redis'
import { createTicketSubgraph } from '@karcis/ticket/server'
import type { BookingSettings } from '../src/env.ts'
import {
  type Answer,
  askSubgraph,
  type BookingProcess,
  NOBODY,
  person,
  SECRET,
  startBooking,
  sendEventTo,
} from './booking-process.ts'
import { CREATE } from './operations.ts'

type TicketSubgraph = Awaited<ReturnType<typeof createTicketSubgraph>>

/** An event that is on sale, and who organizes it. */
export interface OnSale {
  eventId: string
  organizer: Viewer
}

/** The booking and the ticket subgraph, each on a database of its own. */
export interface World extends BookingProcess {
  /** The ticket subgraph as it runs just now. */
  ticket(): TicketSubgraph
  /** Stops the ticket subgraph; `restart` starts it again, on its database and its port. */
  stopTicket(): Promise<void>
  restartTicket(): Promise<void>
  askTicket(viewer: Viewer | null, query: string, variables?: Record<string, unknown>): Promise<Answer>
  eventOnSale(currency?: string): Promise<OnSale>
  /** A ticket type of the event; gives its id. */
  ticketType(event: OnSale, input: Record<string, unknown>): Promise<string>
  /** A seat map of one section; gives the ids of its seats, row by row. */
  seatMap(event: OnSale, ticketTypeId: string, rows: number, seatsPerRow: number): Promise<string[]>
  holdSeats(viewer: Viewer, event: OnSale, seatIds: string[]): Promise<string>
  /** Books and says which booking; fails when it was refused. */
  book(viewer: Viewer, input: Record<string, unknown>): Promise<string>
  /** How many tickets of a type are sold, held and left. */
  stock(ticketTypeId: string): Promise<{ sold: number; held: number; available: number }>
}

export async function startWorld(
  { holdSeconds = 600 }: { holdSeconds?: number } = {},
  settings: Partial<BookingSettings> = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase('ticket'))
  const startTicket = (port: number) =>
    createTicketSubgraph({
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: port,
      LOG_LEVEL: 'silent',
      SERVICE_SECRET: SECRET,
      REDIS_URL: testRedisUrl(),
      DATABASE_URL: database.url,
      KEY_ENCRYPTION_SECRET: SECRET,
      EVENT_URL: NOBODY,
      HOLD_SECONDS: holdSeconds,
      LIVE_POLL_MS: 2_000,
    })
  let ticket = await startTicket(0)
  let running = true
  stack.defer(async () => {
    if (running) await ticket.close()
  })
  const { url } = ticket
  const booking = stack.use(await startBooking({ TICKET_URL: url, ...settings }))
  const tokens = createServiceTokens(SECRET, 'router')
  const askTicket = async (viewer: Viewer | null, query: string, variables: Record<string, unknown> = {}) =>
    askSubgraph(url, await tokens.sign(viewer), query, variables)
  const mustTicket = async (viewer: Viewer | null, query: string, variables: Record<string, unknown>) => {
    const { data, errors } = await askTicket(viewer, query, variables)
    if (errors.length > 0) throw new Error(JSON.stringify(errors))
    return data
  }

  const all = stack.move()
  return {
    ...booking,
    ticket: () => ticket,
    async stopTicket() {
      running = false
      await ticket.close()
    },
    async restartTicket() {
      ticket = await startTicket(Number(new URL(url).port))
      running = true
    },
    askTicket,
    async eventOnSale(currency = 'IDR') {
      const event = { eventId: newId(), organizer: person('ORGANIZER') }
      await sendEventTo(url, 'event', 'event.changed', event.eventId, {
        id: event.eventId,
        organizerId: event.organizer.id,
        title: 'Konser',
        status: 'APPROVED',
        startsAt: new Date(Date.now() + 86_400_000).toISOString(),
        endsAt: new Date(Date.now() + 90_000_000).toISOString(),
        currency,
        timezone: 'Asia/Jakarta',
        roomId: null,
        version: 1,
      })
      return event
    },
    async ticketType({ eventId, organizer }, input) {
      const query = 'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }'
      const data = await mustTicket(organizer, query, {
        input: { eventId, name: 'Regular', kind: 'PAID', ...input },
      })
      return data.createTicketType.id
    },
    async seatMap({ eventId, organizer }, ticketTypeId, rows, seatsPerRow) {
      const query = 'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { seats { id } } }'
      const sections = [{ name: 'Stalls', ticketTypeId, rows, seatsPerRow }]
      const data = await mustTicket(organizer, query, { input: { eventId, sections } })
      return data.createSeatMap.seats.map((seat: { id: string }) => seat.id)
    },
    async holdSeats(viewer, { eventId }, seatIds) {
      const query = 'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id } }'
      return (await mustTicket(viewer, query, { input: { eventId, seatIds } })).holdSeats.id
    },
    async book(viewer, input) {
      const { data, errors } = await booking.ask(viewer, CREATE, { input })
      if (!data.createBooking) throw new Error(JSON.stringify(errors))
      return data.createBooking.id
    },
    async stock(ticketTypeId) {
      const query = 'query ($id: ID!) { ticketType(id: $id) { sold held available } }'
      return (await mustTicket(null, query, { id: ticketTypeId })).ticketType
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
