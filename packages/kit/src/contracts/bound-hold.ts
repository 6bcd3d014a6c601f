import { z } from 'zod'

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

const item = z.object({
  ticketTypeId: z.uuid(),
  name: z.string(),
  kind: z.enum(['FREE', 'PAID', 'DONATION']),
  /** Null for general admission, and in a quote for seats that are only chosen when they are taken: there `quantity` may be more than 1. */
  seatId: z.uuid().nullable(),
  /** As `Stalls B-12`. */
  seatLabel: z.string().nullable(),
  /** In the smallest unit of `currency`; for DONATION the least. */
  unitPrice: z.int(),
  quantity: z.int(),
  /** ISO 4217. */
  currency: z.string(),
})

/** So many of one ticket type, as `BookingItemInput` of schema/ticket.graphql. */
export interface WantedItem {
  ticketTypeId: string
  quantity: number
}

/** What binding a hold, or taking items, would give: nothing is taken yet. */
export const bookingQuote = z.object({
  eventId: z.uuid(),
  organizerId: z.uuid(),
  /** When the event ends. */
  endsAt: instant,
  items: z.array(item).min(1),
})

/** Places that the ticket subgraph keeps for one booking. */
export const boundHold = z.object({
  holdId: z.uuid(),
  eventId: z.uuid(),
  organizerId: z.uuid(),
  /** When its places go back on sale. */
  expiresAt: instant,
  /** The earlier of the hold's end and the event's end: nothing is paid past it. */
  payableUntil: instant,
  items: z.array(item).min(1),
})

export type QuotedItem = z.infer<typeof item>
export type BookingQuote = z.infer<typeof bookingQuote>
export type BoundHold = z.infer<typeof boundHold>

/** Everything that a schema of places with `items` names, as a selection. */
const selectionOf = ({ items: _, ...fields }: { items: unknown }) =>
  `${Object.keys(fields).join(' ')} items { ${Object.keys(item.shape).join(' ')} }`

const BOUND_HOLD = selectionOf(boundHold.shape)

/**
 * Asks what the viewer would book: either `$holdId` or `$items` of one event. Answered under `bookingQuote`. It fails as
 * `BIND_HOLD` and `TAKE_FOR_BOOKING` would, and takes nothing.
 */
export const BOOKING_QUOTE = `query BookingQuote($holdId: ID, $items: [BookingItemInput!], $accessCode: String) {
  bookingQuote(holdId: $holdId, items: $items, accessCode: $accessCode) { ${selectionOf(bookingQuote.shape)} }
}`

/** Binds an ACTIVE hold of the viewer to a booking. Answered under `bindHold`; idempotent by booking while the hold lasts. */
export const BIND_HOLD = `mutation BindHold($holdId: ID!, $bookingId: ID!) {
  bindHold(holdId: $holdId, bookingId: $bookingId) { ${BOUND_HOLD} }
}`

/** Binds several holds of the viewer, of one event, to a booking. Answered under `bindHolds`; idempotent by booking. */
export const BIND_HOLDS = `mutation BindHolds($holdIds: [ID!]!, $bookingId: ID!) {
  bindHolds(holdIds: $holdIds, bookingId: $bookingId) { ${BOUND_HOLD} }
}`

/** Keeps `$items`, or `$seatIds` of `$eventId`, for the viewer in the hold `$holdId`. Answered under `reservePlaces`; idempotent by hold. */
export const RESERVE_PLACES = `mutation ReservePlaces($holdId: ID!, $items: [BookingItemInput!], $eventId: ID, $seatIds: [ID!], $accessCode: String) {
  reservePlaces(holdId: $holdId, items: $items, eventId: $eventId, seatIds: $seatIds, accessCode: $accessCode) { ${BOUND_HOLD} }
}`

/** Has `$holdId`, of one ticket type, keep `$quantity` places. Answered under `resizeHold`. */
export const RESIZE_HOLD = `mutation ResizeHold($holdId: ID!, $quantity: Int!, $accessCode: String) {
  resizeHold(holdId: $holdId, quantity: $quantity, accessCode: $accessCode) { ${BOUND_HOLD} }
}`

/** Asks what those holds of the viewer keep that are neither over nor bound. Answered under `keptPlaces`. */
export const KEPT_PLACES = `query KeptPlaces($holdIds: [ID!]!) { keptPlaces(holdIds: $holdIds) { ${BOUND_HOLD} } }`

/** Gives a hold of the viewer back that no booking has bound. */
export const RELEASE_HOLD = `mutation ReleaseHold($id: ID!) { releaseHold(id: $id) { id } }`

/** Takes all of `$items`, types of one event, or nothing; bound from the start. Answered under `takeForBooking`; idempotent by booking. */
export const TAKE_FOR_BOOKING = `mutation TakeForBooking($bookingId: ID!, $items: [BookingItemInput!]!, $accessCode: String) {
  takeForBooking(bookingId: $bookingId, items: $items, accessCode: $accessCode) { ${BOUND_HOLD} }
}`

/**
 * Tells the booking subgraph of `$holds` that are past their time, each as `{ bookingId, expiresAt }`. Under `expireBookings` it names
 * the bookings of which nothing will come any more; what it does not name keeps its places. At most `MOST_LAPSED_HOLDS` at once.
 */
export const EXPIRE_BOOKINGS = `mutation ExpireBookings($holds: [LapsedHoldInput!]!) { expireBookings(holds: $holds) }`

export const MOST_LAPSED_HOLDS = 50

export const expiredBookings = z.array(z.uuid())

/** Asks the booking subgraph which currencies some way to pay takes; ISO 4217 codes under `chargeableCurrencies`. */
export const CHARGEABLE_CURRENCIES = 'query ChargeableCurrencies { chargeableCurrencies }'

export const chargeableCurrencies = z.array(z.string())

/** What a user would lose with their account, and what is still to be decided of it. */
export const walletsForErasure = z.object({
  /** Wallets that are not empty, in the smallest unit of `currency` (ISO 4217). */
  balances: z.array(z.object({ currency: z.string(), balance: z.int() })),
  /** Bookings that can still be paid. */
  pendingBookings: z.int(),
  /** Top-ups of their wallets that somebody may still pay, or has paid just now. */
  pendingTopUps: z.int(),
  /** Refunds of their bookings that wait for a decision, or are being made. */
  pendingRefunds: z.int(),
  /** What they are owed as an organizer, of their events and on its way to them, in the smallest unit of `currency`. */
  moneyOwed: z.array(z.object({ currency: z.string(), balance: z.int() })),
})

export type WalletsForErasure = z.infer<typeof walletsForErasure>

/** Asks the booking subgraph for them, of the user `$userId`. Answered under `walletsForErasure`, never null. */
export const WALLETS_FOR_ERASURE = `query WalletsForErasure($userId: ID!) {
  walletsForErasure(userId: $userId) { balances { ${Object.keys(
    walletsForErasure.shape.balances.element.shape,
  ).join(' ')} } pendingBookings pendingTopUps pendingRefunds moneyOwed { currency balance } }
}`
