/** Ends the tickets of the refunded bookings `$bookingIds`, `MOST_CANCELLED` at most, all or none. Answered under `cancelTicketsOf`; idempotent by booking. */
export const CANCEL_TICKETS_OF =
  'mutation CancelTicketsOf($bookingIds: [ID!]!) { cancelTicketsOf(bookingIds: $bookingIds, reason: REFUNDED) }'

export const MOST_CANCELLED = 200
