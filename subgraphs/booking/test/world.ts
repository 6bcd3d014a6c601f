import { EXPIRE_BOOKINGS } from '@karcis/kit/contracts/bound-hold'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { type Answer, ask, mustAsk, tell } from '@karcis/testkit/ask'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { person, SERVICE_SECRET } from '@karcis/testkit/people'
import { testRedisUrl } from '@karcis/testkit/redis'
import { USUAL_SETTINGS } from '@karcis/testkit/settings'
import { createStandIn } from '@karcis/testkit/stand-in'
import { createTcpProxy, type TcpProxy } from '@karcis/testkit/tcp-proxy'
import { createTicketSubgraph } from '@karcis/ticket/server'
import { expect } from 'vitest'
import type { BookingSettings } from '../src/env.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
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
  /** What the two say to each other goes through these: a stalled one is a frozen process to whoever asks it. */
  lines: { toTicket: TcpProxy; toBooking: TcpProxy }
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

/** What the event subgraph tells of an event that can be bought. */
export const toldOf = ({ eventId, organizer }: OnSale, currency: string) => ({
  id: eventId,
  organizerId: organizer.id,
  title: 'Konser',
  status: 'APPROVED',
  startsAt: new Date(Date.now() + 86_400_000).toISOString(),
  endsAt: new Date(Date.now() + 90_000_000).toISOString(),
  currency,
  timezone: 'Asia/Jakarta',
  roomId: null,
  version: 1,
})

export async function startWorld(
  { holdSeconds = 600, silenceSeconds = 86_400 }: { holdSeconds?: number; silenceSeconds?: number } = {},
  settings: Partial<BookingSettings> = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase('ticket'))
  const currencies = new Map<string, string>()
  const neighbours = stack.use(
    await createStandIn({
      fixCurrency: ({ eventId }) => currencies.get(eventId),
      chargeableCurrencies: () => ['IDR', 'USD', 'EUR', 'JPY'],
      expireBookings: async (holds) =>
        (await booking.askAs('ticket', EXPIRE_BOOKINGS, holds)).data.expireBookings,
    }),
  )
  const toBooking = stack.use(await createTcpProxy(neighbours.url))
  const startTicket = (port: number) =>
    createTicketSubgraph({
      ...USUAL_SETTINGS,
      PORT: port,
      SERVICE_SECRET,
      REDIS_URL: testRedisUrl(),
      DATABASE_URL: database.url,
      KEY_ENCRYPTION_SECRET: SERVICE_SECRET,
      USER_URL: neighbours.url,
      EVENT_URL: neighbours.url,
      BOOKING_URL: toBooking.through(neighbours.url),
      HOLD_SECONDS: holdSeconds,
      MAX_OPEN_PLACES: 10,
      BOOKING_SILENCE_SECONDS: silenceSeconds,
      QUEUE_PASS_SECONDS: 600,
      WAITLIST_OFFER_SECONDS: 900,
      WAITLIST_GATHER_SECONDS: 86_400,
      HOLD_RETENTION_DAYS: 30,
      LIVE_POLL_MS: 2_000,
    })
  let ticket = await startTicket(0)
  let running = true
  stack.defer(async () => {
    if (running) await ticket.close()
  })
  const { name, url } = ticket
  const at = { name, url } // it comes back where it was
  const toTicket = stack.use(await createTcpProxy(url))
  const booking: BookingProcess = stack.use(
    await startBooking({ TICKET_URL: toTicket.through(url), ...settings }),
  )
  const all = stack.move()
  return {
    ...booking,
    ticket: () => ticket,
    lines: { toTicket, toBooking },
    async stopTicket() {
      running = false
      await ticket.close()
    },
    async restartTicket() {
      ticket = await startTicket(Number(new URL(url).port))
      running = true
    },
    askTicket: (viewer, query, variables) => ask(at, viewer, query, variables),
    async eventOnSale(currency = 'IDR') {
      const event = { eventId: newId(), organizer: person({ role: 'ORGANIZER' }) }
      currencies.set(event.eventId, currency)
      const payload = toldOf(event, currency)
      await tell(at, 'event', { type: 'event.changed', aggregateId: event.eventId, payload })
      return event
    },
    async ticketType({ eventId, organizer }, input) {
      const query = 'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }'
      const data = await mustAsk(at, organizer, query, {
        input: { eventId, name: 'Regular', kind: 'PAID', ...input },
      })
      return data.createTicketType.id
    },
    async seatMap({ eventId, organizer }, ticketTypeId, rows, seatsPerRow) {
      const query = 'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { seats { id } } }'
      const sections = [{ name: 'Stalls', ticketTypeId, rows, seatsPerRow }]
      const data = await mustAsk(at, organizer, query, { input: { eventId, sections } })
      return data.createSeatMap.seats.map((seat: { id: string }) => seat.id)
    },
    async holdSeats(viewer, { eventId }, seatIds) {
      const query = 'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id } }'
      return (await mustAsk(at, viewer, query, { input: { eventId, seatIds } })).holdSeats.id
    },
    async book(viewer, input) {
      const { data, errors } = await booking.ask(viewer, CREATE, { input })
      if (!data.createBooking) throw new Error(JSON.stringify(errors))
      return data.createBooking.id
    },
    async stock(ticketTypeId) {
      const query = 'query ($id: ID!) { ticketType(id: $id) { sold held available } }'
      return (await mustAsk(at, null, query, { id: ticketTypeId })).ticketType
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Loses the job that issues a booking's tickets, and those that are to try again: one that runs just now makes another. */
export const loseIssueJobs = ({ db }: World, id: string) =>
  eventually(async () => {
    await db.$executeRaw`SELECT graphile_worker.remove_job(key) FROM graphile_worker.jobs
      WHERE key LIKE ${`issue-tickets:${id}%`}`
    expect(
      await db.$queryRaw`SELECT job.id FROM graphile_worker._private_jobs job
        JOIN graphile_worker._private_tasks task ON task.id = job.task_id
        WHERE task.identifier = 'issue-tickets' AND job.payload->>'bookingId' = ${id}`,
    ).toEqual([])
  })
