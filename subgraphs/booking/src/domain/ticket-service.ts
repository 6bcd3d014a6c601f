import { beforePayableUntil } from '@karcis/kit/contracts/bound-hold'
import type { ServiceClient } from '@karcis/kit/service-client'
import type { Viewer } from '@karcis/kit/service-token'
import { z } from 'zod'

const { BIND_HOLD, TAKE_FOR_BOOKING, boundHold } = beforePayableUntil

/** Places that are kept for a booking. */
export type BoundHold = z.infer<typeof boundHold>

const issueResult = z.object({ issued: z.boolean(), ticketIds: z.array(z.uuid()) })

/**
 * The ticket subgraph, as booking sees it. Every call is idempotent by booking id, so a call that got no answer
 * (ServiceUnavailable) is simply made again. Refusals come as the KarcisErrors that the ticket subgraph gave.
 */
export function ticketService(client: ServiceClient | undefined) {
  if (!client) throw new Error('the ticket subgraph is not among the clients')
  return {
    /** Binds a hold of the viewer to a booking. */
    async bindHold(viewer: Viewer, bookingId: string, holdId: string): Promise<BoundHold> {
      const data = await client.query<{ bindHold: unknown }>(BIND_HOLD, { holdId, bookingId }, viewer)
      return boundHold.parse(data.bindHold)
    },

    /** Takes tickets of a type for the viewer, bound to a booking from the start. */
    async take(
      viewer: Viewer,
      bookingId: string,
      ticketTypeId: string,
      quantity: number,
    ): Promise<BoundHold> {
      const variables = { bookingId, ticketTypeId, quantity }
      const data = await client.query<{ takeForBooking: unknown }>(TAKE_FOR_BOOKING, variables, viewer)
      return boundHold.parse(data.takeForBooking)
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

    /** Takes the tickets of a refunded booking out of use and frees their places. */
    async cancel(bookingId: string): Promise<void> {
      const operation = `mutation ($bookingId: ID!) { cancelTickets(bookingId: $bookingId, reason: REFUNDED) }`
      await client.query(operation, { bookingId })
    },
  }
}

export type TicketService = ReturnType<typeof ticketService>
