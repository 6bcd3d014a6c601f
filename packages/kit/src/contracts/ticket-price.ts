import { z } from 'zod'

/** What the place of the ticket that `$representations` names was sold at, under `_entities`; asked of the booking subgraph. */
export const TICKET_PRICE = `query TicketPrice($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Ticket { unitPrice currency } }
}`

/** The answer to `TICKET_PRICE`; nulls of a ticket that was issued for no booking. */
export const ticketPrice = z.object({
  _entities: z.tuple([
    z.object({
      /** Before what promotions took off and fees added; in the smallest unit charged. */
      unitPrice: z.int().nullable(),
      /** ISO 4217. */
      currency: z.string().nullable(),
    }),
  ]),
})
