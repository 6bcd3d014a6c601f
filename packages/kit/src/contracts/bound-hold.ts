import { z } from 'zod'

const item = z.object({
  ticketTypeId: z.uuid(),
  name: z.string(),
  kind: z.enum(['FREE', 'PAID', 'DONATION']),
  /** Null for general admission, where `quantity` may be more than 1. */
  seatId: z.uuid().nullable(),
  /** As `Stalls B-12`. */
  seatLabel: z.string().nullable(),
  /** In the smallest unit of `currency`; for DONATION the least. */
  unitPrice: z.int(),
  quantity: z.int(),
  /** ISO 4217. */
  currency: z.string(),
})

/** Places that the ticket subgraph keeps for one booking. */
export const boundHold = z.object({
  holdId: z.uuid(),
  eventId: z.uuid(),
  organizerId: z.uuid(),
  expiresAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
  items: z.array(item).min(1),
})

export type BoundHold = z.infer<typeof boundHold>

const { items: _items, ...fields } = boundHold.shape
const BOUND_HOLD = `${Object.keys(fields).join(' ')} items { ${Object.keys(item.shape).join(' ')} }`

/** Binds a hold of the viewer to a booking. Answered under `bindHold`; idempotent by booking. */
export const BIND_HOLD = `mutation BindHold($holdId: ID!, $bookingId: ID!) {
  bindHold(holdId: $holdId, bookingId: $bookingId) { ${BOUND_HOLD} }
}`

/** Takes tickets of a type for the viewer, bound from the start. Answered under `takeForBooking`; idempotent by booking. */
export const TAKE_FOR_BOOKING = `mutation TakeForBooking($bookingId: ID!, $ticketTypeId: ID!, $quantity: Int!) {
  takeForBooking(bookingId: $bookingId, ticketTypeId: $ticketTypeId, quantity: $quantity) { ${BOUND_HOLD} }
}`
