import { z } from 'zod'
import { staffMember } from './event-staff.ts'

/** What selling tickets needs to know of an event: in answer to `EVENT_FOR_SALE`, and in `event.changed`. */
export const eventForSale = z.object({
  id: z.uuid(),
  organizerId: z.uuid(),
  title: z.string(),
  /**
   * The status in force, as `EventStatus` of schema/event.graphql, but COMPLETED: compare `endsAt`. DELETED is the last that
   * `event.changed` tells of an event that is gone.
   */
  status: z.string(),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  /** ISO 4217. */
  currency: z.string(),
  /** IANA name. */
  timezone: z.string(),
  roomId: z.uuid().nullish(),
  venueId: z.uuid().nullish(),
  /** Without a venue. */
  locationId: z.uuid().nullish(),
  /** How many people the room holds; null without a room. */
  capacity: z.int().nullable().default(null),
  /** While it is, nobody may begin to buy; what is held or waits for payment runs out its time. */
  salesPaused: z.boolean().default(false),
  /** What buyers are told of the pause; null when there is none. */
  salesPausedReason: z.string().nullable().default(null),
  /** How many places one person may hold or owe for at once; null for the platform's own number. */
  maxOpenPlaces: z.int().nullable().default(null),
  /** When it was moved to another time last, as `rescheduleEvent` does; null when it was not. */
  rescheduledAt: z.coerce.date().nullable().default(null),
  /** Until when everybody who had booked before that may have all their money back. */
  refundUntil: z.coerce.date().nullable().default(null),
  /** Why it was called off, for those whose money goes back; null while it was not. */
  cancellationReason: z.string().nullable().default(null),
  /** Who works for it, as far as they have accepted. */
  staff: z.array(staffMember).default([]),
  /** Rises by one with every change, so what is newer is known. */
  version: z.int(),
})

export type EventForSale = z.infer<typeof eventForSale>

/** Fixes the currency of the event `$eventId` for good, and gives it under `fixCurrency`: asked before its first ticket type is written. */
export const FIX_CURRENCY = 'mutation FixCurrency($eventId: ID!) { fixCurrency(eventId: $eventId) }'

/** Asks the event subgraph for one, by `$id`; `eventForSale` of its answer is null when there is no such event. */
export const EVENT_FOR_SALE = `query EventForSale($id: ID!) {
  eventForSale(id: $id) { ${Object.keys(eventForSale.shape)
    .map((name) => (name === 'staff' ? 'staff { userId roles }' : name))
    .join(' ')} }
}`
