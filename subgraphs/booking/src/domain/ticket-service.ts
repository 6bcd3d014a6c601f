import {
  EVENT_QUESTIONS,
  EVENT_TICKET_COUNT,
  EVENT_TICKET_OWNERS,
  EVENT_TICKETS,
  type EventTicket,
  type EventTicketFilter,
  eventQuestions,
  eventTicketOwners,
  eventTickets,
} from '@karcis/kit/contracts/attendees'
import {
  BIND_HOLD,
  BIND_HOLDS,
  BOOKING_QUOTE,
  type BookingQuote,
  type BoundHold,
  bookingQuote,
  boundHold,
  KEPT_PLACES,
  RELEASE_HOLD,
  RESERVE_PLACES,
  RESIZE_HOLD,
  TAKE_FOR_BOOKING,
  type WantedItem,
} from '@karcis/kit/contracts/bound-hold'
import { CANCEL_TICKETS_OF } from '@karcis/kit/contracts/cancelled-tickets'
import { KarcisError } from '@karcis/kit/errors'
import type { ServiceClient } from '@karcis/kit/service-client'
import type { Viewer } from '@karcis/kit/service-token'
import { z } from 'zod'

const entities = z.object({
  _entities: z.array(z.object({ __typename: z.string(), id: z.string() }).nullable()),
})

const ticketTypes = z.object({
  ticketTypesByEvent: z.array(z.object({ id: z.uuid(), currency: z.string() })),
})

const issueResult = z.object({ issued: z.boolean(), ticketIds: z.array(z.uuid()) })

const refundedTickets = z.object({ refunded: z.boolean(), refused: z.array(z.uuid()) })

/** What is to be kept in a hold: so many of some types of one event, or chosen seats of one. */
export type Reservation = ({ items: WantedItem[] } | { eventId: string; seatIds: readonly string[] }) &
  GivenCode

/** What a buyer asks for: what a hold keeps, or so many of some types. */
export type Wanted = { holdId: string } | ({ items: WantedItem[] } & GivenCode)

/** An access code, where a ticket type asks for one. */
interface GivenCode {
  accessCode: string | null
}

/**
 * The ticket subgraph, as booking sees it. Every call is idempotent by booking id, so a call that got no answer
 * (ServiceUnavailable) is simply made again. Refusals come as the KarcisErrors that the ticket subgraph gave.
 */
