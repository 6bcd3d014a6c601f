import { NotFound } from '@karcis/kit/errors'
import type { Deps } from '../deps.ts'
import { missingFrom, type Seat } from '../seat-map/seat.ts'
import { findSeats } from '../seat-map/seat-store.ts'

/** Seats of an event, as its organizer names them. @throws NotFound for one that the event does not have. */
export async function requireSeats(
  { db }: Deps,
  eventId: string,
  seatIds: readonly string[],
): Promise<Seat[]> {
  if (seatIds.length === 0) return []
  const seats = [...(await findSeats(db, seatIds)).values()].filter((seat) => seat.eventId === eventId)
  const [unknown] = missingFrom(
    seatIds,
    seats.map((seat) => seat.id),
  )
  if (unknown) throw new NotFound('seat of this event', unknown)
  return seats
}
