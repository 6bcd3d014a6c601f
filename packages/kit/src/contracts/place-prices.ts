import { z } from 'zod'

/** What one place of a booking was sold at, before what promotions took off and fees added. */
const placePrice = z.object({
  ticketTypeId: z.uuid(),
  /** Null for general admission. */
  seatId: z.uuid().nullable(),
  /** In the smallest unit charged. */
  unitPrice: z.int(),
  /** ISO 4217. */
  currency: z.string(),
})

export const placePrices = z.array(placePrice)

export type PlacePrice = z.infer<typeof placePrice>

/** Asks the booking subgraph for the items of `$bookingId`, in their order; none of a booking that it does not know. */
export const PLACE_PRICES = `query PlacePrices($bookingId: ID!) {
  placePrices(bookingId: $bookingId) { ${Object.keys(placePrice.shape).join(' ')} }
}`