export function ticketService(client: ServiceClient | undefined) {
  if (!client) throw new Error('the ticket subgraph is not among the clients')
  return {
    /** What the viewer would book, at which prices. Nothing is kept by asking. */
    async quote(viewer: Viewer, wanted: Wanted): Promise<BookingQuote> {
      const data = await client.query<{ bookingQuote: unknown }>(BOOKING_QUOTE, { ...wanted }, viewer)
      return bookingQuote.parse(data.bookingQuote)
    },

    /** Keeps what is wanted for a booking of the viewer: binds the hold, or takes all of the items or nothing. */
    async keep(viewer: Viewer, bookingId: string, wanted: Wanted): Promise<BoundHold> {
      if ('holdId' in wanted) {
        const data = await client.query<{ bindHold: unknown }>(BIND_HOLD, { ...wanted, bookingId }, viewer)
        return boundHold.parse(data.bindHold)
      }
      const variables = { ...wanted, bookingId }
      const data = await client.query<{ takeForBooking: unknown }>(TAKE_FOR_BOOKING, variables, viewer)
      return boundHold.parse(data.takeForBooking)
    },

    /** Binds several holds of the viewer, of one event, to a booking: all of them, as one, or none. */
    async keepHolds(viewer: Viewer, bookingId: string, holdIds: readonly string[]): Promise<BoundHold> {
      const data = await client.query<{ bindHolds: unknown }>(BIND_HOLDS, { bookingId, holdIds }, viewer)
      return boundHold.parse(data.bindHolds)
    },

    /** Keeps places for the viewer for a while, in the hold with this id: asked again, it is the same one. */
    async reserve(viewer: Viewer, holdId: string, wanted: Reservation): Promise<BoundHold> {
      const data = await client.query<{ reservePlaces: unknown }>(
        RESERVE_PLACES,
        { holdId, ...wanted },
        viewer,
      )
      return boundHold.parse(data.reservePlaces)
    },

    /** Has a hold of the viewer, of one ticket type, keep so many places from now on. */
    async resize(
      viewer: Viewer,
      holdId: string,
      quantity: number,
      accessCode: string | null,
    ): Promise<BoundHold> {
      const data = await client.query<{ resizeHold: unknown }>(
        RESIZE_HOLD,
        { holdId, quantity, accessCode },
        viewer,
      )
      return boundHold.parse(data.resizeHold)
    },

    /** What holds of the viewer keep, by id; those that are over, or that a booking has bound, are left out. */
    async kept(viewer: Viewer, holdIds: readonly string[]): Promise<Map<string, BoundHold>> {
      if (holdIds.length === 0) return new Map()
      const data = await client.query<{ keptPlaces: unknown }>(KEPT_PLACES, { holdIds }, viewer)
      const holds = z.array(boundHold).parse(data.keptPlaces)
      return new Map(holds.map((hold) => [hold.holdId, hold]))
    },

    /** Gives a hold of the viewer back, unless it is gone or a booking has bound it. */
    async giveBack(viewer: Viewer, holdId: string): Promise<void> {
      await client.query(RELEASE_HOLD, { id: holdId }, viewer).catch((error: unknown) => {
        const isOver =
          error instanceof KarcisError && (error.code === 'NOT_FOUND' || error.code === 'CONFLICT')
        if (!isOver) throw error
      })
    },

    /** The ticket types of an event that the viewer can see: the currency of each, by id. */
    async typesOfEvent(viewer: Viewer, eventId: string): Promise<Map<string, string>> {
      const operation = `query ($eventId: ID!) { ticketTypesByEvent(eventId: $eventId) { id currency } }`
      const types = ticketTypes.parse(await client.query(operation, { eventId }, viewer))
      return new Map(types.ticketTypesByEvent.map(({ id, currency }) => [id, currency]))
    },

    /**
     * Of references to things of the ticket subgraph, those that the viewer can see, as `TicketType:<id>`.
     * @param references what `_entities` takes, each by its id.
     */
    async visible(
      viewer: Viewer | null,
      references: readonly { __typename: 'TicketType' | 'Seat'; id: string }[],
    ): Promise<Set<string>> {
      const operation = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
        __typename ... on TicketType { id } ... on Seat { id } } }`
      const data = await client.query(operation, { representations: references }, viewer)
      const found = entities.parse(data)._entities.filter((entity) => entity !== null)
      return new Set(found.map(({ __typename, id }) => `${__typename}:${id}`))
    },

    /** So many tickets of an event, by id, strictly between two ids. */
    async ofEvent(
      filter: EventTicketFilter,
      range: { newerThan?: string | null; olderThan?: string | null; oldestFirst: boolean; limit: number },
    ): Promise<EventTicket[]> {
      const data = await client.query<{ eventTickets: unknown }>(EVENT_TICKETS, { ...filter, ...range })
      return eventTickets.parse(data.eventTickets)
    },

    /** How many such tickets of an event there are. */
    async countOfEvent(filter: EventTicketFilter): Promise<number> {
      const data = await client.query<{ eventTicketCount: number }>(EVENT_TICKET_COUNT, { ...filter })
      return data.eventTicketCount
    },

    /** Ids of the people who have such tickets of an event. */
    async ownersOfEvent(filter: EventTicketFilter): Promise<string[]> {
      const data = await client.query<{ eventTicketOwners: unknown }>(EVENT_TICKET_OWNERS, { ...filter })
      return eventTicketOwners.parse(data.eventTicketOwners)
    },

    /** What the event's organizer asks those who come, in its order. */
    async questionsOfEvent(eventId: string): Promise<string[]> {
      const data = await client.query<{ eventQuestions: unknown }>(EVENT_QUESTIONS, { eventId })
      return eventQuestions.parse(data.eventQuestions)
    },

    /** Turns what a paid booking holds into tickets. `issued: false`: the places are gone for good. */
    async issue(bookingId: string): Promise<z.infer<typeof issueResult>> {
      const operation = `mutation ($bookingId: ID!) { issueTickets(bookingId: $bookingId) { issued ticketIds } }`
      const data = await client.query<{ issueTickets: unknown }>(operation, { bookingId })
      return issueResult.parse(data.issueTickets)
    },

    /** Frees what a booking holds; issued tickets stay. */
    async release(bookingId: string): Promise<void> {
      await client.query(`mutation ($bookingId: ID!) { releaseBooking(bookingId: $bookingId) }`, {
        bookingId,
      })
    },

    /** Lets the tickets of a booking admit nobody for the time being, or again. */
    async freeze(bookingId: string, frozen: boolean): Promise<void> {
      const operation = `mutation ($bookingId: ID!, $frozen: Boolean!) { freezeTickets(bookingId: $bookingId, frozen: $frozen) }`
      await client.query(operation, { bookingId, frozen })
    },

    /** Takes some tickets of a booking out of use for a refund, all or none. `refunded: false`: one of them was used, or ended otherwise. */
    async refund(
      bookingId: string,
      refundId: string,
      ticketIds: readonly string[],
    ): Promise<z.infer<typeof refundedTickets>> {
      const operation = `mutation ($bookingId: ID!, $refundId: ID!, $ticketIds: [ID!]!) {
        refundTickets(bookingId: $bookingId, refundId: $refundId, ticketIds: $ticketIds) { refunded refused } }`
      const data = await client.query<{ refundTickets: unknown }>(operation, {
        bookingId,
        refundId,
        ticketIds,
      })
      return refundedTickets.parse(data.refundTickets)
    },

    /** Takes the tickets of a refunded booking out of use and frees their places. */
    async cancel(bookingId: string): Promise<void> {
      const operation = `mutation ($bookingId: ID!) { cancelTickets(bookingId: $bookingId, reason: REFUNDED) }`
      await client.query(operation, { bookingId })
    },

    /** The same for several bookings at once, as many as `MOST_CANCELLED`: all or none. */
    async cancelAll(bookingIds: readonly string[]): Promise<void> {
      await client.query(CANCEL_TICKETS_OF, { bookingIds })
    },
  }
}

export type TicketService = ReturnType<typeof ticketService>
