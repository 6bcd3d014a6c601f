import { z } from 'zod'

/** What selling tickets needs to know of an event: in answer to `EVENT_FOR_SALE`, and in `event.changed`. */
export const eventForSale = z.object({
  id: z.uuid(),
  organizerId: z.uuid(),
  title: z.string(),
  /** The status in force, as `EventStatus` of schema/event.graphql, but COMPLETED: compare `endsAt`. */
  status: z.string(),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  /** ISO 4217. */
  currency: z.string(),
  /** IANA name. */
  timezone: z.string(),
  roomId: z.uuid().nullish(),
  /** Rises by one with every change, so what is newer is known. */
  version: z.int(),
})

export type EventForSale = z.infer<typeof eventForSale>

/** Asks the event subgraph for one, by `$id`; `eventForSale` of its answer is null when there is no such event. */
export const EVENT_FOR_SALE = `query EventForSale($id: ID!) {
  eventForSale(id: $id) { ${Object.keys(eventForSale.shape).join(' ')} }
}`
