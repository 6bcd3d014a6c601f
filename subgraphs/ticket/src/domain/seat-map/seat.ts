import type { Change } from '@karcis/kit/live'

export type SeatStatus = 'AVAILABLE' | 'HELD' | 'SOLD' | 'BLOCKED'

/** A seat as of now: one whose hold is past its time is AVAILABLE. */
export interface Seat {
  id: string
  eventId: string
  /** Name of its section. */
  section: string
  row: string
  number: number
  status: SeatStatus
  heldUntil: Date | null
  ticketTypeId: string
  accessible: boolean
  x: number
  y: number
}

/** A place on the map; one unit is one seat, y grows from front to back. */
export interface Point {
  x: number
  y: number
}

export interface SeatMap {
  eventId: string
  revision: number
  focal: Point | null
}

export interface Section {
  id: string
  eventId: string
  ticketTypeId: string
  name: string
  seatCount: number
}

/** Everything that changed on a seat map after revision `since`, as of `revision`. */
export interface SeatMapChange extends Change {
  eventId: string
  /** Whether `seats` is the whole map. */
  snapshot: boolean
  seats: Seat[]
}

/** A seat in words, as on a ticket: `Stalls B-12`. */
export const seatLabel = (seat: Pick<Seat, 'section' | 'row' | 'number'>): string =>
  `${seat.section} ${seat.row}-${seat.number}`

/** Two change sets that a slow watcher has not read yet, as one: the newest state of each seat. */
export function mergeSeatChanges(waiting: SeatMapChange, next: SeatMapChange): SeatMapChange {
  const seats = new Map(waiting.seats.map((seat) => [seat.id, seat]))
  for (const seat of next.seats) seats.set(seat.id, seat)
  return {
    eventId: next.eventId,
    since: waiting.since,
    revision: next.revision,
    snapshot: waiting.snapshot || next.snapshot,
    seats: [...seats.values()],
  }
}
