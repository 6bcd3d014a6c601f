import { z } from 'zod'

/** What the tickets of an event cost that buyers see: in answer to `PRICE_RANGES`, and in `ticket.prices-changed`. */
export const priceRange = z.object({
  eventId: z.uuid(),
  /** ISO 4217; null without tickets. */
  currency: z.string().nullable(),
  /** In the smallest unit of `currency`: of the cheapest and the dearest ticket type. */
  priceFrom: z.int().nullable(),
  priceTo: z.int().nullable(),
})

export type PriceRange = z.infer<typeof priceRange>

/** Asks the ticket subgraph for those of `$eventIds` that have tickets, a thousand at most. */
export const PRICE_RANGES = `query PriceRanges($eventIds: [ID!]!) {
  priceRanges(eventIds: $eventIds) { ${Object.keys(priceRange.shape).join(' ')} }
}`
