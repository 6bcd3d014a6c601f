import type { ServiceClient } from '@karcis/kit/service-client'
import type { Viewer } from '@karcis/kit/service-token'
import { z } from 'zod'

const BOUND_HOLD = `holdId eventId organizerId expiresAt
  items { ticketTypeId name kind seatId seatLabel unitPrice quantity currency }`

const boundHold = z.object({
  holdId: z.uuid(),
  eventId: z.uuid(),
  organizerId: z.uuid(),
  expiresAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
  items: z
    .array(
      z.object({
        ticketTypeId: z.uuid(),
        name: z.string(),
        kind: z.enum(['FREE', 'PAID', 'DONATION']),
        seatId: z.uuid().nullable(),
        seatLabel: z.string().nullable(),
        unitPrice: z.number(),
        quantity: z.number(),
        currency: z.string(),
      }),
    )
    .min(1),
})

/** Places that the ticket subgraph keeps for one booking. */
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
      const operation = `mutation ($holdId: ID!, $bookingId: ID!) {
        bindHold(holdId: $holdId, bookingId: $bookingId) { ${BOUND_HOLD} } }`
      const data = await client.query<{ bindHold: unknown }>(operation, { holdId, bookingId }, viewer)
      return boundHold.parse(data.bindHold)
    },

    /** Takes tickets of a type for the viewer, bound to a booking from the start. */
    async take(
      viewer: Viewer,
      bookingId: string,
      ticketTypeId: string,
      quantity: number,
    ): Promise<BoundHold> {
      const operation = `mutation ($bookingId: ID!, $ticketTypeId: ID!, $quantity: Int!) {
        takeForBooking(bookingId: $bookingId, ticketTypeId: $ticketTypeId, quantity: $quantity) { ${BOUND_HOLD} } }`
      const variables = { bookingId, ticketTypeId, quantity }
      const data = await client.query<{ takeForBooking: unknown }>(operation, variables, viewer)
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
